package store

import (
	"context"
	"fmt"

	"meibo/internal/problem"
)

// The words of who sees a filter (SPEC G4), as they are stored.
const (
	ShareMe       = "me"
	ShareEveryone = "everyone"
	ShareGroups   = "groups"
)

// A Filter is a saved search (SPEC G4).
type Filter struct {
	ID         int64
	Name       string
	OwnerID    int64   // who made it; 0 for the operator
	Share      string  // one of the words above
	GroupIDs   []int64 // ascending; with ShareGroups. Empty if the groups are gone
	Expression string
}

// Filters lists the saved filters of an organisation by name.
func (db *DB) Filters(ctx context.Context, org int64) ([]Filter, error) {
	return filters(ctx, db.read(), org)
}

// Filters lists the saved filters inside the transaction.
func (tx *Tx) Filters(ctx context.Context, org int64) ([]Filter, error) { return filters(ctx, tx, org) }

func filters(ctx context.Context, q querier, org int64) ([]Filter, error) {
	groups := map[int64][]int64{}
	err := each(ctx, q, `SELECT filter_id, group_id FROM filter_group WHERE org_id = $1 ORDER BY filter_id, group_id`, []any{org},
		func(scan func(...any) error) error {
			var filter, group int64
			err := scan(&filter, &group)
			groups[filter] = append(groups[filter], group)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("filters: groups: %w", err)
	}
	var all []Filter
	err = each(ctx, q, `SELECT id, name, coalesce(owner_id, 0), share, expression FROM filter WHERE org_id = $1 ORDER BY name`,
		[]any{org}, func(scan func(...any) error) error {
			var f Filter
			err := scan(&f.ID, &f.Name, &f.OwnerID, &f.Share, &f.Expression)
			f.GroupIDs = groups[f.ID]
			all = append(all, f)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("filters: %w", err)
	}
	return all, nil
}

// SaveFilter stores a filter; with ID 0 a new one, which gets its ID. Its owner
// never changes. Its problem is NameTaken.
func (tx *Tx) SaveFilter(ctx context.Context, org int64, f *Filter) error {
	if f.ID == 0 {
		id, err := tx.take(ctx, org, "filter", 1)
		if err != nil {
			return err
		}
		f.ID = id
	}
	_, err := tx.exec(ctx, `INSERT INTO filter (org_id, id, name, owner_id, share, expression) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (org_id, id) DO UPDATE SET name = excluded.name, share = excluded.share, expression = excluded.expression`,
		org, f.ID, f.Name, null(f.OwnerID), f.Share, f.Expression)
	if err != nil {
		return taken(err, problem.NameTaken, f.Name)
	}
	if _, err := tx.exec(ctx, `DELETE FROM filter_group WHERE org_id = $1 AND filter_id = $2`, org, f.ID); err != nil {
		return fmt.Errorf("filter %d: groups: %w", f.ID, err)
	}
	for _, group := range f.GroupIDs {
		if _, err := tx.exec(ctx, `INSERT INTO filter_group (org_id, filter_id, group_id) VALUES ($1, $2, $3)`, org, f.ID, group); err != nil {
			return fmt.Errorf("filter %d: groups: %w", f.ID, err)
		}
	}
	return nil
}

// DeleteFilter deletes a filter.
func (tx *Tx) DeleteFilter(ctx context.Context, org, id int64) error {
	for _, table := range []string{"filter_group WHERE org_id = $1 AND filter_id", "filter WHERE org_id = $1 AND id"} {
		if _, err := tx.exec(ctx, `DELETE FROM `+table+` = $2`, org, id); err != nil {
			return fmt.Errorf("delete filter %d: %w", id, err)
		}
	}
	return nil
}
