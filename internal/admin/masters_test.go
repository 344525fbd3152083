package admin_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
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
)

// refused insists that err is the problem with that code, and returns its values.
func (h *house) refused(err error, code problem.Code) map[string]string {
	h.Helper()
	var p problem.Problem
	if !errors.As(err, &p) || p.Code != code {
		h.Errorf("error = %v, want %s", err, code)
	}
	return p.Values
}

// must insists that there is no error.
func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// group adds a group.
func (h *house) group(name string) member.Group {
	h.Helper()
	g, err := h.svc.AddGroup(h.Context(), h.owner, member.Group{Name: name, Enabled: true})
	h.must(err)
	return g
}

// as returns the member with an address as an actor.
func (h *house) as(address string) admin.Actor {
	h.Helper()
	a, err := h.svc.As(h.Context(), h.owner, address)
	h.must(err)
	return a
}

// writer is a member + write with a role that opens what is said; "members:write".
func (h *house) writer(address string, read, write []string) admin.Actor {
	h.Helper()
	access, err := member.ParseAccess(read, write)
	h.must(err)
	code := "role-" + strconv.Itoa(len(address)) + "-" + address[:1]
	_, err = h.svc.AddRole(h.Context(), h.owner, member.CodedRole{Code: code, Name: code, Access: access})
	h.must(err)
	h.apply("email,name,role\n"+address+",W,"+code+"\n", plan.Options{Match: []string{"email"}})
	return h.as(address)
}

// people are so many members in groups, and with other columns, all the same.
func (h *house) crowd(n int, columns, cells string) {
	h.Helper()
	file := "login_id,name," + columns + "\n"
	for i := range n {
		file += "p" + strconv.Itoa(i) + ",P," + cells + "\n"
	}
	if got := counts(h.apply(file, plan.Options{Match: []string{"login_id"}})); got[5] > 0 {
		h.Fatalf("counts = %v", got)
	}
}

func groupNames(all []admin.GroupInUse) []string {
	names := make([]string, len(all))
	for i, g := range all {
		names[i] = g.Name
	}
	return names
}

func TestG1_AGroupsNameIsUniqueAndNotAllDigits(t *testing.T) {
	each(t, func(h *house) {
		h.group("東京")
		_, err := h.svc.AddGroup(h.Context(), h.owner, member.Group{Name: " 東京 ", Enabled: true})
		h.refused(err, problem.NameTaken)
		_, err = h.svc.AddGroup(h.Context(), h.owner, member.Group{Name: "１２３"})
		h.refused(err, problem.NameInvalid)
		h.group("大阪")
		name := "東京"
		_, err = h.svc.EditGroup(h.Context(), h.owner, "大阪", admin.GroupEdit{Name: &name})
		h.refused(err, problem.NameTaken)
		_, err = h.svc.EditGroup(h.Context(), h.owner, "名古屋", admin.GroupEdit{Name: &name})
		h.refused(err, problem.GroupUnknown)
		all, err := h.svc.Groups(h.Context(), h.owner)
		h.must(err)
		if got := groupNames(all); !slices.Equal(got, []string{"東京", "大阪"}) {
			t.Errorf("groups = %q", got)
		}
	})
}

func TestG1_NewMembersGetTheDefaultGroupsAndNoOthers(t *testing.T) {
	each(t, func(h *house) {
		h.group("A")
		h.group("B")
		off, err := h.svc.AddGroup(h.Context(), h.owner, member.Group{Name: "C"})
		h.must(err)
		h.refused(h.svc.SetDefaultGroups(h.Context(), h.owner, []string{"A", "C"}), problem.GroupDisabled)
		h.refused(h.svc.SetDefaultGroups(h.Context(), h.owner, []string{"D"}), problem.GroupUnknown)
		h.must(h.svc.SetDefaultGroups(h.Context(), h.owner, []string{"A"}))
		h.must(h.svc.SetDefaultGroups(h.Context(), h.owner, []string{"B"}))
		h.crowd(2, "remarks", "x")
		all, err := h.svc.Groups(h.Context(), h.owner)
		h.must(err)
		if all[0].Members != 0 || all[1].Members != 2 || all[2].Members != 0 || off.Enabled {
			t.Errorf("groups = %+v", all)
		}
		defaults, err := h.svc.DefaultGroups(h.Context(), h.owner)
		h.must(err)
		if got := groupNames(defaults); !slices.Equal(got, []string{"B"}) {
			t.Errorf("defaults = %q", got)
		}
	})
}

func TestM8_DeletingAGroupThatMembersHaveIsAPlanOfThoseMembersFirst(t *testing.T) {
	each(t, func(h *house) {
		h.group("A")
		h.group("B")
		h.crowd(2003, "groups", "A|B")
		_, err := h.svc.DeleteGroup(h.Context(), h.owner, "A", 0)
		if values := h.refused(err, problem.InUse); values["members"] != "2003" {
			t.Errorf("values = %v", values)
		}
		imp, err := h.svc.DeleteGroup(h.Context(), h.owner, "A", admin.AnyMembers)
		h.must(err)
		if got := counts(imp); got != [6]int64{0, 0, 2003, 0, 0, 0} || imp.State != store.Applied || imp.Kind != store.EditImport {
			t.Errorf("plan = %+v", imp)
		}
		all, err := h.svc.Groups(h.Context(), h.owner)
		h.must(err)
		if len(all) != 1 || all[0].Name != "B" || all[0].Members != 2003 {
			t.Errorf("groups = %+v", all)
		}
		imp, err = h.svc.DeleteGroup(h.Context(), h.owner, "B", admin.AnyMembers)
		h.must(err)
		if _, err := h.svc.DeleteGroup(h.Context(), h.owner, "B", admin.AnyMembers); imp.ID == 0 {
			t.Error("no plan for B")
		} else {
			h.refused(err, problem.GroupUnknown)
		}
	})
}

func TestM8_NoMoreMembersAreTakenOutOfAGroupThanWhoDeletesItKnowsOf(t *testing.T) {
	each(t, func(h *house) {
		h.group("A")
		h.crowd(2, "groups", "A")
		imp, err := h.svc.DeleteGroup(h.Context(), h.owner, "A", 1)
		if values := h.refused(err, problem.InUse); values["members"] != "2" || values["kind"] != "group" {
			t.Errorf("values = %v", values)
		}
		if got := h.state(imp); got != store.Discarded {
			t.Errorf("the plan is %s", got)
		}
		g, err := h.svc.Group(h.Context(), h.owner, "A")
		h.must(err)
		if g.Members != 2 {
			t.Errorf("members = %d, want 2", g.Members)
		}
		imp, err = h.svc.DeleteGroup(h.Context(), h.owner, "A", 2)
		h.must(err)
		if got := counts(imp); got != [6]int64{0, 0, 2, 0, 0, 0} {
			t.Errorf("counts = %v", got)
		}
	})
}

func TestA6_WhoWasInADeletedGroupIsPutBackOnceThereIsOneOfItsName(t *testing.T) {
	each(t, func(h *house) {
		h.group("A")
		h.group("B")
		h.crowd(3, "groups", "A|B")
		emptied, err := h.svc.DeleteGroup(h.Context(), h.owner, "A", admin.AnyMembers)
		h.must(err)
		undo, err := h.svc.PlanUndo(h.Context(), h.owner, emptied.ID, plan.Options{}, nil)
		h.must(err)
		if got := counts(undo); got != [6]int64{0, 0, 0, 0, 0, 3} {
			t.Errorf("counts while there is none = %v", got)
		}
		for c, err := range h.svc.Changes(h.Context(), h.owner, undo, store.ChangeQuery{}) {
			h.must(err)
			if p := c.Problems[0]; p.Code != problem.GroupGone || p.Values["value"] != "A" {
				t.Errorf("problem = %s %v", p.Code, p.Values)
			}
		}
		h.group("A")
		undo, err = h.svc.PlanUndo(h.Context(), h.owner, emptied.ID, plan.Options{}, nil)
		h.must(err)
		if got := counts(undo); got != [6]int64{0, 0, 3, 0, 0, 0} {
			t.Errorf("counts with a new one = %v", got)
		}
		_, err = h.svc.Apply(h.Context(), h.owner, undo.ID, admin.ApplyOptions{Sum: undo.Sum})
		h.must(err)
		all, err := h.svc.Groups(h.Context(), h.owner)
		h.must(err)
		if got := fmt.Sprint(all); got != "[{{2 B true false} 3} {{3 A true false} 3}]" {
			t.Errorf("groups = %s", got)
		}
		again, err := h.svc.PlanUndo(h.Context(), h.owner, emptied.ID, plan.Options{}, nil)
		h.must(err)
		if got := counts(again); got != [6]int64{0, 0, 0, 0, 3, 0} {
			t.Errorf("counts once they are back = %v", got)
		}
	})
}

func TestA6_AMemberWhoWasDeletedComesBackIntoTheGroupThatNowHasTheName(t *testing.T) {
	each(t, func(h *house) {
		h.group("A")
		h.crowd(1, "groups", "A")
		gone := h.apply("login_id,delete\np0,1\n", plan.Options{Match: []string{"login_id"}})
		_, err := h.svc.DeleteGroup(h.Context(), h.owner, "A", 0)
		h.must(err)
		h.group("A")
		undo, err := h.svc.PlanUndo(h.Context(), h.owner, gone.ID, plan.Options{}, nil)
		h.must(err)
		_, err = h.svc.Apply(h.Context(), h.owner, undo.ID, admin.ApplyOptions{Sum: undo.Sum})
		h.must(err)
		all, err := h.svc.Groups(h.Context(), h.owner)
		h.must(err)
		if got := fmt.Sprint(all); got != "[{{2 A true false} 1}]" {
			t.Errorf("groups = %s", got)
		}
	})
}

func TestA6_NobodyIsPutBackIntoAGroupThatTheChangeWasAboutByAnotherName(t *testing.T) {
	for _, tt := range []struct{ name, before, change string }{
		{"moved from the one to the other", "A", "+B|-A"},
		{"taken out of both", "A|B", "-A|-B"},
	} {
		each(t, func(h *house) {
			h.group("A")
			h.group("B")
			h.crowd(1, "groups", tt.before)
			moved := h.apply("login_id,groups\np0,"+tt.change+"\n", plan.Options{Match: []string{"login_id"}})
			_, err := h.svc.DeleteGroup(h.Context(), h.owner, "A", 0)
			h.must(err)
			name := "A"
			_, err = h.svc.EditGroup(h.Context(), h.owner, "B", admin.GroupEdit{Name: &name})
			h.must(err)
			undo, err := h.svc.PlanUndo(h.Context(), h.owner, moved.ID, plan.Options{}, nil)
			h.must(err)
			if got := counts(undo); got != [6]int64{0, 0, 0, 0, 0, 1} {
				t.Errorf("%s: counts = %v", tt.name, got)
			}
			for c, err := range h.svc.Changes(h.Context(), h.owner, undo, store.ChangeQuery{}) {
				h.must(err)
				if len(c.Problems) != 1 || c.Problems[0].Code != problem.GroupGone || c.Problems[0].Values["value"] != "A" {
					t.Errorf("%s: problems = %v", tt.name, c.Problems)
				}
			}
		})
	}
}

func TestM8_TheHistoryNamesAGroupThatWasDeletedByItsLastName(t *testing.T) {
	each(t, func(h *house) {
		h.group("A")
		h.crowd(1, "groups", "A")
		last := "東京"
		_, err := h.svc.EditGroup(h.Context(), h.owner, "A", admin.GroupEdit{Name: &last})
		h.must(err)
		imp, err := h.svc.DeleteGroup(h.Context(), h.owner, last, admin.AnyMembers)
		h.must(err)
		masters, err := h.svc.PastMasters(h.Context(), h.owner)
		h.must(err)
		for c, err := range h.svc.Changes(h.Context(), h.owner, imp, store.ChangeQuery{}) {
			h.must(err)
			if ds := admin.Differences(&c.Change, h.owner, masters); len(ds) != 1 || ds[0].After != "-東京" {
				t.Errorf("differences = %v", ds)
			}
		}
		if usual, err := h.svc.Masters(h.Context(), h.owner); err != nil || usual.DeletedGroups != nil {
			t.Errorf("who asks for what is there is given what was: %v, %v", usual.DeletedGroups, err)
		}
		if masters.HasGroup(1) {
			t.Error("the group is still there")
		}
		if _, ok := masters.Group(last); ok {
			t.Error("the group can still be chosen")
		}
	})
}

func TestM8_ADeletedGroupIsToldFromOneThatHasItsNameNow(t *testing.T) {
	each(t, func(h *house) {
		h.group("A")
		h.crowd(1, "groups", "A")
		imp, err := h.svc.DeleteGroup(h.Context(), h.owner, "A", admin.AnyMembers)
		h.must(err)
		h.group("A")
		again := h.apply("login_id,groups\np0,A\n", plan.Options{Match: []string{"login_id"}})
		masters, err := h.svc.PastMasters(h.Context(), h.owner)
		h.must(err)
		for of, want := range map[int64]string{imp.ID: "-A (deleted)", again.ID: "+A"} {
			made, err := h.svc.Import(h.Context(), h.owner, of)
			h.must(err)
			for c, err := range h.svc.Changes(h.Context(), h.owner, made, store.ChangeQuery{}) {
				h.must(err)
				ds := admin.Differences(&c.Change, h.owner, masters)
				if len(ds) != 1 || admin.ShownAfter(ds[0], masters, locale.New("en")) != want || !strings.Contains(admin.DifferenceText(ds[0], masters, locale.New("en")), want) {
					t.Errorf("import %d: differences = %v, want %s", of, ds, want)
				}
			}
			var table bytes.Buffer
			h.must(h.svc.Table(h.Context(), h.owner, made, "csv", locale.New("en"), &table))
			if got := strings.Contains(table.String(), "(deleted)"); got != strings.Contains(want, "deleted") {
				t.Errorf("report of import %d: %s", of, table.String())
			}
		}
	})
}

func TestM8_WhichSavedFiltersAskForAGroupIsKnownBeforeItIsDeleted(t *testing.T) {
	each(t, func(h *house) {
		h.group("A")
		h.group("AB")
		for _, expression := range []string{`groups eq "a"`, `name pr or not (groups ne "1")`, `groups eq "AB"`, `groups sw "A"`, `name eq "A"`} {
			h.filterOf(expression, expression)
		}
		g, err := h.svc.Group(h.Context(), h.owner, "A")
		h.must(err)
		seen, hidden, err := h.svc.FiltersWithGroup(h.Context(), h.owner, g.Group)
		h.must(err)
		if len(seen) != 2 || hidden != 0 || seen[0].Name != `groups eq "a"` || seen[1].Name != `name pr or not (groups ne "1")` {
			t.Errorf("filters = %v and %d more", seen, hidden)
		}
		masters, err := h.svc.Masters(h.Context(), h.owner)
		h.must(err)
		if got, err := admin.GoneInside(`groups eq "Z" or groups eq "a" or groups ne "1" or groups eq "9"`, masters); err != nil || !slices.Equal(got, []string{"Z", "9"}) {
			t.Errorf("gone = %q", got)
		}
	})
}

// It may ask for the group: who deletes it is warned, and not kept from it.
func TestM8_ASavedFilterThatCannotBeReadAnyMoreIsAmongThoseNotShown(t *testing.T) {
	eachWithStore(t, func(h *house, db *store.DB) {
		g := h.group("A")
		h.filterOf("those of A", `groups eq "A"`)
		h.write(db, func(tx *store.Tx) error {
			return tx.SaveFilter(h.Context(), h.owner.Org.ID, &store.Filter{Name: "of old", Expression: `groups has "A"`, Share: store.ShareEveryone})
		})
		seen, hidden, err := h.svc.FiltersWithGroup(h.Context(), h.owner, g)
		h.must(err)
		if len(seen) != 1 || seen[0].Name != "those of A" || hidden != 1 {
			t.Errorf("filters = %v and %d more", seen, hidden)
		}
	})
}

func TestG7_AGroupWithAnOwnerInItIsLeftAloneByWhoIsNoOwner(t *testing.T) {
	each(t, func(h *house) {
		h.group("A")
		h.apply("email,groups\nowner@acme.example,A\n", plan.Options{Match: []string{"email"}})
		h.apply("email,name,system_permission\nadm@x.example,Adm,admin\n", plan.Options{Match: []string{"email"}})
		_, err := h.svc.DeleteGroup(h.Context(), h.as("adm@x.example"), "A", admin.AnyMembers)
		h.refused(err, problem.OwnerOnly)
		g, err := h.svc.Group(h.Context(), h.owner, "A")
		h.must(err)
		if g.Members != 1 {
			t.Errorf("members = %d, want 1", g.Members)
		}
	})
}

func TestA3_APlanThatUsesADeletedGroupIsStale(t *testing.T) {
	each(t, func(h *house) {
		h.group("A")
		imp := h.plan("login_id,name,groups\nann,Ann,A\n", plan.Options{})
		_, err := h.svc.DeleteGroup(h.Context(), h.owner, "A", 0)
		h.must(err)
		_, err = h.svc.Apply(h.Context(), h.owner, imp.ID, admin.ApplyOptions{Sum: imp.Sum})
		if values := h.refused(err, problem.PlanStale); values["what"] != "group" {
			t.Errorf("values = %v", values)
		}
	})
}

func TestG7_WithoutTheRightNothingOfTheMastersIsReadOrWritten(t *testing.T) {
	each(t, func(h *house) {
		h.apply("email,name\nw@x.example,W\n", plan.Options{Match: []string{"email"}})
		a, ctx := h.as("w@x.example"), t.Context()
		text, five := "x", int64(5)
		doors := map[string]func() error{
			"groups":         func() error { _, err := h.svc.Groups(ctx, a); return err },
			"add group":      func() error { _, err := h.svc.AddGroup(ctx, a, member.Group{Name: "A"}); return err },
			"edit group":     func() error { _, err := h.svc.EditGroup(ctx, a, "A", admin.GroupEdit{}); return err },
			"delete group":   func() error { _, err := h.svc.DeleteGroup(ctx, a, "A", admin.AnyMembers); return err },
			"filters of it":  func() error { _, _, err := h.svc.FiltersWithGroup(ctx, a, member.Group{ID: 1}); return err },
			"export groups":  func() error { return h.svc.ExportGroups(ctx, a, nil) },
			"defaults":       func() error { return h.svc.SetDefaultGroups(ctx, a, nil) },
			"roles":          func() error { _, err := h.svc.Roles(ctx, a); return err },
			"add role":       func() error { _, err := h.svc.AddRole(ctx, a, member.CodedRole{}); return err },
			"edit role":      func() error { _, err := h.svc.EditRole(ctx, a, "x", admin.RoleEdit{}); return err },
			"delete role":    func() error { _, err := h.svc.DeleteRole(ctx, a, "x", ""); return err },
			"default access": func() error { _, err := h.svc.DefaultAccess(ctx, a); return err },
			"set access":     func() error { _, err := h.svc.SetDefaultAccess(ctx, a, nil); return err },
			"brands":         func() error { _, err := h.svc.Brands(ctx, a); return err },
			"add brand":      func() error { _, err := h.svc.AddBrand(ctx, a, member.Brand{}); return err },
			"edit brand":     func() error { _, err := h.svc.EditBrand(ctx, a, "x", admin.BrandEdit{}); return err },
			"delete brand":   func() error { return h.svc.DeleteBrand(ctx, a, "x") },
			"policies":       func() error { _, err := h.svc.Policies(ctx, a); return err },
			"add policy":     func() error { _, err := h.svc.AddPolicy(ctx, a, admin.PolicyEdit{}); return err },
			"edit policy":    func() error { _, err := h.svc.EditPolicy(ctx, a, "x", admin.PolicyEdit{}); return err },
			"delete policy":  func() error { _, err := h.svc.DeletePolicy(ctx, a, "x", ""); return err },
			"fields":         func() error { _, err := h.svc.Fields(ctx, a); return err },
			"add field":      func() error { _, err := h.svc.AddField(ctx, a, member.Field{}); return err },
			"edit field":     func() error { _, err := h.svc.EditField(ctx, a, "x", nil); return err },
			"import fields":  func() error { _, err := h.svc.ImportFields(ctx, a, nil); return err },
			"delete field":   func() error { _, err := h.svc.DeleteField(ctx, a, "x", admin.FieldDeletion{}); return err },
			"filters":        func() error { _, err := h.svc.Filters(ctx, a); return err },
			"add filter":     func() error { _, err := h.svc.AddFilter(ctx, a, admin.FilterEdit{Name: &text}); return err },
			"delete filter":  func() error { return h.svc.DeleteFilter(ctx, a, "x") },
			"matches":        func() error { _, err := h.svc.Matches(ctx, a, "name pr"); return err },
			"seats":          func() error { _, err := h.svc.Seats(ctx, a); return err },
			"settings":       func() error { _, err := h.svc.Settings(ctx, a); return err },
			"set setting":    func() error { _, err := h.svc.SetSetting(ctx, a, plan.WelcomeMails, "1"); return err },
			"mappings":       func() error { _, err := h.svc.Mappings(ctx, a); return err },
			"add mapping":    func() error { return h.svc.AddMapping(ctx, a, "x", map[string]string{"x": "email"}) },
			"delete mapping": func() error { return h.svc.DeleteMapping(ctx, a, "x") },
		}
		for _, name := range slices.Sorted(maps.Keys(doors)) {
			if err := doors[name](); !errors.Is(err, problem.New(problem.ActorForbidden)) {
				t.Errorf("%s: error = %v, want %s", name, err, problem.ActorForbidden)
			}
		}
		_, err := h.svc.SetSeats(ctx, a, &five)
		h.refused(err, problem.OwnerOnly)
	})
}

// The names of brands stand in the list of policies: who may see it may see them.
func TestG6_WhoMaySeePoliciesSeesTheBrandsToChooseFrom(t *testing.T) {
	each(t, func(h *house) {
		_, err := h.svc.AddBrand(h.Context(), h.owner, member.Brand{Code: "umi", Name: "Umi"})
		h.must(err)
		brands, err := h.svc.PolicyBrands(h.Context(), h.writer("p@x.example", []string{"policies"}, nil))
		h.must(err)
		if len(brands) != 1 || brands[0].Code != "umi" {
			h.Errorf("brands = %v", brands)
		}
		_, err = h.svc.PolicyBrands(h.Context(), h.writer("other@x.example", []string{"brands"}, nil))
		h.refused(err, problem.ActorForbidden)
	})
}
