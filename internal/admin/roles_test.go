package admin_test

import (
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

func (h *house) role(code string) member.CodedRole {
	h.Helper()
	r, err := h.svc.AddRole(h.Context(), h.owner, member.CodedRole{Code: code, Name: code})
	h.must(err)
	return r
}

// brands adds brands of these codes.
func (h *house) brands(codes ...string) {
	h.Helper()
	for _, code := range codes {
		_, err := h.svc.AddBrand(h.Context(), h.owner, member.Brand{Code: code, Name: code})
		h.must(err)
	}
}

func (h *house) policy(code string, brands ...string) {
	h.Helper()
	_, err := h.svc.AddPolicy(h.Context(), h.owner, admin.PolicyEdit{Code: &code, Name: &code, Brands: brands})
	h.must(err)
}

// offer invites an address with a policy and a role.
func (h *house) offer(address, policy, role string) {
	h.Helper()
	imp := h.apply("email,system_role,system_permission,brand_policy,role\n"+address+",member,write,"+policy+","+role+"\n", plan.Options{Layout: plan.InviteSheet})
	if got := counts(imp); got[1] != 1 {
		h.Fatalf("counts = %v", got)
	}
}

func TestG5_ThereAreAtMostAsManyRolesAsTheSettingSays(t *testing.T) {
	each(t, func(h *house) {
		var group sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			group.Go(func() {
				_, errs[i] = h.svc.AddRole(t.Context(), h.owner, member.CodedRole{Code: "r" + strconv.Itoa(i), Name: "R"})
			})
		}
		group.Wait()
		refused := 0
		for _, err := range errs {
			if err != nil {
				h.refused(err, problem.RolesTooMany)
				refused++
			}
		}
		if refused != 3 {
			t.Errorf("%d of 8 roles were refused at once, want 3", refused)
		}
		_, err := h.svc.SetSetting(t.Context(), h.owner, plan.RolesMax, "6")
		h.must(err)
		h.role("six")
	})
}

func TestG5_CodesOfRolesAreUniqueWhoeverComesFirst(t *testing.T) {
	each(t, func(h *house) {
		var group sync.WaitGroup
		errs := make([]error, 4)
		for i := range errs {
			group.Go(func() { _, errs[i] = h.svc.AddRole(t.Context(), h.owner, member.CodedRole{Code: "same", Name: "R"}) })
		}
		group.Wait()
		added := 0
		for _, err := range errs {
			if err == nil {
				added++
			} else {
				h.refused(err, problem.CodeTaken)
			}
		}
		if added != 1 {
			t.Errorf("the same code was taken %d times", added)
		}
		_, err := h.svc.AddRole(t.Context(), h.owner, member.CodedRole{Code: "-x", Name: "R"})
		h.refused(err, problem.CodeInvalid)
		_, err = h.svc.AddRole(t.Context(), h.owner, member.CodedRole{Code: "x", Name: " "})
		h.refused(err, problem.TitleInvalid)
	})
}

func TestG5_WithoutARoleTheDefaultAccessApplies(t *testing.T) {
	each(t, func(h *house) {
		h.apply("email,name\nw@x.example,W\n", plan.Options{Match: []string{"email"}})
		_, err := h.svc.Groups(t.Context(), h.as("w@x.example"))
		h.refused(err, problem.ActorForbidden)
		_, err = h.svc.SetDefaultAccess(t.Context(), h.owner, func(member.Access) (member.Access, error) {
			return member.ParseAccess([]string{"groups"}, nil)
		})
		h.must(err)
		a := h.fresh("w@x.example")
		_, err = h.svc.Groups(t.Context(), a)
		h.must(err)
		_, err = h.svc.AddGroup(t.Context(), a, member.Group{Name: "A"})
		h.refused(err, problem.ActorForbidden)
	})
}

// fresh is a member as an actor who came after the organisation changed.
func (h *house) fresh(address string) admin.Actor {
	h.Helper()
	operator, err := h.svc.Operator(h.Context(), "")
	h.must(err)
	a, err := h.svc.As(h.Context(), operator, address)
	h.must(err)
	return a
}

func TestG7_NobodyGivesRightsThatTheyDoNotHave(t *testing.T) {
	each(t, func(h *house) {
		a := h.writer("w@x.example", []string{"members"}, []string{"roles"})
		all, err := h.svc.Roles(t.Context(), a)
		h.must(err)
		full := func(member.Access) (member.Access, error) { return member.FullAccess, nil }
		_, err = h.svc.EditRole(t.Context(), a, all[0].Code, admin.RoleEdit{Access: full})
		h.refused(err, problem.RightsNotYours)
		_, err = h.svc.AddRole(t.Context(), a, member.CodedRole{Code: "x", Name: "X", Access: member.FullAccess})
		h.refused(err, problem.RightsNotYours)
		_, err = h.svc.SetDefaultAccess(t.Context(), a, full)
		h.refused(err, problem.RightsNotYours)
		less, err := member.ParseAccess([]string{"members"}, nil)
		h.must(err)
		_, err = h.svc.AddRole(t.Context(), a, member.CodedRole{Code: "x", Name: "X", Access: less})
		h.must(err)
		// Nor does a role that goes give another one to its members.
		_, err = h.svc.DeleteRole(t.Context(), a, all[0].Code, "x")
		h.refused(err, problem.ActorForbidden)
	})
}

func TestG6_ARoleInUseIsRefusedWithTheNumbersOrMovesToAnotherOne(t *testing.T) {
	each(t, func(h *house) {
		h.role("old")
		h.role("new")
		h.crowd(2001, "role", "old")
		h.offer("i@x.example", "", "old")
		_, err := h.svc.DeleteRole(t.Context(), h.owner, "old", "")
		if values := h.refused(err, problem.InUse); values["members"] != "2001" || values["invitations"] != "1" {
			t.Errorf("values = %v", values)
		}
		_, err = h.svc.DeleteRole(t.Context(), h.owner, "old", "old")
		h.refused(err, problem.RoleUnknown)
		imp, err := h.svc.DeleteRole(t.Context(), h.owner, "old", "new")
		h.must(err)
		if got := counts(imp); got != [6]int64{0, 0, 2001, 0, 0, 0} || imp.Kind != store.EditImport {
			t.Errorf("counts = %v", got)
		}
		all, err := h.svc.Roles(t.Context(), h.owner)
		h.must(err)
		if len(all) != 1 || all[0].Code != "new" || all[0].Use != (store.Use{Members: 2001, Invitations: 1}) {
			t.Errorf("roles = %+v", all)
		}
	})
}

func TestG6_APolicyInUseMovesItsMembersAndInvitationsAndNobodyReachesAllBrands(t *testing.T) {
	each(t, func(h *house) {
		h.brands("n", "s")
		h.policy("old", "n")
		h.policy("new", "s", "n", "s")
		h.crowd(3, "brand_policy", "old")
		h.offer("i@x.example", "old", "")
		h.offer("late@x.example", "old", "")
		_, err := h.svc.DeletePolicy(t.Context(), h.owner, "old", "")
		if values := h.refused(err, problem.InUse); values["members"] != "3" || values["invitations"] != "2" {
			t.Errorf("values = %v", values)
		}
		_, err = h.svc.DeletePolicy(t.Context(), h.owner, "old", "none")
		h.refused(err, problem.PolicyUnknown)
		imp, err := h.svc.DeletePolicy(t.Context(), h.owner, "old", "new")
		h.must(err)
		if got := counts(imp); got != [6]int64{0, 0, 3, 0, 0, 0} || len(imp.Outcome.Brakes) > 0 {
			t.Errorf("counts = %v, brakes = %v", got, imp.Outcome.Brakes)
		}
		p, err := h.svc.Policy(t.Context(), h.owner, "new")
		h.must(err)
		if p.Use != (store.Use{Members: 3, Invitations: 2}) || !slices.Equal(p.Brands, []string{"n", "s"}) {
			t.Errorf("policy = %+v", p)
		}
		// An undo cannot give back a policy that is gone.
		undo, err := h.svc.PlanUndo(t.Context(), h.owner, imp.ID, plan.Options{}, nil)
		h.must(err)
		if got := counts(undo); got[5] != 3 {
			t.Errorf("undo counts = %v", got)
		}
	})
}

func TestG6_AnExpiredInvitationKeepsNoRole(t *testing.T) {
	each(t, func(h *house) {
		h.role("old")
		h.offer("i@x.example", "", "old")
		*h.now = h.now.Add(8 * 24 * time.Hour)
		_, err := h.svc.DeleteRole(t.Context(), h.owner, "old", "")
		h.must(err)
	})
}

func TestG6_APolicyHasAtLeastOneBrand(t *testing.T) {
	each(t, func(h *house) {
		h.brands("n", "s")
		code := "p"
		_, err := h.svc.AddPolicy(t.Context(), h.owner, admin.PolicyEdit{Code: &code, Name: &code})
		h.refused(err, problem.BrandsRequired)
		_, err = h.svc.AddPolicy(t.Context(), h.owner, admin.PolicyEdit{Code: &code, Name: &code, Brands: []string{"x"}})
		h.refused(err, problem.BrandUnknown)
		h.policy("both", "n", "s")
		h.policy("north", "n")
		_, err = h.svc.EditPolicy(t.Context(), h.owner, "both", admin.PolicyEdit{Brands: []string{}})
		h.refused(err, problem.BrandsRequired)
		if values := h.refused(h.svc.DeleteBrand(t.Context(), h.owner, "n"), problem.BrandLast); values["policies"] != "north" {
			t.Errorf("values = %v", values)
		}
		h.must(h.svc.DeleteBrand(t.Context(), h.owner, "s"))
		p, err := h.svc.Policy(t.Context(), h.owner, "both")
		h.must(err)
		if !slices.Equal(p.Brands, []string{"n"}) {
			t.Errorf("brands = %v", p.Brands)
		}
		h.refused(h.svc.DeleteBrand(t.Context(), h.owner, "n"), problem.BrandLast)
		h.refused(h.svc.DeleteBrand(t.Context(), h.owner, "s"), problem.BrandUnknown)
	})
}

func TestG6_WhatIsNotAskedForStaysInAnEdit(t *testing.T) {
	each(t, func(h *house) {
		h.brands("n", "s")
		h.policy("p", "n", "s")
		name, text := "Northern", "線の\r\n上"
		_, err := h.svc.EditPolicy(t.Context(), h.owner, "p", admin.PolicyEdit{Name: &name, Description: &text})
		h.must(err)
		p, err := h.svc.Policy(t.Context(), h.owner, "p")
		h.must(err)
		if p.Name != name || p.Description != "線の\n上" || !slices.Equal(p.Brands, []string{"n", "s"}) {
			t.Errorf("policy = %+v", p)
		}
		h.policy("q", "n")
		code := "q"
		_, err = h.svc.EditPolicy(t.Context(), h.owner, "p", admin.PolicyEdit{Code: &code})
		h.refused(err, problem.CodeTaken)
		_, err = h.svc.EditBrand(t.Context(), h.owner, "n", admin.BrandEdit{Code: &code})
		h.must(err)
		if p, err = h.svc.Policy(t.Context(), h.owner, "p"); err != nil || !slices.Equal(p.Brands, []string{"q", "s"}) {
			t.Errorf("brands = %v, %v", p.Brands, err)
		}
	})
}

// registered invites somebody with a policy and registers them without it, which
// closes the invitation.
func (h *house) registered() store.Import {
	h.Helper()
	h.brands("n")
	h.policy("p", "n")
	h.offer("i@x.example", "p", "")
	return h.apply("email,name\ni@x.example,I\n", plan.Options{Match: []string{"email"}})
}

func TestG6_AnUndoDoesNotReopenAnInvitationWhosePolicyIsGone(t *testing.T) {
	each(t, func(h *house) {
		imp := h.registered()
		_, err := h.svc.DeletePolicy(t.Context(), h.owner, "p", "")
		h.must(err)
		undone := h.undo(imp)
		if got := counts(undone); got != [6]int64{0, 0, 0, 1, 0, 0} {
			t.Errorf("counts = %v", got)
		}
		if now, err := h.svc.Seats(t.Context(), h.owner); err != nil || now.Used != 1 {
			t.Errorf("seats = %+v, %v, want the owner's alone", now, err)
		}
	})
}

func TestA3_AnUndoThatReopensAnInvitationIsStaleWhenItsPolicyWent(t *testing.T) {
	each(t, func(h *house) {
		imp := h.registered()
		undo, err := h.svc.PlanUndo(t.Context(), h.owner, imp.ID, plan.Options{}, nil)
		h.must(err)
		_, err = h.svc.DeletePolicy(t.Context(), h.owner, "p", "")
		h.must(err)
		_, err = h.svc.Apply(t.Context(), h.owner, undo.ID, accepted(undo))
		if values := h.refused(err, problem.PlanStale); values["what"] != "policy" {
			t.Errorf("values = %v", values)
		}
	})
}

func TestA6_AnUndoReopensTheInvitationThatTheImportClosed(t *testing.T) {
	each(t, func(h *house) {
		h.undo(h.registered())
		p, err := h.svc.Policy(t.Context(), h.owner, "p")
		h.must(err)
		if p.Use != (store.Use{Invitations: 1}) {
			t.Errorf("use = %+v", p.Use)
		}
	})
}

func TestG6_OnlyWhoHasTheVeryRoleOrPolicyIsMovedNotThoseOfACodeInAnotherCase(t *testing.T) {
	each(t, func(h *house) {
		h.brands("n")
		for _, code := range []string{"Staff", "STAFF", "other"} {
			h.role(code)
			h.policy(code, "n")
		}
		h.apply("email,name,role,brand_policy\na@x.example,A,Staff,Staff\nb@x.example,B,STAFF,STAFF\n", plan.Options{Match: []string{"email"}})
		imp, err := h.svc.DeleteRole(t.Context(), h.owner, "Staff", "other")
		h.must(err)
		if got := counts(imp); got != [6]int64{0, 0, 1, 0, 0, 0} {
			t.Errorf("role: counts = %v", got)
		}
		imp, err = h.svc.DeletePolicy(t.Context(), h.owner, "Staff", "other")
		h.must(err)
		if got := counts(imp); got != [6]int64{0, 0, 1, 0, 0, 0} {
			t.Errorf("policy: counts = %v", got)
		}
		roles, err := h.svc.Roles(t.Context(), h.owner)
		h.must(err)
		for _, r := range roles {
			if r.Use.Members != 1 {
				t.Errorf("role %s: %d members, want 1", r.Code, r.Use.Members)
			}
		}
	})
}
