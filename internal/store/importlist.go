package store

import (
	"context"
	"fmt"
	"slices"

	"meibo/internal/plan"
)

// An ImportQuery names imports. The zero query names all of them.
type ImportQuery struct {
	Kinds     []Kind // nil: all
	Approvals bool   // those of any kind that wait for a second person's approval, too
	Before    int64  // only those with a smaller ID; 0: all
	Limit     int    // 0: all
}

// Imports lists imports, the newest first.
func (db *DB) Imports(ctx context.Context, org int64, q ImportQuery) ([]Import, error) {
	where, args := "", []any{org}
	if q.Kinds != nil {
		args = append(args, list(db.dialect, q.Kinds))
		among := db.dialect.among("kind", len(args))
		if q.Approvals {
			among = `(` + among + ` OR state = 'needs_approval')`
		}
		where += ` AND ` + among
	}
	if q.Before > 0 {
		args = append(args, q.Before)
		where += fmt.Sprintf(` AND id < $%d`, len(args))
	}
	limit := ""
	if q.Limit > 0 {
		args = append(args, q.Limit)
		limit = fmt.Sprintf(` LIMIT $%d`, len(args))
	}
	return db.imports(ctx, org, `WHERE org_id = $1`+where+` ORDER BY id DESC`+limit, args...)
}

func (db *DB) imports(ctx context.Context, org int64, where string, args ...any) ([]Import, error) {
	var all []Import
	err := each(ctx, db.read(), `SELECT `+importColumns+` FROM import `+where, args, func(scan func(...any) error) error {
		i, err := scanImport(org, scan)
		all = append(all, i)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("imports: %w", err)
	}
	return all, nil
}

// CountApprovals returns how many plans of others than a member wait for a second
// person's approval (P21).
func (db *DB) CountApprovals(ctx context.Context, org, member int64) (int64, error) {
	var n int64
	err := one(ctx, db.read(), `SELECT count(*) FROM import WHERE org_id = $1 AND state = 'needs_approval' AND (actor_id IS NULL OR actor_id <> $2)`, []any{org, member}, &n)
	return n, err
}

// Undos returns the applied undos of some imports, the oldest first, by the ID of the
// import; those without one are missing. An undo comes after what it undoes.
func (db *DB) Undos(ctx context.Context, org int64, ids []int64) (map[int64][]int64, error) {
	undos := map[int64][]int64{}
	if len(ids) == 0 {
		return undos, nil
	}
	err := each(ctx, db.read(), `SELECT undo_of, id FROM import WHERE org_id = $1 AND id > $2 AND kind = 'undo' AND state = 'applied' AND `+
		db.dialect.among("undo_of", 3)+` ORDER BY id`, []any{org, slices.Min(ids), list(db.dialect, ids)}, func(scan func(...any) error) error {
		var undone, undo int64
		err := scan(&undone, &undo)
		undos[undone] = append(undos[undone], undo)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("undos: %w", err)
	}
	return undos, nil
}

// SameFile returns the newest applied import of the same file with the same
// options (A8); ID 0 if there is none.
func (db *DB) SameFile(ctx context.Context, org int64, sha256 []byte, options plan.Options) (Import, error) {
	all, err := db.imports(ctx, org, `WHERE org_id = $1 AND state = 'applied' AND kind = 'file' AND file_sha256 = $2 ORDER BY journal_no DESC`, org, sha256)
	if err != nil {
		return Import{}, err
	}
	for _, i := range all {
		if i.Options.Same(options) {
			return i, nil
		}
	}
	return Import{}, nil
}
