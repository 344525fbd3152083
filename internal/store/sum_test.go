package store

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

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
			return addChanges(t, db, imp, sample(1))
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
			if err := errors.Join(addChanges(t, db, imp, changes[:n/3], changes[n/3:n/2]), addChanges(t, db, imp, changes[n/2:])); err != nil {
				t.Fatal(err)
			}
			if err := tt.do(t, db, imp); err != nil {
				t.Fatal(err)
			}
			alone := tt.what == "nothing else"
			if imp.written.spoilt == alone {
				t.Errorf("%s: what was made while storing is taken: %v", tt.what, !imp.written.spoilt)
			}
			sum, err := db.Complete(t.Context(), imp)
			if err != nil {
				t.Fatal(err)
			}
			blocks, again := blocksOf(t, db, imp.ID), *imp
			again.written = nil
			stored, err := db.Complete(t.Context(), &again)
			if imp.Sum = sum; err != nil || !bytes.Equal(sum, stored) {
				t.Errorf("%s: the sum is not that of what is stored (%v)", tt.what, err)
			}
			if diff := cmp.Diff(blocksOf(t, db, imp.ID), blocks); diff != "" {
				t.Errorf("%s: blocks that were made while storing (+) and of what is stored (-):\n%s", tt.what, diff)
			}
			want, err := expectedOf(t.Context(), db.read(), imp.Org, imp.ID)
			if counted, err2 := db.verifySum(t.Context(), *imp, nil); errors.Join(err, err2) != nil || counted != want {
				t.Errorf("%s: %v, counted %+v, expected %+v", tt.what, errors.Join(err, err2), counted, want)
			}
		})
	}
}

// blocksOf are the blocks of an import, in their order.
func blocksOf(t *testing.T, db *DB, imp int64) (all []string) {
	t.Helper()
	err := each(t.Context(), db.read(), `SELECT block, actions, counts, keys FROM change_block WHERE import_id = $1 ORDER BY block`, []any{imp}, func(scan func(...any) error) error {
		var n, actions int64
		var counts, keys string
		err := scan(&n, &actions, &counts, &keys)
		all = append(all, fmt.Sprintf("%d %b %s %q", n, actions, counts, keys))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
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
		if err := addChanges(t, db, imp, rows); err != nil {
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
			"more rows":    addChanges(t, db, imp, more),
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
