package admin_test

import (
	"testing"

	"meibo/internal/plan"
)

func TestA6_AnUndoOfAnUndoPutsTheImportBack(t *testing.T) {
	each(t, func(h *house) {
		first := h.apply("login_id,email,name\nann,ann@x.example,アン\nbob,bob@x.example,Bob\n", plan.Options{})
		if got := counts(first); got != [6]int64{2, 0, 0, 0, 0, 0} {
			t.Fatalf("counts = %v", got)
		}
		second := h.apply("email,login_id,name,delete\nann@x.example,,アン子,\nbob@x.example,,,1\nnew@x.example,new,New,\nBad,x,y,\n",
			plan.Options{Match: []string{"email"}})
		if got := counts(second); got != [6]int64{1, 0, 1, 1, 0, 1} {
			t.Fatalf("counts = %v", got)
		}
		back := h.undo(second)
		if got := counts(back); got != [6]int64{1, 0, 1, 1, 0, 0} {
			t.Fatalf("undo counts = %v", got)
		}
		again := h.undo(back)
		if got := counts(again); got != [6]int64{1, 0, 1, 1, 0, 0} {
			t.Fatalf("undo of undo counts = %v", got)
		}
		swap := h.apply("member_id,email\n2,new@x.example\n4,ann@x.example\n", plan.Options{})
		if got := counts(swap); got != [6]int64{0, 0, 2, 0, 0, 0} {
			t.Fatalf("swap counts = %v", got)
		}
		same := h.plan("member_id,email\n2,new@x.example\n4,ann@x.example\n", plan.Options{})
		if got := counts(same); got != [6]int64{0, 0, 0, 0, 2, 0} {
			t.Fatalf("keep counts = %v", got)
		}
	})
}
