package admin

import (
	"context"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"meibo/internal/problem"
	"meibo/internal/store"
)

// BeginPasskeySignIn asks whatever authenticator a browser has for a passkey of an
// organisation. Problems are BaseURLMissing and PasskeyAddress.
func (s *Service) BeginPasskeySignIn(ctx context.Context, org store.Organisation) (Challenge, error) {
	party, err := relyingParty(org)
	if err != nil {
		return Challenge{}, err
	}
	options, asked, err := party.BeginDiscoverableLogin()
	if err != nil {
		return Challenge{}, wrap("begin to sign in by passkey", err)
	}
	return s.challenge(ctx, org.ID, options, ceremony{Asked: *asked})
}

// FinishPasskeySignIn signs in who has a passkey. answer is the JSON of the
// browser's credential. It is no way around anything but password and second
// factor. Problems are PasskeyRefused; PasskeyCopied, if the authenticator counted
// less than it did before; and SignInNotAllowed.
func (s *Service) FinishPasskeySignIn(ctx context.Context, org store.Organisation, token string, answer []byte) (SignedIn, error) {
	party, err := relyingParty(org)
	if err != nil {
		return SignedIn{}, err
	}
	kept, err := s.answered(ctx, org.ID, token, nil)
	if err != nil {
		return SignedIn{}, err
	}
	user, used, err := s.assertion(ctx, org.ID, party, kept.Asked, answer)
	if err != nil {
		return SignedIn{}, err
	}
	if !user.member.MaySignIn(s.now(), org.Zone) {
		return SignedIn{}, problem.Of(problem.Forbidden, problem.SignInNotAllowed)
	}
	if err := s.usePasskey(ctx, org.ID, user.member.ID, used); err != nil {
		return SignedIn{}, err
	}
	account, err := s.db.Account(ctx, org.ID, user.member.ID)
	if err != nil {
		return SignedIn{}, err
	}
	return s.begin(ctx, account, true)
}

// assertion finds whose passkey an authenticator answered with, and checks it.
func (s *Service) assertion(ctx context.Context, org int64, party *webauthn.WebAuthn, asked webauthn.SessionData, answer []byte) (*passkeyUser, *webauthn.Credential, error) {
	if len(answer) > longestAnswer {
		return nil, nil, passkeyRefused()
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return nil, nil, passkeyRefused()
	}
	user, err := s.userOfPasskey(ctx, org, parsed.RawID)
	if notThere(err) {
		return nil, nil, passkeyRefused()
	}
	if err != nil {
		return nil, nil, err
	}
	_, used, err := party.ValidatePasskeyLogin(func([]byte, []byte) (webauthn.User, error) { return user, nil }, asked, parsed)
	if err != nil {
		return nil, nil, passkeyRefused()
	}
	return user, used, nil
}

// usePasskey notes what the authenticator counted. Two at once with the same count
// are one too many, as are any after a copy was used.
func (s *Service) usePasskey(ctx context.Context, org, memberID int64, used *webauthn.Credential) error {
	fresh := !used.Authenticator.CloneWarning
	if fresh {
		p := store.Passkey{ID: used.ID, MemberID: memberID, SignCount: int64(used.Authenticator.SignCount), UsedAt: s.micros()}
		err := s.db.WriteSide(ctx, func(tx *store.Tx) (err error) {
			fresh, err = tx.UsePasskey(ctx, org, p)
			return err
		})
		if err != nil {
			return err
		}
	}
	if !fresh {
		return problem.Of(problem.Forbidden, problem.PasskeyCopied)
	}
	return nil
}
