package admin

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"meibo/internal/member"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// Passkeys (WebAuthn level 3) are found by the authenticator, without a name that
// is typed, and say that their user was verified: they are both factors at once.

const (
	passkeysMost   = 20  // of one member
	longestKeyName = 100 // characters
)

// BeginPasskey asks the authenticator of who is signed in for a passkey. Problems
// are PasswordWrong, SignInLocked, PasskeysTooMany, BaseURLMissing and PasskeyAddress.
func (s *Service) BeginPasskey(ctx context.Context, x Session, password string) (Challenge, error) {
	a, err := s.provedActor(ctx, x, password)
	if err != nil {
		return Challenge{}, err
	}
	party, err := relyingParty(a.Org)
	if err != nil {
		return Challenge{}, err
	}
	user, err := s.passkeyUser(ctx, a.Org.ID, x.Member)
	if err != nil {
		return Challenge{}, err
	}
	if len(user.keys) >= passkeysMost {
		return Challenge{}, problem.Of(problem.TooLarge, problem.PasskeysTooMany, "limit", line(passkeysMost))
	}
	options, asked, err := party.BeginRegistration(user, webauthn.WithExclusions(webauthn.Credentials(user.keys).CredentialDescriptors()))
	if err != nil {
		return Challenge{}, wrap("begin passkey", err)
	}
	return s.challenge(ctx, a.Org.ID, options, ceremony{Session: x.store.Hash, Asked: *asked})
}

// FinishPasskey adds the passkey that an authenticator made, by a name that its
// member knows it by. answer is the JSON of the browser's credential. Problems are
// PasskeyRefused, PasskeyName and PasskeysTooMany.
func (s *Service) FinishPasskey(ctx context.Context, x Session, token, name string, answer []byte) (Passkey, error) {
	a, err := x.Actor()
	if err != nil {
		return Passkey{}, err
	}
	if name, err = passkeyName(name); err != nil {
		return Passkey{}, err
	}
	party, err := relyingParty(a.Org)
	if err != nil {
		return Passkey{}, err
	}
	kept, err := s.answered(ctx, a.Org.ID, token, x.store.Hash)
	if err != nil {
		return Passkey{}, err
	}
	user, err := s.passkeyUser(ctx, a.Org.ID, x.Member)
	if err != nil {
		return Passkey{}, err
	}
	made, err := creation(party, user, kept.Asked, answer)
	if err != nil {
		return Passkey{}, err
	}
	return s.addPasskey(ctx, a, name, made)
}

// passkeyName is a name that somebody gives a passkey: one line.
func passkeyName(name string) (string, error) {
	name = member.Trim(name)
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' }) || len([]rune(name)) > longestKeyName {
		return "", problem.New(problem.PasskeyName, "limit", line(longestKeyName))
	}
	return name, nil
}

// creation checks what an authenticator answered. What exactly does not hold is
// nothing that a person could act on.
func creation(party *webauthn.WebAuthn, user *passkeyUser, asked webauthn.SessionData, answer []byte) (*webauthn.Credential, error) {
	if len(answer) > longestAnswer {
		return nil, passkeyRefused()
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return nil, passkeyRefused()
	}
	made, err := party.CreateCredential(user, asked, parsed)
	if err != nil {
		return nil, passkeyRefused()
	}
	made.Attestation = webauthn.CredentialAttestation{} // none was asked for
	return made, nil
}

func passkeyRefused() problem.Problem { return problem.Of(problem.Forbidden, problem.PasskeyRefused) }

func (s *Service) addPasskey(ctx context.Context, a Actor, name string, made *webauthn.Credential) (Passkey, error) {
	text, err := json.Marshal(made)
	if err != nil {
		return Passkey{}, wrap("passkey", err)
	}
	p := store.Passkey{ID: made.ID, MemberID: a.MemberID, Name: name, Credential: string(text), CreatedAt: s.micros()}
	err = s.changeAccount(ctx, a, func(account *store.Account, tx *store.Tx) error {
		if account.Passkeys >= passkeysMost {
			return problem.Of(problem.TooLarge, problem.PasskeysTooMany, "limit", line(passkeysMost))
		}
		added, err := tx.AddPasskey(ctx, a.Org.ID, p)
		if err != nil {
			return err
		}
		if !added {
			return passkeyRefused() // it is there already
		}
		return s.noteOwn(ctx, tx, a, store.PasskeyAdded)
	})
	return passkeyOf(p), err
}

// A Passkey is one of a member's, as its list shows it.
type Passkey struct {
	ID        string // base64url
	Name      string
	CreatedAt int64 // microseconds UTC
	UsedAt    int64 // microseconds UTC; 0 if it never was
}

func passkeyOf(p store.Passkey) Passkey {
	return Passkey{ID: base64.RawURLEncoding.EncodeToString(p.ID), Name: p.Name, CreatedAt: p.CreatedAt, UsedAt: p.UsedAt}
}

// Passkeys lists the actor's own passkeys, the oldest first.
func (s *Service) Passkeys(ctx context.Context, a Actor) ([]Passkey, error) {
	if err := a.mustBeMember(); err != nil {
		return nil, err
	}
	kept, err := s.db.Passkeys(ctx, a.Org.ID, a.MemberID)
	all := make([]Passkey, len(kept))
	for i, p := range kept {
		all[i] = passkeyOf(p)
	}
	return all, err
}

// RenamePasskey gives one of the actor's own passkeys another name. Its problems are
// PasskeyUnknown and PasskeyName.
func (s *Service) RenamePasskey(ctx context.Context, a Actor, id, name string) error {
	if err := a.mustBeMember(); err != nil {
		return err
	}
	raw, err := base64.RawURLEncoding.DecodeString(id)
	if err != nil {
		return problem.Of(problem.NotFound, problem.PasskeyUnknown)
	}
	if name, err = passkeyName(name); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *store.Tx) error {
		there, err := tx.RenamePasskey(ctx, a.Org.ID, a.MemberID, raw, name)
		if err == nil && !there {
			return problem.Of(problem.NotFound, problem.PasskeyUnknown)
		}
		return err
	})
}

// RemovePasskey removes one of the actor's own passkeys. Its problem is PasskeyUnknown.
func (s *Service) RemovePasskey(ctx context.Context, a Actor, id string) error {
	if err := a.mustBeMember(); err != nil {
		return err
	}
	raw, err := base64.RawURLEncoding.DecodeString(id)
	if err != nil {
		return problem.Of(problem.NotFound, problem.PasskeyUnknown)
	}
	return s.changeAccount(ctx, a, func(_ *store.Account, tx *store.Tx) error {
		there, err := tx.RemovePasskey(ctx, a.Org.ID, a.MemberID, raw)
		if err != nil {
			return err
		}
		if !there {
			return problem.Of(problem.NotFound, problem.PasskeyUnknown)
		}
		return s.noteOwn(ctx, tx, a, store.PasskeyRemoved)
	})
}
