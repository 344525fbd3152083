package store

import (
	"context"
	"errors"
	"strings"
	"testing"

	"meibo/internal/storetest"
)

func opened(t *testing.T, url string) *DB {
	t.Helper()
	db, err := Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func TestBulk_KeepsEveryTextAndAllBytes(t *testing.T) {
	texts := []string{"a", "", `\`, `\N`, `\.`, "tab\tnewline\nreturn\r", `'quoted' "twice"`, "髙橋", "{}", strings.Repeat("長い", 20_000)}
	storetest.Each(t, func(t *testing.T, url string) {
		db := opened(t, url)
		n := 0
		err := db.Write(t.Context(), func(tx *Tx) error {
			err := tx.bulk(t.Context(), "org_group", []string{"org_id", "id", "name", "enabled", "is_default"}, func(row []cell) (bool, error) {
				if n == len(texts) {
					return false, nil
				}
				copy(row, []cell{numberOf(1), numberOf(n), textOf(texts[n]), boolOf(n%2 == 0), boolOf(false)})
				n++
				return true, nil
			})
			if err != nil {
				return err
			}
			codes := [][]byte{{}, {0}, {255, 0, '\\'}}
			return tx.bulk(t.Context(), "recovery_code", []string{"org_id", "member_id", "hash"}, func(row []cell) (bool, error) {
				if len(codes) == 0 {
					return false, nil
				}
				copy(row, []cell{numberOf(1), numberOf(len(codes)), bytesOf(codes[0])})
				codes = codes[1:]
				return true, nil
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		err = each(t.Context(), db.read(), `SELECT name, enabled FROM org_group WHERE org_id = $1 ORDER BY id`, []any{1}, func(scan func(...any) error) error {
			var name string
			var enabled bool
			if err := scan(&name, &enabled); err != nil {
				return err
			}
			if enabled != (len(got)%2 == 0) {
				t.Errorf("row %d: enabled = %v", len(got), enabled)
			}
			got = append(got, name)
			return nil
		})
		if err != nil || strings.Join(got, "|") != strings.Join(texts, "|") {
			t.Errorf("texts = %.200q, %v", got, err)
		}
		var hash []byte
		if err := one(t.Context(), db.read(), `SELECT hash FROM recovery_code WHERE member_id = 1`, nil, &hash); err != nil || string(hash) != "\xff\x00\\" {
			t.Errorf("bytes = %x, %v", hash, err)
		}
	})
}

func TestBulk_LeavesNothingWhenARowFails(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		db, gone := opened(t, url), errors.New("gone")
		for name, last := range map[string]func(row []cell) (bool, error){
			"the rows end in an error": func([]cell) (bool, error) { return false, gone },
			"a row is there already": func(row []cell) (bool, error) {
				copy(row, []cell{numberOf(1), numberOf(1), bytesOf([]byte("a"))})
				return true, nil
			},
		} {
			n := 0
			err := db.Write(t.Context(), func(tx *Tx) error {
				return tx.bulk(t.Context(), "recovery_code", []string{"org_id", "member_id", "hash"}, func(row []cell) (bool, error) {
					if n++; n > 3 {
						return last(row)
					}
					copy(row, []cell{numberOf(1), numberOf(n), bytesOf([]byte("a"))})
					return true, nil
				})
			})
			if name[0] == 'a' && !isUnique(err) || name[0] == 't' && !errors.Is(err, gone) {
				t.Errorf("%s: %v", name, err)
			}
			var rows int
			if err := one(t.Context(), db.read(), `SELECT count(*) FROM recovery_code`, nil, &rows); err != nil || rows != 0 {
				t.Errorf("%s: %d rows stay, %v", name, rows, err)
			}
		}
	})
}

func TestSQLite_ParametersGoByTheirNumbers(t *testing.T) {
	db := opened(t, storetest.SQLite(t))
	var a, b, c string
	err := one(t.Context(), db.read(), `SELECT $2, $1, $2`, []any{"first", "second"}, &a, &b, &c)
	if err != nil || a != "second" || b != "first" || c != "second" {
		t.Errorf("%s %s %s, %v", a, b, c, err)
	}
	if err := one(t.Context(), db.read(), `SELECT $2`, []any{"first"}, &a); err == nil {
		t.Error("an argument is missing and nobody says so")
	}
}

func TestSQLite_ANullIsNoTextAndNoNumber(t *testing.T) {
	db := opened(t, storetest.SQLite(t))
	var text string
	var number int64
	some, bytes := &number, []byte{1}
	if err := one(t.Context(), db.read(), `SELECT NULL`, nil, &text); err == nil {
		t.Error("NULL became a text")
	}
	if err := one(t.Context(), db.read(), `SELECT NULL`, nil, &number); err == nil {
		t.Error("NULL became a number")
	}
	if err := one(t.Context(), db.read(), `SELECT NULL, NULL`, nil, &some, &bytes); err != nil || some != nil || bytes != nil {
		t.Errorf("%v, %v, %v", some, bytes, err)
	}
}

// endless has more rows than anybody reads.
const endless = `WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n`

func TestSQLite_AQueryEndsWithItsContext(t *testing.T) {
	db := opened(t, storetest.SQLite(t))
	ctx, cancel := context.WithCancel(t.Context())
	rs, err := db.read().query(ctx, endless)
	if err != nil || !rs.Next() {
		t.Fatal(err)
	}
	cancel()
	for rs.Next() { // until it notices
	}
	if !errors.Is(rs.Err(), context.Canceled) {
		t.Errorf("err = %v", rs.Err())
	}
	var n int
	if err := one(t.Context(), db.read(), `SELECT 1`, nil, &n); err != nil { // the connection goes on
		t.Error(err)
	}
}

func TestSQLite_OneQueryMayRunTwiceAtOnceAndEndEarly(t *testing.T) {
	db := opened(t, storetest.SQLite(t))
	for range 3 * sqliteReaders { // more than there are connections
		err := db.Write(t.Context(), func(tx *Tx) error {
			for range 2 {
				rs, err := tx.query(t.Context(), endless)
				if err != nil || !rs.Next() {
					return err
				}
				defer rs.Close()
			}
			rs, err := db.read().query(t.Context(), endless)
			if err == nil {
				rs.Close()
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestBehind_IsBehindAllThatBeginWithAText(t *testing.T) {
	for _, tt := range []struct{ s, want string }{
		{"a", "b"}, {"az", "a{"}, {"東", "杲"}, {"a\U0010ffff", "b"}, {"\U0010ffff", ""}, {"\ud7ff", "\ue000"},
	} {
		got := behind(tt.s)
		if got != tt.want || got != "" && (got <= tt.s || got <= tt.s+"\U0010ffff") {
			t.Errorf("%q: %q, want %q", tt.s, got, tt.want)
		}
	}
}
