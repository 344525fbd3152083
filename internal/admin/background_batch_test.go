package admin_test

import (
	"testing"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// One edit of more members than are planned at once is planned and applied in the
// background, of those who are meant when it is planned; few are planned at once.
func TestA4_ABatchOfManyMembersIsPlannedInTheBackground(t *testing.T) {
	each(t, func(h *house) {
		h.apply("email,name,remarks\nann@x.example,Ann,a\nbob@x.example,Bob,a\ncy@x.example,Cy,b\n", plan.Options{})
		h.setting(plan.BackgroundRows, "2")
		author := h.asOwner()
		forbid := admin.Edit{Attributes: map[member.Attribute]string{member.LoginAllowed: "0"}}
		few, err := h.svc.SendBatch(h.Context(), author, admin.Which{Expression: `remarks eq "b"`}, "", forbid)
		if err != nil || few.State != store.Planned {
			h.Fatalf("one member: %s, %v", few.State, err)
		}
		wrong := admin.Edit{Attributes: map[member.Attribute]string{member.Groups: "+Nowhere"}}
		h.setting(plan.BackgroundRows, "1")
		author = h.asOwner()
		if _, err := h.svc.SendBatch(h.Context(), author, admin.Which{Expression: `remarks eq "zzz"`}, "", forbid); h.codeOf(err) != problem.MembersNone {
			h.Errorf("nobody: %v", err)
		}
		imp, err := h.svc.SendBatch(h.Context(), author, admin.Which{Expression: `remarks eq "a"`}, "", forbid)
		if err != nil || imp.State != store.Planning {
			h.Fatalf("many: %s, %v", imp.State, err)
		}
		w := h.work(admin.Workers{})
		planned := w.await(imp.ID, store.Planned)
		if got := counts(planned); got != [6]int64{0, 0, 2, 0, 0, 0} || planned.Rows != 2 || planned.Kind != store.EditImport {
			h.Errorf("planned: %v, %d rows, %s", got, planned.Rows, planned.Kind)
		}
		bad, err := h.svc.SendBatch(h.Context(), author, admin.Which{Expression: `remarks eq "a"`}, "", wrong)
		if err != nil {
			h.Fatal(err)
		}
		if got := counts(w.await(bad.ID, store.Rejected)); got[5] != 2 {
			h.Errorf("a group that is not there: %v", got)
		}
		h.submitApply(planned)
		w.await(imp.ID, store.Applied)
		for _, m := range h.members() {
			if m.Remarks == "a" && m.LoginAllowed || m.Remarks == "b" && !m.LoginAllowed {
				h.Errorf("%s may sign in: %v", m.Name, m.LoginAllowed)
			}
		}
		h.verify()
	})
}
