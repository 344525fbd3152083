package admin

import (
	"context"

	"meibo/internal/store"
)

// savedFilter finds a saved filter that the actor may see.
func (s *Service) savedFilter(ctx context.Context, a Actor, name string) (store.Filter, bool, error) {
	all, err := s.db.Filters(ctx, a.Org.ID)
	if err != nil {
		return store.Filter{}, false, err
	}
	for _, f := range all {
		if f.Name == name && a.sees(f) {
			return f, true, nil
		}
	}
	return store.Filter{}, false, nil
}

// sees reports whether a filter is shared with the actor (G4).
func (a Actor) sees(f store.Filter) bool {
	return f.Share == "everyone" || a.admin || f.OwnerID == a.MemberID
}
