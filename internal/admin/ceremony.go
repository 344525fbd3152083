package admin

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net"
	"net/url"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

const (
	ceremonyTime  = 5 * time.Minute
	longestAnswer = 64 << 10 // bytes of an authenticator's answer
)

// A Challenge is what a browser's authenticator is asked.
type Challenge struct {
	Options []byte // JSON for navigator.credentials.create or get: {"publicKey": …}
	Token   string // names the challenge when it is answered; for the asking browser alone
}

// A ceremony is what is kept of a challenge until it is answered.
type ceremony struct {
	Session []byte               `json:"session,omitempty"` // hash of the session that adds a passkey; nil to sign in
	Asked   webauthn.SessionData `json:"asked"`
}

// relyingParty is what passkeys of an organisation are bound to: the host of its
// pages. Problems are BaseURLMissing, and PasskeyAddress where browsers make none:
// without https, but on localhost, and where the host is a number.
func relyingParty(org store.Organisation) (*webauthn.WebAuthn, error) {
	base := org.Settings.Get(plan.BaseURL)
	if base == "" {
		return nil, problem.Of(problem.Conflict, problem.BaseURLMissing)
	}
	u, err := url.Parse(base)
	if err != nil || u.Hostname() == "" || net.ParseIP(u.Hostname()) != nil || u.Scheme != "https" && (u.Scheme != "http" || u.Hostname() != "localhost") {
		return nil, problem.Of(problem.Conflict, problem.PasskeyAddress, "value", base)
	}
	party, err := webauthn.New(&webauthn.Config{RPID: u.Hostname(), RPDisplayName: org.Name, RPOrigins: []string{u.Scheme + "://" + u.Host},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{ResidentKey: protocol.ResidentKeyRequirementRequired,
			RequireResidentKey: protocol.ResidentKeyRequired(), UserVerification: protocol.VerificationRequired},
		Timeouts: webauthn.TimeoutsConfig{Login: webauthn.TimeoutConfig{Timeout: ceremonyTime}, Registration: webauthn.TimeoutConfig{Timeout: ceremonyTime}}})
	if err != nil {
		return nil, problem.Of(problem.Conflict, problem.PasskeyAddress, "value", base)
	}
	return party, nil
}

// PasskeysReady reports whether an organisation's pages can have passkeys: nil, or
// the problem BaseURLMissing or PasskeyAddress.
func PasskeysReady(org store.Organisation) error {
	_, err := relyingParty(org)
	return err
}

// challenge keeps what an authenticator is asked, for as long as the browser waits.
func (s *Service) challenge(ctx context.Context, org int64, options any, c ceremony) (Challenge, error) {
	text, err1 := json.Marshal(options)
	kept, err2 := json.Marshal(c)
	if err1 != nil || err2 != nil {
		return Challenge{}, wrap("challenge", errors.Join(err1, err2))
	}
	secret := make([]byte, sha256.Size)
	rand.Read(secret) // never fails, see its documentation
	hash := sha256.Sum256(secret)
	err := s.db.WriteSide(ctx, func(tx *store.Tx) error {
		return tx.SaveCeremony(ctx, org, hash[:], string(kept), s.now().Add(ceremonyTime).UnixMicro())
	})
	return Challenge{Options: text, Token: base64.RawURLEncoding.EncodeToString(secret)}, err
}

// answered takes what was kept of a challenge of a session: it is answered once.
// Its problem is PasskeyRefused.
func (s *Service) answered(ctx context.Context, org int64, token string, session []byte) (ceremony, error) {
	secret, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return ceremony{}, passkeyRefused()
	}
	hash := sha256.Sum256(secret)
	var kept string
	err = s.db.WriteSide(ctx, func(tx *store.Tx) (err error) {
		kept, err = tx.TakeCeremony(ctx, org, hash[:], s.micros())
		return err
	})
	if notThere(err) {
		return ceremony{}, passkeyRefused()
	}
	if err != nil {
		return ceremony{}, err
	}
	var c ceremony
	if err := json.Unmarshal([]byte(kept), &c); err != nil {
		return ceremony{}, wrap("challenge", err)
	}
	if !bytes.Equal(c.Session, session) {
		return ceremony{}, passkeyRefused()
	}
	return c, nil
}

// A passkeyUser is a member as WebAuthn sees them.
type passkeyUser struct {
	org    int64
	member member.Member
	keys   []webauthn.Credential
}

// WebAuthnID is the user handle. It names nobody outside of this database.
func (u *passkeyUser) WebAuthnID() []byte { return invitationHead(u.org, u.member.ID) }

// WebAuthnName is what the authenticator lists the passkey by.
func (u *passkeyUser) WebAuthnName() string {
	if u.member.Email == "" {
		return u.member.LoginID
	}
	return u.member.Email
}

// WebAuthnDisplayName is what the authenticator shows beside it.
func (u *passkeyUser) WebAuthnDisplayName() string { return u.member.Name }

// WebAuthnCredentials are the member's passkeys.
func (u *passkeyUser) WebAuthnCredentials() []webauthn.Credential { return u.keys }

func (s *Service) passkeyUser(ctx context.Context, org int64, m member.Member) (*passkeyUser, error) {
	kept, err := s.db.Passkeys(ctx, org, m.ID)
	if err != nil {
		return nil, err
	}
	u := &passkeyUser{org: org, member: m, keys: make([]webauthn.Credential, len(kept))}
	for i, p := range kept {
		if err := json.Unmarshal([]byte(p.Credential), &u.keys[i]); err != nil {
			return nil, wrap("passkey of member "+line(m.ID), err)
		}
		u.keys[i].Authenticator.SignCount = max(u.keys[i].Authenticator.SignCount, uint32(p.SignCount))
	}
	return u, nil
}

// userOfPasskey finds whose a passkey is; ErrNoRows if it is nobody's who is a member.
func (s *Service) userOfPasskey(ctx context.Context, org int64, id []byte) (*passkeyUser, error) {
	p, err := s.db.Passkey(ctx, org, id)
	if err != nil {
		return nil, err
	}
	found, err := s.db.MembersByID(ctx, org, []int64{p.MemberID})
	if err != nil {
		return nil, err
	}
	m := found[p.MemberID]
	if m == nil || m.State != member.Active {
		return nil, store.ErrNoRows
	}
	return s.passkeyUser(ctx, org, *m)
}
