package admin

import (
	"context"
	"encoding/json"
	"io"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/sheet"
	"meibo/internal/store"
)

// An Export says which members to write, what of them, and how (SPEC E1 to E3).
// The zero Export is everyone, in the columns of E3, headed by identifiers, as
// CSV in UTF-8 with commas.
type Export struct {
	Named       string // what it was saved as, if it was; kept in the record
	Which       Which
	First, Last int64  // places in the order of IDs, from 1, both included; Last 0: to the end
	Sample      int64  // how many of those are drawn; 0: all
	Seed        string // of the draw; empty: a new one

	Layout    plan.Layout // InviteSheet: its seven columns and headers; else register
	Columns   []string    // identifiers, in order; nil: those of the layout, and _base
	Header    string      // identifier, en or ja
	Format    string      // csv or xlsx; empty: csv
	Charset   string
	Delimiter string
	Replace   bool // what the charset cannot hold becomes a question mark; else it is refused (F13)

	// Text speaks in a workbook: the name of its sheet, notes, explanations.
	Text Texter `json:"-"`
}

// An Exported says what an export wrote.
type Exported struct {
	Members  int64
	Columns  []string // identifiers
	Seed     string   // of the draw; empty if there was none
	Replaced int64    // cells in which characters were replaced
}

// Export writes members to w as one moment saw them, in constant memory, and
// records that (A8). When it returns an error, what was written is not a
// complete file. begin is told how many members it will be before the first
// byte; it may be nil.
//
// Its problems are ColumnUnknown, ColumnTwice, CharsetUnknown, CharsetCannotHold,
// DelimiterUnknown, SampleMalformed, RangeMalformed, OptionsContradict for a
// workbook with a charset or delimiter, FileRowsTooMany and those of choosing
// members.
func (s *Service) Export(ctx context.Context, a Actor, e Export, w io.Writer, begin func(members int64), progress func(Progress)) (Exported, error) {
	if err := a.mayExport(); err != nil {
		return Exported{}, err
	}
	if begin == nil {
		begin = func(int64) {}
	}
	if progress == nil {
		progress = func(Progress) {}
	}
	var done Exported
	err := s.db.Snapshot(ctx, func(view *store.DB) error {
		x, err := s.newExporter(ctx, a, e, view)
		if err != nil {
			return err
		}
		x.progress = progress
		if err := x.check(ctx); err != nil {
			return err
		}
		if err := x.record(ctx); err != nil {
			return err
		}
		begin(x.done.Members)
		err = x.write(ctx, w)
		done = x.done
		return err
	})
	return done, err
}

// ExportCount returns how many members an export would write (SPEC E1).
func (s *Service) ExportCount(ctx context.Context, a Actor, e Export) (int64, error) {
	if err := a.mayExport(); err != nil {
		return 0, err
	}
	x, err := s.newExporter(ctx, a, e, s.db)
	if err != nil {
		return 0, err
	}
	return x.done.Members, nil
}

// Exports returns the records of the latest exports, newest first, at most limit
// (0: all), and the names of the members who made them, by member ID (A8).
func (s *Service) Exports(ctx context.Context, a Actor, limit int) ([]store.Export, map[int64]string, error) {
	if err := a.may(member.ExportsArea, member.ReadAccess); err != nil {
		return nil, nil, err
	}
	all, err := s.db.Exports(ctx, a.Org.ID, limit)
	if err != nil {
		return nil, nil, err
	}
	ids := make([]int64, len(all))
	for i, e := range all {
		ids[i] = e.ActorID
	}
	names, err := s.names(ctx, a, ids)
	return all, names, err
}

// mayExport refuses who may not see members, or may not download (G5).
func (a Actor) mayExport() error {
	if err := a.may(member.MembersArea, member.ReadAccess); err != nil {
		return err
	}
	return a.may(member.ExportsArea, member.ReadAccess)
}

// An exporter carries out one export.
type exporter struct {
	s        *Service
	a        Actor
	e        Export
	view     *store.DB
	env      *plan.Env
	which    store.Selection
	all      int64 // members who are selected
	of       int64 // of them in the range
	columns  []exportColumn
	format   sheet.Format
	writer   sheet.WriterOptions // of a CSV
	narrow   *sheet.Encoder      // of a charset that cannot hold everything; else nil
	base     *plan.BaseKey       // nil without the column _base
	cells    []string            // of the row at hand
	progress func(Progress)
	done     Exported
}

func (s *Service) newExporter(ctx context.Context, a Actor, e Export, view *store.DB) (*exporter, error) {
	masters, err := view.Masters(ctx, a.Org.ID)
	if err != nil {
		return nil, err
	}
	x := &exporter{s: s, a: a, e: e, view: view, env: &plan.Env{Masters: masters, Zone: a.Org.Zone}}
	if x.which, err = s.selection(ctx, a, masters, e.Which); err != nil {
		return nil, err
	}
	if err := x.understand(); err != nil {
		return nil, err
	}
	if x.columns, err = x.chosenColumns(); err != nil {
		return nil, err
	}
	x.cells = make([]string, len(x.columns))
	for _, c := range x.columns {
		x.done.Columns = append(x.done.Columns, c.identifier)
		if c.attribute == member.Base {
			x.base = plan.NewBaseKey(s.key, a.Org.ID)
		}
	}
	return x, x.count(ctx)
}

// understand finds out how the file is to be written.
func (x *exporter) understand() error {
	switch x.format = sheet.Format(x.e.Format); x.format {
	case sheet.XLSX:
		return x.understandBook()
	case "":
		x.format = sheet.CSV
	case sheet.CSV:
	default:
		return problem.New(problem.ExportFormatUnsupported, "format", x.e.Format)
	}
	if x.e.Charset == "" {
		x.e.Charset = "utf-8"
	}
	var err error
	if x.e.Charset, err = sheet.CharsetName(x.e.Charset); err != nil {
		return err
	}
	delimiter, err := delimiterOf(x.e.Delimiter)
	if err != nil {
		return err
	}
	x.writer = sheet.WriterOptions{Charset: x.e.Charset, Delimiter: delimiter}
	switch x.e.Charset {
	case "utf-8", "utf-16le", "utf-16be":
		return nil
	}
	x.narrow, err = sheet.NewEncoder(x.e.Charset)
	return err
}

// count finds out how many members it will be.
func (x *exporter) count(ctx context.Context) error {
	switch {
	case x.e.Sample < 0:
		return problem.New(problem.SampleMalformed, "value", line(x.e.Sample))
	case x.e.First < 0 || x.e.Last < 0 || x.e.Last > 0 && x.e.Last < x.e.First:
		return problem.New(problem.RangeMalformed, "value", line(x.e.First)+"-"+line(x.e.Last))
	}
	n, err := x.view.CountSelected(ctx, x.a.Org.ID, x.which)
	if err != nil {
		return err
	}
	x.all = n
	if x.e.Last > 0 {
		n = min(n, x.e.Last)
	}
	x.of = max(0, n-x.skipped())
	x.done.Members = x.of
	if x.e.Sample == 0 {
		return nil
	}
	x.done.Members = min(x.of, x.e.Sample)
	if x.done.Seed = x.e.Seed; x.done.Seed == "" {
		x.done.Seed, err = newSeed()
	}
	return err
}

// skipped is how many members are before the range.
func (x *exporter) skipped() int64 { return max(0, x.e.First-1) }

// A selectionRecord is what the record of an export says of which members it
// was and how they were written.
type selectionRecord struct {
	Named   string      `json:"named,omitempty"`
	Groups  []string    `json:"groups,omitempty"`
	Filter  string      `json:"filter,omitempty"`
	IDs     []int64     `json:"ids,omitempty"`
	First   int64       `json:"first,omitempty"`
	Last    int64       `json:"last,omitempty"`
	Sample  int64       `json:"sample,omitempty"`
	Seed    string      `json:"seed,omitempty"`
	Layout  plan.Layout `json:"layout,omitempty"`
	Charset string      `json:"charset"`
}

// record keeps who exported what, before anything leaves: an export that breaks
// off half-way is one too.
func (x *exporter) record(ctx context.Context) error {
	e := x.e
	selection, err := json.Marshal(selectionRecord{Named: e.Named, Groups: e.Which.Groups, Filter: first(e.Which.Filter, e.Which.Expression), IDs: e.Which.IDs,
		First: e.First, Last: e.Last, Sample: e.Sample, Seed: x.done.Seed, Layout: e.Layout, Charset: e.Charset})
	if err != nil {
		return err
	}
	return x.s.db.AddExport(ctx, x.a.Org.ID, &store.Export{ActorID: x.a.MemberID, Members: x.done.Members,
		Selection: string(selection), Columns: x.done.Columns, CreatedAt: x.s.micros()})
}
