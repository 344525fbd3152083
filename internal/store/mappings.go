package store

import (
	"context"
	"errors"
)

// Mapping returns a saved mapping as JSON; empty if there is none of that name.
func (db *DB) Mapping(ctx context.Context, org int64, name string) (string, error) {
	var text string
	err := one(ctx, db.read(), `SELECT columns FROM mapping WHERE org_id = $1 AND name = $2`, []any{org, name}, &text)
	if errors.Is(err, ErrNoRows) {
		return "", nil
	}
	return text, err
}

// Mappings lists the names of saved mappings.
func (db *DB) Mappings(ctx context.Context, org int64) ([]string, error) {
	var names []string
	err := each(ctx, db.read(), `SELECT name FROM mapping WHERE org_id = $1 ORDER BY name`, []any{org}, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		names = append(names, name)
		return err
	})
	return names, err
}

// SaveMapping saves a mapping as JSON under a name; empty deletes it.
func (tx *Tx) SaveMapping(ctx context.Context, org int64, name, columns string) error {
	if columns == "" {
		_, err := tx.exec(ctx, `DELETE FROM mapping WHERE org_id = $1 AND name = $2`, org, name)
		return err
	}
	_, err := tx.exec(ctx, `INSERT INTO mapping (org_id, name, columns) VALUES ($1, $2, $3) ON CONFLICT (org_id, name) DO UPDATE SET columns = excluded.columns`, org, name, columns)
	return err
}
