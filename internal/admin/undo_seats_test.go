package admin_test

import (
	"testing"

	"meibo/internal/plan"
	"meibo/internal/problem"
)

func TestA6_AnUndoLeavesOutWhoHasNoSeatAndGoesOn(t *testing.T) {
	each(t, func(h *house) {
		h.apply("login_id,name\na,A\nb,B\nc,C\n", plan.Options{})
		gone := h.apply("member_id,name,delete\n2,,1\n3,,1\n4,Cc,\n", plan.Options{})
		three := int64(3)
		if _, err := h.svc.SetSeats(h.Context(), h.owner, &three); err != nil {
			t.Fatal(err)
		}
		actor, err := h.svc.Operator(h.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		h.owner = actor
		undo, err := h.svc.PlanUndo(h.Context(), h.owner, gone.ID, plan.Options{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := counts(undo); got != [6]int64{1, 0, 1, 0, 0, 1} {
			t.Fatalf("counts = %v", got)
		}
		found, err := h.svc.Problems(h.Context(), h.owner, undo, 10)
		if err != nil || len(found.Problems) != 1 || found.Problems[0].Code != problem.SeatsMissing {
			t.Fatalf("problems = %v, %v", found.Problems, err)
		}
		h.do(undo)
	})
}
