package admin_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// rowOf adds n members p2, p3 … with those IDs: the owner is 1.
func (h *house) rowOf(n int) {
	h.Helper()
	var b strings.Builder
	b.WriteString("login_id,name,remarks\n")
	for i := range n {
		fmt.Fprintf(&b, "p%d,P%d,%s\n", i+2, i+2, []string{"even", "odd"}[i%2])
	}
	h.apply(b.String(), plan.Options{})
}

// pageOf is a page of the list as text: IDs, what lies before and after, how many.
func (h *house) pageOf(w admin.Which, search string, at store.PageAt, size int) string {
	h.Helper()
	p, err := h.svc.MemberPage(h.Context(), h.owner, w, search, at, size)
	if err != nil {
		h.Fatal(err)
	}
	var b strings.Builder
	if p.Before {
		b.WriteString("< ")
	}
	for _, m := range p.Members {
		fmt.Fprintf(&b, "%d ", m.ID)
	}
	if p.After {
		b.WriteString("> ")
	}
	fmt.Fprintf(&b, "of %d", p.Total)
	if p.AtLeast {
		b.WriteString("+")
	}
	return b.String()
}

func TestTheListOfMembersIsPagedByIDBothWays(t *testing.T) {
	each(t, func(h *house) {
		h.rowOf(9)
		even := admin.Which{Expression: `remarks eq "even"`} // 2 4 6 8 10
		tests := []struct {
			name string
			w    admin.Which
			at   store.PageAt
			want string
		}{
			{"the first page", admin.Which{}, store.PageAt{}, "1 2 3 4 > of 10"},
			{"the next one", admin.Which{}, store.PageAt{After: 4}, "< 5 6 7 8 > of 10"},
			{"the last one, reached by next", admin.Which{}, store.PageAt{After: 8}, "< 9 10 of 10"},
			{"the last one at once is full", admin.Which{}, store.PageAt{Last: true}, "< 7 8 9 10 of 10"},
			{"the previous one", admin.Which{}, store.PageAt{Before: 7}, "< 3 4 5 6 > of 10"},
			{"the previous one is the first", admin.Which{}, store.PageAt{Before: 3}, "1 2 > of 10"},
			{"downwards", admin.Which{}, store.PageAt{Descending: true}, "10 9 8 7 > of 10"},
			{"downwards, next", admin.Which{}, store.PageAt{Descending: true, After: 7}, "< 6 5 4 3 > of 10"},
			{"downwards, previous", admin.Which{}, store.PageAt{Descending: true, Before: 6}, "10 9 8 7 > of 10"},
			{"downwards, last", admin.Which{}, store.PageAt{Descending: true, Last: true}, "< 4 3 2 1 of 10"},
			{"of a filter", even, store.PageAt{}, "2 4 6 8 > of 5"},
			{"of a filter, next", even, store.PageAt{After: 8}, "< 10 of 5"},
			{"chosen rows", admin.Which{IDs: []int64{3, 5}}, store.PageAt{}, "3 5 of 2"},
			{"nobody", admin.Which{Expression: `remarks eq "x"`}, store.PageAt{}, "of 0"},
		}
		for _, tt := range tests {
			if got := h.pageOf(tt.w, "", tt.at, 4); got != tt.want {
				h.Errorf("%s: %q, want %q", tt.name, got, tt.want)
			}
		}
		if got := h.pageOf(even, "p1", store.PageAt{}, 4); got != "10 of 1" {
			h.Errorf("filter and search: %q", got)
		}
	})
}

func TestAListOfManyIsCountedAsFarAsItMatters(t *testing.T) {
	each(t, func(h *house) {
		h.rowOf(1_002)
		if got := h.pageOf(admin.Which{}, "", store.PageAt{}, 1); got != "1 > of 1003" {
			h.Errorf("everyone: %q", got)
		}
		if got := h.pageOf(admin.Which{Expression: `login_id pr`}, "", store.PageAt{}, 1); got != "2 > of 1000+" {
			h.Errorf("1,002 of a filter: %q", got)
		}
	})
}

func TestABatchIsOnePlanOfEverybodyWhoIsMeant(t *testing.T) {
	each(t, func(h *house) {
		h.rowOf(4100) // more than two batches of drafts
		imp, err := h.svc.PlanBatch(h.Context(), h.owner, admin.Which{Expression: `remarks eq "even"`}, "",
			admin.Edit{Attributes: map[member.Attribute]string{member.LoginAllowed: "0"}})
		if err != nil || imp.State != store.Planned || counts(imp) != [6]int64{0, 0, 2050, 0, 0, 0} {
			h.Fatalf("%s %v, %v", imp.State, counts(imp), err)
		}
		if m, _ := h.svc.Member(h.Context(), h.owner, "2"); !m.LoginAllowed {
			h.Error("a plan was applied before anybody looked at it")
		}
		done := h.do(imp)
		if m, _ := h.svc.Member(h.Context(), h.owner, "4100"); m.LoginAllowed {
			h.Error("the last one may still sign in")
		}
		h.undo(done)
		if m, _ := h.svc.Member(h.Context(), h.owner, "4100"); !m.LoginAllowed {
			h.Error("undo did not put it back")
		}
	})
}

func TestP15_ABatchLeavesOutWhomItCannotChange(t *testing.T) {
	each(t, func(h *house) {
		h.rowOf(3)
		imp, err := h.svc.PlanBatch(h.Context(), h.as("owner@acme.example"), admin.Which{}, "", admin.Edit{Delete: true})
		if err != nil || imp.State != store.Planned || counts(imp) != [6]int64{0, 0, 0, 3, 0, 1} {
			h.Fatalf("%s %v, %v", imp.State, counts(imp), err)
		}
	})
}

func TestP21_ABatchHasItsBrakes(t *testing.T) {
	each(t, func(h *house) {
		h.rowOf(20)
		imp, err := h.svc.PlanBatch(h.Context(), h.owner, admin.Which{}, "p", admin.Edit{Delete: true})
		if err != nil || imp.State != store.NeedsAcceptance || imp.Outcome.Brakes[0].Count != 20 {
			h.Fatalf("%s %+v, %v", imp.State, imp.Outcome.Brakes, err)
		}
	})
}

func TestABatchOfNobodyIsToldAndLeavesNoPlan(t *testing.T) {
	each(t, func(h *house) {
		for _, tt := range []struct {
			which admin.Which
			code  problem.Code
		}{
			{admin.Which{IDs: []int64{}}, problem.MembersUnselected},
			{admin.Which{IDs: []int64{99}}, problem.MembersNone},
			{admin.Which{Expression: `remarks eq "x"`}, problem.MembersNone},
		} {
			if _, err := h.svc.PlanBatch(h.Context(), h.owner, tt.which, "", admin.Edit{Delete: true}); h.codeOf(err) != tt.code {
				h.Errorf("%+v: %v", tt.which, err)
			}
		}
		if all, err := h.svc.Imports(h.Context(), h.owner, store.ImportQuery{Limit: 10}); err != nil || len(all) != 1 { // setting up
			h.Errorf("%d imports, %v", len(all), err)
		}
	})
}

func TestEverybodyChoosesTheColumnsOfTheirList(t *testing.T) {
	each(t, func(h *house) {
		h.apply("login_id,name,system_permission\nann,Ann,admin\nbob,Bob,admin\n", plan.Options{})
		h.field(member.Field{Identifier: "room", LabelEN: "Room", LabelJA: "部屋", Type: member.Text})
		ann, bob := h.as("ann"), h.as("bob")
		usual, err := h.svc.ListColumns(h.Context(), ann)
		if err != nil || !slices.Contains(usual, "name") {
			h.Fatalf("usual: %v, %v", usual, err)
		}
		for _, mine := range [][]string{{"room", "email"}, {"email", "room", "groups"}, {}} {
			if err := h.svc.SetListColumns(h.Context(), ann, mine); err != nil {
				h.Fatal(err)
			}
			if got, err := h.svc.ListColumns(h.Context(), ann); err != nil || !slices.Equal(got, mine) {
				h.Errorf("chosen %v, got %v, %v", mine, got, err)
			}
		}
		if got, _ := h.svc.ListColumns(h.Context(), bob); !slices.Equal(got, usual) {
			h.Errorf("bob has what ann chose: %v", got)
		}
		for _, bad := range [][]string{{"password"}, {"_base"}, {"delete"}, {"nothing"}, {"email", "email"}} {
			if err := h.svc.SetListColumns(h.Context(), ann, bad); h.codeOf(err) != problem.ColumnUnknown && h.codeOf(err) != problem.ColumnTwice {
				h.Errorf("%v: %v", bad, err)
			}
		}
	})
}

func TestAColumnOfAFieldThatIsGoneIsLeftOut(t *testing.T) {
	each(t, func(h *house) {
		h.apply("login_id,name,system_permission\nann,Ann,admin\n", plan.Options{})
		h.field(member.Field{Identifier: "room", LabelEN: "Room", LabelJA: "部屋", Type: member.Text})
		ann := h.as("ann")
		if err := h.svc.SetListColumns(h.Context(), ann, []string{"room", "email"}); err != nil {
			h.Fatal(err)
		}
		if _, err := h.svc.DeleteField(h.Context(), h.owner, "room", admin.FieldDeletion{}); err != nil {
			h.Fatal(err)
		}
		if got, err := h.svc.ListColumns(h.Context(), ann); err != nil || !slices.Equal(got, []string{"email"}) {
			h.Errorf("%v, %v", got, err)
		}
	})
}

func TestP9_WhatSomebodyElseChangedMeanwhileIsNotUndoneByAPage(t *testing.T) {
	each(t, func(h *house) {
		h.rowOf(1)
		save := func(version int64, name, remarks string) store.Import {
			imp, err := h.svc.PlanEdit(h.Context(), h.owner, []admin.Edit{{MemberID: 2, Version: version,
				Attributes: map[member.Attribute]string{member.Name: name, member.Remarks: remarks}}})
			if err != nil {
				h.Fatal(err)
			}
			return imp
		}
		h.do(save(1, "P2", "changed by another"))
		// The page still shows version 1, where remarks were "even".
		h.do(save(1, "New", "even"))
		m, _ := h.svc.Member(h.Context(), h.owner, "2")
		if m.Name != "New" || m.Remarks != "changed by another" {
			h.Errorf("name %q, remarks %q", m.Name, m.Remarks)
		}
		imp := save(1, "P2", "mine")
		found, err := h.svc.Problems(h.Context(), h.owner, imp, 10)
		if err != nil || imp.State != store.Rejected || len(found.Problems) != 1 {
			h.Fatalf("%s %+v, %v", imp.State, found.Problems, err)
		}
		if p := found.Problems[0]; p.Code != problem.CellConflict || p.Place.Attribute != "remarks" || p.Values["now"] != "changed by another" {
			h.Errorf("%+v", p)
		}
	})
}

func TestG3_AFileOfAPageGoesThroughTheSameRules(t *testing.T) {
	each(t, func(h *house) {
		h.album()
		put := func(id int64, field, name, content string) store.Import {
			e := admin.Edit{MemberID: id, Files: map[string]admin.EditFile{field: {Name: name, Content: strings.NewReader(content)}}}
			if id == 0 {
				e.Attributes = map[member.Attribute]string{member.LoginID: "new", member.Name: "New"}
			}
			imp, err := h.svc.PlanEdit(h.Context(), h.owner, []admin.Edit{e})
			if err != nil {
				h.Fatal(err)
			}
			return imp
		}
		read := func(id int64, field string) string {
			f, err := h.svc.MemberFile(h.Context(), h.owner, id, field)
			if err != nil {
				return string(h.codeOf(err))
			}
			defer f.Close()
			b := make([]byte, f.Size())
			if _, err := f.ReadAt(b, 0); err != nil {
				h.Fatal(err)
			}
			return f.Name + " " + string(b)
		}
		h.do(put(2, "photo", `C:\My Pictures\写真.png`, png+"1"))
		if got := read(2, "photo"); got != "写真.png "+png+"1" {
			h.Errorf("after putting it there: %q", got)
		}
		if imp := put(2, "photo", "写真.png", png+"1"); counts(imp) != [6]int64{0, 0, 0, 0, 1, 0} {
			h.Errorf("the same once more: %v", counts(imp))
		}
		h.do(put(2, "photo", "写真.png", png+"2"))
		if got := read(2, "photo"); got != "写真.png "+png+"2" {
			h.Errorf("another one of the same name: %q", got)
		}
		done := h.do(put(0, "paper", "a.pdf", pdf))
		if got := read(done.FirstMember, "paper"); got != "a.pdf "+pdf {
			h.Errorf("of somebody new: %q", got)
		}
		for name, want := range map[string]problem.Code{"a.gif": problem.FileExtensionRefused, "b.png": problem.FileTypeMismatch} {
			imp := put(2, "photo", name, pdf)
			found, err := h.svc.Problems(h.Context(), h.owner, imp, 10)
			if err != nil || len(found.Problems) != 1 || found.Problems[0].Code != want || found.Problems[0].Place.Attribute != "photo" {
				h.Errorf("%s: %+v, %v", name, found.Problems, err)
			}
		}
		if imp := put(2, "photo", "c.png", png+strings.Repeat("x", 2000)); imp.State != store.Rejected {
			h.Errorf("too large: %s", imp.State)
		}
		if got := read(2, "paper"); got != string(problem.FileLost) {
			h.Errorf("where there is none: %q", got)
		}
	})
}

func TestM7_AMembersPageKnowsWhichImportDeletedThem(t *testing.T) {
	each(t, func(h *house) {
		h.rowOf(1)
		imp, err := h.svc.PlanBatch(h.Context(), h.owner, admin.Which{IDs: []int64{2}}, "", admin.Edit{Delete: true})
		if err != nil {
			h.Fatal(err)
		}
		h.do(imp)
		if st, err := h.svc.AboutMember(h.Context(), h.owner, 2); err != nil || st.Owned || st.WithdrawnBy != imp.ID {
			h.Errorf("%+v, %v, want withdrawn by %d", st, err, imp.ID)
		}
		if st, err := h.svc.AboutMember(h.Context(), h.owner, 1); err != nil || st.WithdrawnBy != 0 {
			h.Errorf("%+v, %v", st, err)
		}
	})
}

func TestI3_AMembersPageKnowsWhoseNameAndAddressAreTheirOwn(t *testing.T) {
	each(t, func(h *house) {
		h.apply("email,name\nann@x.example,Ann\n", plan.Options{})
		h.apply("email,system_role,system_permission,brand_policy,role,delete\nbob@x.example,member,write,,,\n", plan.Options{Layout: plan.InviteSheet})
		for name, value := range map[string]string{plan.PeopleOwnProfile: "1", plan.BaseURL: "https://meibo.example"} {
			if _, err := h.svc.SetSetting(h.Context(), h.owner, name, value); err != nil {
				h.Fatal(err)
			}
		}
		owner, err := h.svc.Operator(h.Context(), "")
		if err != nil {
			h.Fatal(err)
		}
		link, err := h.svc.InvitationLink(h.Context(), owner, "bob@x.example")
		if err != nil {
			h.Fatal(err)
		}
		_, token, _ := strings.Cut(link, "#")
		if _, err := h.svc.Accept(h.Context(), token, admin.Acceptance{Name: "Bob", Password: "correct horse 9"}); err != nil {
			h.Fatal(err)
		}
		bob, err := h.svc.Member(h.Context(), owner, "bob@x.example")
		if err != nil {
			h.Fatal(err)
		}
		for id, owned := range map[int64]bool{2: false, bob.ID: true} {
			if st, err := h.svc.AboutMember(h.Context(), owner, id); err != nil || st.Owned != owned {
				h.Errorf("member %d: %+v, %v, want %v", id, st, err, owned)
			}
		}
	})
}
