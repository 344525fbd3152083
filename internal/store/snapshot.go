package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Snapshot runs f with a view of the database in which time stands still:
// whatever f reads through view is of one moment, however long it takes. The
// view is for reading, by one goroutine at a time; f may use db itself beside it.
//
// It has a connection of its own: a download to somebody with a slow line must
// not take one of those that everybody waits for.
func (db *DB) Snapshot(ctx context.Context, f func(view *DB) error) error {
	q, end, err := db.snapshot(ctx)
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	view := *db
	view.view = q
	return errors.Join(f(&view), end())
}

func (db *DB) snapshot(ctx context.Context) (querier, func() error, error) {
	if db.pg == nil {
		return db.snapshotSQLite(ctx)
	}
	conn, err := pgx.ConnectConfig(ctx, db.pg.Config().ConnConfig)
	if err != nil {
		return nil, nil, cmp.Or(ctx.Err(), unreachable()) // the error may quote a password
	}
	shut := func() error { return conn.Close(context.WithoutCancel(ctx)) }
	tx, err := conn.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, nil, errors.Join(err, shut())
	}
	return pgQuerier{tx, db.statements}, shut, nil // closing ends the transaction
}

func (db *DB) snapshotSQLite(ctx context.Context) (querier, func() error, error) {
	pool := newLitePool(db.path, true, readerCache, 1, db.statements)
	tx, err := pool.begin(ctx, "BEGIN")
	if err != nil {
		return nil, nil, errors.Join(err, pool.close())
	}
	return tx, func() error { return errors.Join(tx.rollback(), pool.close()) }, nil
}
