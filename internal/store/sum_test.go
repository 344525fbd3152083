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
			if alone := tt.what == "nothing else"; imp.written.spoilt == alone {
				t.Errorf("%s: the sum that was made while storing is taken: %v", tt.what, !imp.written.spoilt)
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

// Rows of a plan are committed before they are on the disk. A server that breaks down and
// comes back may have lost the last of them, which must not end in a smaller plan.
func TestA2_APlanWhoseLastRowsAreLostIsNotGoneOnWith(t *testing.T) {
	db := opened(t, storetest.Postgres(t))
	for _, lost := range []string{`DELETE FROM change WHERE seq = 3`, `DELETE FROM keep_run WHERE last_seq = 4`} {
		imp := keptPlan(t, db, 0)
		rows := sample(3)
		if lost[12:16] == "keep" {
			rows = append(rows, plan.Change{Seq: 4, Line: 5, Action: plan.Keep, Ordinal: -1, MemberID: 7})
		}
		if err := db.AddChanges(t.Context(), imp, rows, 0); err != nil {
			t.Fatal(err)
		}
		if err := db.Write(t.Context(), func(tx *Tx) error { return tx.lastIsThere(t.Context(), imp) }); err != nil {
			t.Fatal(err)
		}
		if err := db.Write(t.Context(), func(tx *Tx) error { _, err := tx.exec(t.Context(), lost); return err }); err != nil {
			t.Fatal(err)
		}
		more := sample(9)[8:]
		for what, err := range map[string]error{
			"more rows":    db.AddChanges(t.Context(), imp, more, 0),
			"rewriting":    db.Rewrite(t.Context(), imp, []int64{1}, func(*plan.Change) {}),
			"ending it":    db.SaveImport(t.Context(), imp, nil),
			"ending it so": db.Write(t.Context(), func(tx *Tx) error { return tx.mine(t.Context(), imp) }),
		} {
			if err == nil {
				t.Errorf("%s after %s: no error", what, lost)
			}
		}
		if err := db.RemoveChanges(t.Context(), imp, 0); err != nil {
			t.Error(err)
		}
		if err := db.SaveImport(t.Context(), imp, nil); err != nil {
			t.Errorf("a plan that was given up cannot be ended: %v", err)
		}
	}
}
