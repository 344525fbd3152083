package store

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	sqlite3 "modernc.org/sqlite/lib"
)

// liteRows are the rows of a query of SQLite. Its connection is given back at
// their end, or when they are closed.
type liteRows struct {
	ctx     context.Context
	s       *liteStmt
	unguard func()
	done    func() // gives the connection back
	err     error
}

// query runs a statement; done is called when its rows have ended.
func (c *liteConn) query(ctx context.Context, text string, args []any, done func()) (*liteRows, error) {
	if err := ctx.Err(); err != nil {
		done()
		return nil, err
	}
	s, err := c.prepare(text)
	if err == nil {
		if err = s.bindAll(args); err != nil {
			s.release()
		}
	}
	if err != nil {
		done()
		return nil, err
	}
	return &liteRows{ctx: ctx, s: s, unguard: c.guard(ctx), done: done}, nil
}

// Next goes on to the next row.
func (r *liteRows) Next() bool {
	if r.s == nil {
		return false
	}
	more, err := r.s.step()
	if !more || err != nil {
		r.err = told(r.ctx, err)
		r.Close()
	}
	return more && err == nil
}

// Err tells why the rows ended; nil if there are no more.
func (r *liteRows) Err() error { return r.err }

// Close ends the query. It may be called again.
func (r *liteRows) Close() {
	if r.s == nil {
		return
	}
	r.unguard()
	r.s.release()
	r.s = nil
	r.done()
}

// Scan reads the columns of a row. NULL goes into bytes and pointers alone.
//
// All texts of a row are parts of one piece of memory: one allocation rather
// than one for each.
func (r *liteRows) Scan(dest ...any) error {
	s := r.s
	if s == nil {
		return errors.New("sqlite: scan after the end of the rows")
	}
	tls := s.c.tls
	if n := int(sqlite3.Xsqlite3_data_count(tls, s.p)); n != len(dest) {
		return fmt.Errorf("sqlite: %d columns for %d values", n, len(dest))
	}
	s.scratch = s.scratch[:0]
	for i, d := range dest {
		if _, ok := d.(*string); ok {
			if s.null(i) {
				return nullFor(i, d)
			}
			s.scratch = append(s.scratch, s.content(i)...)
			continue
		}
		if err := s.scan(i, d); err != nil {
			return err
		}
	}
	texts := string(s.scratch)
	for i, d := range dest {
		if text, ok := d.(*string); ok {
			n := int(sqlite3.Xsqlite3_column_bytes(tls, s.p, int32(i)))
			*text, texts = texts[:n], texts[n:]
		}
	}
	return nil
}

func nullFor(i int, d any) error { return fmt.Errorf("sqlite: column %d is NULL, for %T", i+1, d) }

func (s *liteStmt) null(i int) bool {
	return sqlite3.Xsqlite3_column_type(s.c.tls, s.p, int32(i)) == sqlite3.SQLITE_NULL
}

func (s *liteStmt) number(i int) int64 { return sqlite3.Xsqlite3_column_int64(s.c.tls, s.p, int32(i)) }

// content is the text of a column, or its bytes, until the next step. A number
// becomes a text.
func (s *liteStmt) content(i int) []byte {
	p := sqlite3.Xsqlite3_column_blob(s.c.tls, s.p, int32(i)) // of a text: as it is, without a NUL behind
	n := int(sqlite3.Xsqlite3_column_bytes(s.c.tls, s.p, int32(i)))
	if p == 0 {
		return nil
	}
	return bytesAt(p, n)
}

// scan reads one column that is not asked for as a text.
func (s *liteStmt) scan(i int, dest any) error {
	if b, ok := dest.(*[]byte); ok {
		*b = nil
		if !s.null(i) {
			*b = append([]byte{}, s.content(i)...)
		}
		return nil
	}
	if s.null(i) {
		return s.scanNull(i, dest)
	}
	switch d := dest.(type) {
	case *int64:
		*d = s.number(i)
	case *int:
		*d = int(s.number(i))
	case *bool:
		*d = s.number(i) != 0
	default:
		return s.reflect(i, reflect.ValueOf(dest).Elem())
	}
	return nil
}

func (s *liteStmt) scanNull(i int, dest any) error {
	v := reflect.ValueOf(dest).Elem()
	if v.Kind() != reflect.Pointer && v.Kind() != reflect.Interface {
		return nullFor(i, dest)
	}
	v.SetZero()
	return nil
}

// reflect reads a column into a value of a named type, or behind a pointer.
func (s *liteStmt) reflect(i int, v reflect.Value) error {
	switch {
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return s.reflect(i, v.Elem())
	case v.CanInt():
		n := s.number(i)
		if v.OverflowInt(n) {
			return fmt.Errorf("sqlite: column %d does not fit a %s", i+1, v.Type())
		}
		v.SetInt(n)
	case v.CanUint():
		n := uint64(s.number(i))
		if v.OverflowUint(n) {
			return fmt.Errorf("sqlite: column %d does not fit a %s", i+1, v.Type())
		}
		v.SetUint(n)
	case v.Kind() == reflect.Bool:
		v.SetBool(s.number(i) != 0)
	case v.Kind() == reflect.String:
		v.SetString(string(s.content(i)))
	case v.CanFloat():
		v.SetFloat(sqlite3.Xsqlite3_column_double(s.c.tls, s.p, int32(i)))
	default:
		return fmt.Errorf("sqlite: column %d for a %s", i+1, v.Type())
	}
	return nil
}
