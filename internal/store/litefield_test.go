package store

import (
	"testing"

	"meibo/internal/storetest"
)

func TestSQLite_FunctionsOfOursTellNullFromTheEmptyText(t *testing.T) {
	db := opened(t, storetest.SQLite(t))
	for query, want := range map[string]string{
		`field_of('{"a":"1","aa":"2","b":"\"a\":\"3"}', 'a')`: "1",
		`field_of('{"aa":"2","b":"\"a\":\"3\""}', 'a')`:       "none",
		`field_of('{"aa":"2","b":"\"a\":\"3\""}', 'b')`:       `"a":"3"`,
		`field_of('{"a":""}', 'a')`:                           "",
		`field_of('{}', 'a')`:                                 "none",
		`field_of('', '')`:                                    "none",
		`field_of('{"a":"torn', 'a')`:                         "none",
		`field_of(NULL, 'a')`:                                 "none",
		`has_text('東京', '京')`:                                 "1",
		`has_text('東京', '都')`:                                 "0",
		`has_text('東京', '')`:                                  "1",
		`has_text('', '')`:                                    "1",
		`has_text('', 'a')`:                                   "0",
		`has_text(NULL, '')`:                                  "none",
		`has_text('a', NULL)`:                                 "none",
	} {
		var got string
		if err := one(t.Context(), db.read(), `SELECT coalesce(`+query+`, 'none')`, nil, &got); err != nil || got != want {
			t.Errorf("%s = %q, %v; want %q", query, got, err, want)
		}
	}
}

// Reading every row through an index of addresses takes ten times as long.
func TestSQLite_AnIndexIsTakenOnlyWhereItLeadsToFew(t *testing.T) {
	db := opened(t, storetest.SQLite(t))
	for query, want := range map[string]string{
		`SELECT count(*) FROM member m WHERE m.org_id = 1 AND m.state = 1`:                                                                            `SEARCH m USING PRIMARY KEY (org_id=?)`,
		`SELECT count(*) FROM member m WHERE m.org_id = 1 AND m.state = 1 AND has_text(name_key, 'x')`:                                                `SEARCH m USING PRIMARY KEY (org_id=?)`,
		`SELECT count(*) FROM member m WHERE m.org_id = 1 AND email_key >= 'x' AND email_key < 'y'`:                                                   `SEARCH m USING COVERING INDEX member_email (org_id=? AND email_key>? AND email_key<?)`,
		`SELECT * FROM change c WHERE c.org_id = 1 AND c.import_id = 2 AND c.seq > 3 AND c.seq <= 9 AND c.action = 3 ORDER BY c.seq LIMIT 5`:          `SEARCH c USING PRIMARY KEY (org_id=? AND import_id=? AND seq>? AND seq<?)`,
		`SELECT block FROM change_block WHERE org_id = 1 AND import_id = 2 AND block >= 3 AND block <= 9 AND has_text(keys, 'x') ORDER BY block DESC`: `SEARCH change_block USING PRIMARY KEY (org_id=? AND import_id=? AND block>? AND block<?)`,
		`SELECT count(*) FROM member`: `SCAN member USING COVERING INDEX member_login`,
	} {
		var id, parent, unused int64
		var how string
		if err := one(t.Context(), db.read(), `EXPLAIN QUERY PLAN `+query, []any{3}, &id, &parent, &unused, &how); err != nil || how != want {
			t.Errorf("%s: %s, %v; want %s", query, how, err, want)
		}
	}
}
