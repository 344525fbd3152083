package admin

import (
	"context"
	"errors"

	"meibo/internal/member"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// A Profile is what members see and change of themselves (I3).
type Profile struct {
	Member        member.Member
	Language      string // empty: the organisation's
	NewEmail      string // that waits for its confirming link; empty for none
	HasPassword   bool
	TOTP          bool  // an authenticator is asked for
	RecoveryCodes int64 // that are left
	Passkeys      int64
}

// Profile returns the actor's own profile. Everybody has theirs, whatever their
// role; its problem is ProfileMembersOnly.
func (s *Service) Profile(ctx context.Context, a Actor) (Profile, error) {
	if err := a.mustBeMember(); err != nil {
		return Profile{}, err
	}
	account, err := s.db.Account(ctx, a.Org.ID, a.MemberID)
	if err != nil {
		return Profile{}, err
	}
	found, err := s.db.MembersByID(ctx, a.Org.ID, []int64{a.MemberID})
	if err != nil {
		return Profile{}, err
	}
	m := found[a.MemberID]
	if m == nil {
		return Profile{}, problem.Of(problem.NotFound, problem.MemberUnknown, "id", line(a.MemberID), "layout", "")
	}
	waiting, err := s.db.WaitingEmail(ctx, a.Org.ID, a.MemberID)
	if notThere(err) {
		err = nil
	}
	return Profile{Member: *m, Language: account.Language, NewEmail: waiting.Email, HasPassword: account.Verifier != "",
		TOTP: account.TOTPOn, RecoveryCodes: account.Recovery, Passkeys: account.Passkeys}, err
}

func notThere(err error) bool { return errors.Is(err, store.ErrNoRows) }

// SetOwnName changes the actor's name. Problems are those of names.
func (s *Service) SetOwnName(ctx context.Context, a Actor, name string) error {
	return s.own(ctx, a, map[member.Attribute]string{member.Name: name}, nil)
}

// SetOwnLanguage chooses the language of the actor's pages and mails: en, ja, or
// empty for the organisation's. Its problem is LanguageUnknown.
func (s *Service) SetOwnLanguage(ctx context.Context, a Actor, language string) error {
	if err := a.mustBeMember(); err != nil {
		return err
	}
	if err := knownLanguage(language); err != nil {
		return err
	}
	return s.changeAccount(ctx, a, func(account *store.Account, _ *store.Tx) error {
		account.Language = language
		return nil
	})
}

// changeAccount changes what the actor chose.
func (s *Service) changeAccount(ctx context.Context, a Actor, f func(*store.Account, *store.Tx) error) error {
	return s.db.Write(ctx, func(tx *store.Tx) error {
		if err := tx.Lock(ctx, a.Org.ID); err != nil {
			return err
		}
		account, err := tx.Account(ctx, a.Org.ID, a.MemberID)
		if err != nil {
			return err
		}
		if err := f(&account, tx); err != nil {
			return err
		}
		return tx.SaveAccount(ctx, account)
	})
}

// RequestEmail mails a link to the address that the actor wants to have; following
// it changes the address (I3). To an address that is somebody's already nothing is
// mailed, and nothing is told either: who has which address is not for everybody.
// Problems are EmailMalformed, and MailsTooMany: whoever is signed in could fill
// anybody's mailbox.
func (s *Service) RequestEmail(ctx context.Context, a Actor, email string) error {
	if err := a.mustBeMember(); err != nil {
		return err
	}
	address, err := member.ParseEmail(member.Trim(email))
	if err != nil {
		return err
	}
	if err := s.countTry(ctx, a.Org.ID, s.mailCounterOf(a.Org.ID, a.MemberID), problem.MailsTooMany); err != nil {
		return err
	}
	key := member.FoldKey(address)
	found, err := s.db.MembersByKey(ctx, a.Org.ID, member.Email, []string{key})
	if err != nil {
		return err
	}
	to := a.MemberID
	if m := found[key]; m != nil && m.ID != a.MemberID {
		to = 0
	}
	now := s.micros()
	return s.db.Write(ctx, func(tx *store.Tx) error {
		if err := tx.RequestEmail(ctx, a.Org.ID, a.MemberID, store.EmailChange{Email: address, Requested: now}, key); err != nil {
			return err
		}
		_, err := tx.QueueMail(ctx, a.Org.ID, to, store.ConfirmMail, now, 0)
		return err
	})
}

// ConfirmEmail changes the address of whom a link is for, who need not be signed
// in. Problems are LinkDead, and EmailTaken if it became somebody's meanwhile.
func (s *Service) ConfirmEmail(ctx context.Context, token string) (store.Organisation, error) {
	l, ok := parseLink(token, 3)
	if !ok {
		return store.Organisation{}, linkDead()
	}
	x, err := s.linkedMember(ctx, l, addressLink)
	if err != nil {
		return x.Org, err
	}
	waiting, err := s.db.WaitingEmail(ctx, x.Org.ID, x.Member.ID)
	if notThere(err) || err == nil && waiting.Requested != l.numbers[2] {
		return x.Org, linkDead()
	}
	if err != nil {
		return x.Org, err
	}
	a, err := s.actor(ctx, x.Org, &x.Member)
	if err != nil {
		return x.Org, err
	}
	return x.Org, s.own(ctx, a, map[member.Attribute]string{member.Email: waiting.Email}, func(ctx context.Context, tx *store.Tx) error {
		there, err := tx.ForgetEmail(ctx, x.Org.ID, x.Member.ID, waiting.Requested)
		if err == nil && !there {
			err = linkDead() // another one was asked for meanwhile, or this one was confirmed
		}
		return err
	})
}

// ChangePassword changes the password of who is signed in, and must be done where
// [NeedsPassword] says so. All sessions end; the one that goes on has a new token.
// Problems are PasswordWrong and SignInLocked for the present one, PasswordUsed and
// those of the policy for the new one.
func (s *Service) ChangePassword(ctx context.Context, x Session, present, next string) (SignedIn, error) {
	if x.Needs == NeedsSecondFactor {
		return SignedIn{}, problem.Of(problem.Forbidden, problem.SecondFactorNeeded)
	}
	account, err := s.proved(ctx, x.Org, x.Member, present)
	if err != nil {
		return SignedIn{}, err
	}
	if err := s.choosePassword(ctx, x.actor, account, next, s.sameEpoch(account)); err != nil {
		return SignedIn{}, err
	}
	return s.again(ctx, x, true)
}

// proved insists on the present password of a member, and counts failures like
// those to sign in.
func (s *Service) proved(ctx context.Context, org store.Organisation, m member.Member, present string) (store.Account, error) {
	who := s.counterOf(org.ID, &m, "")
	if err := s.countTry(ctx, org.ID, who, problem.SignInLocked); err != nil {
		return store.Account{}, err
	}
	account, err := s.db.Account(ctx, org.ID, m.ID)
	if err != nil {
		return account, err
	}
	right, err := s.verify(ctx, account.Verifier, present)
	if err != nil {
		return account, err
	}
	if !right {
		return account, problem.Of(problem.Forbidden, problem.PasswordWrong)
	}
	return account, s.forgive(ctx, org.ID, who, true)
}
