package admin

import (
	"context"
	"io"
	"iter"
	"strings"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/sheet"
	"meibo/internal/store"
)

// A Texter says things in a reader's language. It is satisfied by
// *locale.Printer.
type Texter interface {
	Lang() string
	Say(key string, args ...any) string
	Problem(p problem.Problem) string
	Attribute(identifier string) string
}

// A ReportRow is what became, or would become, of one change (A5).
type ReportRow struct {
	Line     int64  // physical line of the file; 0 for a change without one
	Key      string // address, login ID or member ID: what tells who is meant; may be empty
	Action   plan.Action
	MemberID int64             // 0 if there is none, or none yet
	Changed  []plan.Difference // of a change that does something
	Problems []problem.Problem // why it is rejected
	Notes    []problem.Problem
	Erased   bool // the person was erased: only line, action and member ID are left
}

// Report yields a row for each change of an import, in the order of the file;
// those without a line come last. An error is yielded last.
func (s *Service) Report(ctx context.Context, a Actor, imp store.Import) iter.Seq2[ReportRow, error] {
	return func(yield func(ReportRow, error) bool) {
		if err := a.mayReach(imp, member.ReadAccess); err != nil {
			yield(ReportRow{}, err)
			return
		}
		masters, err := s.db.PastMasters(ctx, a.Org.ID)
		if err != nil {
			yield(ReportRow{}, err)
			return
		}
		for c, err := range s.Changes(ctx, a, imp, store.ChangeQuery{}) {
			if err != nil {
				yield(ReportRow{}, err)
				return
			}
			if !yield(reportRow(&c, a, imp, masters), nil) {
				return
			}
		}
	}
}

func reportRow(c *store.StoredChange, a Actor, imp store.Import, masters *plan.Masters) ReportRow {
	if imp.State == store.Applied {
		c.Change = resolved(c.Change, imp)
	}
	r := ReportRow{Line: c.Line, Action: c.Action, MemberID: c.MemberID, Erased: c.IsErased(),
		Problems: placed(c.Problems, c.Line), Notes: placed(c.Notes, c.Line)}
	switch {
	case c.After.Email != "":
		r.Key = c.After.Email
	case c.After.LoginID != "":
		r.Key = c.After.LoginID
	case c.MemberID > 0:
		r.Key = line(c.MemberID)
	}
	if c.Action.Applies() && !r.Erased {
		r.Changed = Differences(&c.Change, a, masters)
	}
	return r
}

// placed gives problems the line of their row, but for those that name one of
// their own.
func placed(ps []problem.Problem, line int64) []problem.Problem {
	for i := range ps {
		if ps[i].Place.Line == 0 {
			ps[i].Place.Line = int(line)
		}
	}
	return ps
}

// Result returns the word for what became of the row, as the import stands:
// applied, still to be applied, or not to be any more.
func (r ReportRow) Result(imp store.Import, text Texter) string {
	switch {
	case imp.State == store.Applied:
		return text.Say("report.result." + r.Action.String())
	case r.Action.Applies() && !imp.State.Waits() && imp.State != store.Planning:
		return text.Say("report.not_applied")
	}
	return text.Say("report.planned." + r.Action.String())
}

// Table writes the report of an import in the reader's language, as a CSV (UTF-8,
// comma, CRLF) or as a workbook: a row for each problem or note, and one for each
// change that has none. Problems of the file as a whole come first.
func (s *Service) Table(ctx context.Context, a Actor, imp store.Import, f sheet.Format, text Texter, w io.Writer) error {
	if err := a.mayReach(imp, member.ReadAccess); err != nil {
		return err
	}
	masters, err := s.db.PastMasters(ctx, a.Org.ID)
	if err != nil {
		return err
	}
	out, err := newTable(w, reportShape(f, text))
	if err != nil {
		return err
	}
	t := &tableReport{imp: imp, format: f, text: text, masters: masters, out: out}
	if err := t.whole(); err != nil {
		return err
	}
	for r, err := range s.Report(ctx, a, imp) {
		if err != nil {
			return err
		}
		if err := t.row(r); err != nil {
			return err
		}
	}
	return out.Close()
}

// reportColumns are the columns of the table: what they are called, and how
// wide they are in a workbook.
var reportColumns = []struct {
	name  string
	kind  sheet.Kind
	width float64
}{{"line", sheet.Number, 8}, {"key", sheet.Text, 30}, {"action", sheet.Text, 10}, {"result", sheet.Text, 18}, {"member_id", sheet.Number, 12},
	{"changed", sheet.Text, 50}, {"header", sheet.Text, 24}, {"code", sheet.Text, 24}, {"message", sheet.Text, 80}}

func reportShape(f sheet.Format, text Texter) tableShape {
	t := tableShape{format: f, name: text.Say("workbook.sheet.report"), lang: text.Lang(), rows: -1}
	for _, c := range reportColumns {
		t.columns = append(t.columns, tableColumn{header: text.Say("report.column." + c.name), kind: c.kind, width: c.width})
	}
	return t
}

type tableReport struct {
	imp     store.Import
	format  sheet.Format
	text    Texter
	masters *plan.Masters
	out     tableFile
}

// whole writes the problems of the file as a whole.
func (t *tableReport) whole() error {
	say := t.text.Say
	whole, err := wholeProblems(t.imp)
	if err != nil {
		return err
	}
	for _, p := range whole {
		result := ""
		if t.imp.State == store.Rejected {
			result = say("report.not_applied")
		}
		if err := t.write(p.Place.Line, []string{"", "", result, "", ""}, &p); err != nil {
			return err
		}
	}
	return nil
}

// wholeProblems are the problems and warnings of the file as a whole.
func wholeProblems(imp store.Import) ([]problem.Problem, error) {
	problems, err := plan.ParseProblems(imp.Outcome.Problems)
	if err != nil {
		return nil, err
	}
	warnings, err := plan.ParseProblems(imp.Outcome.Warnings)
	return append(problems, warnings...), err
}

func (t *tableReport) row(r ReportRow) error {
	id := ""
	if r.MemberID > 0 {
		id = line(r.MemberID)
	}
	cells := []string{r.Key, r.Action.String(), r.Result(t.imp, t.text), id, t.changed(r)}
	news := append(r.Problems, r.Notes...)
	if len(news) == 0 {
		return t.write(int(r.Line), cells, nil)
	}
	for i := range news {
		if err := t.write(int(r.Line), cells, &news[i]); err != nil {
			return err
		}
	}
	return nil
}

// write writes the cells of a row behind its line, and a problem behind them.
func (t *tableReport) write(at int, cells []string, p *problem.Problem) error {
	row := []string{""}
	if at > 0 {
		row[0] = line(int64(at))
	}
	row = append(row, cells...)
	if p == nil {
		row = append(row, "", "", "")
	} else {
		row = append(row, columnOf(p.Place), string(p.Code), t.text.Problem(*p))
	}
	for i := range row {
		if t.format != sheet.XLSX {
			row[i] = sheet.Guard(row[i])
		}
	}
	return t.out.Write(row)
}

// columnOf names the column of a place: its header, else the attribute.
func columnOf(p problem.Place) string {
	if p.Header != "" {
		return p.Header
	}
	return p.Attribute
}

// changed says in one cell what changes, old and new.
func (t *tableReport) changed(r ReportRow) string {
	if r.Erased {
		return t.text.Say("report.erased")
	}
	parts := make([]string, len(r.Changed))
	for i, d := range r.Changed {
		parts[i] = DifferenceText(d, t.masters, t.text)
	}
	return strings.Join(parts, "\n")
}

// DifferenceText says one difference in the reader's language.
func DifferenceText(d plan.Difference, masters *plan.Masters, text Texter) string {
	label, after := text.Attribute(d.Attribute), ShownAfter(d, masters, text)
	if f, ok := masters.Field(d.Attribute); ok {
		if label = f.LabelEN; text.Lang() == "ja" {
			label = f.LabelJA
		}
	}
	switch {
	case d.Before == "" && after == "":
		return text.Say("plan.change.new", "label", label)
	case d.Before == "":
		return text.Say("plan.change.labelled_set", "label", label, "after", after)
	case after == "":
		return text.Say("plan.change.labelled_cleared", "label", label, "before", d.Before)
	}
	return text.Say("plan.change.labelled", "label", label, "before", d.Before, "after", after)
}

// ShownAfter is what a difference sets, for a reader.
func ShownAfter(d plan.Difference, masters *plan.Masters, text Texter) string {
	if len(d.Groups) == 0 {
		return d.After
	}
	groups := make([]string, len(d.Groups))
	for i, g := range d.Groups {
		groups[i] = GroupText(g, masters, text)
	}
	return strings.Join(groups, "|")
}

// GroupText is a group with the sign before it, and whether it was deleted. Where not
// even its name was kept there is its number, which is no name that a group can have.
func GroupText(g plan.GroupOp, masters *plan.Masters, text Texter) string {
	name, deleted := masters.DeletedGroups[g.ID]
	switch {
	case masters.HasGroup(g.ID):
		return g.Sign() + masters.GroupName(g.ID)
	case deleted:
		return g.Sign() + text.Say("group.deleted.named", "name", name)
	}
	return g.Sign() + text.Say("group.deleted", "id", g.ID)
}
