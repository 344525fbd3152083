package store

import (
	"context"
	"errors"
	"fmt"
)

// A Session is somebody who signed in.
type Session struct {
	Org       int64
	Hash      []byte // of the token, which is nowhere
	MemberID  int64
	Epoch     int64 // of the member's sessions when it began; another one means that it is over
	Complete  bool  // the second factor was given, or there is none
	CreatedAt int64 // microseconds UTC
	SeenAt    int64 // microseconds UTC; of about the last request
}

// StartSession stores a session.
func (tx *Tx) StartSession(ctx context.Context, s Session) error {
	_, err := tx.exec(ctx, `INSERT INTO session (org_id, hash, member_id, epoch, complete, created_at, seen_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		s.Org, s.Hash, s.MemberID, s.Epoch, s.Complete, s.CreatedAt, s.SeenAt)
	if err != nil {
		return fmt.Errorf("start session: %w", err)
	}
	return nil
}

// Session returns a session; ErrNoRows if there is none.
func (db *DB) Session(ctx context.Context, org int64, hash []byte) (Session, error) {
	s := Session{Org: org, Hash: hash}
	err := one(ctx, db.readSide(), `SELECT member_id, epoch, complete, created_at, seen_at FROM session WHERE org_id = $1 AND hash = $2`,
		[]any{org, hash}, &s.MemberID, &s.Epoch, &s.Complete, &s.CreatedAt, &s.SeenAt)
	if err != nil {
		return s, fmt.Errorf("session: %w", err)
	}
	return s, nil
}

// TouchSession notes that a session was used.
func (tx *Tx) TouchSession(ctx context.Context, org int64, hash []byte, now int64) error {
	_, err := tx.exec(ctx, `UPDATE session SET seen_at = $3 WHERE org_id = $1 AND hash = $2`, org, hash, now)
	return err
}

// EndSession forgets a session.
func (tx *Tx) EndSession(ctx context.Context, org int64, hash []byte) error {
	_, err := tx.exec(ctx, `DELETE FROM session WHERE org_id = $1 AND hash = $2`, org, hash)
	return err
}

// A SessionBounds says what may be forgotten: microseconds UTC.
type SessionBounds struct {
	SeenBefore, CreatedBefore, FailedBefore, Now int64
}

// ForgetSessions forgets sessions that are over, failures that no longer count,
// and challenges that nobody answered.
func (db *DB) ForgetSessions(ctx context.Context, org int64, b SessionBounds) error {
	return db.WriteSide(ctx, func(tx *Tx) error {
		_, err1 := tx.exec(ctx, `DELETE FROM session WHERE org_id = $1 AND (seen_at < $2 OR created_at < $3)`, org, b.SeenBefore, b.CreatedBefore)
		_, err2 := tx.exec(ctx, `DELETE FROM sign_in_failure WHERE org_id = $1 AND last_at < $2`, org, b.FailedBefore)
		_, err3 := tx.exec(ctx, `DELETE FROM ceremony WHERE org_id = $1 AND expires_at < $2`, org, b.Now)
		if err := errors.Join(err1, err2, err3); err != nil {
			return fmt.Errorf("forget sessions: %w", err)
		}
		return nil
	})
}

// A Failures is how often somebody failed to sign in.
type Failures struct {
	Count       int64
	LastAt      int64 // microseconds UTC
	LockedUntil int64 // microseconds UTC; 0 if not locked
}

// CountFailure lets f look at the failures of who, a MAC over a member or a name,
// and change them. Others who count the same wait.
func (tx *Tx) CountFailure(ctx context.Context, org int64, who []byte, f func(*Failures)) error {
	var x Failures
	// Inserting nothing new locks the row on PostgreSQL; on SQLite the transaction does.
	err := one(ctx, tx, `INSERT INTO sign_in_failure (org_id, who, failures, last_at, locked_until) VALUES ($1, $2, 0, 0, 0)
		ON CONFLICT (org_id, who) DO UPDATE SET failures = sign_in_failure.failures RETURNING failures, last_at, locked_until`,
		[]any{org, who}, &x.Count, &x.LastAt, &x.LockedUntil)
	if err != nil {
		return fmt.Errorf("failures to sign in: %w", err)
	}
	f(&x)
	query, args := `UPDATE sign_in_failure SET failures = $3, last_at = $4, locked_until = $5 WHERE org_id = $1 AND who = $2`,
		[]any{org, who, x.Count, x.LastAt, x.LockedUntil}
	if x.Count <= 0 {
		query, args = `DELETE FROM sign_in_failure WHERE org_id = $1 AND who = $2`, args[:2]
	}
	if _, err := tx.exec(ctx, query, args...); err != nil {
		return fmt.Errorf("failures to sign in: %w", err)
	}
	return nil
}

// UseStep notes that a member used the code of a step of the clock; fresh is false
// if that, or a later one, was used before.
func (tx *Tx) UseStep(ctx context.Context, org, memberID, step int64) (fresh bool, err error) {
	n, err := tx.exec(ctx, `INSERT INTO used_step (org_id, member_id, step) VALUES ($1, $2, $3)
		ON CONFLICT (org_id, member_id) DO UPDATE SET step = excluded.step WHERE used_step.step < excluded.step`, org, memberID, step)
	if err != nil {
		return false, fmt.Errorf("step of member %d: %w", memberID, err)
	}
	return n == 1, nil
}

// SaveCeremony keeps what a challenge was made with.
func (tx *Tx) SaveCeremony(ctx context.Context, org int64, hash []byte, data string, expires int64) error {
	_, err := tx.exec(ctx, `INSERT INTO ceremony (org_id, hash, data, expires_at) VALUES ($1, $2, $3, $4)`, org, hash, data, expires)
	if err != nil {
		return fmt.Errorf("ceremony: %w", err)
	}
	return nil
}

// TakeCeremony returns what was kept and forgets it: a challenge is answered once.
// ErrNoRows if there is none, or its time is over.
func (tx *Tx) TakeCeremony(ctx context.Context, org int64, hash []byte, now int64) (data string, err error) {
	err = one(ctx, tx, `DELETE FROM ceremony WHERE org_id = $1 AND hash = $2 AND expires_at > $3 RETURNING data`, []any{org, hash, now}, &data)
	if err != nil {
		return "", fmt.Errorf("ceremony: %w", err)
	}
	return data, nil
}
