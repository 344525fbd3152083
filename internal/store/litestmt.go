package store

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"unsafe"

	"modernc.org/libc"
	"modernc.org/libc/sys/types"
	sqlite3 "modernc.org/sqlite/lib"
)

// A liteStmt is a prepared statement of one connection.
type liteStmt struct {
	c       *liteConn
	p       uintptr // sqlite3_stmt*
	numbers []int   // of each parameter: the index of its argument
	busy    bool    // somebody uses it
	kept    bool    // it is used again

	// The texts that are bound lie here, one after another, until the next ones:
	// one copy of each, and nothing to be freed for every row.
	texts    uintptr
	size     int
	used     int
	overflow []uintptr // of arguments that did not fit

	scratch []byte  // the texts of the row that is read
	bound   []bound // what the last of many runs was given
}

// A bound is what a parameter has, but for a text or bytes.
type bound struct {
	kind cellKind
	n    int64
}

// drop frees the statement.
func (s *liteStmt) drop() {
	sqlite3.Xsqlite3_finalize(s.c.tls, s.p) //nolint:misspell // its name
	s.free()
	if s.texts != 0 {
		libc.Xfree(s.c.tls, s.texts)
	}
	s.p, s.texts = 0, 0
}

// release ends a run of the statement, and keeps it for the next one.
func (s *liteStmt) release() {
	if s.p == 0 {
		return
	}
	s.reset()
	s.bound = nil
	sqlite3.Xsqlite3_clear_bindings(s.c.tls, s.p)
	s.free()
	s.busy = false
	if !s.kept {
		s.drop()
	}
}

func (s *liteStmt) reset() { sqlite3.Xsqlite3_reset(s.c.tls, s.p) }

func (s *liteStmt) free() {
	for _, p := range s.overflow {
		libc.Xfree(s.c.tls, p)
	}
	s.overflow, s.used = s.overflow[:0], 0
}

// step runs the statement up to its next row; more is false at its end.
func (s *liteStmt) step() (more bool, err error) {
	switch code := sqlite3.Xsqlite3_step(s.c.tls, s.p); code {
	case sqlite3.SQLITE_ROW:
		return true, nil
	case sqlite3.SQLITE_DONE:
		return false, nil
	default:
		return false, s.c.fail(code)
	}
}

func (s *liteStmt) bindAll(args []any) error {
	for i, n := range s.numbers {
		if n >= len(args) {
			return fmt.Errorf("sqlite: no argument for $%d", n+1)
		}
		cell, err := cellOf(args[n])
		if err != nil {
			return fmt.Errorf("argument $%d: %w", n+1, err)
		}
		if err := s.bind(i, &cell); err != nil {
			return err
		}
	}
	return nil
}

// bind gives the i-th parameter (from 0) its value.
func (s *liteStmt) bind(i int, v *cell) error {
	var code int32
	at := int32(i + 1)
	switch v.kind {
	case numberCell, boolCell:
		code = sqlite3.Xsqlite3_bind_int64(s.c.tls, s.p, at, v.n)
	case textCell:
		code = sqlite3.Xsqlite3_bind_text(s.c.tls, s.p, at, place(s, v.s), int32(len(v.s)), sqlite3.SQLITE_STATIC)
	case realCell:
		code = sqlite3.Xsqlite3_bind_double(s.c.tls, s.p, at, math.Float64frombits(uint64(v.n)))
	case bytesCell:
		code = sqlite3.Xsqlite3_bind_blob(s.c.tls, s.p, at, place(s, v.b), int32(len(v.b)), sqlite3.SQLITE_STATIC)
	default:
		code = sqlite3.Xsqlite3_bind_null(s.c.tls, s.p, at)
	}
	if code != sqlite3.SQLITE_OK {
		return s.c.fail(code)
	}
	return nil
}

// textRoom is for how many bytes of text a statement has room, so that a row of
// nearly any plan fits; a longer text gets a place of its own.
const textRoom = 16 << 10

// place copies a text to where it stays until the statement is reset and freed.
func place[T string | []byte](s *liteStmt, b T) uintptr {
	if s.texts == 0 {
		s.texts, s.size = libc.Xmalloc(s.c.tls, textRoom), textRoom
	}
	at := s.texts + uintptr(s.used)
	if s.used+len(b) > s.size {
		at = libc.Xmalloc(s.c.tls, types.Size_t(len(b)))
		s.overflow = append(s.overflow, at)
	} else {
		s.used += len(b)
	}
	copy(bytesAt(at, len(b)), b)
	return at
}

// run runs the statement once with the cells of a row for its parameters.
func (s *liteStmt) run(row []cell) error {
	if len(s.bound) < len(row) {
		s.bound = make([]bound, len(row))
		for i := range s.bound {
			s.bound[i].kind = textCell // which is always bound anew
		}
	}
	for i := range row {
		now := bound{row[i].kind, row[i].n}
		if now == s.bound[i] && now.kind != textCell && now.kind != bytesCell {
			continue // half of a change's columns are empty in every row, or the same number
		}
		if err := s.bind(i, &row[i]); err != nil {
			return err
		}
		s.bound[i] = now
	}
	_, err := s.step()
	s.reset()
	s.free()
	return err
}

// bytesAt is memory of SQLite's as bytes. It is not Go's: it is valid until
// SQLite is called again, and no collector moves or frees it.
func bytesAt(p uintptr, n int) []byte {
	return unsafe.Slice((*byte)(addressOf(p)), n) //nolint:gosec // SQLite said how many there are
}

func pointerAt(p uintptr) uintptr { return *(*uintptr)(addressOf(p)) }

// addressOf makes a pointer of an address that SQLite gave: it is none of Go's
// memory, so that what vet says of such a conversion does not concern it.
func addressOf(p uintptr) unsafe.Pointer {
	return *(*unsafe.Pointer)(unsafe.Pointer(&p)) //nolint:gosec // see above
}

// A cell is one value on its way into the database; the zero cell is NULL.
type cell struct {
	kind cellKind
	n    int64
	s    string
	b    []byte
}

type cellKind uint8

const (
	nullCell cellKind = iota
	numberCell
	boolCell
	textCell
	bytesCell
	realCell // its bits are in n; for a query alone
)

func numberOf[T ~int | ~int16 | ~int64](n T) cell { return cell{kind: numberCell, n: int64(n)} }
func textOf(s string) cell                        { return cell{kind: textCell, s: s} }
func bytesOf(b []byte) cell                       { return cell{kind: bytesCell, b: b} }

func boolOf(b bool) cell {
	c := cell{kind: boolCell}
	if b {
		c.n = 1
	}
	return c
}

// someNumber is NULL for 0.
func someNumber(n int64) cell {
	if n == 0 {
		return cell{}
	}
	return numberOf(n)
}

// someText is NULL for the empty text.
func someText(s string) cell {
	if s == "" {
		return cell{}
	}
	return textOf(s)
}

// cellOf takes what a query may be given: numbers, booleans, texts, bytes, and
// pointers to them, of any named type.
func cellOf(v any) (cell, error) {
	switch v := v.(type) {
	case nil:
		return cell{}, nil
	case int64:
		return numberOf(v), nil
	case string:
		return textOf(v), nil
	case bool:
		return boolOf(v), nil
	case []byte:
		if v == nil {
			return cell{}, nil
		}
		return bytesOf(v), nil
	}
	r := reflect.ValueOf(v)
	switch {
	case r.Kind() == reflect.Pointer && r.IsNil():
		return cell{}, nil
	case r.Kind() == reflect.Pointer:
		return cellOf(r.Elem().Interface())
	case r.CanInt():
		return numberOf(r.Int()), nil
	case r.CanUint():
		return numberOf(int64(r.Uint())), nil // bits are bits
	case r.CanFloat():
		return cell{kind: realCell, n: int64(math.Float64bits(r.Float()))}, nil
	case r.Kind() == reflect.String:
		return textOf(r.String()), nil
	case r.Kind() == reflect.Bool:
		return boolOf(r.Bool()), nil
	}
	return cell{}, errors.New("a value of type " + r.Type().String())
}
