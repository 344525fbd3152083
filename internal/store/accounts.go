package store

import (
	"context"
	"errors"
	"fmt"
)

// An Account is what a member signs in with, and chose for themselves. Nothing
// but signing in and the own profile reads it.
type Account struct {
	Org, MemberID int64
	Verifier      string // of the password; empty for none
	MustChange    bool   // the password
	SetAt         int64  // when the password was set, microseconds UTC
	Epoch         int64  // of sessions and links
	Language      string // empty: the organisation's
	TOTP          []byte // sealed secret; nil for none
	TOTPOn        bool   // it was confirmed, and is asked for
	Passkeys      int64
	Recovery      int64 // codes that are left
}

// Account returns the account of a member, who need not have signed in ever.
func (db *DB) Account(ctx context.Context, org, memberID int64) (Account, error) {
	return account(ctx, db.read(), org, memberID)
}

// Account is as the transaction sees it.
func (tx *Tx) Account(ctx context.Context, org, memberID int64) (Account, error) {
	return account(ctx, tx, org, memberID)
}

func account(ctx context.Context, q querier, org, memberID int64) (Account, error) {
	a := Account{Org: org, MemberID: memberID}
	err := one(ctx, q, `SELECT coalesce(s.verifier, ''), coalesce(s.must_change, FALSE), coalesce(s.set_at, 0), coalesce(e.epoch, 0),
		coalesce(a.language, ''), a.totp, coalesce(a.totp_on, FALSE),
		(SELECT count(*) FROM passkey p WHERE p.org_id = $1 AND p.member_id = $2),
		(SELECT count(*) FROM recovery_code r WHERE r.org_id = $1 AND r.member_id = $2)
		FROM organisation o
		LEFT JOIN member_secret s ON s.org_id = o.id AND s.member_id = $2
		LEFT JOIN session_epoch e ON e.org_id = o.id AND e.member_id = $2
		LEFT JOIN account a ON a.org_id = o.id AND a.member_id = $2
		WHERE o.id = $1`, []any{org, memberID}, &a.Verifier, &a.MustChange, &a.SetAt, &a.Epoch, &a.Language, &a.TOTP, &a.TOTPOn, &a.Passkeys, &a.Recovery)
	if err != nil {
		return a, fmt.Errorf("account of member %d: %w", memberID, err)
	}
	return a, nil
}

// SaveAccount stores language and TOTP of an account.
func (tx *Tx) SaveAccount(ctx context.Context, a Account) error {
	_, err := tx.exec(ctx, `INSERT INTO account (org_id, member_id, language, totp, totp_on) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (org_id, member_id) DO UPDATE SET language = excluded.language, totp = excluded.totp, totp_on = excluded.totp_on`,
		a.Org, a.MemberID, null(a.Language), a.TOTP, a.TOTPOn)
	if err != nil {
		return fmt.Errorf("account of member %d: %w", a.MemberID, err)
	}
	return nil
}

// PastVerifiers returns the verifiers of passwords that a member had before, the
// newest first.
func (db *DB) PastVerifiers(ctx context.Context, org, memberID, most int64) ([]string, error) {
	var all []string
	err := each(ctx, db.read(), `SELECT verifier FROM password_history WHERE org_id = $1 AND member_id = $2 ORDER BY set_at DESC LIMIT $3`,
		[]any{org, memberID, most}, func(scan func(...any) error) error {
			var v string
			err := scan(&v)
			all = append(all, v)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("password history of member %d: %w", memberID, err)
	}
	return all, nil
}

// TrimPasswordHistory forgets what is beyond the newest passwords of each member.
func (db *DB) TrimPasswordHistory(ctx context.Context, org, most int64) error {
	const beyond = `FROM (SELECT member_id, set_at, row_number() OVER (PARTITION BY member_id ORDER BY set_at DESC) AS n
		FROM password_history WHERE org_id = $1) h WHERE h.n > $2`
	var n int64
	if err := one(ctx, db.read(), `SELECT count(*) `+beyond, []any{org, most}, &n); err != nil || n == 0 {
		return err // looking costs no lock
	}
	return db.Write(ctx, func(tx *Tx) error {
		_, err := tx.exec(ctx, `DELETE FROM password_history WHERE org_id = $1 AND (member_id, set_at) IN (SELECT h.member_id, h.set_at `+beyond+`)`, org, most)
		return err
	})
}

// SetRecoveryCodes replaces the recovery codes of a member by others, given by
// their hashes.
func (tx *Tx) SetRecoveryCodes(ctx context.Context, org, memberID int64, hashes [][]byte) error {
	_, err := tx.exec(ctx, `DELETE FROM recovery_code WHERE org_id = $1 AND member_id = $2`, org, memberID)
	for _, hash := range hashes {
		if err != nil {
			break
		}
		_, err = tx.exec(ctx, `INSERT INTO recovery_code (org_id, member_id, hash) VALUES ($1, $2, $3)`, org, memberID, hash)
	}
	if err != nil {
		return fmt.Errorf("recovery codes of member %d: %w", memberID, err)
	}
	return nil
}

// UseRecoveryCode forgets a code; there is false if there was none.
func (tx *Tx) UseRecoveryCode(ctx context.Context, org, memberID int64, hash []byte) (there bool, err error) {
	n, err := tx.exec(ctx, `DELETE FROM recovery_code WHERE org_id = $1 AND member_id = $2 AND hash = $3`, org, memberID, hash)
	if err != nil {
		return false, fmt.Errorf("recovery code of member %d: %w", memberID, err)
	}
	return n == 1, nil
}

// An EmailChange is a new address that waits for its confirming link.
type EmailChange struct {
	Email     string
	Requested int64 // microseconds UTC
}

// RequestEmail stores the new address that a member asks for, in place of an
// earlier one, whose mail is not sent any more.
func (tx *Tx) RequestEmail(ctx context.Context, org, memberID int64, c EmailChange, key string) error {
	_, err1 := tx.exec(ctx, `INSERT INTO email_change (org_id, member_id, email, email_key, requested_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (org_id, member_id) DO UPDATE SET email = excluded.email, email_key = excluded.email_key, requested_at = excluded.requested_at`,
		org, memberID, c.Email, key, c.Requested)
	_, err2 := tx.exec(ctx, `UPDATE outbox SET state = 'dropped', outcome = 'mail-link-over', claim = NULL WHERE org_id = $1 AND member_id = $2
		AND kind = 'confirm' AND state = 'pending'`, org, memberID)
	if err := errors.Join(err1, err2); err != nil {
		return fmt.Errorf("new address of member %d: %w", memberID, err)
	}
	return nil
}

// WaitingEmail returns the new address that waits; ErrNoRows if none does.
func (db *DB) WaitingEmail(ctx context.Context, org, memberID int64) (EmailChange, error) {
	var c EmailChange
	err := one(ctx, db.read(), `SELECT email, requested_at FROM email_change WHERE org_id = $1 AND member_id = $2`, []any{org, memberID}, &c.Email, &c.Requested)
	if err != nil {
		return c, fmt.Errorf("new address of member %d: %w", memberID, err)
	}
	return c, nil
}

// ForgetEmail forgets the new address that was asked for at a time: it is
// confirmed. there is false if it does not wait any more.
func (tx *Tx) ForgetEmail(ctx context.Context, org, memberID, requested int64) (there bool, err error) {
	n, err := tx.exec(ctx, `DELETE FROM email_change WHERE org_id = $1 AND member_id = $2 AND requested_at = $3`, org, memberID, requested)
	if err != nil {
		return false, fmt.Errorf("new address of member %d: %w", memberID, err)
	}
	return n == 1, nil
}

// Accepted returns which of the members accepted an invitation themselves.
func (db *DB) Accepted(ctx context.Context, org int64, ids []int64) (map[int64]bool, error) {
	found := map[int64]bool{}
	if len(ids) == 0 {
		return found, nil
	}
	err := each(ctx, db.read(), `SELECT i.first_member_id FROM import i WHERE i.org_id = $1 AND i.kind = 'accept' AND `+db.dialect.among("i.first_member_id", 2),
		[]any{org, list(db.dialect, ids)}, func(scan func(...any) error) error {
			var id int64
			err := scan(&id)
			found[id] = true
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("members who accepted: %w", err)
	}
	return found, nil
}
