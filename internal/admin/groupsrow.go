package admin

import (
	"errors"
	"strconv"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/sheet"
	"meibo/internal/store"
)

// place points to a cell of a row.
func (f *groupsFile) place(line int, c groupColumn) problem.Place {
	p := problem.Place{Line: line}
	if f.at[c] > 0 {
		p.Column, p.Header = f.format.Column(f.at[c]-1), f.header[f.at[c]-1]
	}
	return p
}

// cell is the text of a cell; empty where it is blank or the column is absent.
func (f *groupsFile) cell(row sheet.Row, c groupColumn) string {
	if f.at[c] == 0 || f.at[c] > len(row.Cells) {
		return ""
	}
	text, _ := plan.CellText(row.Cells[f.at[c]-1])
	return text
}

func (f *groupsFile) fail(err error, line int, c groupColumn) {
	var p problem.Problem
	if !errors.As(err, &p) {
		panic("admin: a rule returned something that is not a problem: " + err.Error())
	}
	f.complain(p.At(f.place(line, c)))
}

// row reads one row: what is wrong with the row itself; names and members of
// groups are judged when all are read.
func (f *groupsFile) row(row sheet.Row) {
	if len(row.Problems) > 0 {
		f.complain(row.Problems...)
		return
	}
	if p, bad := f.shape(row); bad {
		f.complain(p)
		return
	}
	g, ok := f.which(row)
	if !ok {
		return
	}
	deletes, ok := f.flag(row, groupDelete, false)
	switch {
	case !ok:
		return
	case deletes && g.ID == 0:
		f.fail(problem.New(problem.GroupIDNeeded), row.Line, groupID)
		return
	case deletes:
		f.deleted, f.lines = append(f.deleted, g.ID), append(f.lines, row.Line)
		return
	}
	if f.values(row, &g) {
		f.saved = append(f.saved, groupRow{g, row.Line})
	}
}

// shape judges a row that is not as wide as the header, or has a cell under no
// header (F4).
func (f *groupsFile) shape(row sheet.Row) (problem.Problem, bool) {
	filled := len(row.Cells)
	for filled > len(f.header) && member.Trim(row.Cells[filled-1]) == "" {
		filled--
	}
	cells, expected, place := strconv.Itoa(filled), strconv.Itoa(len(f.header)), problem.Place{Line: row.Line}
	switch {
	case len(row.Cells) < len(f.header):
		return problem.New(problem.RowShort, "cells", cells, "expected", expected).At(place), true
	case filled > len(f.header):
		return problem.New(problem.RowLong, "cells", cells, "expected", expected).At(place), true
	}
	for i, header := range f.header {
		if column := f.format.Column(i); header == "" && i < len(row.Cells) && member.Trim(row.Cells[i]) != "" {
			place.Column = column
			return problem.New(problem.HeaderEmpty, "column", column).At(place), true
		}
	}
	return problem.Problem{}, false
}

// which finds the group that a row is about; with a blank ID a new one.
func (f *groupsFile) which(row sheet.Row) (member.Group, bool) {
	text := f.cell(row, groupID)
	if text == "" {
		return member.Group{Enabled: true}, true
	}
	id, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil:
		f.fail(problem.New(problem.IntegerMalformed, "value", text), row.Line, groupID)
	case !f.masters.HasGroup(id):
		f.fail(groupUnknown(text), row.Line, groupID)
	case f.seen[id] > 0:
		f.fail(problem.New(problem.DuplicateGroup, "value", text, "first", strconv.Itoa(f.seen[id])), row.Line, groupID)
	default:
		f.seen[id] = row.Line
		g, err := groupOf(f.masters, text)
		return g, err == nil
	}
	return member.Group{}, false
}

// flag reads a cell that is 0 or 1; blank is what was there.
func (f *groupsFile) flag(row sheet.Row, c groupColumn, was bool) (yes, ok bool) {
	text := f.cell(row, c)
	if text == "" {
		return was, true
	}
	yes, err := member.ParseBoolean(text)
	if err != nil && c == groupDelete {
		err = problem.New(problem.DeleteFlagMalformed, "value", text, "layout", "groups")
	}
	if err != nil {
		f.fail(err, row.Line, c)
	}
	return yes, err == nil
}

func (f *groupsFile) values(row sheet.Row, g *member.Group) bool {
	ok := true
	switch name := f.cell(row, groupName); {
	case name != "" && name != g.Name:
		clean, err := member.ParseGroupName(name)
		if g.Name = clean; err != nil {
			f.fail(err, row.Line, groupName)
			ok = false
		}
	case g.Name == "":
		f.fail(problem.New(problem.NameInvalid, "value", ""), row.Line, groupName)
		ok = false
	}
	enabled, ok1 := f.flag(row, groupEnabled, g.Enabled)
	isDefault, ok2 := f.flag(row, groupDefault, g.Default)
	g.Enabled, g.Default = enabled, isDefault
	return ok && ok1 && ok2
}

// judge looks at all rows together: names in the state after the whole file,
// and members of groups that go. It leaves the rows that change something.
func (f *groupsFile) judge(uses map[int64]store.Use, withMembers bool) {
	owner := map[string]int{} // name → line; 0: a group that the file does not name
	for _, g := range f.masters.Groups {
		if f.seen[g.ID] == 0 {
			owner[g.Name] = 0
		}
	}
	changed := f.saved[:0]
	for _, row := range f.saved {
		first, there := owner[row.Name]
		switch {
		case there && first == 0:
			f.fail(problem.Of(problem.Conflict, problem.NameTaken, "value", row.Name), row.line, groupName)
		case there:
			f.fail(problem.New(problem.DuplicateGroup, "value", row.Name, "first", strconv.Itoa(first)), row.line, groupName)
		}
		if !there {
			owner[row.Name] = row.line
		}
		changed = f.count(changed, row)
	}
	f.saved = changed
	for i, id := range f.deleted {
		if use := uses[id]; use.Members > 0 && !withMembers {
			f.fail(inUse(store.GroupMaster, use), f.lines[i], groupID)
		}
		f.done.Deleted++
	}
}

// count keeps a row that adds or changes a group.
func (f *groupsFile) count(changed []groupRow, row groupRow) []groupRow {
	if row.ID == 0 {
		f.done.Added++
		return append(changed, row)
	}
	was, err := groupOf(f.masters, line(row.ID))
	if err == nil && was == row.Group {
		f.done.Unchanged++
		return changed
	}
	f.done.Changed++
	return append(changed, row)
}
