package store

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// rows are the rows of a query. Close them; Err tells whether the end was the end.
type rows interface {
	Next() bool
	Scan(dest ...any) error
	Err() error
	Close()
}

// querier is what both engines give, in and outside of a transaction.
type querier interface {
	// exec returns how many rows it touched.
	exec(ctx context.Context, query string, args ...any) (int64, error)
	query(ctx context.Context, query string, args ...any) (rows, error)
}

// read returns the querier for reading: that of the snapshot in one, else one
// outside of any transaction.
func (db *DB) read() querier {
	if db.view != nil {
		return db.view
	}
	if db.pg != nil {
		return pgQuerier{db.pg, db.statements}
	}
	return db.ro
}

// A Tx is a transaction in which one function writes.
type Tx struct {
	querier
	dialect dialect
	pg      pgx.Tx
	lite    *liteTx

	statements *atomic.Int64 // of the database
}

func (db *DB) begin(ctx context.Context) (*Tx, error) {
	if db.pg != nil {
		tx, err := db.pg.Begin(ctx)
		if err != nil {
			return nil, err
		}
		return &Tx{querier: pgQuerier{tx, db.statements}, dialect: db.dialect, pg: tx, statements: db.statements}, nil
	}
	return beginSQLite(ctx, db.rw)
}

func beginSQLite(ctx context.Context, writer *litePool) (*Tx, error) {
	tx, err := writer.begin(ctx, "BEGIN IMMEDIATE")
	for isBusy(err) && ctx.Err() == nil { // another process writes, perhaps for minutes
		tx, err = writer.begin(ctx, "BEGIN IMMEDIATE")
	}
	if err != nil {
		return nil, err
	}
	return &Tx{querier: tx, dialect: sqlite, lite: tx, statements: writer.statements}, nil
}

func (tx *Tx) commit(ctx context.Context) error {
	if tx.pg != nil {
		return tx.pg.Commit(ctx)
	}
	return tx.lite.commit(ctx)
}

// rollback undoes the transaction, also if its context has ended.
func (tx *Tx) rollback() error {
	if tx.pg != nil {
		return tx.pg.Rollback(context.WithoutCancel(context.Background()))
	}
	return tx.lite.rollback()
}

// pgConn is a pool, a connection or a transaction.
type pgConn interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

type pgQuerier struct {
	conn       pgConn
	statements *atomic.Int64 // of the database
}

func (q pgQuerier) exec(ctx context.Context, query string, args ...any) (int64, error) {
	q.statements.Add(1)
	tag, err := q.conn.Exec(ctx, query, args...)
	return tag.RowsAffected(), err
}

func (q pgQuerier) query(ctx context.Context, query string, args ...any) (rows, error) {
	q.statements.Add(1)
	rs, err := q.conn.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return &pgRows{Rows: rs}, nil
}

// one scans the only row of a query; ErrNoRows if it has none.
func one(ctx context.Context, q querier, query string, args []any, dest ...any) error {
	rs, err := q.query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rs.Close()
	if !rs.Next() {
		if err := rs.Err(); err != nil {
			return err
		}
		return ErrNoRows
	}
	if err := rs.Scan(dest...); err != nil {
		return fmt.Errorf("scan: %w", err)
	}
	rs.Close()
	return rs.Err()
}

// each calls scan for every row of a query. No cursor is open when it returns.
func each(ctx context.Context, q querier, query string, args []any, scan func(scan func(dest ...any) error) error) error {
	rs, err := q.query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rs.Close()
	for one := rs.Scan; rs.Next(); {
		if err := scan(one); err != nil {
			return err
		}
	}
	return rs.Err()
}

// null returns nil for the zero value, else v: what is stored for "none".
func null[T comparable](v T) any {
	var zero T
	if v == zero {
		return nil
	}
	return v
}

// run runs f and commits, or rolls back: where f panics too, so that nobody waits
// for ever for a transaction that nobody ends.
func (tx *Tx) run(ctx context.Context, f func(tx *Tx) error) error {
	returned := false
	defer func() {
		if !returned {
			_ = tx.rollback() // the panic goes on
		}
	}()
	err := f(tx)
	returned = true
	if err != nil {
		return errors.Join(err, tx.rollback())
	}
	if err := tx.commit(ctx); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}
