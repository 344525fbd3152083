package store

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/storetest"
)

// A leaver is a member whom a plan deletes, at the version at which it saw them.
type leaver struct{ id, version int64 }

// leaving stores a plan that deletes members, in any order, whose groups are 1 and 2.
func leaving(t *testing.T, db *DB, org int64, members ...leaver) Import {
	t.Helper()
	rand.New(rand.NewPCG(3, 4)).Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	changes := make([]plan.Change, len(members))
	for i, m := range members {
		changes[i] = plan.Change{Seq: int64(i + 1), Line: int64(i + 2), Action: plan.Delete, Ordinal: -1, MemberID: m.id, Version: m.version, Groups: []plan.GroupOp{{ID: 1}, {ID: 2}}}
	}
	return readyPlan(t, db, Import{Org: org, Kind: FileImport, State: Planning, Layout: plan.Register}, changes)
}

// membersNow is, of each member, the state, the version, whether they have a key, and in
// how many groups they are.
func membersNow(t *testing.T, db *DB, org int64) map[int64]string {
	t.Helper()
	now := map[int64]string{}
	err := each(t.Context(), db.read(), `SELECT m.id, m.state, m.version, m.email_key IS NOT NULL, (SELECT count(*) FROM membership s WHERE s.org_id = m.org_id AND s.member_id = m.id)
		FROM member m WHERE m.org_id = $1`, []any{org}, func(scan func(...any) error) error {
		var id, state, version, groups int64
		var key bool
		err := scan(&id, &state, &version, &key, &groups)
		now[id] = fmt.Sprint(state, version, key, groups)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return now
}

func TestM7_WhoIsDeletedIsWithdrawnAndLeavesAllGroupsInWhateverOrder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		db := opened(t, url)
		const n = 20
		roster := rosterPlan(t, db, n, false)
		first, err := db.Apply(t.Context(), ApplyRequest{Org: roster.Org, Import: roster.ID, Now: 1})
		if err != nil {
			t.Fatal(err)
		}
		put := func(query string) {
			t.Helper()
			if err := db.Write(t.Context(), func(tx *Tx) error { _, err := tx.exec(t.Context(), query, roster.Org); return err }); err != nil {
				t.Fatal(err)
			}
		}
		put(`INSERT INTO membership (org_id, member_id, group_id) SELECT m.org_id, m.id, g.id FROM member m CROSS JOIN (SELECT 1 AS id UNION ALL SELECT 2) g WHERE m.org_id = $1`)
		at := func(i int64) int64 { return first.FirstMember + i }
		put(fmt.Sprintf(`UPDATE member SET version = 3 WHERE org_id = $1 AND id = %d`, at(5)))
		want := membersNow(t, db, roster.Org)
		var leavers []leaver
		for i := int64(1); i < n; i++ {
			switch i {
			case 7, 13: // they stay
				continue
			case 5:
				leavers = append(leavers, leaver{at(i), 3})
				want[at(i)] = "2 4 false 0"
			default:
				leavers = append(leavers, leaver{at(i), 1})
				want[at(i)] = "2 2 false 0"
			}
		}

		// One of them is not as the plan saw them: nobody is deleted.
		before := membersNow(t, db, roster.Org)
		leavers[2].version = 2
		moved := leaving(t, db, roster.Org, append([]leaver{}, leavers...)...)
		leavers[2].version = 1
		_, err = db.Apply(t.Context(), ApplyRequest{Org: roster.Org, Import: moved.ID, Now: 2})
		if p := (problem.Problem{}); !errors.As(err, &p) || p.Code != problem.PlanStale {
			t.Errorf("a member who moved: %v, want a stale plan", err)
		}
		if diff := cmp.Diff(before, membersNow(t, db, roster.Org)); diff != "" {
			t.Errorf("a plan that is stale did something (-before +after):\n%s", diff)
		}

		gone := leaving(t, db, roster.Org, leavers...)
		if _, err := db.Apply(t.Context(), ApplyRequest{Org: roster.Org, Import: gone.ID, Now: 3}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, membersNow(t, db, roster.Org)); diff != "" {
			t.Errorf("state, version, key, groups (-want +got):\n%s", diff)
		}
	})
}
