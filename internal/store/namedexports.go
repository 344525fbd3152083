package store

import (
	"context"
	"errors"
	"fmt"

	"meibo/internal/problem"
)

// A NamedExport is an export saved under a name (SPEC E3).
type NamedExport struct {
	Name     string
	Settings string // JSON, as package admin writes it
	ActorID  int64  // who saved it last; 0 for the operator of the machine
	SavedAt  int64  // microseconds UTC
}

const namedExportColumns = `name, settings, coalesce(actor_id, 0), saved_at`

// NamedExport returns a named export; found is false if there is none of that
// name.
func (db *DB) NamedExport(ctx context.Context, org int64, name string) (n NamedExport, found bool, err error) {
	err = one(ctx, db.read(), `SELECT `+namedExportColumns+` FROM named_export WHERE org_id = $1 AND name = $2`, []any{org, name},
		&n.Name, &n.Settings, &n.ActorID, &n.SavedAt)
	if errors.Is(err, ErrNoRows) {
		return n, false, nil
	}
	if err != nil {
		return n, false, fmt.Errorf("named export: %w", err)
	}
	return n, true, nil
}

// NamedExports lists the named exports of an organisation by name.
func (db *DB) NamedExports(ctx context.Context, org int64) ([]NamedExport, error) {
	var all []NamedExport
	err := each(ctx, db.read(), `SELECT `+namedExportColumns+` FROM named_export WHERE org_id = $1 ORDER BY name`, []any{org},
		func(scan func(...any) error) error {
			var n NamedExport
			err := scan(&n.Name, &n.Settings, &n.ActorID, &n.SavedAt)
			all = append(all, n)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("named exports: %w", err)
	}
	return all, nil
}

// AddNamedExport saves a new named export. Its problem is NamedExportTaken.
func (tx *Tx) AddNamedExport(ctx context.Context, org int64, n NamedExport) error {
	if _, err := tx.exec(ctx, `INSERT INTO named_export (org_id, name, settings, actor_id, saved_at) VALUES ($1, $2, $3, $4, $5)`,
		org, n.Name, n.Settings, null(n.ActorID), n.SavedAt); err != nil {
		return taken(fmt.Errorf("add named export: %w", err), problem.NamedExportTaken, n.Name)
	}
	return nil
}

// EditNamedExport replaces a named export; found is false if there is none of
// that name.
func (tx *Tx) EditNamedExport(ctx context.Context, org int64, n NamedExport) (found bool, err error) {
	rows, err := tx.exec(ctx, `UPDATE named_export SET settings = $3, actor_id = $4, saved_at = $5 WHERE org_id = $1 AND name = $2`,
		org, n.Name, n.Settings, null(n.ActorID), n.SavedAt)
	if err != nil {
		return false, fmt.Errorf("edit named export: %w", err)
	}
	return rows > 0, nil
}

// DeleteNamedExport deletes a named export; found is false if there is none of
// that name.
func (tx *Tx) DeleteNamedExport(ctx context.Context, org int64, name string) (found bool, err error) {
	rows, err := tx.exec(ctx, `DELETE FROM named_export WHERE org_id = $1 AND name = $2`, org, name)
	if err != nil {
		return false, fmt.Errorf("delete named export: %w", err)
	}
	return rows > 0, nil
}
