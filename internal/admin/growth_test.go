package admin_test

import (
	"testing"
	"time"

	"meibo/internal/plan"
)

// The number of members over time is what applied imports did, counted back from
// now: what was undone, and invitations, are no members.
func TestMembersOverTimeAreCountedBackFromWhatWasApplied(t *testing.T) {
	each(t, func(h *house) {
		gone := h.apply("email,name\nann@x.example,Ann\nbob@x.example,Bob\n", plan.Options{})
		h.apply("email\ncy@x.example\n", plan.Options{New: "invite"})
		*h.now = h.now.AddDate(0, 2, 0)
		h.apply("email,delete\nann@x.example,1\n", plan.Options{Match: []string{"email"}})
		*h.now = h.now.AddDate(0, 1, 0)
		seen := func(want ...int64) {
			h.Helper()
			points, err := h.svc.Growth(h.Context(), h.owner)
			if err != nil || len(points) != 13 {
				h.Fatalf("%d points, %v", len(points), err)
			}
			last := points[12].At
			if first := time.Date(last.Year(), last.Month(), 1, 0, 0, 0, 0, last.Location()).AddDate(0, -11, 0); !points[0].At.Equal(first) || points[0].N != 0 {
				h.Errorf("the first point is %+v, want none on %s", points[0], first)
			}
			for i, n := range want {
				if got := points[13-len(want)+i]; got.N != n {
					h.Errorf("%s: %d members, want %d", got.At, got.N, n)
				}
			}
		}
		seen(0, 3, 3, 2, 2) // at the beginning of the last four months, and now
		h.undo(gone)
		seen(3, 2, int64(len(h.members())))
	})
}
