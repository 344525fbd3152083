package store

import (
	"bytes"
	"testing"

	"meibo/internal/plan"
	"meibo/internal/storetest"
)

// A plan is summed while it is stored. Whatever else was done to it meanwhile, the sum is
// that of what is in the database.
func TestM8_TheSumOfAPlanIsThatOfWhatIsStored(t *testing.T) {
	const n = 700 // sealed in more than one go
	for _, tt := range []struct {
		what string
		do   func(t *testing.T, db *DB, imp *Import) error
	}{
		{"nothing else", func(*testing.T, *DB, *Import) error { return nil }},
		{"a change is rewritten", func(t *testing.T, db *DB, imp *Import) error {
			return db.Rewrite(t.Context(), imp, []int64{3}, func(c *plan.Change) { c.Fail() })
		}},
		{"changes are removed", func(t *testing.T, db *DB, imp *Import) error { return db.RemoveChanges(t.Context(), imp, n-1) }},
		{"kept rows get changes of their own", func(t *testing.T, db *DB, imp *Import) error {
			var some plan.IDSet
			some.Add(5)
			return db.UnpackKeeps(t.Context(), imp, some)
		}},
		{"changes come later that stand before", func(t *testing.T, db *DB, imp *Import) error {
			return db.AddChanges(t.Context(), imp, sample(1), 0)
		}},
	} {
		storetest.Each(t, func(t *testing.T, url string) {
			db := opened(t, url)
			imp := keptPlan(t, db, 0)
			changes := sample(n)[1:]
			for i := range changes {
				if i%3 == 1 {
					changes[i] = plan.Change{Seq: int64(i + 2), Line: int64(i + 3), Action: plan.Keep, Ordinal: -1, MemberID: int64(4 + i%5)}
				}
			}
			for _, part := range [][]plan.Change{changes[:n/2], changes[n/2:]} {
				if err := db.AddChanges(t.Context(), imp, part, 0); err != nil {
					t.Fatal(err)
				}
			}
			if err := tt.do(t, db, imp); err != nil {
				t.Fatal(err)
			}
			stored, err := db.Sum(t.Context(), &Import{Org: imp.Org, ID: imp.ID})
			if err != nil {
				t.Fatal(err)
			}
			if imp.Sum, err = db.Sum(t.Context(), imp); err != nil || !bytes.Equal(imp.Sum, stored) {
				t.Errorf("%s: the sum is not that of what is stored (%v)", tt.what, err)
			}
			if err := db.verifySum(t.Context(), *imp); err != nil {
				t.Errorf("%s: %v", tt.what, err)
			}
		})
	}
}
