package admin

import (
	"context"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// Resend opens the newest invitation to each address again, with a new link and
// from now on for as long as the setting says; the old links die (I1). It does
// all of them or none. Its problems are AddressesMissing, InvitationUnknown, InvitationNotOpen
// (accepted or cancelled), SeatsMissing (an expired one needs a free seat),
// EmailTaken, RoleGone, PolicyGone, and BrakesNotAccepted for more mails than
// the setting allows: accept has their number then (P21).
func (s *Service) Resend(ctx context.Context, a Actor, addresses []string, accept map[string]int64) (int, error) {
	if err := a.may(member.InvitationsArea, member.WriteAccess); err != nil {
		return 0, err
	}
	keys := addressKeys(addresses)
	if len(keys) == 0 {
		return 0, problem.New(problem.AddressesMissing)
	}
	err := s.db.Write(ctx, func(tx *store.Tx) error {
		if err := tx.Lock(ctx, a.Org.ID); err != nil {
			return err
		}
		r := resender{a: a, now: s.micros()}
		if err := r.look(ctx, tx, keys); err != nil {
			return err
		}
		for _, key := range keys {
			if err := r.take(key); err != nil {
				return err
			}
		}
		tally := plan.Tally{Mails: int64(len(keys))}
		if err := accepted(tally.Brakes(a.Org.Settings, 0, false, false), accept, 0); err != nil {
			return err
		}
		expires := r.now + a.Org.Settings.Count(plan.InvitationDays)*dayMicros
		if err := tx.Resend(ctx, a.Org.ID, r.ids, r.now, expires); err != nil {
			return err
		}
		return r.checkSeats(ctx, tx)
	})
	return len(keys), err
}

// A resender judges which invitations may be opened again.
type resender struct {
	a       Actor
	now     int64
	masters *plan.Masters
	newest  map[string]*plan.Invitation // by address
	members map[string]int64            // who has the address by now
	ids     []int64                     // to be opened
	expired bool                        // one of them has: it takes a seat again
}

func (r *resender) look(ctx context.Context, tx *store.Tx, keys []string) (err error) {
	if r.masters, err = tx.Masters(ctx, r.a.Org.ID); err != nil {
		return err
	}
	if r.newest, err = tx.NewestInvitations(ctx, r.a.Org.ID, keys); err != nil {
		return err
	}
	r.members, err = tx.MembersWithEmail(ctx, r.a.Org.ID, keys)
	return err
}

// take adds the invitation to an address to those to be opened, or refuses it.
func (r *resender) take(key string) error {
	i := r.newest[key]
	if i == nil {
		return problem.Of(problem.NotFound, problem.InvitationUnknown, "value", key)
	}
	switch i.StateAt(r.now) {
	case plan.InvitationOpen:
	case plan.InvitationExpired:
		r.expired = true
	default:
		return problem.Of(problem.Conflict, problem.InvitationNotOpen, "value", key)
	}
	if err := r.a.mayHandOut(*i); err != nil {
		return err
	}
	if err := r.gone(*i); err != nil {
		return err
	}
	if id := r.members[key]; id != 0 {
		return problem.Of(problem.Conflict, problem.EmailTaken, "value", i.Email, "member", line(id))
	}
	r.ids = append(r.ids, i.ID)
	return nil
}

// gone refuses an invitation whose role or policy was deleted while it was
// expired: without a policy it would open all brands (G6).
func (r *resender) gone(i plan.Invitation) error {
	switch {
	case i.RoleID != 0 && r.masters.RoleCode(i.RoleID) == "":
		return problem.Of(problem.Conflict, problem.RoleGone, "value", line(i.RoleID))
	case i.PolicyID != 0 && r.masters.PolicyCode(i.PolicyID) == "":
		return problem.Of(problem.Conflict, problem.PolicyGone, "value", line(i.PolicyID))
	}
	return nil
}

// checkSeats looks, once all are open again, whether there are seats for them.
func (r *resender) checkSeats(ctx context.Context, tx *store.Tx) error {
	if !r.expired {
		return nil
	}
	org, err := tx.Organisation(ctx, r.a.Org.ID)
	if err != nil || org.Seats == nil {
		return err
	}
	used, err := tx.Seats(ctx, org.ID, r.now)
	if err == nil && used > *org.Seats {
		return problem.Of(problem.Conflict, problem.SeatsMissing, "missing", line(used-*org.Seats), "limit", line(*org.Seats))
	}
	return err
}
