package store

import (
	"encoding/binary"
	"fmt"
	"reflect"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// pgRows are the rows of a query of PostgreSQL. What members and changes consist of
// is read here, as for SQLite ([liteRows.Scan]); pgx reads the rest. Pgx allocates
// each text, and looks for a way to read each column anew in every query.
type pgRows struct {
	pgx.Rows
	scratch []byte // the texts of the row that is read
}

// Scan reads the columns of a row. NULL goes into bytes and pointers alone. All texts of
// a row are parts of one piece of memory.
func (r *pgRows) Scan(dest ...any) error {
	values, columns := r.RawValues(), r.FieldDescriptions()
	if len(values) != len(dest) {
		return fmt.Errorf("postgres: %d columns for %d values", len(values), len(dest))
	}
	r.scratch = r.scratch[:0]
	for i, d := range dest {
		if text, ok := d.(*string); ok && values[i] != nil && isPlainText(columns[i].DataTypeOID, columns[i].Format) {
			*text = "" // it is cut below
			r.scratch = append(r.scratch, values[i]...)
			continue
		}
		if columns[i].Format == pgx.BinaryFormatCode && scanBinary(columns[i].DataTypeOID, values[i], d) {
			continue
		}
		if err := r.Conn().TypeMap().Scan(columns[i].DataTypeOID, columns[i].Format, values[i], d); err != nil {
			return fmt.Errorf("postgres: column %d: %w", i+1, err)
		}
	}
	texts := string(r.scratch)
	for i, d := range dest {
		if text, ok := d.(*string); ok && values[i] != nil && isPlainText(columns[i].DataTypeOID, columns[i].Format) {
			n := len(values[i])
			*text, texts = texts[:n], texts[n:]
		}
	}
	return nil
}

// isPlainText reports whether the bytes of a column are its text.
func isPlainText(oid uint32, format int16) bool {
	return oid == pgtype.TextOID || oid == pgtype.JSONBOID && format == pgx.TextFormatCode
}

// scanBinary reads a column that is not NULL into a number, a boolean or bytes; ok is
// false where it is something else.
func scanBinary(oid uint32, b []byte, dest any) (ok bool) {
	var n int64
	switch {
	case oid == pgtype.ByteaOID && b != nil:
		d, ok := dest.(*[]byte)
		if ok {
			*d = append([]byte{}, b...)
		}
		return ok
	case oid == pgtype.Int8OID && len(b) == 8:
		n = int64(binary.BigEndian.Uint64(b))
	case oid == pgtype.Int4OID && len(b) == 4:
		n = int64(int32(binary.BigEndian.Uint32(b)))
	case oid == pgtype.Int2OID && len(b) == 2:
		n = int64(int16(binary.BigEndian.Uint16(b)))
	case oid == pgtype.BoolOID && len(b) == 1:
		d, ok := dest.(*bool)
		if ok {
			*d = b[0] != 0
		}
		return ok
	default:
		return false
	}
	if d, ok := dest.(*int64); ok {
		*d = n
		return true
	}
	switch v := reflect.ValueOf(dest).Elem(); { // of a named type
	case v.CanInt() && !v.OverflowInt(n):
		v.SetInt(n)
	case v.CanUint() && n >= 0 && !v.OverflowUint(uint64(n)):
		v.SetUint(uint64(n))
	default:
		return false
	}
	return true
}
