package admin

import (
	"context"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// resetPause is how long after a mail with a link to a new password no other one
// is sent: who asks again and again fills nobody's mailbox.
const resetPause = 2 * minuteMicros

// RequestReset mails a link to a new password to the member with an e-mail address
// or login ID, if there is one who has an address and may sign in. Whether there
// is cannot be told from what it returns.
func (s *Service) RequestReset(ctx context.Context, org store.Organisation, name string) error {
	m, err := s.named(ctx, org.ID, name)
	if err != nil {
		return err
	}
	var id int64
	if m != nil && m.Email != "" && m.MaySignIn(s.now(), org.Zone) {
		id = m.ID
	}
	return s.db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.QueueMail(ctx, org.ID, id, store.ResetMail, s.micros(), resetPause)
		return err
	})
}

// SendFirstPasswords mails links to a first password to the members whom an import
// made, as far as they have an address, may sign in, and have not chosen a password
// yet (P6). It returns to how many. Its problem is BrakesNotAccepted for more mails
// than the setting allows: accept has their number then (P21).
func (s *Service) SendFirstPasswords(ctx context.Context, a Actor, id int64, accept map[string]int64) (n int64, err error) {
	if err := a.may(member.MembersArea, member.WriteAccess); err != nil {
		return 0, err
	}
	imp, err := s.Import(ctx, a, id)
	if err != nil {
		return 0, err
	}
	if imp.State != store.Applied {
		return 0, problem.Of(problem.Conflict, problem.PlanNotReady, "id", line(id))
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if n, err = tx.QueueFirstPasswords(ctx, imp, s.micros(), s.today(a.Org)); err != nil {
			return err
		}
		tally := plan.Tally{Mails: n}
		return accepted(tally.Brakes(a.Org.Settings, 0, false, false), accept, 0)
	})
	return n, err
}

// FirstPasswordsMissing returns how many mails [Service.SendFirstPasswords] would
// send now, and whether that is more than is sent without their number (P21). It is
// none for who may not send them.
func (s *Service) FirstPasswordsMissing(ctx context.Context, a Actor, imp store.Import) (n int64, braked bool, err error) {
	if imp.State != store.Applied || !a.Allows(member.MembersArea, member.WriteAccess) || !a.Allows(member.ImportsArea, member.ReadAccess) {
		return 0, false, nil
	}
	n, err = s.db.CountFirstPasswords(ctx, imp, s.today(a.Org))
	tally := plan.Tally{Mails: n}
	return n, len(tally.Brakes(a.Org.Settings, 0, false, false)) > 0, err
}

// SendPasswordLink mails a member a link to a password: to a first one if they have
// chosen none, otherwise to a new one. It is not sent if such a mail waits, or went
// out just now. Problems are MemberUnknown and NoPasswordLink.
func (s *Service) SendPasswordLink(ctx context.Context, a Actor, id int64) (sent bool, err error) {
	if err := a.may(member.MembersArea, member.WriteAccess); err != nil {
		return false, err
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		m, err := tx.Member(ctx, a.Org.ID, id)
		if err != nil {
			return err
		}
		if m == nil || m.State == member.Erased {
			return problem.Of(problem.NotFound, problem.MemberUnknown, "id", line(id), "layout", "")
		}
		if !s.mayGetLink(a, m) {
			return problem.Of(problem.Conflict, problem.NoPasswordLink)
		}
		account, err := tx.Account(ctx, a.Org.ID, id)
		if err == nil {
			sent, err = tx.QueueMail(ctx, a.Org.ID, id, passwordMail(account), s.micros(), resetPause)
		}
		return err
	})
	return sent, err
}

// mayGetLink reports whether a link to a password can be mailed to a member.
func (s *Service) mayGetLink(a Actor, m *member.Member) bool {
	return m.Email != "" && m.MaySignIn(s.now(), a.Org.Zone)
}

// passwordMail is the kind of the mail with a link to a password.
func passwordMail(account store.Account) string {
	if account.Verifier == "" || account.MustChange {
		return store.FirstPasswordMail
	}
	return store.ResetMail
}

// today is the day in an organisation's time zone: 2026-11-22.
func (s *Service) today(org store.Organisation) string {
	return s.now().In(org.Zone).Format("2006-01-02")
}

// A PasswordLink is who may choose a password by a link.
type PasswordLink struct {
	Org    store.Organisation
	Member member.Member
	Policy member.PasswordPolicy

	account store.Account
}

// ParsePasswordLink returns whom a link to a first or new password is for. Its
// problem is LinkDead: the link was used or its time is over; the password, the
// address, or the permission to sign in is another one since; or it is not ours.
func (s *Service) ParsePasswordLink(ctx context.Context, token string) (PasswordLink, error) {
	l, ok := parseLink(token, 2)
	if !ok {
		return PasswordLink{}, linkDead()
	}
	x, err := s.linkedMember(ctx, l, passwordLink)
	return PasswordLink{Org: x.Org, Member: x.Member, Policy: x.Org.Settings.PasswordPolicy(), account: x.account}, err
}

// A linked is whom a link is for.
type linked struct {
	Org     store.Organisation
	Member  member.Member
	account store.Account
}

// linkedMember judges a link whose first numbers are a member and until when it is
// good.
func (s *Service) linkedMember(ctx context.Context, l link, purpose linkPurpose) (linked, error) {
	id, until := l.numbers[0], l.numbers[1]
	account, err := s.db.Account(ctx, l.org, id)
	if err != nil {
		if notThere(err) {
			err = linkDead()
		}
		return linked{}, err
	}
	org, err := s.db.Organisation(ctx, l.org)
	if err != nil {
		return linked{}, err
	}
	found, err := s.db.MembersByID(ctx, l.org, []int64{id})
	if err != nil {
		return linked{}, err
	}
	m := found[id]
	if m == nil || until <= s.micros() || !s.checkLink(l, purpose, linkState(purpose, account.Epoch, m.Email)) || !m.MaySignIn(s.now(), org.Zone) {
		return linked{}, linkDead()
	}
	return linked{org, *m, account}, nil
}

// SetPasswordByLink sets the password of whom a link is for. The link dies with it,
// all sessions end, and failures to sign in are forgotten, but for those of a second factor. Problems are LinkDead,
// PasswordUsed and those of the policy.
func (s *Service) SetPasswordByLink(ctx context.Context, token, password string) error {
	x, err := s.ParsePasswordLink(ctx, token)
	if err != nil {
		return err
	}
	a, err := s.actor(ctx, x.Org, &x.Member)
	if err != nil {
		return err
	}
	if err := s.choosePassword(ctx, a, x.account, password, s.sameEpoch(x.account)); err != nil {
		return err
	}
	if x.account.TOTPOn { // the mailbox proves one factor: wrong codes of the other one still count
		return nil
	}
	return s.forgive(ctx, x.Org.ID, s.counterOf(x.Org.ID, &x.Member, ""), true)
}

// sameEpoch insists, inside the transaction, that the link was not used since it
// was looked at.
func (s *Service) sameEpoch(was store.Account) func(context.Context, *store.Tx) error {
	return func(ctx context.Context, tx *store.Tx) error {
		now, err := tx.Account(ctx, was.Org, was.MemberID)
		if err == nil && now.Epoch != was.Epoch {
			err = linkDead()
		}
		return err
	}
}
