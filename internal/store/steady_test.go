package store

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sync/errgroup"

	"meibo/internal/storetest"
)

// changesSeen is how many changes a view has.
func changesSeen(t *testing.T, s *Steady, i int) (n int64) {
	t.Helper()
	err := s.View(t.Context(), i, func(db *DB) error { return one(t.Context(), db.read(), `SELECT count(*) FROM change`, nil, &n) })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A view stands still for some uses, and then goes on: others write, too.
func TestSQLite_AViewStandsStillAndThenGoesOn(t *testing.T) {
	db := opened(t, storetest.SQLite(t))
	imp, s := keptPlan(t, db, 0), db.Steady(2)
	first := changesSeen(t, s, 0)
	if err := addChanges(t, db, imp, sample(10)); err != nil {
		t.Fatal(err)
	}
	if n := changesSeen(t, s, 1); n != first+10 {
		t.Errorf("a view that begins sees %d changes of %d", n, first+10)
	}
	uses := 2
	for changesSeen(t, s, 0) == first {
		if uses++; uses > 2*steadyFor {
			t.Fatal("a view never goes on")
		}
	}
	if uses != steadyFor+1 {
		t.Errorf("a view went on at its use %d, want %d", uses, steadyFor+1)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// While a view stands still the write-ahead log cannot be used anew. With one at work all
// the time it would become as long as the plan.
func TestSQLite_TheLogOfAPlanDoesNotGrowWithIt(t *testing.T) {
	url := storetest.SQLite(t)
	db := opened(t, url)
	imp, s := keptPlan(t, db, 0), db.Steady(2)
	const n, at = 120_000, 4000
	changes := sample(at)
	var lookers errgroup.Group
	ended := make(chan struct{})
	for i := range 2 { // who look up all the time
		lookers.Go(func() error {
			for last := int64(0); ; {
				var seen int64
				err := s.View(t.Context(), i, func(db *DB) error {
					return one(t.Context(), db.read(), `SELECT coalesce(max(seq), 0) FROM change`, nil, &seen)
				})
				if err != nil || seen < last {
					return fmt.Errorf("%d changes behind %d: %w", seen, last, err)
				}
				last = seen
				select {
				case <-ended:
					return nil
				default:
				}
			}
		})
	}
	for stored := 0; stored < n; stored += at {
		for i := range changes {
			changes[i].Seq, changes[i].Ordinal = int64(stored+i+1), int64(stored+i)
		}
		if err := addChanges(t, db, imp, changes); err != nil {
			t.Fatal(err)
		}
		if err := s.Stored(t.Context(), imp.Stored()); err != nil {
			t.Fatal(err)
		}
	}
	close(ended)
	if err := lookers.Wait(); err != nil {
		t.Error(err)
	}
	log, err1 := os.Stat(db.path + "-wal")
	all, err2 := os.Stat(db.path)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	if most := all.Size() * 2 * steadyStored / n; log.Size() > most {
		t.Errorf("the log has %d bytes, the database %d; want at most %d", log.Size(), all.Size(), most)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
