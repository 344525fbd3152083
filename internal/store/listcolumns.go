package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// ListColumns returns the columns that a member chose for the list of members, by
// identifier, in their order; nil if they never chose.
func (db *DB) ListColumns(ctx context.Context, org, memberID int64) ([]string, error) {
	var text string
	err := one(ctx, db.read(), `SELECT columns FROM list_columns WHERE org_id = $1 AND member_id = $2`, []any{org, memberID}, &text)
	if errors.Is(err, ErrNoRows) {
		return nil, nil
	}
	var columns []string
	if err == nil {
		err = json.Unmarshal([]byte(text), &columns)
	}
	if err != nil {
		return nil, fmt.Errorf("list columns of member %d: %w", memberID, err)
	}
	return columns, nil
}

// SetListColumns keeps the columns that a member chose.
func (tx *Tx) SetListColumns(ctx context.Context, org, memberID int64, columns []string) error {
	text, err := json.Marshal(columns)
	if err == nil {
		_, err = tx.exec(ctx, `INSERT INTO list_columns (org_id, member_id, columns) VALUES ($1, $2, $3)
			ON CONFLICT (org_id, member_id) DO UPDATE SET columns = excluded.columns`, org, memberID, string(text))
	}
	if err != nil {
		return fmt.Errorf("list columns of member %d: %w", memberID, err)
	}
	return nil
}
