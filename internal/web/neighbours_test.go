package web_test

import (
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/store"
	"meibo/internal/web"
)

// mark stands in everything of the neighbours that their pages show: names,
// descriptions, remarks, addresses, files. Codes, which the walk asks for, lack it.
const mark = "Zzyzx"

// The neighbours are another organisation in the same database, with more of
// everything than ours, so that some IDs are there in both and some in theirs only.
type neighbours struct {
	*house
	theirs map[string]string // the first element of a path → an ID that only they have
	both   map[string]string // likewise → an ID that we have, too
}

// neighbour furnishes both organisations with alike things.
func (h *house) neighbour() *neighbours {
	h.Helper()
	next := *h
	var err error
	next.owner, _, err = h.svc.SetUp(h.Context(), admin.NewOrganisation{Code: "next", Name: mark + " Ltd", OwnerEmail: "owner@zzyzx.example", OwnerName: mark, OwnerPassword: password, Zone: time.UTC})
	h.try(err)
	if next.owner, err = h.svc.As(h.Context(), next.owner, "owner@zzyzx.example"); err != nil {
		h.Fatal(err)
	}
	h.likeness("Ours", "b1", "P1", "", "shared", "paper")
	next.likeness(mark, "b1", "P1", "R1", "shared", "paper")
	next.likeness(mark+" more", "hiddenbrand", "hiddenpolicy", "hiddenrole", "hiddenfield", "hiddenpaper")
	next.likeness(mark+" still more", "hiddenbrand2", "hiddenpolicy2", "hiddenrole2", "hiddenfield2", "hiddenpaper2")
	next.people()
	n := &neighbours{house: &next, both: map[string]string{"brands": "b1", "fields": "shared", "policies": "P1", "roles": "R1", "members": "4", "imports": "3", "groups": "1", "filters": "1"}}
	upload, err := h.svc.KeepUpload(h.Context(), next.owner, mark+".csv", strings.NewReader("email,name\nnew@zzyzx.example,"+mark+"\n"))
	h.try(err)
	n.theirs = map[string]string{"brands": "hiddenbrand", "fields": "hiddenfield", "policies": "hiddenpolicy", "roles": "hiddenrole",
		"members": "20", "imports": decimal(next.newest().ID), "uploads": upload.ID}
	groups, err := h.svc.Groups(h.Context(), next.owner)
	h.try(err)
	jobs, err := n.svc.ExportJobs(h.Context(), n.owner)
	h.try(err)
	n.theirs["exports"] = decimal(jobs[0].ID)
	n.theirs["groups"] = decimal(groups[len(groups)-1].ID)
	for _, f := range next.filters() {
		n.theirs["filters"] = max(n.theirs["filters"], decimal(f.ID))
	}
	for kind, id := range n.theirs {
		if id == n.both[kind] {
			h.Fatalf("%s: both have %s", kind, id)
		}
	}
	return n
}

func (h *house) try(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// likeness makes one of each kind of thing, called by a name.
func (h *house) likeness(name, brand, policy, role, field, paper string) {
	h.Helper()
	ctx := h.Context()
	_, err := h.svc.AddGroup(ctx, h.owner, member.Group{Name: name, Enabled: true})
	h.try(err)
	_, err = h.svc.AddBrand(ctx, h.owner, member.Brand{Code: brand, Name: name})
	h.try(err)
	_, err = h.svc.AddPolicy(ctx, h.owner, admin.PolicyEdit{Code: &policy, Name: &name, Description: &name, Brands: []string{brand}})
	h.try(err)
	if role != "" {
		access, err := member.ParseAccess([]string{"members"}, nil)
		h.try(err)
		_, err = h.svc.AddRole(ctx, h.owner, member.CodedRole{Code: role, Name: name, Access: access})
		h.try(err)
	}
	h.field(member.Field{Identifier: field, LabelEN: name, LabelJA: name + "。", Type: member.Select, Choices: []member.Choice{{Key: "k", Label: name}}})
	h.field(member.Field{Identifier: paper, LabelEN: name + " paper", LabelJA: name + "の紙", Type: member.FileType})
	filter, expression := "filter "+brand, fmt.Sprintf(`name co "%s"`, name)
	_, err = h.svc.AddFilter(ctx, h.owner, admin.FilterEdit{Name: &filter, Expression: &expression, Share: []string{store.ShareEveryone}})
	h.try(err)
	h.try(h.svc.AddMapping(ctx, h.owner, "mapping "+brand, map[string]string{name: "email"}))
	h.try(h.svc.SaveNamedExport(ctx, h.owner, "export "+brand, admin.Export{Columns: []string{"email", field}}, false))
	h.plan("email,name\nwaits-" + brand + "@waits.example," + name + "\n")
}

// people are the neighbours' members, with a file and a password that only they
// have, an invitation with its mail, an export, and plans in several states.
func (h *house) people() {
	h.Helper()
	var b strings.Builder
	b.WriteString("email,name,remarks,role,brand_policy,shared\n")
	for i := range 25 {
		fmt.Fprintf(&b, "p%d@zzyzx.example,%s %d,%s,hiddenrole,hiddenpolicy,k\n", i, mark, i, mark)
	}
	h.bring(b.String())
	h.invite(true, "guest@hidden.example", "guest@zzyzx.example")
	_, err := h.svc.Export(h.Context(), h.owner, admin.Export{Named: mark}, io.Discard, func(int64) {}, nil)
	h.try(err)
	_, err = h.svc.SubmitExport(h.Context(), h.owner, admin.Export{}, mark+".csv")
	h.try(err)
	owner := h.browser()
	owner.post("/o/next/sign-in", "name", "owner@zzyzx.example", "password", password).leadsTo(h.T, "/o/next/")
	for _, id := range []string{"4", "20"} {
		if a := owner.postFiles("/o/next/members/"+id, "file.paper", mark+".txt\n"+mark); a.status != http.StatusSeeOther {
			h.Fatalf("a file for %s: %d %s", id, a.status, a.text)
		}
		owner.get("/o/next/members/"+id+"/files/paper").wants(h.T, http.StatusOK, mark)
	}
	h.plan("email,name,delete\np1@zzyzx.example,,1\np2@zzyzx.example,Other,\nbad,bad,\n")
	for range 60 { // more than we make while their last one is asked for
		h.plan("email,name\nlast@zzyzx.example," + mark + "\n")
	}
}

// rows are all rows of an organisation in the database, apart from what is counted
// and queued beside them.
func (n *neighbours) rows() string {
	n.Helper()
	driver := "sqlite"
	if store.IsPostgres(n.database) {
		driver = "pgx"
	}
	db, err := sql.Open(driver, n.database)
	n.try(err)
	defer db.Close()
	var all []string
	for _, table := range []string{"member", "member_secret", "account", "list_columns", "passkey", "account_event", "email_change", "org_group", "deleted_group", "membership", "field", "filter",
		"brand", "policy", "policy_brand", "role", "mapping", "named_export", "import", "task", "change", "keep_run", "invitation", "outbox", "member_file", "export", "export_job"} {
		all = append(all, n.rowsOf(db, table)...)
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

func (n *neighbours) rowsOf(db *sql.DB, table string) (all []string) {
	n.Helper()
	rows, err := db.QueryContext(n.Context(), "SELECT * FROM "+table+" WHERE org_id = $1", n.owner.Org.ID)
	n.try(err)
	defer rows.Close()
	columns, err := rows.Columns()
	n.try(err)
	for rows.Next() {
		cells, to := make([]any, len(columns)), make([]any, len(columns))
		for i := range cells {
			to[i] = &cells[i]
		}
		n.try(rows.Scan(to...))
		all = append(all, fmt.Sprint(table, cells))
	}
	n.try(rows.Err())
	return all
}

// fills is the path of a route with an ID in it, and what kind of thing that is.
func fills(r web.Route, ids map[string]string) (path string, found bool) {
	if !strings.Contains(r.Path, "{id}") {
		return "", false
	}
	id, found := ids[strings.Split(r.Path, "/")[1]]
	return "/o/acme" + strings.NewReplacer("{id}", id, "{file}", "paper").Replace(r.Path), found
}

// everybody signs the people of the house in, by the path of the organisation.
func (h *house) everybody() map[string]*browser {
	h.Helper()
	all := map[string]*browser{"nobody": h.browser()}
	for _, name := range []string{"owner", "dave", "eve", "fay", "gus"} {
		b := h.browser()
		b.post("/o/acme/sign-in", "name", name+"@x.example", "password", password).leadsTo(h.T, "/o/acme/")
		all[name] = b
	}
	return all
}

// unnamed is an answer without the IDs that were asked for.
func unnamed(a answer, ids ...string) string {
	asked := regexp.MustCompile(`\b(` + strings.Join(ids, "|") + `)\b`)
	return fmt.Sprint(a.status, " ", asked.ReplaceAllString(strings.ReplaceAll(a.location, "%2F", "/"), "ID"), " ", asked.ReplaceAllString(a.text, "ID"))
}

// Whatever another organisation has is for nobody here as if it were not there: the
// answer is that to an ID which nobody has, and nothing of theirs stands in it. What
// has an ID that we have, too, is ours. Nothing of theirs changes by it.
func TestG7_NoRouteTellsOrChangesAnythingOfAnotherOrganisation(t *testing.T) {
	each(t, func(h *house) {
		n := h.neighbour()
		before := n.rows()
		all := h.everybody()
		nowhere := map[string]string{"brands": "nobrand", "fields": "nofield", "policies": "nopolicy", "roles": "norole", "members": "77", "imports": "7777", "groups": "777",
			"filters": "77777", "exports": "77777", "uploads": strings.Repeat("0", len(n.theirs["uploads"]))}
		form := url.Values{"id": {n.theirs["members"]}, "do": {"forbid"}, "group": {n.theirs["groups"]}, "groups": {n.theirs["groups"]}, "of_group": {n.theirs["groups"]}, "import": {n.theirs["imports"]},
			"filter": {"filter hiddenbrand"}, "named": {"export hiddenbrand"}, "mapping": {"mapping hiddenbrand"}, "role": {"hiddenrole"}, "policy": {"hiddenpolicy"},
			"move_to": {"hiddenrole"}, "brands": {"hiddenbrand"}, "address": {"guest@hidden.example"}, "mail": {"1"}, "field": {"hiddenfield"}, "column": {"hiddenfield"}, "after": {"5"}}.Encode()
		ask := func(b *browser, r web.Route, path string) answer {
			switch {
			case r.Path == "/exports/delete":
				return b.post(path, "name", "export hiddenbrand")
			case r.Method == http.MethodGet && strings.Contains(r.Path, "{id}"):
				return b.get(path)
			case r.Method == http.MethodGet:
				return b.get(path + "?" + form)
			}
			return b.send(r.Method, path, strings.NewReader(form), "application/x-www-form-urlencoded")
		}
		silent := func(name string, r web.Route, path string, a answer) {
			if strings.Contains(strings.ToLower(a.body), "zzyzx") || strings.Contains(strings.ToLower(a.location), "zzyzx") {
				h.Errorf("%s %s as %s tells something of another organisation: %d %s", r.Method, path, name, a.status, a.text)
			}
		}
		judged := func(name string, r web.Route, path string, a answer) {
			silent(name, r, path, a)
			a.location = strings.TrimPrefix(a.location, "/o/acme")
			if wrong := judge(r, name, a); wrong != "" {
				h.Errorf("%s %s as %s: %d %s: %s", r.Method, path, name, a.status, a.location, wrong)
			}
		}
		compared := 0
		for name, b := range all {
			for _, r := range web.Routes() {
				if r.Path == "/sign-out" || r.Path == "/profile/sign-out" || r.Path == "/sign-in" || r.Path == "/language" {
					continue // end or change the session they are asked in
				}
				path, known := fills(r, n.theirs)
				if !known {
					path = "/o/acme" + strings.NewReplacer("{$}", "", "{id}", "QUJD", "{file}", "none").Replace(r.Path)
					judged(name, r, path, ask(b, r, path))
					continue
				}
				kind := strings.Split(r.Path, "/")[1]
				a := ask(b, r, path)
				judged(name, r, path, a)
				other, _ := fills(r, nowhere)
				if got, want := unnamed(a, n.theirs[kind], nowhere[kind]), unnamed(ask(b, r, other), n.theirs[kind], nowhere[kind]); got != want {
					h.Errorf("%s %s as %s answers\n%s\nbut for what nobody has\n%s", r.Method, path, name, got, want)
				}
				if r.For(rights[name]) && name != "nobody" && a.status != http.StatusNotFound {
					h.Errorf("%s %s as %s: %d, not 404", r.Method, path, name, a.status)
				}
				compared++
				if own, both := fills(r, n.both); both && r.Method == http.MethodGet {
					judged(name, r, own, ask(b, r, own))
				}
			}
		}
		for _, r := range web.Routes() { // changes ours, if anything
			if own, both := fills(r, n.both); both && r.Method != http.MethodGet {
				silent("owner", r, own, ask(all["owner"], r, own))
			}
		}
		if compared < 6*30 {
			h.Errorf("only %d answers were compared", compared)
		}
		for name, b := range all { // a session here is none there
			a := b.get("/o/next/members/4")
			if a.status != http.StatusSeeOther || !strings.HasPrefix(a.location, "/o/next/sign-in") {
				h.Errorf("%s at the neighbours': %d %s", name, a.status, a.text)
			}
		}
		if after := n.rows(); after != before {
			h.Errorf("the other organisation has changed:\n%s", difference(before, after))
		}
		if strings.Contains(h.log.String(), "level=ERROR") {
			h.Errorf("the log has errors:\n%s", h.log)
		}
	})
}

// difference are the lines that only one of two texts has.
func difference(before, after string) string {
	var b strings.Builder
	old, now := strings.Split(before, "\n"), strings.Split(after, "\n")
	for _, line := range old {
		if !slices.Contains(now, line) {
			b.WriteString("- " + line + "\n")
		}
	}
	for _, line := range now {
		if !slices.Contains(old, line) {
			b.WriteString("+ " + line + "\n")
		}
	}
	return b.String()
}
