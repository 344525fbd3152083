package plan

import (
	"slices"
	"strconv"
	"strings"

	"meibo/internal/member"
	"meibo/internal/problem"
	"meibo/internal/sheet"
)

// A Draft is what one row says, before anybody looked who it is about. Text is
// trimmed, and free of the apostrophe that keeps spreadsheets from running it.
type Draft struct {
	Line  int64
	Set   member.Mask // cells with text
	Clear member.Mask // cells that clear: by the word, or blank where blank clears
	Word  member.Mask // those of Clear that hold the word
	Text  [member.AttributeCount]string

	FieldText  []string // by the order of Masters.Fields; none if the file has no field columns
	FieldClear []bool

	dates      member.Mask // cells that a workbook holds as dates
	fieldDates []bool      // the same of fields; nil if there is none

	ID                 int64  // parsed member_id; 0 if none or malformed
	EmailKey, LoginKey string // parsed keys to match by; empty if blank or malformed
	Problems           []problem.Problem

	base             BaseToken
	hasBase, rowSame bool // a token of ours; the row is as it was exported
}

// Has reports whether a's cell says anything: text or clear.
func (d *Draft) Has(a member.Attribute) bool { return (d.Set | d.Clear).Has(a) }

// clearWord clears a cell (SPEC F10); its text is written with an apostrophe.
const clearWord = "{clear}"

// CellText brings a cell of a file into the form that is compared and parsed.
// clear is true for the word that clears. A workbook's cells too may have the
// guard against formulas: it was a CSV once.
func CellText(cell string) (text string, clear bool) {
	text = member.Trim(cell)
	switch text {
	case "":
		return "", false
	case clearWord:
		return "", true
	case "'" + clearWord:
		return clearWord, false
	}
	return member.Trim(sheet.Unguard(newlines(text))), false
}

// newlines turns CRLF and CR into LF (SPEC F7).
func newlines(s string) string {
	if strings.IndexByte(s, '\r') < 0 {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

// CellOf is the inverse of CellText: what an export writes for a text. A
// workbook's text cells are not run by any program; in a CSV, texts are guarded,
// but for number: texts of number fields need no guard (SPEC F12).
func CellOf(f sheet.Format, text string, number bool) string {
	switch {
	case text == clearWord:
		return "'" + text
	case number:
		return text
	case f != sheet.XLSX:
		return sheet.Guard(text)
	}
	if back, clear := CellText(text); clear || back != text {
		return "'" + text
	}
	return text
}

// Read turns a row of the file into a draft, which may have been another before.
// Problems of the row itself (bytes, quotes, its length) are on the draft; the other
// cells are then still read as far as they go, so that a later row can name this one.
func (e *Env) Read(d *Draft, row sheet.Row) {
	*d = Draft{Line: int64(row.Line), Problems: row.Problems, FieldText: d.FieldText[:0], FieldClear: d.FieldClear[:0]}
	e.length(d, row)
	m := e.Mapping
	for _, column := range m.blank {
		if column < len(row.Cells) && member.Trim(row.Cells[column]) != "" && e.err == nil {
			name := m.Format.Column(column)
			e.err = problem.New(problem.HeaderEmpty, "column", name).At(problem.Place{Line: m.Line, Column: name})
		}
	}
	for a, column := range m.at {
		if column == 0 || column > len(row.Cells) {
			continue
		}
		e.cell(d, member.Attribute(a), row.Cells[column-1])
		if row.IsDate(column - 1) {
			d.dates = d.dates.With(member.Attribute(a))
		}
	}
	e.fieldCells(d, row)
	e.keys(d)
	e.readBase(d, row.Cells)
}

func (e *Env) cell(d *Draft, a member.Attribute, cell string) {
	text, clear := CellText(cell)
	switch {
	case clear || text == "" && e.blankClears(a):
		d.Clear = d.Clear.With(a)
		if clear {
			d.Word = d.Word.With(a)
		}
	case text != "":
		d.Set = d.Set.With(a)
		d.Text[a] = text
	}
}

// blankClears reports whether a blank cell of a clears it (SPEC F10, §5): with
// the option in every column, in the invitation layout in policy and role.
func (e *Env) blankClears(a member.Attribute) bool {
	switch a {
	case member.MemberID, member.Password, member.PasswordHash, member.Delete, member.Base:
		return false
	case member.BrandPolicy, member.Role:
		if e.Options.Layout == InviteSheet {
			return true
		}
	}
	return e.Options.Blank == "clear"
}

func (e *Env) fieldCells(d *Draft, row sheet.Row) {
	for f, column := range e.Mapping.fields {
		if column == 0 || column > len(row.Cells) {
			continue
		}
		if n := len(e.Mapping.fields); len(d.FieldText) == 0 {
			d.FieldText, d.FieldClear = slices.Grow(d.FieldText, n)[:n], slices.Grow(d.FieldClear, n)[:n]
			clear(d.FieldText)
			clear(d.FieldClear)
		}
		text, clear := CellText(row.Cells[column-1])
		d.FieldText[f] = text
		d.FieldClear[f] = clear || text == "" && e.Options.Blank == "clear"
		if row.IsDate(column - 1) {
			if d.fieldDates == nil {
				d.fieldDates = make([]bool, len(e.Mapping.fields))
			}
			d.fieldDates[f] = true
		}
	}
}

// length judges a row that is not as wide as the header (SPEC F4).
func (e *Env) length(d *Draft, row sheet.Row) {
	m := e.Mapping
	width := len(m.Columns)
	filled := len(row.Cells)
	for filled > width && member.Trim(row.Cells[filled-1]) == "" {
		filled--
	}
	code := problem.Code("")
	switch {
	case len(row.Problems) > 0: // a broken row's length says nothing
	case len(row.Cells) < width:
		code = problem.RowShort
	case filled > width:
		code = problem.RowLong
	}
	if code != "" {
		d.Problems = append(d.Problems, problem.New(code, "cells", strconv.Itoa(filled), "expected", strconv.Itoa(width)).
			At(problem.Place{Line: row.Line}))
	}
}

// keys parses what the row is matched by. A malformed key is a problem where
// the row would use it; that is judged when it is decided.
func (e *Env) keys(d *Draft) {
	if d.Set.Has(member.MemberID) {
		if id, err := member.ParseMemberID(d.Text[member.MemberID]); err == nil {
			d.ID = id
		}
	}
	if d.Set.Has(member.Email) {
		if email, err := member.ParseEmail(d.Text[member.Email]); err == nil {
			d.EmailKey = member.FoldKey(email)
		}
	}
	if d.Set.Has(member.LoginID) {
		if login, err := member.ParseLoginID(d.Text[member.LoginID]); err == nil {
			d.LoginKey = member.FoldKey(login)
		}
	}
}

// list joins items for a problem's value that is a list.
func list(items ...string) string { return strings.Join(items, "\n") }

// Complete parses the keys of a draft that was not read from a file, and its
// token of _base.
func (e *Env) Complete(d *Draft) {
	e.keys(d)
	e.readBase(d, nil)
}
