package store

import (
	"testing"

	"meibo/internal/plan"
	"meibo/internal/storetest"
)

// A line is looked for near its number first; with line ends in cells it is far from it.
func TestF11_ALineIsFoundHoweverFarItIsFromItsNumber(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		db := opened(t, url)
		imp := keptPlan(t, db, 0)
		changes := sample(5000)
		for i := range changes[:3] {
			changes[i].Line = int64(i+1) * 1500 // which ends beyond nearLine
		}
		for i := range changes[3:] {
			changes[3+i].Line = int64(6000 + i)
		}
		changes[4000] = plan.Change{Seq: 4001, Line: changes[4000].Line, Action: plan.Keep, Ordinal: -1, MemberID: 7}
		if err := addChanges(t, db, imp, changes); err != nil {
			t.Fatal(err)
		}
		for _, i := range []int{0, 1, 2, 3, 2999, 4000, 4999} {
			for _, within := range []int64{0, 1_000_000} {
				cs, err := db.ChangePage(t.Context(), 1, imp.ID, ChangePage{Line: changes[i].Line, Limit: 51, Within: within})
				if err != nil || len(cs) != 1 || cs[0].Seq != changes[i].Seq {
					t.Errorf("line %d: %d changes, %v; want that of seq %d", changes[i].Line, len(cs), err, changes[i].Seq)
				}
			}
		}
		if cs, err := db.ChangePage(t.Context(), 1, imp.ID, ChangePage{Line: changes[4999].Line, Limit: 51, Within: 100}); err != nil || len(cs) != 0 {
			t.Errorf("beyond what is to be looked at: %d changes, %v", len(cs), err)
		}
		if cs, err := db.ChangePage(t.Context(), 1, imp.ID, ChangePage{Line: 5, Limit: 51}); err != nil || len(cs) != 0 {
			t.Errorf("a line that no change has: %d changes, %v", len(cs), err)
		}
	})
}
