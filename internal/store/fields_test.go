package store

import (
	"testing"

	"meibo/internal/member"
	"meibo/internal/storetest"
)

// A plan is summed as its rows are read: were PostgreSQL to write fields in
// another way than we, what was applied from a plan would not be what it holds.
func TestA3_PostgreSQLGivesFieldsBackAsTheyAreWritten(t *testing.T) {
	db := opened(t, storetest.Postgres(t))
	for _, values := range []map[string]string{
		nil,
		{"b": "2", "a": "1", "aa": "3", "Z": "4", "a_b": "5"},
		{"a": "<&>\u2028\"\\/花\u007f😀 "},
		{"a": "\x01\b\t\n\v\f\r\x1f", "long_identifier": "{\"x\": [1, 2]}"},
	} {
		written, got := member.FieldsJSON(values), ""
		if err := one(t.Context(), db.read(), `SELECT $1::jsonb::text`, []any{written}, &got); err != nil {
			t.Fatal(err)
		}
		if got != written {
			t.Errorf("written %s, given back %s", written, got)
		}
	}
}
