package store

import (
	"context"
	"errors"
	"fmt"
)

// A Filter is a saved search (SPEC G4).
type Filter struct {
	ID         int64
	Name       string
	OwnerID    int64  // who made it; 0 for the operator
	Share      string // me, everyone or group
	GroupID    int64  // with Share "group"
	Expression string
}

// Filters lists the saved filters of an organisation by name.
func (db *DB) Filters(ctx context.Context, org int64) ([]Filter, error) {
	var all []Filter
	err := each(ctx, db.read(), `SELECT id, name, coalesce(owner_id, 0), share, coalesce(share_group_id, 0), expression FROM filter WHERE org_id = $1 ORDER BY name`,
		[]any{org}, func(scan func(...any) error) error {
			var f Filter
			err := scan(&f.ID, &f.Name, &f.OwnerID, &f.Share, &f.GroupID, &f.Expression)
			all = append(all, f)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("filters: %w", err)
	}
	return all, nil
}

// SaveFilter stores a filter; with ID 0 a new one, which gets its ID.
func (tx *Tx) SaveFilter(ctx context.Context, org int64, f *Filter) error {
	if f.ID == 0 {
		id, err := tx.take(ctx, org, "filter", 1)
		if err != nil {
			return err
		}
		f.ID = id
	}
	_, err := tx.exec(ctx, `INSERT INTO filter (org_id, id, name, owner_id, share, share_group_id, expression) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (org_id, id) DO UPDATE SET name = excluded.name, share = excluded.share, share_group_id = excluded.share_group_id, expression = excluded.expression`,
		org, f.ID, f.Name, null(f.OwnerID), f.Share, null(f.GroupID), f.Expression)
	return err
}

// DeleteFilter deletes a filter.
func (tx *Tx) DeleteFilter(ctx context.Context, org, id int64) error {
	_, err := tx.exec(ctx, `DELETE FROM filter WHERE org_id = $1 AND id = $2`, org, id)
	return errors.Join(err)
}
