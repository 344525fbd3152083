package admin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// A Session is somebody who signed in, as of now.
type Session struct {
	Org        store.Organisation
	Member     member.Member
	Needs      Need
	Language   string // that the member chose; empty: the organisation's
	SignedInAt int64  // microseconds UTC

	actor Actor
	store store.Session
}

// Actor returns the member with their rights. Its problems are SecondFactorNeeded
// and PasswordMustChange, until that is done.
func (x Session) Actor() (Actor, error) {
	switch x.Needs {
	case NeedsSecondFactor:
		return Actor{}, problem.Of(problem.Forbidden, problem.SecondFactorNeeded)
	case NeedsPassword:
		return Actor{}, problem.Of(problem.Forbidden, problem.PasswordMustChange)
	}
	return x.actor, nil
}

// begin begins a session: with a new token each time, so that nobody can make
// somebody else use theirs.
func (s *Service) begin(ctx context.Context, a store.Account, complete bool) (SignedIn, error) {
	secret := make([]byte, sha256.Size)
	rand.Read(secret) // never fails, see its documentation
	raw := append(binary.AppendUvarint(nil, uint64(a.Org)), secret...)
	hash := sha256.Sum256(raw)
	now := s.micros()
	err := s.db.WriteSide(ctx, func(tx *store.Tx) error {
		return tx.StartSession(ctx, store.Session{Org: a.Org, Hash: hash[:], MemberID: a.MemberID, Epoch: a.Epoch, Complete: complete, CreatedAt: now, SeenAt: now})
	})
	return SignedIn{Token: base64.RawURLEncoding.EncodeToString(raw), MemberID: a.MemberID, Needs: needOf(complete, a)}, err
}

func needOf(complete bool, a store.Account) Need {
	switch {
	case !complete:
		return NeedsSecondFactor
	case a.MustChange:
		return NeedsPassword
	}
	return NeedsNothing
}

// openToken takes a session's token apart. Nothing of it is to be believed before
// the session was found by its hash.
func openToken(token string) (org int64, hash []byte, ok bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil {
		return 0, nil, false
	}
	n, size := binary.Uvarint(raw)
	if size <= 0 || len(raw) != size+sha256.Size {
		return 0, nil, false
	}
	sum := sha256.Sum256(raw)
	return int64(n), sum[:], true
}

func sessionOver() problem.Problem { return problem.Of(problem.Forbidden, problem.SessionOver) }

// Session returns who has a token, and notes that they are there. Its problem is
// SessionOver: the token is not ours; nothing was heard for too long, or the
// session is too old (settings); or the member was deleted, may not sign in any
// more, or has another password (I2).
func (s *Service) Session(ctx context.Context, token string) (Session, error) {
	orgID, hash, ok := openToken(token)
	if !ok {
		return Session{}, sessionOver()
	}
	x, err := s.session(ctx, orgID, hash)
	if errors.Is(err, store.ErrNoRows) {
		return x, sessionOver()
	}
	if err != nil {
		return x, err
	}
	now := s.now()
	if x.store.SeenAt > now.Add(-touchEvery).UnixMicro() {
		return x, nil
	}
	return x, s.db.WriteSide(ctx, func(tx *store.Tx) error { return tx.TouchSession(ctx, orgID, hash, now.UnixMicro()) })
}

// session finds a session and judges it; ErrNoRows if there is none.
func (s *Service) session(ctx context.Context, orgID int64, hash []byte) (Session, error) {
	kept, err := s.db.Session(ctx, orgID, hash)
	if err != nil {
		return Session{}, err
	}
	org, err := s.db.Organisation(ctx, orgID)
	if err != nil {
		return Session{}, err
	}
	account, err := s.db.Account(ctx, orgID, kept.MemberID)
	if err != nil {
		return Session{}, err
	}
	found, err := s.db.MembersByID(ctx, orgID, []int64{kept.MemberID})
	if err != nil {
		return Session{}, err
	}
	m := found[kept.MemberID]
	bounds := s.sessionBounds(org)
	if m == nil || !m.MaySignIn(s.now(), org.Zone) || account.Epoch != kept.Epoch ||
		kept.SeenAt < bounds.SeenBefore || kept.CreatedAt < bounds.CreatedBefore {
		return Session{}, sessionOver()
	}
	actor, err := s.actor(ctx, org, m)
	return Session{Org: org, Member: *m, Needs: needOf(kept.Complete, account), Language: account.Language, SignedInAt: kept.CreatedAt, actor: actor, store: kept}, err
}

func (s *Service) sessionBounds(org store.Organisation) store.SessionBounds {
	now := s.now()
	return store.SessionBounds{Now: now.UnixMicro(), FailedBefore: now.Add(-failureTime).UnixMicro(),
		SeenBefore:    now.UnixMicro() - org.Settings.Count(plan.SessionIdleMinutes)*minuteMicros,
		CreatedBefore: now.UnixMicro() - org.Settings.Count(plan.SessionDays)*dayMicros}
}

// SignOut ends the session of a token, if there is one.
func (s *Service) SignOut(ctx context.Context, token string) error {
	org, hash, ok := openToken(token)
	if !ok {
		return nil
	}
	return s.db.WriteSide(ctx, func(tx *store.Tx) error { return tx.EndSession(ctx, org, hash) })
}

// SignOutEverywhere ends all sessions of a session's member, this one too, and
// kills the links that were mailed to them.
func (s *Service) SignOutEverywhere(ctx context.Context, x Session) error {
	return s.db.Write(ctx, func(tx *store.Tx) error { return tx.EndSessions(ctx, x.Org.ID, x.Member.ID) })
}

// again begins a session in place of another one, whose token is no good any more.
func (s *Service) again(ctx context.Context, x Session, complete bool) (SignedIn, error) {
	account, err := s.db.Account(ctx, x.Org.ID, x.Member.ID)
	if err != nil {
		return SignedIn{}, err
	}
	next, err := s.begin(ctx, account, complete)
	if err != nil {
		return next, err
	}
	return next, s.db.WriteSide(ctx, func(tx *store.Tx) error { return tx.EndSession(ctx, x.Org.ID, x.store.Hash) })
}

// sweepSessions forgets sessions that are over, and passwords of long ago.
func (s *Service) sweepSessions(ctx context.Context, org store.Organisation) error {
	if err := s.db.ForgetSessions(ctx, org.ID, s.sessionBounds(org)); err != nil {
		return err
	}
	return s.db.TrimPasswordHistory(ctx, org.ID, org.Settings.Count(plan.PasswordHistory))
}
