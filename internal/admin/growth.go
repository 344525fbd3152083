package admin

import (
	"context"
	"time"

	"meibo/internal/member"
)

// A MembersAt is how many members there were at a moment.
type MembersAt struct {
	At time.Time
	N  int64
}

// grownMonths is how far back Growth looks.
const grownMonths = 12

// Growth returns how many members there were at the beginning of each of the last
// months and are now, the oldest first. It counts back from now by what applied
// imports did; a month before the organisation had anybody has 0. Whoever sees seats
// may.
func (s *Service) Growth(ctx context.Context, a Actor) ([]MembersAt, error) {
	if err := a.may(member.ImportsArea, member.ReadAccess); err != nil {
		return nil, err
	}
	now := s.now().In(a.Org.Zone)
	first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, a.Org.Zone)
	n, err := s.db.CountMembers(ctx, a.Org.ID)
	if err != nil {
		return nil, err
	}
	steps, err := s.db.Steps(ctx, a.Org.ID, first.AddDate(0, 1-grownMonths, 0).UnixMicro())
	if err != nil {
		return nil, err
	}
	points := make([]MembersAt, grownMonths+1)
	points[grownMonths] = MembersAt{now, n}
	for i := grownMonths - 1; i >= 0; i-- {
		at := first.AddDate(0, i+1-grownMonths, 0)
		for len(steps) > 0 && steps[0].At >= at.UnixMicro() {
			n -= steps[0].By
			steps = steps[1:]
		}
		points[i] = MembersAt{at, max(n, 0)}
	}
	return points, nil
}
