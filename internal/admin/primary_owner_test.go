package admin_test

import (
	"testing"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// onePrimaryOwner holds M3, by what is stored and by what verify says.
func (h *house) onePrimaryOwner(after string, id int64) {
	h.Helper()
	var primary []int64
	for _, m := range h.members() {
		if m.Role == member.PrimaryOwner {
			primary = append(primary, m.ID)
		}
	}
	if len(primary) != 1 || primary[0] != id {
		h.Errorf("%s: primary owners are %v, want %d", after, primary, id)
	}
	if v, err := h.svc.Verify(h.Context(), h.owner); err != nil || len(v.Findings) > 0 {
		h.Errorf("%s: verify finds %+v, %v", after, v.Findings, err)
	}
}

func TestM3_ThereIsOnePrimaryOwnerWhateverIsTried(t *testing.T) {
	each(t, func(h *house) {
		h.onePrimaryOwner("set up", 1)
		id := h.apply("email,name,system_role,system_permission\nboss@x.example,Boss,owner,admin\n", plan.Options{}).FirstMember
		edit := func(e admin.Edit) func() error {
			return func() error { _, err := h.svc.Edit(h.Context(), h.owner, []admin.Edit{e}); return err }
		}
		role := func(id int64, role string) admin.Edit {
			return admin.Edit{MemberID: id, Attributes: map[member.Attribute]string{member.SystemRole: role}}
		}
		file := func(text string, o plan.Options) func() error {
			return func() error {
				imp := h.plan(text, o)
				if imp.State != store.Rejected {
					h.Errorf("%q is %s", text, imp.State)
				}
				_, err := h.svc.Apply(h.Context(), h.owner, imp.ID, admin.ApplyOptions{})
				return err
			}
		}
		for name, try := range map[string]struct {
			do   func() error
			want problem.Code
		}{
			"an edit takes the role away":    {edit(role(1, "owner")), problem.PrimaryOwnerNone},
			"an edit gives it to another":    {edit(role(id, "primary_owner")), problem.PrimaryOwnerMany},
			"an edit deletes them":           {edit(admin.Edit{MemberID: 1, Delete: true}), problem.DeletePrimaryOwner},
			"an edit makes a second one":     {edit(admin.Edit{Attributes: map[member.Attribute]string{member.Email: "n@x.example", member.Name: "N", member.SystemRole: "primary_owner"}}), problem.PrimaryOwnerMany},
			"a file takes the role away":     {file("member_id,system_role\n1,owner\n", plan.Options{}), problem.PlanRejected},
			"a file makes a second one":      {file("member_id,system_role\n2,primary_owner\n", plan.Options{}), problem.PlanRejected},
			"a file deletes them":            {file("member_id,delete\n1,1\n", plan.Options{}), problem.PlanRejected},
			"a full sync without them":       {func() error { h.apply("member_id,name\n2,Boss\n", plan.Options{Sync: true}); return nil }, ""},
			"an invitation to be the second": {file("email,system_role\nn@x.example,primary_owner\n", plan.Options{New: "invite"}), problem.PlanRejected},
			"erasing them":                   {func() error { return h.svc.Erase(h.Context(), h.owner, 1) }, problem.DeletePrimaryOwner},
		} {
			if err := try.do(); h.codeOf(err) != try.want {
				h.Errorf("%s: %v, want %s", name, err, try.want)
			}
			h.onePrimaryOwner(name, 1)
		}
	})
}

func TestM3_ThePrimaryOwnerIsHandedOverAndBack(t *testing.T) {
	each(t, func(h *house) {
		id := h.apply("email,name,system_role,system_permission\nboss@x.example,Boss,owner,admin\n", plan.Options{}).FirstMember
		done := h.apply("member_id,system_role\n1,owner\n2,primary_owner\n", plan.Options{})
		h.onePrimaryOwner("handed over", id)
		h.undo(done)
		h.onePrimaryOwner("undone", 1)
	})
}

// TestM3_TwoHandoversLeaveOne applies two plans that were both right when
// they were made.
func TestM3_TwoHandoversLeaveOne(t *testing.T) {
	each(t, func(h *house) {
		h.apply("email,name,system_role,system_permission\nann@x.example,Ann,owner,admin\nbob@x.example,Bob,owner,admin\n", plan.Options{})
		first := h.plan("member_id,system_role\n1,owner\n2,primary_owner\n", plan.Options{})
		second := h.plan("member_id,system_role\n1,owner\n3,primary_owner\n", plan.Options{})
		h.do(first)
		accept := map[string]int64{plan.OwnersBrake: 10}
		if _, err := h.svc.Apply(h.Context(), h.owner, second.ID, admin.ApplyOptions{Accept: accept}); h.codeOf(err) != problem.PlanStale {
			h.Errorf("the second: %v", err)
		}
		h.onePrimaryOwner("both", 2)
	})
}
