package admin

import (
	"context"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// SeatsNow are an organisation's seats (SPEC M6).
type SeatsNow struct {
	Used  int64  // members and open invitations
	Limit *int64 // nil: unlimited
	Base  int64  // included
	AddOn int64  // bought: those above the base; 0 if unlimited
	Price int64  // of one of those, JPY for a month; shown, not charged
}

// Seats returns how many seats there are, for whoever may import or invite (G7).
func (s *Service) Seats(ctx context.Context, a Actor) (SeatsNow, error) {
	if !a.Allows(member.ImportsArea, member.ReadAccess) && !a.Allows(member.InvitationsArea, member.ReadAccess) {
		return SeatsNow{}, problem.Of(problem.Forbidden, problem.ActorForbidden, "right", "seats")
	}
	org, err := s.db.Organisation(ctx, a.Org.ID)
	if err != nil {
		return SeatsNow{}, err
	}
	used, err := s.db.Seats(ctx, a.Org.ID, s.micros())
	return seatsOf(org, used), err
}

func seatsOf(org store.Organisation, used int64) SeatsNow {
	now := SeatsNow{Used: used, Limit: org.Seats, Base: org.Settings.Count(plan.SeatsBase), Price: org.Settings.Count(plan.SeatPrice)}
	if org.Seats != nil {
		now.AddOn = max(0, *org.Seats-now.Base)
	}
	return now
}

// SetSeats changes how many seats there are; nil is unlimited. Its problems are
// OwnerOnly and SeatsBelowUse.
func (s *Service) SetSeats(ctx context.Context, a Actor, limit *int64) (now SeatsNow, err error) {
	if err := a.mustOwn(); err != nil {
		return now, err
	}
	err = s.db.Alter(ctx, a.Org.ID, func(tx *store.Tx) error {
		org, err := tx.Organisation(ctx, a.Org.ID)
		if err != nil {
			return err
		}
		used, err := tx.Seats(ctx, a.Org.ID, s.micros())
		if err != nil {
			return err
		}
		if limit != nil && *limit < used {
			return problem.Of(problem.Conflict, problem.SeatsBelowUse, "use", line(used))
		}
		org.Seats = limit
		now = seatsOf(org, used)
		return tx.SaveOrganisation(ctx, org)
	})
	return now, err
}
