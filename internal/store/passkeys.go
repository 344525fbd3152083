package store

import (
	"context"
	"errors"
	"fmt"
)

// A Passkey is a credential that a member signs in with instead of a password.
type Passkey struct {
	ID         []byte // of the credential, as its authenticator says
	MemberID   int64
	Name       string
	Credential string // JSON: public key, flags and what else was said when it was made
	CreatedAt  int64  // microseconds UTC
	SignCount  int64  // when it was last used; 0 if it never was, or does not count
	UsedAt     int64  // microseconds UTC; 0 if it never was
}

const keyColumns = `SELECT id, member_id, name, credential, created_at FROM passkey WHERE org_id = $1 AND `

func (p *Passkey) columns() []any {
	return []any{&p.ID, &p.MemberID, &p.Name, &p.Credential, &p.CreatedAt}
}

// AddPasskey stores a passkey. added is false if there is one with its ID.
func (tx *Tx) AddPasskey(ctx context.Context, org int64, p Passkey) (added bool, err error) {
	n, err := tx.exec(ctx, `INSERT INTO passkey (org_id, id, member_id, name, credential, created_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (org_id, id) DO NOTHING`, org, p.ID, p.MemberID, p.Name, p.Credential, p.CreatedAt)
	if err != nil {
		return false, fmt.Errorf("add passkey of member %d: %w", p.MemberID, err)
	}
	return n == 1, nil
}

// RenamePasskey gives a passkey of a member another name; there is false if there is none.
func (tx *Tx) RenamePasskey(ctx context.Context, org, memberID int64, id []byte, name string) (there bool, err error) {
	n, err := tx.exec(ctx, `UPDATE passkey SET name = $4 WHERE org_id = $1 AND member_id = $2 AND id = $3`, org, memberID, id, name)
	if err != nil {
		return false, fmt.Errorf("rename passkey of member %d: %w", memberID, err)
	}
	return n == 1, nil
}

// RemovePasskey forgets a passkey of a member; there is false if there is none.
func (tx *Tx) RemovePasskey(ctx context.Context, org, memberID int64, id []byte) (there bool, err error) {
	n, err := tx.exec(ctx, `DELETE FROM passkey WHERE org_id = $1 AND member_id = $2 AND id = $3`, org, memberID, id)
	if err != nil {
		return false, fmt.Errorf("remove passkey of member %d: %w", memberID, err)
	}
	return n == 1, nil
}

// RemovePasskeys forgets all passkeys of a member.
func (tx *Tx) RemovePasskeys(ctx context.Context, org, memberID int64) error {
	_, err := tx.exec(ctx, `DELETE FROM passkey WHERE org_id = $1 AND member_id = $2`, org, memberID)
	if err != nil {
		return fmt.Errorf("remove passkeys of member %d: %w", memberID, err)
	}
	return nil
}

// Passkeys lists the passkeys of a member in the order in which they were made.
func (db *DB) Passkeys(ctx context.Context, org, memberID int64) ([]Passkey, error) {
	all, err := db.passkeys(ctx, `member_id = $2 ORDER BY created_at, id`, org, memberID)
	if err != nil {
		return nil, fmt.Errorf("passkeys of member %d: %w", memberID, err)
	}
	return all, nil
}

// Passkey returns the passkey with an ID; ErrNoRows if there is none.
func (db *DB) Passkey(ctx context.Context, org int64, id []byte) (Passkey, error) {
	all, err := db.passkeys(ctx, `id = $2`, org, id)
	if err == nil && len(all) == 0 {
		err = ErrNoRows
	}
	if err != nil {
		return Passkey{}, fmt.Errorf("passkey: %w", err)
	}
	return all[0], nil
}

func (db *DB) passkeys(ctx context.Context, where string, args ...any) ([]Passkey, error) {
	var all []Passkey
	err := each(ctx, db.read(), keyColumns+where, args, func(scan func(...any) error) error {
		var p Passkey
		err := scan(p.columns()...)
		all = append(all, p)
		return err
	})
	if err != nil {
		return nil, err
	}
	for i := range all { // a member has few
		err := one(ctx, db.readSide(), `SELECT sign_count, used_at FROM used_passkey WHERE org_id = $1 AND id = $2`, []any{args[0], all[i].ID}, &all[i].SignCount, &all[i].UsedAt)
		if err != nil && !errors.Is(err, ErrNoRows) {
			return nil, err
		}
	}
	return all, nil
}

// UsePasskey notes that a passkey was used, with what its authenticator counted.
// fresh is false, and nothing is noted, if that, or more, was counted before: there
// is a copy of it. Authenticators that do not count say 0 each time.
func (tx *Tx) UsePasskey(ctx context.Context, org int64, p Passkey) (fresh bool, err error) {
	n, err := tx.exec(ctx, `INSERT INTO used_passkey (org_id, id, member_id, sign_count, used_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (org_id, id) DO UPDATE SET sign_count = excluded.sign_count, used_at = excluded.used_at
		WHERE used_passkey.sign_count < excluded.sign_count OR used_passkey.sign_count = 0 AND excluded.sign_count = 0`,
		org, p.ID, p.MemberID, p.SignCount, p.UsedAt)
	if err != nil {
		return false, fmt.Errorf("use passkey of member %d: %w", p.MemberID, err)
	}
	return n == 1, nil
}
