package admin

import (
	"context"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/store"
)

// Mails lists the mails of the outbox, newest first, and how many there are
// without the limit (A7).
func (s *Service) Mails(ctx context.Context, a Actor, q store.MailQuery) ([]store.Mail, int64, error) {
	if err := a.may(member.ImportsArea, member.ReadAccess); err != nil {
		return nil, 0, err
	}
	return s.db.Mails(ctx, a.Org.ID, q)
}

// FailedInvitationMails returns the failed mail of each of some invitations, by the ID
// of the invitation; those whose mail did not fail are missing (A7).
func (s *Service) FailedInvitationMails(ctx context.Context, a Actor, invitations []plan.Invitation) (map[int64]store.Mail, error) {
	if err := a.may(member.InvitationsArea, member.ReadAccess); err != nil {
		return nil, err
	}
	ids := make([]int64, len(invitations))
	for i, v := range invitations {
		ids[i] = v.ID
	}
	return s.db.FailedInvitationMails(ctx, a.Org.ID, ids)
}

// ReleaseMails lets held mails be sent: those of one import, or all with import
// 0. Their invitations are valid from now on. left are mails to invitations that
// are no longer open: they stay held.
func (s *Service) ReleaseMails(ctx context.Context, a Actor, imp int64) (released, left int64, err error) {
	if err := a.may(member.ImportsArea, member.WriteAccess); err != nil {
		return 0, 0, err
	}
	if err := s.importExists(ctx, a, imp); err != nil {
		return 0, 0, err
	}
	now := s.micros()
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		released, left, err = tx.ReleaseMails(ctx, a.Org.ID, imp, now, now+a.Org.Settings.Count(plan.InvitationDays)*dayMicros)
		return err
	})
	return released, left, err
}

// RetryMails lets failed mails be sent again: those with the given IDs, else
// those of one import, or all with import 0. left are those that stay failed.
func (s *Service) RetryMails(ctx context.Context, a Actor, ids []int64, imp int64) (retried, left int64, err error) {
	if err := a.may(member.ImportsArea, member.WriteAccess); err != nil {
		return 0, 0, err
	}
	if err := s.importExists(ctx, a, imp); err != nil {
		return 0, 0, err
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		retried, left, err = tx.RetryMails(ctx, a.Org.ID, ids, imp, s.micros())
		return err
	})
	return retried, left, err
}

func (s *Service) importExists(ctx context.Context, a Actor, imp int64) error {
	if imp == 0 {
		return nil
	}
	_, err := s.db.Import(ctx, a.Org.ID, imp)
	return err
}
