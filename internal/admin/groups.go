package admin

import (
	"context"
	"math"
	"slices"
	"strings"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// A GroupInUse is a group and how many members are in it.
type GroupInUse struct {
	member.Group
	Members int64
}

// Groups lists all groups by ID.
func (s *Service) Groups(ctx context.Context, a Actor) ([]GroupInUse, error) {
	if err := a.may(member.GroupsArea, member.ReadAccess); err != nil {
		return nil, err
	}
	masters, err := s.db.Masters(ctx, a.Org.ID)
	if err != nil {
		return nil, err
	}
	uses, err := s.db.Uses(ctx, a.Org.ID, store.GroupMaster, s.micros())
	all := make([]GroupInUse, len(masters.Groups))
	for i, g := range masters.Groups {
		all[i] = GroupInUse{g, uses[g.ID].Members}
	}
	return all, err
}

// Group returns the group of that name or ID. Its problem is GroupUnknown.
func (s *Service) Group(ctx context.Context, a Actor, nameOrID string) (GroupInUse, error) {
	all, err := s.Groups(ctx, a)
	if err != nil {
		return GroupInUse{}, err
	}
	for _, g := range all {
		if g.Name == nameOrID || line(g.ID) == nameOrID {
			return g, nil
		}
	}
	return GroupInUse{}, groupUnknown(nameOrID)
}

func groupUnknown(name string) error {
	return problem.Of(problem.NotFound, problem.GroupUnknown, "value", name, "create", "")
}

// groupOf finds a group by ID or name.
func groupOf(masters *plan.Masters, nameOrID string) (member.Group, error) {
	id, ok := masters.Group(member.Trim(nameOrID))
	if !ok {
		return member.Group{}, groupUnknown(nameOrID)
	}
	return masters.Groups[slices.IndexFunc(masters.Groups, func(g member.Group) bool { return g.ID == id })], nil
}

// AddGroup adds a group; its ID is ignored. Its problems are NameInvalid and
// NameTaken.
func (s *Service) AddGroup(ctx context.Context, a Actor, g member.Group) (member.Group, error) {
	if err := a.may(member.GroupsArea, member.WriteAccess); err != nil {
		return g, err
	}
	var err error
	if g.Name, err = member.ParseGroupName(g.Name); err != nil {
		return g, err
	}
	g.ID = 0
	err = s.db.Alter(ctx, a.Org.ID, func(tx *store.Tx) error { return tx.SaveGroup(ctx, a.Org.ID, &g) })
	return g, err
}

// A GroupEdit is what is to change of a group; nil leaves.
type GroupEdit struct {
	Name             *string
	Enabled, Default *bool
}

// EditGroup changes a group. Its problems are those of AddGroup, and GroupUnknown.
func (s *Service) EditGroup(ctx context.Context, a Actor, nameOrID string, e GroupEdit) (g member.Group, err error) {
	if err := a.may(member.GroupsArea, member.WriteAccess); err != nil {
		return g, err
	}
	err = s.db.Alter(ctx, a.Org.ID, func(tx *store.Tx) error {
		masters, err := tx.Masters(ctx, a.Org.ID)
		if err != nil {
			return err
		}
		if g, err = groupOf(masters, nameOrID); err != nil {
			return err
		}
		if e.Name != nil {
			if g.Name, err = member.ParseGroupName(*e.Name); err != nil {
				return err
			}
		}
		g.Enabled, g.Default = or(e.Enabled, g.Enabled), or(e.Default, g.Default)
		return tx.SaveGroup(ctx, a.Org.ID, &g)
	})
	return g, err
}

// or returns what is asked for, or what is there already.
func or[T any](asked *T, there T) T {
	if asked == nil {
		return there
	}
	return *asked
}

// AnyMembers lets [Service.DeleteGroup] take out however many members there are.
const AnyMembers = math.MaxInt64

// DeleteGroup deletes a group. Where it has members they are taken out by a plan
// first, which is returned, but no more of them than most, which the actor knows
// of: more are InUse, and then none is taken out.
func (s *Service) DeleteGroup(ctx context.Context, a Actor, nameOrID string, most int64) (store.Import, error) {
	if err := a.may(member.GroupsArea, member.WriteAccess); err != nil {
		return store.Import{}, err
	}
	masters, err := s.db.Masters(ctx, a.Org.ID)
	if err != nil {
		return store.Import{}, err
	}
	g, err := groupOf(masters, nameOrID)
	if err != nil {
		return store.Import{}, err
	}
	var imp store.Import
	if most > 0 {
		if imp, err = s.emptyGroups(ctx, a, []int64{g.ID}, most); err != nil {
			return imp, err
		}
	}
	return imp, s.db.Alter(ctx, a.Org.ID, func(tx *store.Tx) error { return s.deleteGroup(ctx, tx, a, g.ID) })
}

// emptyGroups takes everybody out of some groups, by one plan. Where they are more
// than most, that is InUse.
func (s *Service) emptyGroups(ctx context.Context, a Actor, ids []int64, most int64) (store.Import, error) {
	return s.sweep(ctx, a, sweep{who: store.Selection{Groups: ids}, most: most, kind: store.GroupMaster, edit: func(m *member.Member, d *plan.Draft) {
		var out []string
		for _, id := range m.Groups {
			if slices.Contains(ids, id) {
				out = append(out, "-"+line(id))
			}
		}
		d.Set = d.Set.With(member.Groups)
		d.Text[member.Groups] = strings.Join(out, "|")
	}})
}

// deleteGroup deletes a group that has no members, whoever came in meanwhile.
func (s *Service) deleteGroup(ctx context.Context, tx *store.Tx, a Actor, id int64) error {
	use, err := tx.UseOf(ctx, a.Org.ID, store.GroupMaster, id, s.micros())
	if err != nil {
		return err
	}
	if use.Members > 0 {
		return inUse(store.GroupMaster, use)
	}
	return tx.DeleteMaster(ctx, a.Org.ID, store.GroupMaster, id)
}
