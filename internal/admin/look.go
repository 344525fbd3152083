package admin

import (
	"context"
	"errors"
	"slices"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/sheet"
	"meibo/internal/store"
)

// lookedRows is how many rows of a file are shown below its header.
const lookedRows = 3

// A Look is what can be told of a file before it is planned: how it would be read,
// and what its columns would mean.
type Look struct {
	Upload store.Upload
	// Options are those that were asked for, with the defaults of the layout if that
	// is known.
	Options   plan.Options
	Format    sheet.Format // empty if the file cannot be read at all
	Sheets    []string     // that can be chosen
	Sheet     string
	Charset   string
	Guessed   bool     // the charset: a person should look at Sample
	Sample    []string // cells that are not plain ASCII
	Delimiter string
	Columns   []LookedColumn
	Masters   *plan.Masters // what columns may mean, and groups that may be chosen
	// Problems make the file unusable as the options are; Warnings do not.
	Problems, Warnings []problem.Problem
}

// beyondHelp are the problems of files that no option makes readable.
var beyondHelp = []problem.Code{problem.FileEmpty, problem.FileUnsupported, problem.WorkbookDamaged, problem.WorkbookLimit, problem.WorkbookNoSheet}

// Unreadable returns what is wrong with a file that cannot be read whatever is
// chosen for it (F1); nil if it can.
func (l Look) Unreadable() error {
	for _, p := range l.Problems {
		if slices.Contains(beyondHelp, p.Code) {
			return p
		}
	}
	return nil
}

// A LookedColumn is a column of a file with its first cells.
type LookedColumn struct {
	plan.Column
	Found  string   // identifier of what the header means if nothing is chosen; empty for nothing
	Cells  []string // at most lookedRows; none of a column of passwords
	Secret bool     // of a column of passwords
}

// Means returns the identifier of what a column means; empty for nothing.
func (c LookedColumn) Means() string { return identifierOf(c.Column) }

func identifierOf(c plan.Column) string {
	if c.Attribute == member.Fields {
		return c.Field
	}
	return c.Attribute.String()
}

// Look looks at an upload with options, as far as its first rows. Whatever is
// wrong with the file is in what it returns. Its problem is UploadGone.
func (s *Service) Look(ctx context.Context, a Actor, id string, o plan.Options) (l Look, err error) {
	u, err := s.Upload(ctx, a, id)
	if err != nil {
		return Look{}, err
	}
	u.ExpiresAt = s.uploadEnd()
	if err := s.saveUpload(ctx, u); err != nil {
		return Look{}, err
	}
	brought, closeFiles, err := s.openUpload(ctx, u)
	if err != nil {
		return Look{}, err
	}
	defer func() { err = errors.Join(err, closeFiles()) }()
	p, err := s.newPlanner(ctx, a, store.FileImport, o, nil)
	if err != nil {
		return Look{}, err
	}
	brought.Limits = uploadLimits(a, brought)
	l = Look{Upload: u}
	err = p.look(ctx, brought, &l)
	var fatal problem.Problem
	if errors.As(err, &fatal) {
		l.Problems, err = append([]problem.Problem{fatal}, p.problems...), nil
	}
	l.Options, l.Warnings, l.Masters = p.imp.Options, p.warnings, p.masters
	return l, err
}

// look reads the first rows of a file.
func (p *planner) look(ctx context.Context, u Upload, l *Look) (err error) {
	if err := p.openFiles(u); err != nil {
		return err
	}
	f, err := p.openUploaded(ctx, u)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	l.Format, l.Sheets, l.Sheet = f.Format, f.Sheets(), f.Sheet
	p.imp.FileName = baseName(u.Name)
	p.named(f.Format)
	l.Charset, l.Guessed, l.Sample = f.Charset, f.CharsetGuessed, f.Sample
	if f.Delimiter != 0 {
		l.Delimiter = string(f.Delimiter)
	}
	var mapping *plan.Mapping
	var wrong error
	rows := 0
	for row, err := range f.Rows(ctx) {
		if err != nil {
			return errors.Join(wrong, err)
		}
		if rows++; rows > lookedRows+1 {
			break
		}
		if rows > 1 {
			l.addRow(row.Cells)
			p.warnings = append(p.warnings, placed(row.Problems, int64(row.Line))...)
			continue
		}
		if mapping, wrong = p.understand(row, f.Format); mapping == nil {
			return wrong
		}
		l.addHeader(f.Format, row, mapping, p.imp.Layout, p.masters)
	}
	return wrong
}

// addHeader adds the columns.
func (l *Look) addHeader(f sheet.Format, row sheet.Row, m *plan.Mapping, layout plan.Layout, masters *plan.Masters) {
	found, _, _ := plan.MapHeader(f, row, plan.Options{Layout: layout}, masters)
	for i, c := range m.Columns {
		l.Columns = append(l.Columns, LookedColumn{Column: c, Found: identifierOf(found.Columns[i])})
	}
	for _, i := range m.Passwords() {
		l.Columns[i].Secret = true
	}
}

// addRow adds the cells of a row to the columns.
func (l *Look) addRow(cells []string) {
	for i := range min(len(cells), len(l.Columns)) {
		if !l.Columns[i].Secret {
			l.Columns[i].Cells = append(l.Columns[i].Cells, cells[i])
		}
	}
}
