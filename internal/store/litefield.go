package store

import (
	"bytes"
	"unsafe"

	"modernc.org/libc"
	"modernc.org/libc/sys/types"
	sqlite3 "modernc.org/sqlite/lib"

	"meibo/internal/member"
)

// This file gives SQLite functions of ours, for what filters ask of every member.

// liteFunctions are called with two arguments and depend on nothing else.
var liteFunctions = map[string]func(tls *libc.TLS, ctx uintptr, n int32, argv uintptr){
	// field_of(document, identifier) is the value of a field, or NULL. SQLite's own ->> reads
	// the whole document for that.
	"field_of": fieldOf,
	// has_text(text, part) is whether a part is in a text, whose bytes are compared; NULL if
	// either is.
	"has_text": hasPart,
}

func (c *liteConn) addFunctions() error {
	for name, f := range liteFunctions {
		text, err := libc.CString(name)
		if err != nil {
			return err
		}
		// A function's value is a pointer, and that of one declared is never collected.
		call := *(*uintptr)(unsafe.Pointer(&f)) //nolint:gosec // see above
		code := sqlite3.Xsqlite3_create_function_v2(c.tls, c.db, text, 2, sqlite3.SQLITE_UTF8|sqlite3.SQLITE_DETERMINISTIC, 0, call, 0, 0, 0)
		libc.Xfree(c.tls, text)
		if code != sqlite3.SQLITE_OK {
			return c.fail(code)
		}
	}
	return nil
}

// transient says that what a function returns is to be copied at once.
const transient = ^uintptr(0)

func fieldOf(tls *libc.TLS, ctx uintptr, _ int32, argv uintptr) {
	document := valueAt(tls, argv, 0)
	text, ok := member.FieldIn(document, valueAt(tls, argv, 1))
	if !ok {
		sqlite3.Xsqlite3_result_null(tls, ctx)
		return
	}
	p := addressIn(document, text)
	if p == 0 { // something in it was escaped: it is Go's memory, which is not SQLite's to read
		if p = libc.Xmalloc(tls, types.Size_t(len(text)+1)); p == 0 {
			sqlite3.Xsqlite3_result_error_nomem(tls, ctx)
			return
		}
		defer libc.Xfree(tls, p)
		copy(bytesAt(p, len(text)), text)
	}
	sqlite3.Xsqlite3_result_text(tls, ctx, p, int32(len(text)), transient)
}

// addressIn is where a part of SQLite's memory lies; 0 if it is no part of it.
func addressIn(whole, part []byte) uintptr {
	from, at := uintptr(unsafe.Pointer(unsafe.SliceData(whole))), uintptr(unsafe.Pointer(unsafe.SliceData(part))) //nolint:gosec // compared, and SQLite's own
	if at < from || at > from+uintptr(len(whole)) {
		return 0
	}
	return at
}

func hasPart(tls *libc.TLS, ctx uintptr, _ int32, argv uintptr) {
	text, part := valueAt(tls, argv, 0), valueAt(tls, argv, 1)
	switch {
	case text == nil || part == nil:
		sqlite3.Xsqlite3_result_null(tls, ctx)
	case bytes.Contains(text, part):
		sqlite3.Xsqlite3_result_int(tls, ctx, 1)
	default:
		sqlite3.Xsqlite3_result_int(tls, ctx, 0)
	}
}

// valueAt is an argument of a function, as its bytes; nil for NULL.
func valueAt(tls *libc.TLS, argv uintptr, i int) []byte {
	v := pointerAt(argv + uintptr(i)*unsafe.Sizeof(argv))
	p := sqlite3.Xsqlite3_value_blob(tls, v)
	switch {
	case p != 0:
		return bytesAt(p, int(sqlite3.Xsqlite3_value_bytes(tls, v)))
	case sqlite3.Xsqlite3_value_type(tls, v) == sqlite3.SQLITE_NULL:
		return nil
	}
	return []byte{} // an empty text has no place
}
