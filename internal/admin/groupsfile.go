package admin

import (
	"context"
	"errors"
	"slices"
	"strings"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/sheet"
	"meibo/internal/store"
	"meibo/internal/workbook"
)

// A groupColumn is a column of a groups file (G2).
type groupColumn int

const (
	groupID groupColumn = iota
	groupName
	groupEnabled
	groupDefault
	groupDelete
	groupColumns
)

// groupHeaders are the headers of the columns, the identifier first.
var groupHeaders = [groupColumns][]string{
	groupID:      {"id", "group id", "グループID"},
	groupName:    {"name", "group name", "group", "グループ名", "名前", "グループ"},
	groupEnabled: {"enabled", "有効"},
	groupDefault: {"default", "default group", "デフォルト", "デフォルトグループ"},
	groupDelete:  {"delete", "delete flag", "flag", "削除フラグ", "削除", "フラグ"},
}

// groupLabels are what people call the columns: a line for each language,
// English first.
var groupLabels = [groupColumns]string{"Group ID\nグループID", "Group Name\nグループ名", "Enabled\n有効", "Default Group\nデフォルトグループ", "Delete Flag\n削除フラグ"}

// ExportGroups writes all groups as a CSV that ImportGroups takes: as it is, it
// changes nothing. write is given one row after the other.
func (s *Service) ExportGroups(ctx context.Context, a Actor, write func(cells []string) error) error {
	all, err := s.Groups(ctx, a)
	if err != nil {
		return err
	}
	header := make([]string, groupColumns)
	for c := range groupColumns {
		header[c] = groupHeaders[c][0]
	}
	if err := write(header); err != nil {
		return err
	}
	for _, g := range all {
		if err := write([]string{line(g.ID), plan.CellOf(sheet.CSV, g.Name, false), bit(g.Enabled), bit(g.Default), ""}); err != nil {
			return err
		}
	}
	return nil
}

func bit(yes bool) string {
	if yes {
		return "1"
	}
	return "0"
}

// GroupsImported is what an import of groups did, or why it did nothing.
type GroupsImported struct {
	Added, Changed, Deleted, Unchanged int
	Problems                           []problem.Problem // each with its line, the first MostProblems; nothing was done
	ProblemsTotal                      int               // how many there are
	Warnings                           []problem.Problem
	Emptied                            store.Import // the plan that took members out; zero if none
}

// GroupsOptions say how a groups file is read, and what becomes of members.
type GroupsOptions struct {
	Charset, Delimiter string // empty or auto: by the bytes
	WithMembers        bool   // groups that go may have members, who are taken out
}

// ImportGroups adds, changes and deletes groups as a file says (G2): all rows or
// none. Groups that the file does not name stay. Where one that is to go has
// members that is InUse, unless they are to be taken out: a plan does that first.
func (s *Service) ImportGroups(ctx context.Context, a Actor, u Upload, o GroupsOptions) (GroupsImported, error) {
	if err := a.may(member.GroupsArea, member.WriteAccess); err != nil {
		return GroupsImported{}, err
	}
	masters, err := s.db.Masters(ctx, a.Org.ID)
	if err != nil {
		return GroupsImported{}, err
	}
	uses, err := s.db.Uses(ctx, a.Org.ID, store.GroupMaster, s.micros())
	if err != nil {
		return GroupsImported{}, err
	}
	f := &groupsFile{masters: masters, seen: map[int64]int{}}
	var p problem.Problem
	if err := f.read(ctx, a, u, o); errors.As(err, &p) {
		f.complain(p)
	} else if err != nil {
		return GroupsImported{}, err
	}
	f.judge(uses, o.WithMembers)
	if len(f.problems) > 0 {
		return GroupsImported{Problems: f.problems, ProblemsTotal: f.total, Warnings: f.warnings}, nil
	}
	f.done.Warnings = f.warnings
	if o.WithMembers && len(f.deleted) > 0 {
		if f.done.Emptied, err = s.emptyGroups(ctx, a, f.deleted, AnyMembers); err != nil {
			return f.done, err
		}
	}
	return f.done, s.db.Alter(ctx, a.Org.ID, func(tx *store.Tx) error { return s.saveGroups(ctx, tx, a, f) })
}

// saveGroups deletes, frees the names of those that are renamed, and saves.
func (s *Service) saveGroups(ctx context.Context, tx *store.Tx, a Actor, f *groupsFile) error {
	now, err := tx.Masters(ctx, a.Org.ID)
	if err != nil {
		return err
	}
	if now.Version != f.masters.Version {
		return (&store.Staleness{What: "group"}).Problem()
	}
	for _, id := range f.deleted {
		if err := s.deleteGroup(ctx, tx, a, id); err != nil {
			return err
		}
	}
	var renamed []int64
	for _, row := range f.saved {
		if row.ID != 0 {
			renamed = append(renamed, row.ID)
		}
	}
	if err := tx.FreeGroupNames(ctx, a.Org.ID, renamed); err != nil {
		return err
	}
	for i := range f.saved {
		if err := tx.SaveGroup(ctx, a.Org.ID, &f.saved[i].Group); err != nil {
			return err
		}
	}
	return nil
}

// A groupsFile is a groups file as it is read and judged.
type groupsFile struct {
	masters  *plan.Masters
	format   sheet.Format
	at       [groupColumns]int // 1-based; 0 if absent
	header   []string
	line     int           // of the header
	seen     map[int64]int // group → line that named it
	saved    []groupRow
	deleted  []int64
	lines    []int             // of deleted
	problems []problem.Problem // the first MostProblems
	total    int               // of problems
	warnings []problem.Problem
	done     GroupsImported
}

type groupRow struct {
	member.Group
	line int
}

// complain keeps a problem while there are few: a file may have one in every
// row, and memory for none of them (F11).
func (f *groupsFile) complain(ps ...problem.Problem) {
	f.total += len(ps)
	f.problems = append(f.problems, ps[:min(len(ps), MostProblems-len(f.problems))]...)
}

func (f *groupsFile) read(ctx context.Context, a Actor, u Upload, o GroupsOptions) (err error) {
	delimiter, err := delimiterOf(o.Delimiter)
	if err != nil {
		return err
	}
	file, err := sheet.Open(u.Content, u.Size, sheet.Options{Charset: o.Charset, Delimiter: delimiter, Limits: uploadLimits(a, u),
		KnownHeader: func(cell string) bool { _, ok := groupColumnOf(cell); return ok }})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	f.format = file.Format
	for row, err := range file.Rows(ctx) {
		if err != nil {
			return err
		}
		if f.header != nil {
			f.row(row)
			continue
		}
		if len(row.Problems) > 0 {
			return row.Problems[0]
		}
		if f.understand(row); len(f.problems) > 0 {
			return nil
		}
	}
	return nil
}

func uploadLimits(a Actor, u Upload) sheet.Limits {
	if u.Limits != (sheet.Limits{}) {
		return u.Limits
	}
	set := a.Org.Settings
	return sheet.Limits{FileBytes: set.Count(plan.LimitFileBytes), Rows: set.Count(plan.LimitRows),
		SheetRows: set.Count(plan.LimitSheetRows), Columns: int(set.Count(plan.LimitColumns)), CellRunes: int(set.Count(plan.LimitCell)),
		Book: workbook.Limits{Entries: int(set.Count(plan.LimitEntries)), Inflated: set.Count(plan.LimitInflated),
			Ratio: set.Count(plan.LimitRatio), Depth: int(set.Count(plan.LimitDepth))}}
}

func groupColumnOf(header string) (groupColumn, bool) {
	folded := member.FoldHeader(header)
	for c := range groupColumns {
		for _, name := range groupHeaders[c] {
			if member.FoldHeader(name) == folded {
				return c, true
			}
		}
	}
	return 0, false
}

// understand reads the header (F4).
func (f *groupsFile) understand(row sheet.Row) {
	f.header, f.line = make([]string, len(row.Cells)), row.Line
	for i, cell := range row.Cells {
		f.header[i] = member.Trim(cell)
		c, known := groupColumnOf(cell)
		place := problem.Place{Line: row.Line, Column: f.format.Column(i), Header: f.header[i]}
		switch {
		case f.header[i] == "" || slices.Contains(plan.AddedHeaders(), f.header[i]):
		case !known:
			f.unknown(f.header[i], place)
		case f.at[c] > 0:
			f.complain(problem.New(problem.HeaderDuplicate, "header", f.header[i], "first", f.format.Column(f.at[c]-1)).At(place))
		default:
			f.at[c] = i + 1
		}
	}
	if f.at[groupID] == 0 && f.at[groupName] == 0 {
		f.complain(problem.New(problem.HeaderNoGroup, "headers", strings.Join(f.header, "\n")).At(problem.Place{Line: row.Line}))
	}
}

func (f *groupsFile) unknown(header string, place problem.Place) {
	for c := range groupColumns {
		for _, name := range groupHeaders[c] {
			if plan.NearMiss(member.FoldHeader(header), member.FoldHeader(name)) {
				f.complain(problem.New(problem.HeaderNearMiss, "header", header, "meant", groupHeaders[c][0], "label", groupLabels[c]).At(place))
				return
			}
		}
	}
	f.warnings = append(f.warnings, problem.New(problem.HeaderUnknown, "header", header).At(place))
}
