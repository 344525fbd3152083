package store

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/storetest"
)

// rosterPlan stores a plan that is ready to be applied in an organisation of its own: n
// new members, the first of whom is the primary owner; twice gives the last one the
// address of the one before.
func rosterPlan(t *testing.T, db *DB, n int64, twice bool) Import {
	t.Helper()
	o := Organisation{Code: fmt.Sprintf("o%d", n), Name: "O", Zone: time.UTC}
	if err := db.Write(t.Context(), func(tx *Tx) error { return tx.NewOrganisation(t.Context(), &o, 1) }); err != nil {
		t.Fatal(err)
	}
	changes := make([]plan.Change, n)
	for i := range changes {
		k := i
		if twice && i == int(n)-1 {
			k--
		}
		changes[i] = plan.Change{Seq: int64(i + 1), Line: int64(i + 2), Action: plan.Create, Ordinal: int64(i), Mask: member.MaskOf(member.Email),
			After: member.Member{Email: fmt.Sprintf("u%d@x.example", k), Role: member.Regular, Permission: member.Write, LoginAllowed: true}}
	}
	changes[0].After.Role = member.PrimaryOwner
	return readyPlan(t, db, Import{Org: o.ID, Kind: FileImport, State: Planning, Layout: plan.Register, Creates: n}, changes)
}

// readyPlan stores a plan with its changes, ready to be applied.
func readyPlan(t *testing.T, db *DB, imp Import, changes []plan.Change) Import {
	t.Helper()
	if err := db.StartImport(t.Context(), &imp); err != nil {
		t.Fatal(err)
	}
	if err := addChanges(t, db, &imp, changes); err != nil {
		t.Fatal(err)
	}
	sum, err := db.Complete(t.Context(), &imp)
	imp.State, imp.Sum, imp.Rows = Planned, sum, int64(len(changes))
	if err := errors.Join(err, db.SaveImport(t.Context(), &imp, nil)); err != nil {
		t.Fatal(err)
	}
	return imp
}

// indexesOf are all indexes of members and memberships, with how they are made and
// what SQLite's planner expects of them.
func indexesOf(t *testing.T, db *DB) map[string]string {
	t.Helper()
	query := `SELECT name, sql || coalesce((SELECT group_concat(stat) FROM sqlite_stat1 WHERE idx = name), '') FROM sqlite_schema
		WHERE type = 'index' AND tbl_name IN ('member', 'membership') AND sql IS NOT NULL`
	if db.dialect == postgres {
		query = `SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN ('member', 'membership')`
	}
	found := map[string]string{}
	err := each(t.Context(), db.read(), query, nil, func(scan func(...any) error) error {
		var name, sql string
		err := scan(&name, &sql)
		found[name] = sql
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestA2_IndexesAreAsTheyWereAfterManyNewMembersAndAfterWhatFails(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		db := opened(t, url)
		before := indexesOf(t, db)
		applied := func(i Import) (statements int64) {
			t.Helper()
			statements = db.Statements()
			if _, err := db.Apply(t.Context(), ApplyRequest{Org: i.Org, Import: i.ID, Now: 1}); err != nil {
				t.Fatal(err)
			}
			return db.Statements() - statements
		}
		few, good := rosterPlan(t, db, rebuildFrom-1, false), rosterPlan(t, db, rebuildFrom, false)
		if n, more := applied(few), applied(good); (more > n+4) != (db.dialect == sqlite) {
			t.Errorf("%d statements for few members and %d for many: indexes are made anew on SQLite, and only where there are many", n, more)
		}
		if diff := cmp.Diff(before, indexesOf(t, db)); diff != "" {
			t.Errorf("indexes after applying (-before +after):\n%s", diff)
		}
		found, err := db.MembersByKey(t.Context(), good.Org, member.Email, []string{"u0@x.example", fmt.Sprintf("u%d@x.example", rebuildFrom-1), "nobody@x.example"})
		if err != nil || len(found) != 2 {
			t.Errorf("found by address: %d, %v; want 2", len(found), err)
		}

		// A plan that nobody judged as a whole: an address is in it twice.
		bad := rosterPlan(t, db, 2*rebuildFrom, true)
		_, err = db.Apply(t.Context(), ApplyRequest{Org: bad.Org, Import: bad.ID, Now: 1})
		if p := (problem.Problem{}); !errors.As(err, &p) || p.Code != problem.PlanStale || p.Values["what"] != "address" {
			t.Errorf("an address that is there twice: %v, want a stale plan", err)
		}
		if diff := cmp.Diff(before, indexesOf(t, db)); diff != "" {
			t.Errorf("indexes after a failure (-before +after):\n%s", diff)
		}
		if n, err := db.CountMembers(t.Context(), bad.Org); err != nil || n != 0 {
			t.Errorf("members after a failure: %d, %v; want 0", n, err)
		}
	})
}
