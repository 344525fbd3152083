package store

import (
	"context"
	"fmt"
)

// What can become of what a member signs in with.
const (
	SecondFactorTurnedOn  = "second_factor_on"
	SecondFactorTurnedOff = "second_factor_off" // by the member, who knew the password
	SecondFactorTakenOff  = "second_factor_taken_off"
	RecoveryCodesMade     = "recovery_codes"
	RecoveryCodeUsed      = "recovery_code_used"
	PasskeyAdded          = "passkey_added"
	PasskeyRemoved        = "passkey_removed"
)

// An AccountEvent is one thing that became of what a member signs in with.
type AccountEvent struct {
	What    string // see SecondFactorTurnedOn and below
	ActorID int64  // 0 for the operator
	At      int64  // microseconds UTC
}

// NoteAccount keeps what became of what a member signs in with.
func (tx *Tx) NoteAccount(ctx context.Context, org, memberID int64, e AccountEvent) error {
	id, err := tx.take(ctx, org, "account_event", 1)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `INSERT INTO account_event (org_id, member_id, id, what, actor_id, at) VALUES ($1, $2, $3, $4, $5, $6)`,
		org, memberID, id, e.What, null(e.ActorID), e.At)
	if err != nil {
		return fmt.Errorf("event of member %d: %w", memberID, err)
	}
	return nil
}

// AccountEvents returns what became of what a member signs in with, newest first.
func (db *DB) AccountEvents(ctx context.Context, org, memberID int64) ([]AccountEvent, error) {
	var all []AccountEvent
	err := each(ctx, db.read(), `SELECT what, coalesce(actor_id, 0), at FROM account_event WHERE org_id = $1 AND member_id = $2 ORDER BY id DESC`,
		[]any{org, memberID}, func(scan func(...any) error) error {
			var e AccountEvent
			err := scan(&e.What, &e.ActorID, &e.At)
			all = append(all, e)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("events of member %d: %w", memberID, err)
	}
	return all, nil
}
