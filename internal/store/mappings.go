package store

import (
	"context"
	"errors"
	"fmt"

	"meibo/internal/problem"
)

// Mapping returns a saved mapping as JSON; empty if there is none of that name.
func (db *DB) Mapping(ctx context.Context, org int64, name string) (string, error) {
	var text string
	err := one(ctx, db.read(), `SELECT columns FROM mapping WHERE org_id = $1 AND name = $2`, []any{org, name}, &text)
	if errors.Is(err, ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("mapping: %w", err)
	}
	return text, nil
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
	if err != nil {
		return nil, fmt.Errorf("mappings: %w", err)
	}
	return names, nil
}

// AddMapping saves a new mapping as JSON. Its problem is NameTaken.
func (tx *Tx) AddMapping(ctx context.Context, org int64, name, columns string) error {
	if _, err := tx.exec(ctx, `INSERT INTO mapping (org_id, name, columns) VALUES ($1, $2, $3)`, org, name, columns); err != nil {
		return taken(fmt.Errorf("add mapping: %w", err), problem.NameTaken, name)
	}
	return nil
}

// EditMapping replaces a mapping; found is false if there is none of that name.
func (tx *Tx) EditMapping(ctx context.Context, org int64, name, columns string) (found bool, err error) {
	n, err := tx.exec(ctx, `UPDATE mapping SET columns = $3 WHERE org_id = $1 AND name = $2`, org, name, columns)
	if err != nil {
		return false, fmt.Errorf("edit mapping: %w", err)
	}
	return n > 0, nil
}

// DeleteMapping deletes a mapping; found is false if there is none of that name.
func (tx *Tx) DeleteMapping(ctx context.Context, org int64, name string) (found bool, err error) {
	n, err := tx.exec(ctx, `DELETE FROM mapping WHERE org_id = $1 AND name = $2`, org, name)
	if err != nil {
		return false, fmt.Errorf("delete mapping: %w", err)
	}
	return n > 0, nil
}
