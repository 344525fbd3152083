package admin_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"meibo/internal/admin"
	"meibo/internal/locale"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
	"meibo/internal/storetest"
)

// ruled is a house with people, groups, roles and policies in it. When the test
// ends, everything that was planned and applied in it is checked once more.
//
// Members: 1 the primary owner, 2 ann, 3 bob, 4 carol, 5 the owner dave, 6 the
// admin eve, 7 fay with role R1 and policy P1. Groups: 1 東京, 2 大阪, 3 休止
// (disabled). Fields: dept (text), skills (checkbox: go, sql, js), rank (number).
type ruled struct {
	*house
	db  *store.DB
	raw *sql.DB
}

const people = `login_id,email,name,system_role,system_permission,role,brand_policy,groups,remarks,dept,skills,rank
ann,ann@x.example,Ann,,,,,東京,,Sales,go|sql,1
bob,bob@x.example,Bob,,,,,大阪,old,,,
,carol@x.example,Carol,,,,,,,,,
dave,dave@x.example,Dave,owner,admin,,,,,,,
eve,eve@x.example,Eve,member,admin,,P2,,,,,
fay,fay@x.example,Fay,member,write,R1,P1,,,,,
`

// furnished is a database with a furnished house.
var furnished = storetest.NewTemplate(func(t *testing.T, url string) {
	h, done := enter(t, url, filepath.Join(t.TempDir(), "files"))
	h.found()
	r := &ruled{house: h}
	var err error
	if r.db, err = store.Open(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	r.furniture(r.owner.Org.ID)
	r.apply(people, plan.Options{})
	if err := r.db.Close(); err != nil {
		t.Fatal(err)
	}
	done()
})

// rules runs a test in a furnished house on both databases.
func rules(t *testing.T, f func(r *ruled)) {
	t.Helper()
	furnished.Each(t, func(t *testing.T, url string) {
		r := openFurnished(t, url)
		f(r)
		r.check()
	})
}

// openFurnished opens a copy of furnished.
func openFurnished(t *testing.T, url string) *ruled {
	t.Helper()
	r := &ruled{house: open(t, url)}
	var err error
	if r.db, err = store.Open(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	driver := map[bool]string{true: "pgx", false: "sqlite"}[store.IsPostgres(url)]
	if r.raw, err = sql.Open(driver, url); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(r.db.Close(), r.raw.Close()); err != nil {
			t.Error(err)
		}
	})
	return r
}

// furniture adds groups, fields, roles, brands and policies to an organisation.
func (r *ruled) furniture(org int64) {
	r.Helper()
	ctx := r.Context()
	r.write(func(tx *store.Tx) error {
		brand := member.Brand{Code: "B1", Name: "B1"}
		return errors.Join(
			tx.SaveGroup(ctx, org, &member.Group{Name: "東京", Enabled: true}),
			tx.SaveGroup(ctx, org, &member.Group{Name: "大阪", Enabled: true}),
			tx.SaveGroup(ctx, org, &member.Group{Name: "休止"}),
			tx.SaveField(ctx, org, &member.Field{Identifier: "dept", LabelEN: "Department", LabelJA: "部署", Type: member.Text, MaxLength: 10}),
			tx.SaveField(ctx, org, &member.Field{Identifier: "skills", LabelEN: "Skills", LabelJA: "技能", Type: member.Checkbox,
				Choices: []member.Choice{{Key: "go", Label: "Go"}, {Key: "sql", Label: "SQL"}, {Key: "js", Label: "JavaScript"}}}),
			tx.SaveField(ctx, org, &member.Field{Identifier: "rank", LabelEN: "Rank", LabelJA: "順位", Type: member.Number}),
			tx.SaveRole(ctx, org, &member.CodedRole{Code: "R1", Name: "R1", Access: access([]string{"groups"}, []string{"members", "imports"})}),
			tx.SaveRole(ctx, org, &member.CodedRole{Code: "R2", Name: "R2", Access: access(nil, []string{"imports"})}),
			tx.SaveBrand(ctx, org, &brand),
			tx.SavePolicy(ctx, org, &member.Policy{Code: "P1", Name: "P1", BrandIDs: []int64{1}}),
			tx.SavePolicy(ctx, org, &member.Policy{Code: "P2", Name: "P2", BrandIDs: []int64{1}}),
		)
	})
}

func access(read, write []string) member.Access {
	a, err := member.ParseAccess(read, write)
	if err != nil {
		panic(err)
	}
	return a
}

func (r *ruled) write(f func(tx *store.Tx) error) {
	r.Helper()
	if err := r.db.Write(r.Context(), f); err != nil {
		r.Fatal(err)
	}
}

// exec runs SQL behind the program's back.
func (r *ruled) exec(query string, args ...any) {
	r.Helper()
	if _, err := r.raw.ExecContext(r.Context(), query, args...); err != nil {
		r.Fatalf("%s: %v", query, err)
	}
}

// count runs SQL that returns one number.
func (r *ruled) count(query string, args ...any) int64 {
	r.Helper()
	var n int64
	if err := r.raw.QueryRowContext(r.Context(), query, args...).Scan(&n); err != nil {
		r.Fatalf("%s: %v", query, err)
	}
	return n
}

// set changes a setting of the organisation.
func (r *ruled) set(name, value string) {
	r.Helper()
	org := r.owner.Org
	var err error
	if org.Settings, err = org.Settings.With(name, value); err != nil {
		r.Fatal(err)
	}
	r.write(func(tx *store.Tx) error { return tx.SaveOrganisation(r.Context(), org) })
	r.owner.Org = org
}

// seats changes the number of seats.
func (r *ruled) seats(n int64) {
	r.Helper()
	org := r.owner.Org
	org.Seats = &n
	r.write(func(tx *store.Tx) error { return tx.SaveOrganisation(r.Context(), org) })
	r.owner.Org = org
}

// as returns the member with an address.
func (r *ruled) as(address string) admin.Actor {
	r.Helper()
	a, err := r.svc.As(r.Context(), r.owner, address)
	if err != nil {
		r.Fatalf("as %s: %v", address, err)
	}
	return a
}

// planAs plans a CSV as somebody.
func (r *ruled) planAs(a admin.Actor, file string, o plan.Options) (store.Import, error) {
	return r.svc.Plan(r.Context(), a, admin.Upload{Name: "test.csv", Content: bytes.NewReader([]byte(file)), Size: int64(len(file))}, o, nil)
}

// applyAs applies a plan as somebody, accepting every brake.
func (r *ruled) applyAs(a admin.Actor, imp store.Import) (store.Import, error) {
	accept := map[string]int64{}
	for _, k := range plan.BrakeKinds {
		accept[k] = 1 << 40
	}
	return r.svc.Apply(r.Context(), a, imp.ID, admin.ApplyOptions{Sum: imp.Sum, Accept: accept})
}

// outcome writes down a plan, one line for each change:
//
//	2 reject email-taken@2:email
//	3 update ~password-ignored@4:password
//
// a code, and behind @ the column and the attribute; notes begin with ~. What
// concerns the whole file begins with !; a change without a line has the line 0.
func (r *ruled) outcome(imp store.Import) string {
	r.Helper()
	var b strings.Builder
	file, err1 := plan.ParseProblems(imp.Outcome.Problems)
	notes, err2 := plan.ParseProblems(imp.Outcome.Warnings)
	if err := errors.Join(err1, err2); err != nil {
		r.Fatal(err)
	}
	for _, p := range file {
		fmt.Fprintf(&b, "! %s\n", short(p))
	}
	for _, p := range notes {
		fmt.Fprintf(&b, "! ~%s\n", short(p))
	}
	for c, err := range r.db.Changes(r.Context(), imp.Org, imp.ID, store.ChangeQuery{}) {
		if err != nil {
			r.Fatal(err)
		}
		fmt.Fprintf(&b, "%d %s", c.Line, c.Action)
		for _, p := range c.Problems {
			b.WriteString(" " + short(p))
		}
		for _, p := range c.Notes {
			b.WriteString(" ~" + short(p))
		}
		b.WriteString("\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func short(p problem.Problem) string {
	s := string(p.Code)
	if p.Place.Attribute != "" || p.Place.Column != "" {
		s += "@" + p.Place.Column + ":" + p.Place.Attribute
	}
	return s
}

// want plans a file and compares the outcome with lines separated by newlines.
func (r *ruled) want(name, file string, o plan.Options, want string) store.Import {
	r.Helper()
	imp := r.plan(file, o)
	if got := r.outcome(imp); got != want {
		r.Errorf("%s\ngot:\n%s\nwant:\n%s", name, got, want)
	}
	r.wantFromBook(name, file, o, want)
	return imp
}

// A planned is a row of a table of files: what the plan of each is.
type planned struct {
	name string
	file string
	o    plan.Options
	want string
}

// table plans every file of a table, and applies none.
func table(t *testing.T, tests []planned) {
	t.Helper()
	rules(t, func(r *ruled) {
		outer := r.T
		for _, tt := range tests {
			outer.Run(tt.name, func(t *testing.T) {
				r.house.T = t
				r.want(tt.name, tt.file, tt.o, tt.want)
			})
		}
		r.house.T = outer
	})
}

// problems returns all problems and warnings of a plan by code.
func (r *ruled) problems(imp store.Import) map[problem.Code][]problem.Problem {
	r.Helper()
	found, err := r.svc.Problems(r.Context(), r.owner, imp, admin.MostProblems)
	if err != nil {
		r.Fatal(err)
	}
	by := map[problem.Code][]problem.Problem{}
	for _, p := range slices.Concat(found.Problems, found.Warnings) {
		by[p.Code] = append(by[p.Code], p.Problem)
	}
	return by
}

// members shows every active member: ID, login ID, e-mail, name, role and groups.
func (r *ruled) members() string {
	r.Helper()
	var b strings.Builder
	for m, err := range r.db.Members(r.Context(), r.owner.Org.ID, store.Selection{}) {
		if err != nil {
			r.Fatal(err)
		}
		fmt.Fprintf(&b, "%d %s %s %s %s %v\n", m.ID, m.LoginID, m.Email, m.Name, m.Role, m.Groups)
	}
	return b.String()
}

// member returns one member.
func (r *ruled) member(id int64) member.Member {
	r.Helper()
	found, err := r.db.MembersByID(r.Context(), r.owner.Org.ID, []int64{id})
	if err != nil || found[id] == nil {
		r.Fatalf("member %d: %v", id, err)
	}
	return *found[id]
}

// code is the code of an error that must be a problem.
func (r *ruled) code(err error) problem.Code {
	r.Helper()
	var p problem.Problem
	if !errors.As(err, &p) {
		r.Fatalf("error = %v, want a problem", err)
	}
	r.speaks(p)
	return p.Code
}

// roll is everything that a plan may change, as one text.
func (r *ruled) roll() string {
	r.Helper()
	var b strings.Builder
	for _, query := range []string{
		`SELECT id || ' ' || state || ' ' || version || ' ' || coalesce(email, '') || ' ' || coalesce(login_id, '') || ' ' || coalesce(name, '') || ' ' || coalesce(remarks, '') || ' ' || system_role FROM member ORDER BY org_id, id`,
		`SELECT member_id || ' ' || group_id FROM membership ORDER BY org_id, member_id, group_id`,
		`SELECT id || ' ' || state || ' ' || coalesce(email, '') FROM invitation ORDER BY org_id, id`,
		`SELECT member_id || ' ' || verifier FROM member_secret ORDER BY org_id, member_id`,
		`SELECT id || ' ' || kind || ' ' || state FROM outbox ORDER BY org_id, id`,
		`SELECT id || ' ' || name FROM org_group ORDER BY org_id, id`,
	} {
		rows, err := r.raw.QueryContext(r.Context(), query)
		if err != nil {
			r.Fatal(err)
		}
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				r.Fatal(err)
			}
			b.WriteString(line + "\n")
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil { //nolint:sqlclosecheck // in a loop over tables
			r.Fatal(err)
		}
	}
	return b.String()
}

// check holds everything in the database against what must always be true.
func (r *ruled) check() {
	r.Helper()
	orgs, err := r.db.Organisations(r.Context())
	if err != nil {
		r.Fatal(err)
	}
	for _, o := range orgs {
		if _, err := r.db.VerifyJournal(r.Context(), o.ID); err != nil {
			r.Errorf("journal of organisation %d: %v", o.ID, err)
		}
		r.checkMembers(o)
		imports, err := r.db.Imports(r.Context(), o.ID, store.ImportQuery{Limit: 10000})
		if err != nil {
			r.Fatal(err)
		}
		for _, i := range imports {
			r.checkImport(i)
		}
	}
}

// checkMembers holds M2 to M6 against the members.
func (r *ruled) checkMembers(o store.Organisation) {
	r.Helper()
	for rule, query := range map[string]string{
		"M2": `SELECT count(*) FROM member WHERE org_id = $1 AND state = 1 AND email_key IS NULL AND login_key IS NULL`,
		"M3": `SELECT abs(count(*) - 1) FROM member WHERE org_id = $1 AND state = 1 AND system_role = 1`,
		"M4": `SELECT count(*) FROM member WHERE org_id = $1 AND state = 1 AND system_role < 3 AND (system_permission <> 1 OR policy_id IS NOT NULL OR role_id IS NOT NULL)`,
		"M5": `SELECT count(*) FROM member WHERE org_id = $1 AND state = 1 AND role_id IS NOT NULL AND (system_role < 3 OR system_permission <> 2)`,
		"P8": `SELECT count(*) FROM member m JOIN invitation i ON i.org_id = m.org_id AND i.email_key = m.email_key AND i.state = 1 WHERE m.org_id = $1 AND m.state = 1`,
	} {
		if n := r.count(query, o.ID); n != 0 {
			r.Errorf("%s is broken by %d members of organisation %d", rule, n, o.ID)
		}
	}
	used, err := r.db.Seats(r.Context(), o.ID, r.now.UnixMicro())
	if err != nil {
		r.Fatal(err)
	}
	if o.Seats != nil && used > *o.Seats {
		r.Errorf("M6 is broken: %d seats used of %d", used, *o.Seats)
	}
}

// checkImport holds a plan against A5: each row read has exactly one action,
// and what is counted is what is there. Every sentence is spoken.
func (r *ruled) checkImport(i store.Import) {
	r.Helper()
	var counts, absent plan.Counts
	var total, problems, warnings int64
	for c, err := range r.db.Changes(r.Context(), i.Org, i.ID, store.ChangeQuery{}) {
		if err != nil {
			r.Fatal(err)
		}
		total++
		if c.Line > 0 || i.Kind != store.FileImport {
			counts[c.Action]++
		} else {
			absent[c.Action]++
		}
		if (c.Action == plan.Reject) != (len(c.Problems) > 0) {
			r.Errorf("import %d, line %d: %s with problems %v", i.ID, c.Line, c.Action, c.Problems)
		}
		problems, warnings = problems+int64(len(c.Problems)), warnings+int64(len(c.Notes))
		r.speaks(c.Problems...)
		r.speaks(c.Notes...)
	}
	sum := int64(0)
	for _, n := range counts {
		sum += n
	}
	if counts != i.Outcome.Counts || absent != i.Outcome.Absent || sum != i.Rows {
		r.Errorf("import %d of %d rows: changes %v and %v, counted %v and %v", i.ID, i.Rows, counts, absent, i.Outcome.Counts, i.Outcome.Absent)
	}
	file, err1 := plan.ParseProblems(i.Outcome.Problems)
	notes, err2 := plan.ParseProblems(i.Outcome.Warnings)
	if err := errors.Join(err1, err2); err != nil {
		r.Fatal(err)
	}
	r.speaks(file...)
	r.speaks(notes...)
	if problems+int64(len(file)) != i.Outcome.ProblemsTotal || warnings+int64(len(notes)) != i.Outcome.WarningsTotal {
		r.Errorf("import %d: %d problems and %d warnings, counted %d and %d", i.ID, problems, warnings, i.Outcome.ProblemsTotal, i.Outcome.WarningsTotal)
	}
}

var placeholder = regexp.MustCompile(`\{[a-z_]+[,}]`)

// speaks says problems in both languages and looks for what was left out.
func (r *ruled) speaks(ps ...problem.Problem) {
	r.Helper()
	for _, p := range ps {
		for _, lang := range []string{"en", "ja"} {
			text := strings.ReplaceAll(locale.New(lang).Problem(p), "{clear}", "")
			if text == string(p.Code) || placeholder.MatchString(text) {
				r.Errorf("%s in %s: %q", p.Code, lang, text)
			}
		}
	}
}

// lines makes a file of a header and n rows.
func lines(header string, n int, row func(i int) string) string {
	var b strings.Builder
	b.WriteString(header + "\n")
	for i := range n {
		b.WriteString(row(i) + "\n")
	}
	return b.String()
}

// crowd registers n members named prefix0@x.example and so on, and returns the
// ID of the first.
func (r *ruled) crowd(prefix string, n int, columns, values string) int64 {
	r.Helper()
	return r.apply(lines("email,name"+columns, n, func(i int) string {
		return prefix + strconv.Itoa(i) + "@x.example," + prefix + strconv.Itoa(i) + values
	}), plan.Options{}).FirstMember
}

func line(n int64) string { return strconv.FormatInt(n, 10) }
