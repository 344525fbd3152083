package store

import (
	"context"
	"errors"
	"sync/atomic"
)

// A litePool is an SQLite file with a few connections, opened as they are needed.
type litePool struct {
	path     string
	readOnly bool
	pragmas  []string
	room     chan struct{} // a token for each connection in use
	idle     chan *liteConn
	closed   atomic.Bool

	statements *atomic.Int64 // of the database
}

func newLitePool(path string, readOnly bool, cache, conns int, statements *atomic.Int64) *litePool {
	return &litePool{path: path, readOnly: readOnly, pragmas: pragmasOf(readOnly, cache), statements: statements,
		room: make(chan struct{}, conns), idle: make(chan *liteConn, conns)}
}

// take waits for a connection. Give it back.
func (p *litePool) take(ctx context.Context) (*liteConn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case p.room <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if p.closed.Load() {
		<-p.room
		return nil, errClosed
	}
	select {
	case c := <-p.idle:
		return c, nil
	default:
	}
	c, err := openLite(p.path, p.readOnly, p.pragmas)
	if err != nil {
		<-p.room
	}
	return c, err
}

// give takes a connection back. One in which a transaction could not be ended is
// closed, which undoes it.
func (p *litePool) give(c *liteConn) {
	defer func() { <-p.room }()
	if c.open() {
		_ = c.close() // what was wrong with it was told already
		return
	}
	p.idle <- c
	if p.closed.Load() {
		_ = p.drain() // nobody is left to be told
	}
}

// close closes the connections; one that is in use as soon as it is given back.
func (p *litePool) close() error {
	p.closed.Store(true)
	return p.drain()
}

func (p *litePool) drain() error {
	var errs []error
	for {
		select {
		case c := <-p.idle:
			errs = append(errs, c.close())
		default:
			return errors.Join(errs...)
		}
	}
}

func (p *litePool) exec(ctx context.Context, query string, args ...any) (int64, error) {
	c, err := p.take(ctx)
	if err != nil {
		return 0, err
	}
	defer p.give(c)
	p.statements.Add(1)
	return c.exec(ctx, query, args)
}

func (p *litePool) query(ctx context.Context, query string, args ...any) (rows, error) {
	c, err := p.take(ctx)
	if err != nil {
		return nil, err
	}
	p.statements.Add(1)
	r, err := c.query(ctx, query, args, func() { p.give(c) })
	if err != nil {
		return nil, err
	}
	return r, nil
}

// begin begins a transaction with the given statement.
func (p *litePool) begin(ctx context.Context, how string) (*liteTx, error) {
	c, err := p.take(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := c.exec(ctx, how, nil); err != nil {
		p.give(c)
		return nil, err
	}
	return &liteTx{c: c, pool: p}, nil
}

// A liteTx is a transaction of SQLite.
type liteTx struct {
	c    *liteConn
	pool *litePool
}

var errClosed = errors.New("sqlite: the database is closed")

var errTxDone = errors.New("sqlite: the transaction has ended")

// over reports whether there is no transaction any more: it was ended, or SQLite
// rolled it back by itself, as it does when the disk is full. Whatever came after
// would be committed on its own.
func (tx *liteTx) over() bool { return tx.c == nil || !tx.c.open() }

func (tx *liteTx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	if tx.over() {
		return 0, errTxDone
	}
	tx.pool.statements.Add(1)
	return tx.c.exec(ctx, query, args)
}

func (tx *liteTx) query(ctx context.Context, query string, args ...any) (rows, error) {
	if tx.over() {
		return nil, errTxDone
	}
	tx.pool.statements.Add(1)
	r, err := tx.c.query(ctx, query, args, func() {})
	if err != nil {
		return nil, err
	}
	return r, nil
}

func (tx *liteTx) commit(ctx context.Context) error {
	if tx.c == nil {
		return errTxDone
	}
	if _, err := tx.c.exec(ctx, "COMMIT", nil); err != nil {
		return errors.Join(err, tx.rollback())
	}
	tx.end()
	return nil
}

// rollback undoes the transaction; nothing if it has ended, or if SQLite has
// undone it itself.
func (tx *liteTx) rollback() (err error) {
	if tx.c == nil {
		return nil
	}
	if tx.c.open() {
		_, err = tx.c.exec(context.Background(), "ROLLBACK", nil)
	}
	tx.end()
	return err
}

func (tx *liteTx) end() {
	tx.pool.give(tx.c)
	tx.c = nil
}
