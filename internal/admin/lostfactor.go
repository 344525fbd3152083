package admin

import (
	"context"
	"errors"

	"meibo/internal/member"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// TakeOffSecondFactor takes authenticator, recovery codes and passkeys off a member
// who lost them, who then signs in with the password alone, and ends their sessions.
// Of owners only owners may, of administrators only administrators (G7); nobody
// does so of themselves, because that needs their password. It is in the history.
// Problems are MemberUnknown, SecondFactorOwn, and SecondFactorOff if there is none.
func (s *Service) TakeOffSecondFactor(ctx context.Context, a Actor, id int64) error {
	if err := a.may(member.MembersArea, member.WriteAccess); err != nil {
		return err
	}
	if a.MemberID == id {
		return problem.Of(problem.Conflict, problem.SecondFactorOwn)
	}
	return s.db.Write(ctx, func(tx *store.Tx) error {
		if err := tx.Lock(ctx, a.Org.ID); err != nil {
			return err
		}
		m, err := tx.Member(ctx, a.Org.ID, id)
		if err != nil {
			return err
		}
		if err := a.mayUnlock(m, id); err != nil {
			return err
		}
		account, err := tx.Account(ctx, a.Org.ID, id)
		if err != nil {
			return err
		}
		if account.TOTP == nil && account.Passkeys == 0 {
			return problem.Of(problem.Conflict, problem.SecondFactorOff)
		}
		account.TOTP, account.TOTPOn = nil, false
		return errors.Join(tx.SaveAccount(ctx, account), tx.SetRecoveryCodes(ctx, a.Org.ID, id, nil), tx.RemovePasskeys(ctx, a.Org.ID, id),
			tx.EndSessions(ctx, a.Org.ID, id),
			tx.NoteAccount(ctx, a.Org.ID, id, store.AccountEvent{What: store.SecondFactorTakenOff, ActorID: a.MemberID, At: s.micros()}))
	})
}

// mayUnlock refuses to make it easier to sign in as somebody with more rights.
func (a Actor) mayUnlock(m *member.Member, id int64) error {
	switch {
	case m == nil || m.State != member.Active:
		return problem.Of(problem.NotFound, problem.MemberUnknown, "id", line(id), "layout", "")
	case m.Role.IsOwner():
		return a.mustOwn()
	case m.Permission == member.Admin && !a.admin:
		return problem.Of(problem.Forbidden, problem.AttributeForbidden, "attribute", member.SystemPermission.String())
	}
	return nil
}

// SignInEvents returns what became of the second factor and passkeys of a member,
// newest first, and the names of who did it by member ID. Everybody sees their own;
// those of others need the right to the history (M8).
func (s *Service) SignInEvents(ctx context.Context, a Actor, id int64) ([]store.AccountEvent, map[int64]string, error) {
	if a.MemberID != id {
		if err := a.may(member.HistoryArea, member.ReadAccess); err != nil {
			return nil, nil, err
		}
	}
	events, err := s.db.AccountEvents(ctx, a.Org.ID, id)
	if err != nil {
		return nil, nil, err
	}
	actors := make([]int64, 0, len(events))
	for _, e := range events {
		actors = append(actors, e.ActorID)
	}
	names, err := s.names(ctx, a, actors)
	return events, names, err
}
