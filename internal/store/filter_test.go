package store

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"meibo/internal/member"
	"meibo/internal/problem"
	"meibo/internal/storetest"
)

// The clock and the zone of these tests: it is the 23rd in Tokyo already.
var (
	filterNow  = time.Date(2026, 11, 22, 16, 0, 0, 0, time.UTC)
	filterZone = time.FixedZone("Tokyo", 9*60*60)
)

var filterFields = map[string]member.Field{
	"x":       {Identifier: "x", Type: member.Text}, // nobody has it
	"city":    {Identifier: "city", Type: member.Text},
	"note":    {Identifier: "note", Type: member.Text},
	"height":  {Identifier: "height", Type: member.Number},
	"vip":     {Identifier: "vip", Type: member.Boolean},
	"joined":  {Identifier: "joined", Type: member.Date},
	"seen":    {Identifier: "seen", Type: member.DateTime},
	"area":    {Identifier: "area", Type: member.Select, Choices: []member.Choice{{Key: "tk", Label: "東京"}, {Key: "os", Label: "Osaka"}}},
	"colours": {Identifier: "colours", Type: member.Checkbox, Choices: []member.Choice{{Key: "red", Label: "赤"}, {Key: "blue", Label: "Blau"}, {Key: "dark_blue"}}},
}

var (
	filterGroups   = []string{"東京", "Sales", "sales_tokyo", "50%"} // IDs 1, 2, …
	filterPolicies = []string{"TOKYO", "all_brands"}
	filterRoles    = []string{"Editor", "viewer"}
)

func microseconds(text string) int64 {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t.UnixMicro()
}

// filterRoll is the roll of the tables: 1 has everything, 4 next to nothing.
var filterRoll = []member.Member{
	{ID: 1, Email: "Ann@Example.com", LoginID: "Ann", Name: "Ａｎｎ 東京", LoginAllowed: true, LoginUntil: "2026-03-31",
		Role: member.Regular, Permission: member.Write, PolicyID: 1, RoleID: 1, Remarks: "Likes 50% off\nand C:\\x", DisplayOrder: 10, Groups: []int64{1, 2},
		CreatedAt: microseconds("2026-11-22T15:00:00Z"),
		Fields:    map[string]string{"city": "Kyoto", "height": "170.5", "vip": "1", "joined": "2026-11-23", "seen": "2026-11-22T14:59:59Z", "area": "tk", "colours": "red|dark_blue"}},
	{ID: 2, Email: "bob_b@example.com", Name: "ボブ", LoginAllowed: false, LoginUntil: "2026-12-31",
		Role: member.Owner, Permission: member.Admin, Remarks: "likes 500 off", DisplayOrder: -3, Groups: []int64{3},
		CreatedAt: microseconds("2026-11-22T14:59:59Z"),
		Fields:    map[string]string{"city": "kyoto north", "height": "-2", "vip": "0", "joined": "2026-10-24", "seen": "2026-11-23T14:59:59Z", "area": "os", "colours": "blue"}},
	{ID: 3, Email: "bobxb@other.jp", LoginID: "carol", Name: "carol", LoginAllowed: true,
		Role: member.PrimaryOwner, Permission: member.Admin, Remarks: "ÉTÉ", Groups: []int64{4},
		CreatedAt: microseconds("2025-01-01T00:00:00Z"),
		Fields:    map[string]string{"city": "Ōsaka", "height": "20", "colours": ""}},
	{ID: 4, LoginID: "dave", LoginAllowed: true, Role: member.Regular, Permission: member.Write, PolicyID: 2, RoleID: 2,
		CreatedAt: microseconds("2026-11-23T15:00:00Z"), Fields: map[string]string{"note": "\\\t<b>\"city\":\"Nara\""}},
}

func TestG4_FiltersChooseTheSameMembersOnBothDatabases(t *testing.T) {
	tests := []struct{ name, expr, want string }{ // want are IDs
		{"the example of the specification", `groups eq "東京" and (login_until lt "2026-04-01" or not (email co "@example.com"))`, "1"},
		{"its second half", `login_until lt "2026-04-01" or not (email co "@example.com")`, "1 3 4"},
		{"not takes members without a value in", `not (email co "@example.com")`, "3 4"},
		{"ne is not eq", `email ne "ann@example.com"`, "2 3 4"},
		{"no limit of login is before no date", `login_until lt "2100-01-01"`, "1 2"},
		{"nor behind it", `not (login_until gt "1900-01-01")`, "3 4"},
		{"an e-mail whatever its case", `email eq "ANN@example.COM"`, "1"},
		{"an underscore is itself", `email sw "bob_"`, "2"},
		{"a per cent sign is itself", `remarks co "50%"`, "1"},
		{"a backslash is itself", `remarks ew "C:\\X"`, "1"},
		{"a newline is itself", `remarks co "off\nand"`, "1"},
		{"a part is in the middle, whatever its case and width", `name co "ｎＮ 東" or email co "@EXAMPLE"`, "1 2"},
		{"a space is itself", `name co " "`, "1"},
		{"a field is not mistaken for the text of another", `note co "\"city\":\"Nara" and city ne "Nara" and not (city pr)`, "4"},
		{"quotes and tabs in a field are themselves", `note ew ":\"Nara\"" and note co "\\\t<"`, "4"},
		{"names fold width and case", `name sw "ANN" or name eq "ﾎﾞﾌﾞ"`, "1 2"},
		{"names fold letters beyond ASCII, remarks do not", `remarks eq "été"`, ""},
		{"remarks fold ASCII", `remarks sw "LIKES"`, "1 2"},
		{"text is in the order of bytes", `city gt "Z" and city lt "東"`, "3"},
		{"and members without it are in no order", `city lt "東"`, "1 2 3"},
		{"a login ID is present", `login_id pr`, "1 3 4"},
		{"null is no value", `email eq null`, "4"},
		{"not null is presence", `email ne null`, "1 2 3"},
		{"empty text is no value", `remarks eq ""`, "4"},
		{"every text contains nothing", `remarks co ""`, "1 2 3"},
		{"no text is behind empty text but a text", `city ge ""`, "1 2 3"},
		{"groups by ID", `groups eq 2`, "1"},
		{"groups by ID in quotes", `groups eq "4"`, "3"},
		{"groups by an ID that is none", `groups eq "99999999999999999999"`, ""},
		{"groups whatever the case of ASCII", `groups eq "SALES"`, "1"},
		{"any group may contain it", `groups co "sales"`, "1 2"},
		{"a group's per cent sign is itself", `groups ew "0%"`, "3"},
		{"an underscore in a group's name is itself", `groups co "s_t"`, "2"},
		{"ne of groups is none of them", `groups ne "東京"`, "2 3 4"},
		{"in any group", `groups pr`, "1 2 3"},
		{"groups of another organisation with the same ID", `groups co "other"`, ""},
		{"policies of another organisation with the same ID", `brand_policy co "other" or role co "other"`, ""},
		{"policies by code", `brand_policy eq "tokyo"`, "1"},
		{"policies by part", `brand_policy co "_"`, "4"},
		{"all brands", `not (brand_policy pr)`, "2 3"},
		{"roles by code", `role eq "EDITOR"`, "1"},
		{"members without a role have none below", `role lt "z"`, "1 4"},
		{"system roles", `system_role eq "Owner"`, "2"},
		{"both kinds of owners", `system_role ew "owner"`, "2 3"},
		{"not a kind of owner", `not (system_role ew "owner")`, "1 4"},
		{"no such system role", `system_role sw "x"`, ""},
		{"system permissions", `system_permission ne "admin"`, "1 4"},
		{"who may log in", `login_allowed eq true`, "1 3 4"},
		{"who may not", `login_allowed eq false`, "2"},
		{"who may not, asked differently", `login_allowed ne true`, "2"},
		{"member IDs", `member_id ge 2 and member_id lt 4`, "2 3"},
		{"display order", `display_order gt -4`, "1 2"},
		{"no display order", `not (display_order gt -4)`, "3 4"},
		{"numbers are no text", `height gt 3`, "1 3"},
		{"numbers have fractions", `height eq 1705e-1`, "1"},
		{"numbers have signs", `height lt 0`, "2"},
		{"a field that is true", `vip eq true`, "1"},
		{"a field that is false is there", `vip eq false`, "2"},
		{"a field that is not true may be absent", `vip ne true`, "2 3 4"},
		{"today is the organisation's", `joined eq today`, "1"},
		{"a relative date in quotes", `joined eq "today-30d"`, "2"},
		{"the end of next month", `login_until le end-of-next-month and login_until ge start-of-next-month`, "2"},
		{"made on a day of the organisation", `created_at eq today`, "1"},
		{"made before that day", `created_at lt today`, "2 3"},
		{"made on that day or before", `created_at le today`, "1 2 3"},
		{"made behind that day", `created_at gt today`, "4"},
		{"made on that day or behind", `created_at ge today`, "1 4"},
		{"made at an instant, in any zone", `created_at eq "2026-11-23T00:00:00+09:00"`, "1"},
		{"made behind an instant", `created_at gt "2026-11-22T14:59:59Z"`, "1 4"},
		{"seen on a day of the organisation", `seen eq today`, "2"},
		{"seen before an instant", `seen lt "2026-11-23T14:59:59.5Z"`, "1 2"},
		{"seen at no instant between two seconds", `seen eq "2026-11-23T14:59:58.5Z"`, ""},
		{"a choice by key", `area eq "TK"`, "1"},
		{"a choice by label", `area eq "東京"`, "1"},
		{"a choice by part of its label", `area co "saka"`, "2"},
		{"any chosen key", `colours eq "red"`, "1"},
		{"a key is whole", `colours eq "blue"`, "2"},
		{"any key may begin", `colours sw "dark"`, "1"},
		{"or end", `colours ew "blue"`, "1 2"},
		{"any key by label", `colours eq "blau"`, "2"},
		{"keys do not join", `colours co "red|dark"`, ""},
		{"nothing chosen", `colours eq null`, "3 4"},
	}
	storetest.Each(t, func(t *testing.T, url string) {
		db := filterDB{opened(t, url)}
		db.fill(t, filterRoll)
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				f, err := member.ParseFilter(tt.expr)
				if err != nil {
					t.Fatal(err)
				}
				if got := db.matches(t, f); idList(got) != tt.want {
					t.Errorf("got %q, want %q", idList(got), tt.want)
				}
				if got := reference(f, filterRoll); idList(got) != tt.want {
					t.Errorf("the reference says %q, want %q", idList(got), tt.want)
				}
			})
		}
	})
}

func TestG4_AnyFilterChoosesWhatTheReferenceDoes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		db := filterDB{opened(t, url)}
		for _, index := range []string{"member_email", "member_login"} { // members here share the few texts there are
			if err := db.Write(t.Context(), func(tx *Tx) error {
				_, err := tx.exec(t.Context(), "DROP INDEX "+index)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		rapid.Check(t, func(rt *rapid.T) {
			roll := rapid.SliceOfN(rapid.Custom(drawMember), 1, 8).Draw(rt, "roll")
			for i := range roll {
				roll[i].ID = int64(i + 1)
			}
			db.fill(t, roll)
			for range 8 {
				f := member.Filter{Root: drawFilter(rt, 2)}
				if got, want := idList(db.matches(rt, f)), idList(reference(f, roll)); got != want {
					rt.Fatalf("%s\ngot  %q\nwant %q", f, got, want)
				}
			}
		})
	})
}

func TestG4_LongFiltersAreNotTooDeepForTheDatabases(t *testing.T) {
	terms := strings.Repeat(` or x pr`, member.FilterMaxLength/9) // more than the 1,000 levels of SQLite
	deep := strings.Repeat("not (", member.FilterMaxDepth) + `city pr` + strings.Repeat(")", member.FilterMaxDepth)
	storetest.Each(t, func(t *testing.T, url string) {
		db := filterDB{opened(t, url)}
		db.fill(t, filterRoll)
		for _, expr := range []string{terms[len(" or "):], strings.ReplaceAll(terms, " or ", " and ")[len(" and "):], deep} {
			f, err := member.ParseFilter(expr)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := idList(db.matches(t, f)), idList(reference(f, filterRoll)); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
	})
}

func TestG4_NoValueIsInTheTextOfTheQuery(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := "Zz" + strings.ReplaceAll(rapid.String().Draw(t, "value"), "\x00", "") // no text of ours has it
		f := member.Filter{Root: drawFilter(t, 2)}
		other := member.Filter{Root: replaceTexts(f.Root, "other")}
		f = member.Filter{Root: replaceTexts(f.Root, secret)}
		for _, d := range []dialect{sqlite, postgres} {
			query, _ := compileForTest(t, f, d)
			if strings.Contains(strings.ToLower(query), "zz") {
				t.Fatalf("%s", query)
			}
			if same, _ := compileForTest(t, other, d); same != query {
				t.Fatalf("the text depends on values:\n%s\n%s", query, same)
			}
		}
	})
}

func TestG4_ValuesFollowThoseThatAreThere(t *testing.T) {
	f, err := member.ParseFilter(`email eq "ann" and member_id lt 3`)
	if err != nil {
		t.Fatal(err)
	}
	given := append(make([]any, 0, 8), "org")
	for range 2 { // the second time must not see the first
		query, args, err := compileFilter(f, filterEnv{now: filterNow, zone: filterZone}, given)
		if err != nil {
			t.Fatal(err)
		}
		const want = `((m.email_key = $2 AND m.email_key IS NOT NULL) AND (m.id < $3 AND m.id IS NOT NULL))`
		if query != want || !slices.Equal(args, []any{"org", "ann", int64(3)}) {
			t.Errorf("got %s with %v", query, args)
		}
		if spare := given[:8]; spare[1] != nil {
			t.Error("the caller's arguments were written over")
		}
	}
}

func TestG4_FiltersThatDoNotFitAreNotCompiled(t *testing.T) {
	for expr, code := range map[string]problem.Code{
		`password pr`:      problem.FilterAttributeUnknown,
		`unknown eq "x"`:   problem.FilterAttributeUnknown,
		`height eq "tall"`: problem.FilterType,
	} {
		f, err := member.ParseFilter(expr)
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = compileFilter(f, filterEnv{now: filterNow, zone: filterZone, fields: filterFields}, nil)
		if !errors.Is(err, problem.New(code)) {
			t.Errorf("%s: error = %v, want %s", expr, err, code)
		}
	}
}

func TestG4_WithoutAConditionEverybodyMatches(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		db := filterDB{opened(t, url)}
		db.fill(t, filterRoll)
		if got := idList(db.matches(t, member.Filter{})); got != "1 2 3 4" {
			t.Errorf("got %q", got)
		}
	})
}

// A filterDB is a database with one roll.
type filterDB struct{ *DB }

// fill makes roll the roll of organisation 1. Organisation 2 has everything
// that no filter of the first may see.
func (db filterDB) fill(t *testing.T, roll []member.Member) {
	t.Helper()
	if err := db.Write(t.Context(), func(tx *Tx) error { return fillRoll(t.Context(), tx, roll) }); err != nil {
		t.Fatal(err)
	}
}

func fillRoll(ctx context.Context, tx *Tx, roll []member.Member) error {
	var errs []error
	exec := func(query string, args ...any) {
		_, err := tx.exec(ctx, query, args...)
		errs = append(errs, err)
	}
	for _, table := range []string{"member", "membership", "org_group", "policy", "role"} {
		exec("DELETE FROM " + table)
	}
	for i, name := range filterGroups {
		exec(`INSERT INTO org_group (org_id, id, name, enabled, is_default) VALUES (1, $1, $2, TRUE, FALSE), (2, $1, $3, TRUE, FALSE)`, i+1, name, "other "+name)
	}
	for i, code := range filterPolicies {
		exec(`INSERT INTO policy (org_id, id, code, name, description) VALUES (1, $1, $2, '', ''), (2, $1, $3, '', '')`, i+1, code, "other "+code)
	}
	for i, code := range filterRoles {
		exec(`INSERT INTO role (org_id, id, code, name, access) VALUES (1, $1, $2, '', '{}'), (2, $1, $3, '', '{}')`, i+1, code, "other "+code)
	}
	for _, m := range roll {
		exec(`INSERT INTO member (org_id, id, version, state, email, email_key, login_id, login_key, name, name_key, login_allowed, login_until,
			system_role, system_permission, policy_id, role_id, remarks, display_order, fields, created_at)
			VALUES (1, $1, 1, 1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
			m.ID, null(m.Email), null(m.EmailKey()), null(m.LoginID), null(m.LoginKey()), null(m.Name), null(member.FoldText(m.Name)), m.LoginAllowed,
			null(m.LoginUntil), m.Role, m.Permission, null(m.PolicyID), null(m.RoleID), null(m.Remarks), null(m.DisplayOrder),
			member.FieldsJSON(m.Fields), m.CreatedAt)
		for _, group := range m.Groups {
			exec(`INSERT INTO membership (org_id, member_id, group_id) VALUES (1, $1, $2)`, m.ID, group)
		}
		exec(`INSERT INTO membership (org_id, member_id, group_id) VALUES (2, $1, 1)`, m.ID)
	}
	return errors.Join(errs...)
}

// failer is a test of either package.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

func compileForTest(t failer, f member.Filter, d dialect) (string, []any) {
	t.Helper()
	query, args, err := compileFilter(f, filterEnv{filterNow, filterZone, filterFields, d}, nil)
	if err != nil {
		var p problem.Problem
		errors.As(err, &p)
		t.Fatalf("%s: %v %v", f, err, p.Values)
	}
	return query, args
}

// matches returns the IDs that f chooses, ascending. It insists on every
// member being either in f or in its negation.
func (db filterDB) matches(t failer, f member.Filter) []int64 {
	t.Helper()
	where, args := compileForTest(t, f, db.dialect)
	var null int
	ctx := context.Background()
	if err := one(ctx, db.read(), `SELECT count(*) FROM member m WHERE (`+where+`) IS NULL`, args, &null); err != nil || null > 0 {
		t.Fatalf("%s: %d members are neither in nor out: %v\n%s", f, null, err, where)
	}
	var ids []int64
	err := each(ctx, db.read(), `SELECT m.id FROM member m WHERE `+where+` ORDER BY m.id`, args, func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		ids = append(ids, id)
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", f, err)
	}
	return ids
}

func idList(ids []int64) string {
	words := make([]string, len(ids))
	for i, id := range ids {
		words[i] = strconv.FormatInt(id, 10)
	}
	return strings.Join(words, " ")
}
