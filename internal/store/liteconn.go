package store

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"modernc.org/libc"
	"modernc.org/libc/sys/types"
	sqlite3 "modernc.org/sqlite/lib"
)

// This file and the three beside it (litestmt.go, literow.go, litepool.go) speak
// to SQLite through its own interface. Through database/sql each row that is
// written or read takes locks, conversions and allocations that cost as much as
// SQLite itself: writing the rows of a plan took 5.3 s of processor time through it
// and takes 2.5 (100,000 rows, one run each on a busy machine).

// A liteError is what SQLite says. It holds no value of a row.
type liteError struct {
	code int32 // extended result code
	text string
}

func (e *liteError) Error() string { return fmt.Sprintf("sqlite: %s (%d)", e.text, e.code) }

// A liteConn is one connection to an SQLite file. One goroutine uses it at a
// time.
type liteConn struct {
	tls        *libc.TLS
	db         uintptr // sqlite3*
	statements map[string]*liteStmt
}

// keptStatements is how many statements a connection keeps ready. A command has
// some dozens; a server that meets ever new filters must not keep them all.
const keptStatements = 200

// openLite opens a file and runs pragmas. readOnly must find it there.
func openLite(path string, readOnly bool, pragmas []string) (_ *liteConn, err error) {
	c := &liteConn{tls: libc.NewTLS(), statements: map[string]*liteStmt{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.close())
		}
	}()
	// A connection is used by one goroutine at a time, so that SQLite needs no lock
	// around each of its calls: they were a fifth of what reading a plan took.
	flags := int32(sqlite3.SQLITE_OPEN_NOMUTEX | sqlite3.SQLITE_OPEN_READWRITE | sqlite3.SQLITE_OPEN_CREATE)
	if readOnly {
		flags = sqlite3.SQLITE_OPEN_NOMUTEX | sqlite3.SQLITE_OPEN_READONLY
	}
	name, err := libc.CString(path)
	if err != nil {
		return nil, err
	}
	defer libc.Xfree(c.tls, name)
	out := libc.Xcalloc(c.tls, 1, types.Size_t(8))
	defer libc.Xfree(c.tls, out)
	code := sqlite3.Xsqlite3_open_v2(c.tls, name, out, flags, 0)
	c.db = pointerAt(out)
	if code != sqlite3.SQLITE_OK {
		return nil, c.fail(code)
	}
	sqlite3.Xsqlite3_extended_result_codes(c.tls, c.db, 1)
	if err := c.addFunctions(); err != nil {
		return nil, err
	}
	for _, pragma := range pragmas {
		if _, err := c.exec(context.Background(), "PRAGMA "+pragma, nil); err != nil {
			return nil, fmt.Errorf("%s: %w", pragma, err)
		}
	}
	return c, nil
}

func (c *liteConn) close() error {
	for _, s := range c.statements {
		s.drop()
	}
	c.statements = nil
	code := int32(sqlite3.SQLITE_OK)
	if c.db != 0 {
		code = sqlite3.Xsqlite3_close_v2(c.tls, c.db)
		c.db = 0
	}
	c.tls.Close()
	if code != sqlite3.SQLITE_OK {
		return &liteError{code, "close"}
	}
	return nil
}

// fail makes an error of a result code of the last call.
func (c *liteConn) fail(code int32) error {
	text := "error"
	if c.db != 0 {
		text = libc.GoString(sqlite3.Xsqlite3_errmsg(c.tls, c.db))
	}
	return &liteError{code, text}
}

// open reports whether a transaction is open.
func (c *liteConn) open() bool { return sqlite3.Xsqlite3_get_autocommit(c.tls, c.db) == 0 }

// touched is how many rows all statements of the connection touched.
func (c *liteConn) touched() int64 { return sqlite3.Xsqlite3_total_changes64(c.tls, c.db) }

// guard lets the end of ctx interrupt what the connection does until end is
// called.
func (c *liteConn) guard(ctx context.Context) (end func()) {
	if ctx.Done() == nil {
		return func() {}
	}
	var running sync.WaitGroup
	running.Add(1)
	stop := context.AfterFunc(ctx, func() {
		defer running.Done()
		tls := libc.NewTLS() // c.tls is in use
		sqlite3.Xsqlite3_interrupt(tls, c.db)
		tls.Close()
	})
	return func() {
		if !stop() {
			running.Wait() // it must not meet the next statement, or a closed connection
		}
	}
}

// told returns the reason of ctx in place of an interruption.
func told(ctx context.Context, err error) error {
	var lite *liteError
	if errors.As(err, &lite) && lite.code&0xff == sqlite3.SQLITE_INTERRUPT && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// exec runs one statement to its end and returns how many rows it touched.
func (c *liteConn) exec(ctx context.Context, query string, args []any) (int64, error) {
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	s, err := c.prepare(query)
	if err != nil {
		return 0, err
	}
	defer s.release()
	if err := s.bindAll(args); err != nil {
		return 0, err
	}
	defer c.guard(ctx)()
	for {
		more, err := s.step()
		if err != nil {
			return 0, told(ctx, err)
		}
		if !more {
			return sqlite3.Xsqlite3_changes64(c.tls, c.db), nil
		}
	}
}

// prepare returns a statement that is ready to be bound. Release it.
func (c *liteConn) prepare(query string) (*liteStmt, error) {
	if s := c.statements[query]; s != nil && !s.busy {
		s.busy = true
		return s, nil
	}
	s, err := c.compile(query)
	if err != nil {
		return nil, err
	}
	s.busy = true
	if c.statements[query] != nil { // it runs already: this one is thrown away
		return s, nil
	}
	if len(c.statements) >= keptStatements {
		for text, old := range c.statements {
			if !old.busy {
				old.drop()
				delete(c.statements, text)
			}
		}
	}
	s.kept = true
	c.statements[query] = s
	return s, nil
}

func (c *liteConn) compile(query string) (*liteStmt, error) {
	text, err := libc.CString(query)
	if err != nil {
		return nil, err
	}
	defer libc.Xfree(c.tls, text)
	out := libc.Xcalloc(c.tls, 2, types.Size_t(8))
	defer libc.Xfree(c.tls, out)
	code := sqlite3.Xsqlite3_prepare_v3(c.tls, c.db, text, int32(len(query)), sqlite3.SQLITE_PREPARE_PERSISTENT, out, out+8)
	if code != sqlite3.SQLITE_OK {
		return nil, c.fail(code)
	}
	s := &liteStmt{c: c, p: pointerAt(out)}
	if s.p == 0 {
		return nil, errors.New("sqlite: an empty statement")
	}
	if rest := pointerAt(out+8) - text; int(rest) < len(query) {
		s.drop()
		return nil, errors.New("sqlite: more than one statement")
	}
	s.numbers = make([]int, sqlite3.Xsqlite3_bind_parameter_count(c.tls, s.p))
	for i := range s.numbers {
		s.numbers[i] = i
		// The parameters $2, $1 are the first and second to SQLite, which takes
		// what follows the sign for a name.
		if name := sqlite3.Xsqlite3_bind_parameter_name(c.tls, s.p, int32(i+1)); name != 0 {
			n, err := strconv.Atoi(libc.GoString(name)[1:])
			if err != nil {
				s.drop()
				return nil, errors.New("sqlite: a parameter without a number")
			}
			s.numbers[i] = n - 1
		}
	}
	return s, nil
}
