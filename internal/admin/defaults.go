package admin

import (
	"context"

	"meibo/internal/member"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// DefaultGroups lists the groups that new members get when nothing else says
// so (SPEC G1), by ID.
func (s *Service) DefaultGroups(ctx context.Context, a Actor) ([]GroupInUse, error) {
	all, err := s.Groups(ctx, a)
	if err != nil {
		return nil, err
	}
	var defaults []GroupInUse
	for _, g := range all {
		if g.Default {
			defaults = append(defaults, g)
		}
	}
	return defaults, nil
}

// SetDefaultGroups makes exactly these groups, by name or ID, the default ones;
// none is allowed. Its problems are GroupUnknown and GroupDisabled.
func (s *Service) SetDefaultGroups(ctx context.Context, a Actor, names []string) error {
	if err := a.may(member.GroupsArea, member.WriteAccess); err != nil {
		return err
	}
	return s.db.Alter(ctx, a.Org.ID, func(tx *store.Tx) error {
		masters, err := tx.Masters(ctx, a.Org.ID)
		if err != nil {
			return err
		}
		ids := make([]int64, 0, len(names))
		for _, name := range names {
			g, err := groupOf(masters, name)
			if err != nil {
				return err
			}
			if !g.Enabled {
				return problem.New(problem.GroupDisabled, "value", name)
			}
			ids = append(ids, g.ID)
		}
		return tx.SetDefaultGroups(ctx, a.Org.ID, ids)
	})
}
