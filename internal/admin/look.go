package admin

import (
	"context"
	"errors"

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
	Fields    []LookedField // what a column may mean beside the attributes
	// Problems make the file unusable as the options are; Warnings do not.
	Problems, Warnings []problem.Problem
}

// A LookedColumn is a column of a file with its first cells.
type LookedColumn struct {
	plan.Column
	Cells []string // at most lookedRows; none of a column of passwords
}

// A LookedField is a field by its identifier and labels.
type LookedField struct{ Identifier, LabelEN, LabelJA string }

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
	brought, closeFiles, err := s.openUpload(u)
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
	l.Options, l.Warnings = p.imp.Options, p.warnings
	for _, f := range p.masters.Fields {
		l.Fields = append(l.Fields, LookedField{f.Identifier, f.LabelEN, f.LabelJA})
	}
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
			l.addRow(row.Cells, mapping)
			continue
		}
		if mapping, wrong = p.understand(row, f.Format); mapping == nil {
			return wrong
		}
		for _, c := range mapping.Columns {
			l.Columns = append(l.Columns, LookedColumn{Column: c})
		}
	}
	return wrong
}

// addRow adds the cells of a row to the columns.
func (l *Look) addRow(cells []string, m *plan.Mapping) {
	secret := map[int]bool{}
	for _, i := range m.Passwords() {
		secret[i] = true
	}
	for i := range min(len(cells), len(l.Columns)) {
		if !secret[i] {
			l.Columns[i].Cells = append(l.Columns[i].Cells, cells[i])
		}
	}
}
