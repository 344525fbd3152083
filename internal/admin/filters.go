package admin

import (
	"context"
	"slices"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// savedFilter finds a saved filter that the actor may see.
func (s *Service) savedFilter(ctx context.Context, a Actor, name string) (store.Filter, bool, error) {
	all, err := s.db.Filters(ctx, a.Org.ID)
	if err != nil {
		return store.Filter{}, false, err
	}
	f, err := a.filterOf(all, name)
	return f, err == nil, nil
}

func (a Actor) filterOf(all []store.Filter, name string) (store.Filter, error) {
	for _, f := range all {
		if f.Name == name && a.sees(f) {
			return f, nil
		}
	}
	return store.Filter{}, problem.Of(problem.NotFound, problem.FilterUnknown, "name", name)
}

// sees reports whether a filter is shared with the actor (G4).
func (a Actor) sees(f store.Filter) bool {
	return f.Share == store.ShareEveryone || a.mayChangeFilter(f) ||
		f.Share == store.ShareGroups && slices.ContainsFunc(f.GroupIDs, func(id int64) bool { return slices.Contains(a.groups, id) })
}

// mayChangeFilter reports whether the actor made the filter, or administers all.
func (a Actor) mayChangeFilter(f store.Filter) bool {
	return a.admin || a.MemberID != 0 && f.OwnerID == a.MemberID
}

// MayChangeFilter reports whether the actor may change a saved filter: for what is
// offered.
func (a Actor) MayChangeFilter(f store.Filter) bool {
	return a.Allows(member.FiltersArea, member.WriteAccess) && a.mayChangeFilter(f)
}

// Filters lists the saved filters that the actor may see, by name.
func (s *Service) Filters(ctx context.Context, a Actor) ([]store.Filter, error) {
	if err := a.may(member.FiltersArea, member.ReadAccess); err != nil {
		return nil, err
	}
	all, err := s.db.Filters(ctx, a.Org.ID)
	return slices.DeleteFunc(all, func(f store.Filter) bool { return !a.sees(f) }), err
}

// Filter returns one saved filter. Its problem is FilterUnknown, also where the
// actor may not see it.
func (s *Service) Filter(ctx context.Context, a Actor, name string) (store.Filter, error) {
	all, err := s.Filters(ctx, a)
	if err != nil {
		return store.Filter{}, err
	}
	return a.filterOf(all, name)
}

// FiltersWithGroup lists the saved filters that ask for a group and that the
// actor may see, by name; hidden is how many more there are,
// with those that cannot be read any more.
func (s *Service) FiltersWithGroup(ctx context.Context, a Actor, g member.Group) (seen []store.Filter, hidden int, err error) {
	if err := a.may(member.GroupsArea, member.ReadAccess); err != nil {
		return nil, 0, err
	}
	masters, err := s.db.Masters(ctx, a.Org.ID)
	if err != nil {
		return nil, 0, err
	}
	all, err := s.db.Filters(ctx, a.Org.ID)
	if err != nil {
		return nil, 0, err
	}
	for _, f := range all {
		parsed, err := member.ParseFilter(f.Expression)
		switch {
		case err != nil:
			hidden++
		case !slices.ContainsFunc(groupsInside(parsed, fieldsByName(masters.Fields)), func(name string) bool { return isCalled(g, name) }):
		case a.Allows(member.FiltersArea, member.ReadAccess) && a.sees(f):
			seen = append(seen, f)
		default:
			hidden++
		}
	}
	return seen, hidden, nil
}

// groupsInside lists the groups that a filter asks for, by name or ID.
func groupsInside(f member.Filter, fields map[string]member.Field) []string {
	var names []string
	for c := range f.Comparisons {
		if t, ok := member.FilterTypeOf(c.Attribute, fields); ok && asksForGroup(c, t) {
			names = append(names, c.Value.Text)
		}
	}
	return names
}

// asksForGroup reports whether a comparison names one group, not a part of its name.
func asksForGroup(c member.Comparison, t member.FilterType) bool {
	return t == member.FilterGroups && (c.Op == member.Equal || c.Op == member.NotEqual) && c.Value.Kind != member.NullValue
}

// isCalled reports whether a filter means the group by that name or ID.
func isCalled(g member.Group, name string) bool {
	return member.FoldText(name) == member.FoldText(g.Name) || name == line(g.ID)
}

// Matches counts the members that an expression, or the saved filter of that
// name, chooses. Its problems are those of filters.
func (s *Service) Matches(ctx context.Context, a Actor, nameOrExpression string) (int64, error) {
	if err := a.may(member.MembersArea, member.ReadAccess); err != nil {
		return 0, err
	}
	masters, err := s.db.Masters(ctx, a.Org.ID)
	if err != nil {
		return 0, err
	}
	expression, err := s.expression(ctx, a, nameOrExpression)
	if err != nil {
		return 0, err
	}
	sel, err := s.selected(a, masters, expression)
	if err != nil {
		return 0, err
	}
	return s.db.CountSelected(ctx, a.Org.ID, sel)
}

// A FilterEdit is what a filter is to be like; nil leaves, and is nothing (or
// "me") for a new one.
type FilterEdit struct {
	Name, Expression *string
	Share            []string // me, everyone, or the names or IDs of groups
}

// AddFilter saves a filter of the actor's. Its problems are TitleInvalid,
// NameTaken, GroupUnknown and those of filters.
func (s *Service) AddFilter(ctx context.Context, a Actor, e FilterEdit) (store.Filter, error) {
	f := store.Filter{OwnerID: a.MemberID, Share: store.ShareMe}
	err := s.saveFilter(ctx, a, &f, func(*store.Tx) error { return nil }, e)
	return f, err
}

// EditFilter changes a filter, for whoever made it and administrators. Its
// problems are those of AddFilter, FilterUnknown and FilterNotYours.
func (s *Service) EditFilter(ctx context.Context, a Actor, name string, e FilterEdit) (f store.Filter, err error) {
	err = s.saveFilter(ctx, a, &f, func(tx *store.Tx) (err error) {
		f, err = s.filterToChange(ctx, tx, a, name)
		return err
	}, e)
	return f, err
}

func (s *Service) saveFilter(ctx context.Context, a Actor, f *store.Filter, find func(tx *store.Tx) error, e FilterEdit) error {
	if err := a.may(member.FiltersArea, member.WriteAccess); err != nil {
		return err
	}
	return s.db.Alter(ctx, a.Org.ID, func(tx *store.Tx) error {
		if err := find(tx); err != nil {
			return err
		}
		masters, err := tx.Masters(ctx, a.Org.ID)
		if err != nil {
			return err
		}
		if f.Name, err = member.ParseTitle(or(e.Name, f.Name)); err != nil {
			return err
		}
		f.Expression = member.Trim(or(e.Expression, f.Expression))
		if _, err := s.selected(a, masters, f.Expression); err != nil {
			return err
		}
		if err := share(f, masters, e.Share); err != nil {
			return err
		}
		return tx.SaveFilter(ctx, a.Org.ID, f)
	})
}

// share says who sees a filter: nobody else, everyone, or the members of groups.
func share(f *store.Filter, masters *plan.Masters, with []string) error {
	if len(with) == 0 {
		return nil
	}
	f.Share, f.GroupIDs = store.ShareGroups, nil
	if len(with) == 1 && (with[0] == store.ShareMe || with[0] == store.ShareEveryone) {
		f.Share = with[0]
		return nil
	}
	for _, name := range with {
		g, err := groupOf(masters, name)
		if err != nil {
			return err
		}
		f.GroupIDs = append(f.GroupIDs, g.ID)
	}
	slices.Sort(f.GroupIDs)
	f.GroupIDs = slices.Compact(f.GroupIDs)
	return nil
}

// DeleteFilter deletes a filter, for whoever made it and administrators.
func (s *Service) DeleteFilter(ctx context.Context, a Actor, name string) error {
	if err := a.may(member.FiltersArea, member.WriteAccess); err != nil {
		return err
	}
	return s.db.Alter(ctx, a.Org.ID, func(tx *store.Tx) error {
		f, err := s.filterToChange(ctx, tx, a, name)
		if err != nil {
			return err
		}
		return tx.DeleteFilter(ctx, a.Org.ID, f.ID)
	})
}

func (s *Service) filterToChange(ctx context.Context, tx *store.Tx, a Actor, name string) (store.Filter, error) {
	all, err := tx.Filters(ctx, a.Org.ID)
	if err != nil {
		return store.Filter{}, err
	}
	f, err := a.filterOf(all, name)
	if err == nil && !a.mayChangeFilter(f) {
		err = problem.Of(problem.Forbidden, problem.FilterNotYours, "name", name)
	}
	return f, err
}
