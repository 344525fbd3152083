package store

import (
	"errors"
	"io"
	"testing"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/storetest"
)

// sample are new members of n rows with two groups each.
func sample(n int) []plan.Change {
	changes := make([]plan.Change, n)
	for i := range changes {
		changes[i] = plan.Change{Seq: int64(i + 1), Line: int64(i + 2), Action: plan.Create, Ordinal: int64(i), Mask: member.MaskOf(member.Email, member.Name, member.Fields),
			After: member.Member{Email: "sato.1@example.co.jp", LoginID: "u1", Name: "Sato Taro", Role: member.Regular, Permission: member.Write,
				Remarks: "備考", Fields: map[string]string{"dept": "部署07", "joined": "2020-04-01", "note": `a "quoted" one`}},
			Groups: []plan.GroupOp{{ID: 1, Adds: true}, {ID: 2, Adds: true}}}
	}
	return changes
}

// sealedOf are changes that are ready to be stored.
func sealedOf(t *testing.T, changes []plan.Change) *Sealed {
	t.Helper()
	var s Sealed
	if err := s.Seal(changes); err != nil {
		t.Fatal(err)
	}
	return &s
}

// addChanges stores batches of changes in one transaction.
func addChanges(t *testing.T, db *DB, imp *Import, batches ...[]plan.Change) error {
	t.Helper()
	var all []*Sealed
	for _, changes := range batches {
		all = append(all, sealedOf(t, changes))
	}
	return db.AddChanges(t.Context(), imp, all, 0)
}

// The number of allocations, not the time, tells whether a row has become slower
// to write or to read, on any machine.
func TestF11_AChangeIsWrittenWithFewAllocations(t *testing.T) {
	const rows, most = 1000, 2.1 // the text of its fields, its name folded, and now and then salts
	changes := sample(rows)
	var w sealer
	var c sealed
	n := testing.AllocsPerRun(5, func() {
		i := 0
		r := &copyReader{row: make([]cell, len(changeColumns)), next: func(row []cell) (bool, error) {
			if i == rows {
				return false, nil
			}
			i++
			err := w.seal(&c, &changes[i-1])
			c.fill(row, 1, 1)
			return true, err
		}}
		if _, err := io.Copy(io.Discard, r); err != nil || r.rows != rows || !errors.Is(r.err, io.EOF) {
			t.Fatal(r.rows, err)
		}
	})
	if n/rows > most {
		t.Errorf("%.1f allocations for each row, want at most %.1f", n/rows, most)
	}
}

func TestF11_RowsOfSQLiteAreWrittenAndSummedWithFewAllocations(t *testing.T) {
	const rows = 1000
	db, changes := opened(t, storetest.SQLite(t)), sample(rows)
	err := db.Write(t.Context(), func(tx *Tx) error {
		return tx.insertChanges(t.Context(), &Import{Org: 1, ID: 1}, sealedOf(t, changes))
	})
	if err != nil {
		t.Fatal(err)
	}
	imp := int64(1)
	written := testing.AllocsPerRun(3, func() {
		imp++
		if err := db.Write(t.Context(), func(tx *Tx) error {
			return tx.insertChanges(t.Context(), &Import{Org: 1, ID: imp}, sealedOf(t, changes))
		}); err != nil {
			t.Fatal(err)
		}
	})
	i, sum := Import{Org: 1, ID: 1}, newSummer(1, 1)
	if err := eachStored(t.Context(), db.read(), 1, 1, func(c *StoredChange) error { sum.addStored(c); return nil }, nil); err != nil {
		t.Fatal(err)
	}
	i.Sum = sum.sum()
	summed := testing.AllocsPerRun(3, func() {
		if _, err := db.verifySum(t.Context(), i, nil); err != nil {
			t.Fatal(err)
		}
	})
	for _, tt := range []struct {
		what      string
		got, most float64
	}{{"to write", written / rows, 2.2}, {"to sum", summed / rows, 9}} {
		if tt.got > tt.most {
			t.Errorf("%.1f allocations %s each row, want at most %.1f", tt.got, tt.what, tt.most)
		}
	}
}
