package admin_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// TestPlanApplyPlan_IsAllKeepAndUndoIsTheIdentity runs random files, one after
// another, through one organisation. Whatever a file says and however broken
// it is: planned again after it was applied it changes nothing (P10), undone it
// leaves no trace (A6), its undo undone it is applied again, its rows add up
// (A5), and the journal verifies (M8).
func TestPlanApplyPlan_IsAllKeepAndUndoIsTheIdentity(t *testing.T) {
	each(t, func(h *house) {
		h.masters()
		h.rolesAndPolicies()
		rapid.Check(t, func(r *rapid.T) {
			g := generator{T: r, roster: h.members()}
			f := g.filed()
			if f.options.Layout == plan.Memberships {
				f.file = g.memberships()
			}
			r.Logf("%+v\n%s", f.options, f.file)
			h.thereAndBack(r, f)
		})
		h.verify()
	})
}

// rolesAndPolicies gives the organisation roles and a policy.
func (h *house) rolesAndPolicies() {
	h.Helper()
	db := h.roll()
	err := db.Write(h.Context(), func(tx *store.Tx) error {
		brand := member.Brand{Code: "B", Name: "B"}
		err := tx.SaveBrand(h.Context(), h.owner.Org.ID, &brand)
		for _, code := range []string{"R1", "R2"} {
			err = errors.Join(err, tx.SaveRole(h.Context(), h.owner.Org.ID, &member.CodedRole{Code: code, Name: code}))
		}
		for _, code := range []string{"P1", "P2"} {
			err = errors.Join(err, tx.SavePolicy(h.Context(), h.owner.Org.ID, &member.Policy{Code: code, Name: code, BrandIDs: []int64{brand.ID}}))
		}
		return err
	})
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) thereAndBack(r *rapid.T, f filed) {
	before := h.snapshot()
	imp := h.planned(r, f)
	h.addsUp(r, f, imp)
	if h.snapshot() != before {
		r.Fatal("planning changed something")
	}
	if !imp.State.Waits() {
		return
	}
	h.applied(r, imp)
	after := h.snapshot()
	h.keeps(r, f, imp)
	undone := h.undone(r, imp)
	if undone.Outcome.Counts[plan.Reject] > 0 {
		r.Fatalf("undo rejects %d changes: %s", undone.Outcome.Counts[plan.Reject], h.reasons(undone))
	}
	same(r, "the undo", h.snapshot(), before)
	h.undone(r, undone)
	same(r, "the undo of the undo", h.snapshot(), after)
}

func (h *house) applied(r *rapid.T, imp store.Import) {
	if _, err := h.svc.Apply(h.Context(), h.owner, imp.ID, admin.ApplyOptions{Sum: imp.Sum, Accept: anyBrake()}); err != nil {
		r.Fatalf("apply: %v%s", err, h.reasons(imp))
	}
}

func (h *house) undone(r *rapid.T, imp store.Import) store.Import {
	undo, err := h.svc.PlanUndo(h.Context(), h.owner, imp.ID, plan.Options{}, nil)
	if err != nil {
		r.Fatalf("plan undo: %v", err)
	}
	h.applied(r, undo)
	return undo
}

func (h *house) planned(r *rapid.T, f filed) store.Import {
	imp, err := h.svc.Plan(h.Context(), h.owner, admin.Upload{Name: "test.csv", Content: bytes.NewReader([]byte(f.file)), Size: int64(len(f.file))}, f.options, nil)
	if err != nil {
		r.Fatalf("plan: %v", err)
	}
	return imp
}

// addsUp holds the counts against the rows, and against the stored changes.
func (h *house) addsUp(r *rapid.T, f filed, imp store.Import) {
	if imp.Outcome.Problems != "" {
		return // of the file as a whole: it has no rows
	}
	lines, err := csv.NewReader(strings.NewReader(f.file)).ReadAll()
	if err != nil {
		r.Fatal(err)
	}
	sum, stored := int64(0), plan.Counts{}
	for _, n := range imp.Outcome.Counts {
		sum += n
	}
	for c, err := range h.svc.Changes(h.Context(), h.owner, imp, store.ChangeQuery{}) {
		if err != nil {
			r.Fatal(err)
		}
		if c.Line > 0 {
			stored[c.Action]++
		}
	}
	if want := int64(len(lines) - 1); imp.Rows != want || sum != want || stored != imp.Outcome.Counts {
		r.Fatalf("the file has %d rows, the import %d, its counts are %v, its changes %v", want, imp.Rows, imp.Outcome.Counts, stored)
	}
}

// keeps plans a file again that was just applied: what the rows that were done
// ask for is there now. Rows that were rejected may do something now, and rows
// that deleted somebody find nobody (an invitation file then invites, P5).
func (h *house) keeps(r *rapid.T, f filed, done store.Import) {
	if !f.repeats {
		return
	}
	was := map[int64]plan.Action{}
	for c, err := range h.svc.Changes(h.Context(), h.owner, done, store.ChangeQuery{}) {
		if err != nil {
			r.Fatal(err)
		}
		was[c.Line] = c.Action
	}
	again := h.planned(r, f)
	for c, err := range h.svc.Changes(h.Context(), h.owner, again, store.ChangeQuery{}) {
		if err != nil {
			r.Fatal(err)
		}
		if a := was[c.Line]; a != plan.Reject && a != plan.Delete && c.Action != plan.Keep {
			r.Fatalf("line %d was %s, and planned again it is %s: %s", c.Line, a, c.Action, h.reasons(again))
		}
	}
}

// reasons tells what a plan does, for a failing test.
func (h *house) reasons(imp store.Import) string {
	var b strings.Builder
	for c, err := range h.svc.Changes(h.Context(), h.owner, imp, store.ChangeQuery{}) {
		if err != nil {
			return err.Error()
		}
		codes := []problem.Code{}
		for _, p := range c.Problems {
			codes = append(codes, p.Code)
		}
		if c.Action != plan.Keep || c.Groups != nil {
			fmt.Fprintf(&b, "\nline %d %s member %d %v mask %x groups %v", c.Line, c.Action, c.MemberID, codes, int64(c.Mask), c.Groups)
		}
	}
	return b.String()
}

// same tells the first line in which two snapshots differ.
func same(r *rapid.T, what, got, want string) {
	if got == want {
		return
	}
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(a), len(b)) {
		x, y := at(a, i), at(b, i)
		if x != y {
			r.Fatalf("after %s:\n%s\nwant:\n%s", what, x, y)
		}
	}
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "nothing"
}

// A generator makes files about a roster.
type generator struct {
	*rapid.T
	roster []member.Member
}

func pick[T any](g generator, what string, values ...T) T {
	return rapid.SampledFrom(values).Draw(g.T, what)
}

// rare is true once in n times.
func (g generator) rare(n int, what string) bool { return rapid.IntRange(1, n).Draw(g.T, what) == n }

// filed draws a file of a few rows in one of the layouts. repeats says that
// every row names its member by a key that the file does not change, so that
// the file can be planned again.
func (g generator) filed() filed {
	o := plan.Options{Layout: pick(g, "layout", plan.Register, plan.Register, plan.Register, plan.InviteSheet, plan.Memberships)}
	if o.Layout == plan.Memberships {
		return filed{"", o, true}
	}
	var key string
	if o.Layout == plan.InviteSheet {
		key = "email"
		o.BadRows = pick(g, "bad rows", "", "skip")
	} else {
		key = pick(g, "key", "member_id", "email", "login_id")
		o.Blank = pick(g, "blank", "", "clear")
		o.New = pick(g, "new", "", "", "invite")
		o.AddGroups = pick(g, "add groups", true, false)
		o.Groups = pick(g, "groups", nil, nil, []string{"組1番"})
		if key != "member_id" {
			o.Match = []string{key}
		}
	}
	columns := g.columns(key, o.Layout)
	rows := [][]string{columns}
	used := map[string]bool{}
	for range rapid.IntRange(1, 8).Draw(g.T, "rows") {
		if row := g.row(columns, key, used); row != nil {
			rows = append(rows, row)
		}
	}
	return filed{written(rows), o, key != "member_id"}
}

func written(rows [][]string) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	if err := w.WriteAll(rows); err != nil {
		panic(err)
	}
	return b.String()
}

func (g generator) columns(key string, l plan.Layout) []string {
	if l == plan.InviteSheet {
		return []string{"name", "email", "system_role", "system_permission", "brand_policy", "role", "delete"}
	}
	columns := []string{key}
	for _, c := range []string{"login_id", "email", "name", "login_allowed", "login_until", "groups", "system_permission", "brand_policy", "role", "remarks", "display_order", "delete", "dept", "points", "size"} {
		if c != key && (c == "name" || c == "email" || !g.rare(3, "without "+c)) {
			columns = append(columns, c)
		}
	}
	return columns
}

// row draws a row about somebody of the roster, or about somebody new.
func (g generator) row(columns []string, key string, used map[string]bool) []string {
	var m *member.Member
	if len(g.roster) > 0 && !g.rare(3, "somebody new") {
		m = &g.roster[rapid.IntRange(0, len(g.roster)-1).Draw(g.T, "member")]
	}
	row := make([]string, len(columns))
	for i, c := range columns {
		row[i] = g.cell(c, m)
	}
	row[slices.Index(columns, key)] = g.key(key, m)
	name := row[slices.Index(columns, key)]
	if used[name] && name != "" && !g.rare(4, "twice") {
		return nil
	}
	used[name] = true
	if g.rare(25, "short row") {
		row[len(row)-1] = "no such value"
	}
	return row
}

func (g generator) key(key string, m *member.Member) string {
	switch {
	case m == nil && key == "member_id":
		return ""
	case m == nil:
		return g.fresh(key)
	case key == "member_id":
		return strconv.FormatInt(m.ID, 10)
	case key == "email" && m.Email != "":
		return m.Email
	case key == "login_id" && m.LoginID != "":
		return m.LoginID
	}
	return g.fresh(key)
}

// fresh draws from few enough keys that rows fight for them.
func (g generator) fresh(key string) string {
	n := rapid.IntRange(0, 20).Draw(g.T, "fresh "+key)
	if key == "email" {
		return fmt.Sprintf("u%d@x.example", n)
	}
	return fmt.Sprintf("u%d", n)
}

// values are what cells of the other columns say.
var values = map[string][]string{
	"name":              {"Ann", "山田 太郎", "'t Hooft", "=1+1", "Bob"},
	"login_allowed":     {"1", "0", "true", "maybe"},
	"login_until":       {"2031-01-02", "2031/3/4", "{clear}", "2031-02-30"},
	"groups":            {"組1番", "組1番|組2番", "+組3番|-組1番", "{clear}", "+組4番", "no such group"},
	"system_role":       {"member", "member", "owner", "boss"},
	"system_permission": {"write", "write", "admin"},
	"brand_policy":      {"P1", "P2", "{clear}", "P9"},
	"role":              {"R1", "R2", "{clear}"},
	"remarks":           {"x", "two\nlines", "{clear}", "'{clear}", "-1"},
	"display_order":     {"1", "2", "{clear}", "-7"},
	"dept":              {"A", "B", "{clear}", "東京"},
	"points":            {"1", "2.5", "{clear}", "many"},
	"size":              {"s", "M", "{clear}", "xxl"},
}

func (g generator) cell(column string, m *member.Member) string {
	switch {
	case column == "member_id":
		return ""
	case column == "delete":
		return pick(g, column, "", "", "", "", "true")
	case column == "name" && m == nil:
		return pick(g, column, values[column]...)
	case (column == "system_role" || column == "system_permission") && m != nil && m.Role.IsOwner():
		return map[string]string{"system_role": m.Role.String(), "system_permission": "admin"}[column]
	case column == "system_role", column == "system_permission":
		return pick(g, column, values[column]...)
	case g.rare(2, "blank "+column):
		return ""
	case column == "email" || column == "login_id":
		return g.address(column)
	}
	return pick(g, column, values[column]...)
}

// address draws one that somebody has, perhaps, or a new one: rows swap and
// hand over.
func (g generator) address(column string) string {
	if len(g.roster) > 0 && !g.rare(2, "new address") {
		m := g.roster[rapid.IntRange(0, len(g.roster)-1).Draw(g.T, "whose")]
		if column == "email" {
			return m.Email
		}
		return m.LoginID
	}
	return g.fresh(column)
}

func (g generator) memberships() string {
	rows := [][]string{{"group", "member_id", "flag"}}
	seen := map[string]bool{}
	for range rapid.IntRange(1, 8).Draw(g.T, "rows") {
		m := g.roster[rapid.IntRange(0, len(g.roster)-1).Draw(g.T, "member")]
		row := []string{pick(g, "group", "組1番", "組2番", "組3番"), strconv.FormatInt(m.ID, 10), pick(g, "flag", "0", "1", "")}
		if pair := row[0] + row[1]; !seen[pair] {
			seen[pair] = true
			rows = append(rows, row)
		}
	}
	return written(rows)
}
