package plan

import (
	"slices"

	"meibo/internal/member"
	"meibo/internal/problem"
)

// groups decides the groups of a row (P7): its own; else those chosen for the
// upload; else, for somebody new, the default groups; else unchanged. m is nil
// for somebody new.
func (e *Env) groups(c *Change, d *Draft, m *member.Member, past *pastMember) {
	var now []int64
	if m != nil {
		now = m.Groups
	}
	wanted, own, ok := e.ownGroups(c, d, m, past, now)
	chosen := false
	switch {
	case !ok:
		return
	case own:
	case len(e.chosen) > 0:
		wanted, chosen = e.chosenGroups(now), true
	case m == nil:
		wanted = e.Masters.defaults
	default:
		wanted = now
	}
	c.Groups = difference(now, wanted)
	if len(c.Groups) == 0 {
		return
	}
	c.Mask = c.Mask.With(member.Groups)
	if d.Clear.Has(member.Groups) {
		c.Hazards |= ClearsGroups
	}
	if chosen && slices.ContainsFunc(c.Groups, func(op GroupOp) bool { return !op.Adds }) {
		c.Hazards |= LosesGroup
	}
}

func (e *Env) chosenGroups(now []int64) []int64 {
	if !e.Options.AddGroups {
		return sorted(e.chosen)
	}
	return sorted(append(slices.Clone(now), e.chosen...))
}

// ownGroups reads the row's own cell. own is false if it says nothing; ok is
// false if it has a problem.
func (e *Env) ownGroups(c *Change, d *Draft, m *member.Member, past *pastMember, now []int64) (wanted []int64, own, ok bool) {
	if d.Clear.Has(member.Groups) {
		return e.mergeGroups(c, d, nil, past, now)
	}
	if !d.Set.Has(member.Groups) {
		return nil, false, true
	}
	text := d.Text[member.Groups]
	if m != nil && e.shows(text, e.Show(member.Groups, m)) {
		return now, true, true
	}
	if past != nil && e.shows(text, e.Show(member.Groups, past.Member)) {
		return now, true, true
	}
	edit, err := member.ParseValues(newlines(text))
	if err != nil {
		c.Problems = append(c.Problems, e.at(d, member.Groups, err))
		return nil, true, false
	}
	if !edit.Edit {
		ids, ok := e.groupIDs(c, d, edit.Replace, now)
		if !ok {
			return nil, true, false
		}
		return e.mergeGroups(c, d, ids, past, now)
	}
	add, ok1 := e.groupIDs(c, d, edit.Add, now)
	remove, ok2 := e.groupIDs(c, d, edit.Remove, now)
	if !ok1 || !ok2 {
		return nil, true, false
	}
	wanted = slices.DeleteFunc(append(slices.Clone(now), add...), func(id int64) bool { return slices.Contains(remove, id) })
	return sorted(wanted), true, true
}

// mergeGroups judges a cell that replaces all groups of a member whose groups
// may have changed since the file was made (P9).
func (e *Env) mergeGroups(c *Change, d *Draft, wanted []int64, past *pastMember, now []int64) ([]int64, bool, bool) {
	wanted = sorted(wanted)
	if past == nil || slices.Equal(past.Member.Groups, now) || slices.Equal(wanted, now) {
		return wanted, true, true
	}
	if slices.Equal(wanted, past.Member.Groups) {
		return now, true, true
	}
	if e.Options.Conflicts == "file" {
		return wanted, true, true
	}
	c.Problems = append(c.Problems, problem.Of(problem.Conflict, problem.CellConflict,
		"was", e.Show(member.Groups, past.Member), "now", e.Masters.GroupNames(now), "yours", d.Text[member.Groups]).
		At(e.Mapping.Place(d.Line, member.Groups)))
	return nil, true, false
}

// groupIDs finds groups by ID or name. All unknown ones are named, not only
// the first. A disabled group is taken only by who is in it already.
func (e *Env) groupIDs(c *Change, d *Draft, names []string, now []int64) ([]int64, bool) {
	ids := make([]int64, 0, len(names))
	ok := true
	for _, name := range names {
		id, known := e.group(name)
		switch {
		case !known:
			e.refuse(c, d, member.Groups, problem.GroupUnknown, "value", name, "create", e.canCreate(name, d.Line))
			ok = false
		case !e.Masters.enabled(id) && !slices.Contains(now, id):
			e.refuse(c, d, member.Groups, problem.GroupDisabled, "value", name)
			ok = false
		default:
			ids = append(ids, id)
		}
	}
	return ids, ok
}

// canCreate says "yes" where an unknown group would be created if only that
// option were on: in a file, under a name that a group may have.
func (e *Env) canCreate(name string, line int64) string {
	if line > 0 && e.NewGroup == nil && member.ValidGroupName(name) {
		return "yes"
	}
	return ""
}

func (m *Masters) enabled(id int64) bool {
	i, ok := m.groupByID[id]
	return ok && m.Groups[i].Enabled
}

// difference lists what must be added and taken out so that now becomes
// wanted. Both are ascending.
func difference(now, wanted []int64) []GroupOp {
	var ops []GroupOp
	i, j := 0, 0
	for i < len(now) || j < len(wanted) {
		switch {
		case j == len(wanted) || i < len(now) && now[i] < wanted[j]:
			ops = append(ops, GroupOp{ID: now[i]})
			i++
		case i == len(now) || wanted[j] < now[i]:
			ops = append(ops, GroupOp{ID: wanted[j], Adds: true})
			j++
		default:
			i, j = i+1, j+1
		}
	}
	return ops
}

// sorted returns ids ascending, each once.
func sorted(ids []int64) []int64 {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return slices.Compact(ids)
}
