package admin

import (
	"context"
	"crypto/hmac"
	"errors"
	"strings"
	"time"
	"unicode"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"
	"golang.org/x/text/unicode/norm"

	"meibo/internal/problem"
	"meibo/internal/store"
)

// The second factor is the code of an authenticator: TOTP (RFC 6238) with what all
// of them know, six digits of HMAC-SHA-1 that last 30 seconds.

const (
	totpStep   = 30 * time.Second
	totpSkew   = 1  // steps that a clock may be off
	totpSecret = 20 // bytes, RFC 4226, section 4
)

// A TOTPSetup is what an authenticator is set up with. It is shown once.
type TOTPSetup struct {
	Secret string // base32, to type in
	URI    string // otpauth://…, to show as a QR code
}

// BeginTOTP makes a secret for the authenticator of who is signed in. It is not
// asked for before [Service.ConfirmTOTP]; beginning again makes another one.
// Problems are PasswordWrong, SignInLocked, and SecondFactorOn if one is asked for
// already.
func (s *Service) BeginTOTP(ctx context.Context, x Session, password string) (TOTPSetup, error) {
	a, err := s.provedActor(ctx, x, password)
	if err != nil {
		return TOTPSetup{}, err
	}
	name := x.Member.Email
	if name == "" {
		name = x.Member.LoginID
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: strings.ReplaceAll(x.Org.Name, ":", " "), AccountName: name, SecretSize: totpSecret,
		Period: uint(totpStep.Seconds()), Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
	if err != nil {
		return TOTPSetup{}, wrap("make second factor", err)
	}
	err = s.changeAccount(ctx, a, func(account *store.Account, _ *store.Tx) error {
		if account.TOTPOn {
			return problem.Of(problem.Conflict, problem.SecondFactorOn)
		}
		account.TOTP = seal(s.totpKey(), []byte(key.Secret()), totpLabel(account))
		return nil
	})
	if err != nil {
		return TOTPSetup{}, err
	}
	return TOTPSetup{Secret: key.Secret(), URI: key.URL()}, nil
}

// provedActor is who is signed in, with nothing left to do, and typed their password.
func (s *Service) provedActor(ctx context.Context, x Session, password string) (Actor, error) {
	a, err := x.Actor()
	if err != nil {
		return a, err
	}
	_, err = s.proved(ctx, x.Org, x.Member, password)
	return a, err
}

func (s *Service) totpKey() []byte { return deriveKey(s.key, "secrets of authenticators") }

// totpLabel binds a sealed secret to its member.
func totpLabel(a *store.Account) []byte {
	return []byte("totp " + line(a.Org) + " " + line(a.MemberID))
}

// ConfirmTOTP turns the second factor on, once the authenticator shows the right
// code, and returns recovery codes, which are shown once. All other sessions end:
// they were begun without it; this one goes on with a new token. Problems are
// SecondFactorWrong, SignInLocked, and SecondFactorOff if none was begun.
func (s *Service) ConfirmTOTP(ctx context.Context, x Session, code string) (SignedIn, []string, error) {
	a, err := x.Actor()
	if err != nil {
		return SignedIn{}, nil, err
	}
	account, err := s.provedCode(ctx, x, func(account store.Account) (bool, error) {
		switch {
		case account.TOTPOn:
			return false, problem.Of(problem.Conflict, problem.SecondFactorOn)
		case account.TOTP == nil:
			return false, problem.Of(problem.Conflict, problem.SecondFactorOff)
		}
		return s.useCode(ctx, account, code)
	})
	if err != nil {
		return SignedIn{}, nil, err
	}
	codes, hashes := s.recoveryCodes(account)
	err = s.changeAccount(ctx, a, func(now *store.Account, tx *store.Tx) error {
		if now.TOTPOn || !hmac.Equal(now.TOTP, account.TOTP) {
			return problem.Of(problem.Forbidden, problem.SecondFactorWrong) // begun again meanwhile
		}
		now.TOTPOn = true
		return errors.Join(tx.SetRecoveryCodes(ctx, a.Org.ID, a.MemberID, hashes), tx.EndSessions(ctx, a.Org.ID, a.MemberID),
			s.noteOwn(ctx, tx, a, store.SecondFactorTurnedOn))
	})
	if err != nil {
		return SignedIn{}, nil, err
	}
	in, err := s.again(ctx, x, true)
	return in, codes, err
}

// noteOwn keeps what a member did to what they sign in with.
func (s *Service) noteOwn(ctx context.Context, tx *store.Tx, a Actor, what string) error {
	return tx.NoteAccount(ctx, a.Org.ID, a.MemberID, store.AccountEvent{What: what, ActorID: a.MemberID, At: s.micros()})
}

// SecondFactor completes a session that needs the code of an authenticator, or one
// of the recovery codes: it goes on with a new token. Wrong codes count as failures
// to sign in. Problems are SecondFactorWrong, SignInLocked, and SecondFactorOff if
// none is asked for.
func (s *Service) SecondFactor(ctx context.Context, x Session, code string) (SignedIn, error) {
	if x.Needs != NeedsSecondFactor {
		return SignedIn{}, problem.Of(problem.Conflict, problem.SecondFactorOff)
	}
	_, err := s.provedCode(ctx, x, func(account store.Account) (bool, error) {
		if !account.TOTPOn {
			return false, sessionOver() // it was turned off meanwhile
		}
		right, err := s.useCode(ctx, account, code)
		if right || err != nil {
			return right, err
		}
		return s.useRecoveryCode(ctx, account, code)
	})
	if err != nil {
		return SignedIn{}, err
	}
	return s.again(ctx, x, true)
}

// provedCode counts a failure unless look says that a code is right.
func (s *Service) provedCode(ctx context.Context, x Session, look func(store.Account) (bool, error)) (store.Account, error) {
	who := s.counterOf(x.Org.ID, &x.Member, "")
	if err := s.countTry(ctx, x.Org.ID, who, problem.SignInLocked); err != nil {
		return store.Account{}, err
	}
	account, err := s.db.Account(ctx, x.Org.ID, x.Member.ID)
	if err != nil {
		return account, err
	}
	right, err := look(account)
	if err != nil {
		return account, errors.Join(err, s.forgive(ctx, x.Org.ID, who, false)) // no code was looked at
	}
	if !right {
		return account, problem.Of(problem.Forbidden, problem.SecondFactorWrong)
	}
	return account, s.forgive(ctx, x.Org.ID, who, true)
}

// useCode reports whether an authenticator shows a code now, which is then used:
// neither it nor an earlier one is right again (RFC 6238, section 5.2).
func (s *Service) useCode(ctx context.Context, a store.Account, code string) (bool, error) {
	secret, err := open(s.totpKey(), a.TOTP, totpLabel(&a))
	if err != nil {
		return false, wrap("second factor of member "+line(a.MemberID), err)
	}
	code = typedCode(code)
	for skew := -totpSkew; skew <= totpSkew; skew++ {
		at := s.now().Add(time.Duration(skew) * totpStep)
		right, err := totp.ValidateCustom(code, string(secret), at, totp.ValidateOpts{Period: uint(totpStep.Seconds()), Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if errors.Is(err, otp.ErrValidateInputInvalidLength) {
			return false, nil
		}
		if err != nil {
			return false, wrap("second factor of member "+line(a.MemberID), err)
		}
		if right {
			return s.useStep(ctx, a, at.Unix()/int64(totpStep.Seconds()))
		}
	}
	return false, nil
}

func (s *Service) useStep(ctx context.Context, a store.Account, step int64) (fresh bool, err error) {
	err = s.db.WriteSide(ctx, func(tx *store.Tx) error {
		fresh, err = tx.UseStep(ctx, a.Org, a.MemberID, step)
		return err
	})
	return fresh, err
}

// typedCode is a code as it was meant: in groups or not, in any width and case.
func typedCode(code string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '-' {
			return -1
		}
		return r
	}, strings.ToLower(norm.NFKC.String(code)))
}

// TurnOffTOTP turns off the second factor of who is signed in. Problems are
// PasswordWrong, SignInLocked, and SecondFactorOff.
func (s *Service) TurnOffTOTP(ctx context.Context, x Session, password string) error {
	a, err := s.provedActor(ctx, x, password)
	if err != nil {
		return err
	}
	return s.changeAccount(ctx, a, func(account *store.Account, tx *store.Tx) error {
		if !account.TOTPOn {
			return problem.Of(problem.Conflict, problem.SecondFactorOff)
		}
		account.TOTP, account.TOTPOn = nil, false
		return errors.Join(tx.SetRecoveryCodes(ctx, a.Org.ID, a.MemberID, nil), s.noteOwn(ctx, tx, a, store.SecondFactorTurnedOff))
	})
}
