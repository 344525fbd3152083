package web_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/store"
)

// staff adds n members with login IDs s1, s2 …, whose IDs begin behind those of the house: at 6.
func (h *house) staff(n int) {
	h.Helper()
	var b strings.Builder
	b.WriteString("login_id,name,remarks\n")
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, "s%d,Staff %d,%s\n", i, i, []string{"odd", "even"}[1-i%2])
	}
	h.bring(b.String())
}

var linkTo = regexp.MustCompile(`<a [^>]*href="([^"]*)"[^>]*>\s*([^<]*?)\s*</a>`)

// link is where the link with a text leads; empty if there is none.
func (a answer) link(text string) string {
	for _, m := range linkTo.FindAllStringSubmatch(a.body, -1) {
		if m[2] == text {
			return strings.ReplaceAll(m[1], "&amp;", "&")
		}
	}
	return ""
}

// member is a member as they are now.
func (h *house) member(id string) member.Member {
	h.Helper()
	m, err := h.svc.Member(h.Context(), h.owner, id)
	if err != nil {
		h.Fatal(err)
	}
	return m
}

// newest is the newest import.
func (h *house) newest() store.Import {
	h.Helper()
	all, err := h.svc.Imports(h.Context(), h.owner, store.ImportQuery{Limit: 1})
	if err != nil || len(all) != 1 {
		h.Fatal(all, err)
	}
	return all[0]
}

func TestTheListFindsMembersByTextFilterAndGroup(t *testing.T) {
	each(t, func(h *house) {
		g, err := h.svc.AddGroup(h.Context(), h.owner, member.Group{Name: "Tokyo", Enabled: true})
		if err != nil {
			h.Fatal(err)
		}
		h.bring("member_id,groups\n4,Tokyo\n")
		name, expression := "Editors", `role eq "R1"`
		if _, err := h.svc.AddFilter(h.Context(), h.owner, admin.FilterEdit{Name: &name, Expression: &expression, Share: []string{"everyone"}}); err != nil {
			h.Fatal(err)
		}
		b := h.as("eve")
		for query, want := range map[string]string{
			"": "5 members", "?search=DAVE": "1 member Allow", "?search=2": "Dave", "?filter=Editors": "Fay", "?filter=email+sw+%22g%22": "Gus",
			"?group=" + fmt.Sprint(g.ID): "Fay", "?search=fay&filter=Editors&group=" + fmt.Sprint(g.ID): "Fay", "?search=nobody": "Nobody fits",
		} {
			b.get("/members"+query).wants(h.T, http.StatusOK, want)
		}
		bad := b.get("/members?filter=email+eq")
		bad.wants(h.T, http.StatusUnprocessableEntity, "The filter cannot be read")
		if !strings.Contains(bad.body, `value="email eq"`) {
			h.Error("what was typed is gone")
		}
	})
}

func TestTheListIsPagedForwardsAndBackwards(t *testing.T) {
	each(t, func(h *house) {
		h.staff(115) // 120 members: three pages
		b := h.as("eve")
		first := b.get("/members")
		first.wants(h.T, http.StatusOK, "120 members", "Staff 45")
		second := b.get(first.link("Next")).wants(h.T, http.StatusOK, "Staff 46", "Staff 95")
		last := b.get(first.link("Last")).wants(h.T, http.StatusOK, "Staff 66", "Staff 115")
		if last.link("Next") != "" || first.link("Previous") != "" {
			h.Error("there is no page behind the last one, nor before the first one")
		}
		b.get(last.link("Previous")).wants(h.T, http.StatusOK, "Staff 65")
		b.get(second.link("First")).wants(h.T, http.StatusOK, "O. Ito")
		b.get("/members?sort=down").wants(h.T, http.StatusOK, "Staff 115", "Staff 66")
		odd := b.get("/members?filter=" + strings.ReplaceAll(`remarks+eq+"odd"`, `"`, "%22"))
		b.get(odd.link("Next")).wants(h.T, http.StatusOK, "Staff 115", "58 members")
	})
}

func TestColumnsAreChosenOrderedAndKept(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("eve")
		head := func() string {
			a := b.get("/members").wants(h.T, http.StatusOK)
			_, table, _ := strings.Cut(a.body, "<thead>")
			table, _, _ = strings.Cut(table, "</thead>")
			return strings.Join(regexp.MustCompile(`<th>([^<]*)</th>`).FindAllString(table, -1), "")
		}
		usual := head()
		for _, do := range []string{"remove:groups", "remove:system_role", "remove:login_allowed", "down:name", "up:login_id", "up:login_id"} {
			if a := b.post("/members/columns", "do", do, "search", "e"); a.status != http.StatusSeeOther || !strings.HasPrefix(a.location, "/members?columns=") {
				h.Fatalf("%s: %d %s", do, a.status, a.location)
			}
		}
		b.post("/members/columns", "do", "add", "column", "remarks")
		if got := head(); got != "<th>Login ID</th><th>Email</th><th>Name</th><th>Remarks</th>" {
			h.Errorf("columns are %s, were %s", got, usual)
		}
		b = h.as("eve") // signed in anew
		if got := head(); got == usual {
			h.Error("the choice was not kept")
		}
		b.post("/members/columns", "do", "add", "column", "password").wants(h.T, http.StatusNotFound)
	})
}

func TestABatchOfOneIsDoneAtOnceAndOfMoreIsAPlan(t *testing.T) {
	each(t, func(h *house) {
		h.staff(60)
		b := h.as("eve")
		one := b.post("/members/batch", "do", "forbid", "id", "7")
		imp := h.newest()
		one.leadsTo(h.T, fmt.Sprintf("/members?done=%d", imp.ID))
		b.get(one.location).wants(h.T, http.StatusOK, "1 member changed.", "Undo")
		if h.member("7").LoginAllowed || imp.State != store.Applied {
			h.Errorf("nothing was done: %s", imp.State)
		}
		plan := func(want string, pairs ...string) {
			h.Helper()
			a := b.post("/members/batch", pairs...)
			imp := h.newest()
			a.leadsTo(h.T, fmt.Sprintf("/imports/%d", imp.ID))
			if got := fmt.Sprint(imp.State, " ", imp.Outcome.Counts[1:]); got != want {
				h.Errorf("%v: %s, want %s", pairs, got, want)
			}
		}
		plan("planned [0 0 1 0 1 0]", "do", "forbid", "id", "7", "id", "8")
		plan("planned [0 0 0 1 0 0]", "do", "delete", "id", "7") // a deletion is looked at, be it of one
		plan("planned [0 0 60 0 0 0]", "do", "order", "order", "5", "all", "1", "search", "staff")
		plan("planned [0 0 30 0 0 0]", "do", "order", "order", "5", "all", "1", "id", "7", "filter", `remarks eq "even"`)
		if m := h.member("8"); !m.LoginAllowed || m.DisplayOrder != 0 {
			h.Error("a plan was applied before anybody looked at it")
		}
	})
}

func TestP15_ABatchTellsWhomItLeavesOut(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("eve")
		a := b.post("/members/batch", "do", "delete", "all", "1")
		imp := h.newest()
		a.leadsTo(h.T, fmt.Sprintf("/imports/%d", imp.ID))
		if imp.Outcome.Counts[4] != 2 || imp.Outcome.Counts[6] != 3 { // two owners, and oneself
			h.Errorf("%v", imp.Outcome.Counts)
		}
	})
}

func TestABatchPutsMembersIntoGroupsAndTakesThemOut(t *testing.T) {
	each(t, func(h *house) {
		g, err := h.svc.AddGroup(h.Context(), h.owner, member.Group{Name: "Tokyo", Enabled: true})
		if err != nil {
			h.Fatal(err)
		}
		b := h.as("eve")
		for do, want := range map[string]int{"join": 1, "leave": 0} {
			if do == "leave" && len(h.member("5").Groups) == 0 {
				b.post("/members/batch", "do", "join", "of_group", fmt.Sprint(g.ID), "id", "5")
			}
			b.post("/members/batch", "do", do, "of_group", fmt.Sprint(g.ID), "id", "5")
			if got := len(h.member("5").Groups); got != want {
				h.Errorf("%s: %d groups", do, got)
			}
		}
	})
}

func TestABatchOfNobodySaysSo(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("eve")
		before := h.newest().ID
		for _, do := range []string{"delete", "allow", "forbid", "order"} {
			b.post("/members/batch", "do", do, "order", "5").wants(h.T, http.StatusUnprocessableEntity, "No member is selected. Tick at least one member", "Eve")
		}
		for _, pairs := range [][]string{{"do", "nonsense", "all", "1"}, {"do", "enter", "id", "5"}, {"do", "join", "id", "5", "id", "4"}} {
			b.post("/members/batch", pairs...).wants(h.T, http.StatusUnprocessableEntity, "not said what is to be done", "Eve")
		}
		b.post("/members/batch", "do", "delete", "id", "999999").wants(h.T, http.StatusNotFound, "No member fits", "Eve")
		b.post("/members/batch", "do", "order", "order", "five", "id", "5").wants(h.T, http.StatusUnprocessableEntity, "five")
		if imp := h.newest(); imp.ID > before+1 || imp.State == store.Applied && imp.ID > before {
			h.Errorf("import %d, %s", imp.ID, imp.State)
		}
	})
}

func TestAnEditOfNobodyIsNotFoundAndLeavesNoImport(t *testing.T) {
	each(t, func(h *house) {
		n := h.neighbour() // member 20 is theirs
		before := h.newest().ID
		b := h.browser()
		b.post("/o/acme/sign-in", "name", "eve@x.example", "password", password).leadsTo(h.T, "/o/acme/")
		for _, id := range []string{"999999", n.theirs["members"]} {
			b.post("/o/acme/members/"+id, "name", "Nobody").wants(h.T, http.StatusNotFound)
			b.post("/o/acme/members/"+id+"/delete").wants(h.T, http.StatusNotFound)
			b.post("/o/acme/members/batch", "do", "forbid", "id", id).wants(h.T, http.StatusNotFound)
		}
		if now := h.newest().ID; now != before {
			h.Errorf("import %d came of it", now)
		}
	})
}

func TestG7_WhoMayOnlyReadMembersIsOfferedNothingMore(t *testing.T) {
	each(t, func(h *house) {
		access, err := member.ParseAccess([]string{"members"}, nil)
		if err != nil {
			h.Fatal(err)
		}
		if _, err := h.svc.SetDefaultAccess(h.Context(), h.owner, func(member.Access) (member.Access, error) { return access, nil }); err != nil {
			h.Fatal(err)
		}
		b := h.as("gus")
		a := b.get("/members").wants(h.T, http.StatusOK, "5 members")
		for _, offer := range []string{"New member", "Bulk import", "Forbid login", "Delete"} {
			if strings.Contains(a.text, offer) {
				h.Errorf("offered %q", offer)
			}
		}
		b.post("/members/batch", "do", "forbid", "id", "4").wants(h.T, http.StatusForbidden)
		b.get("/members/4").wants(h.T, http.StatusOK, "Fay", "You can look at members, and not change them.")
		b.post("/members/4", "name", "X").wants(h.T, http.StatusForbidden)
		b.get("/members/new").wants(h.T, http.StatusForbidden)
	})
}

func TestTheListSaysWhatToDoWhereNobodyElseIsThere(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		if strings.Contains(b.get("/members?search=ito").text, "You are the only member") {
			h.Error("one member of a search is not the only one")
		}
		b.get("/members").wants(h.T, http.StatusOK, "Batch process", "Bulk import")
	})
}
