package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/storetest"
)

// putMembers stores n active members, by IDs from 1.
func putMembers(t *testing.T, db *DB, n int64) {
	t.Helper()
	err := db.Write(t.Context(), func(tx *Tx) error {
		i := int64(0)
		return tx.bulk(t.Context(), "member", []string{"org_id", "id", "version", "state", "email", "email_key", "name", "name_key",
			"login_allowed", "system_role", "system_permission", "fields", "created_at"}, func(row []cell) (bool, error) {
			if i == n {
				return false, nil
			}
			i++
			email, name := fmt.Sprintf("u%d@x.example", i), fmt.Sprintf("Name%d", i%10)
			copy(row, []cell{numberOf(1), numberOf(i), numberOf(1), numberOf(1), textOf(email), textOf(email), textOf(name), textOf(member.FoldText(name)),
				boolOf(true), numberOf(3), numberOf(2), textOf("{}"), numberOf(1)})
			return true, nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// keptPlan stores members and a plan of n rows about them, in small batches, so
// that runs of kept rows and changes of their own lie among each other.
func keptPlan(t *testing.T, db *DB, n int64) *Import {
	t.Helper()
	draw := rand.New(rand.NewPCG(1, 2))
	id := func() int64 { return draw.Int64N(n) + 1 }
	putMembers(t, db, n)
	imp := &Import{Org: 1, Kind: FileImport, State: Planning, Layout: plan.Register}
	if err := db.StartImport(t.Context(), imp); err != nil {
		t.Fatal(err)
	}
	line := int64(1)
	for seq := int64(1); seq <= n; {
		var changes []plan.Change
		for range 1 + draw.IntN(40) {
			line += 1 + draw.Int64N(3) // a cell may have several lines
			c := plan.Change{Seq: seq, Line: line, Action: plan.Keep, Ordinal: -1, MemberID: id(), Version: 1}
			switch draw.IntN(8) {
			case 0:
				c.Action, c.Mask, c.After = plan.Update, member.MaskOf(member.Remarks), member.Member{Email: "u@x.example", Remarks: "x", Role: member.Regular}
			case 1:
				c.Notes = []problem.Problem{problem.New(problem.PersonErased)} // a kept row that has something to say
			}
			changes = append(changes, c)
			seq++
		}
		if err := addChanges(t, db, imp, changes); err != nil {
			t.Fatal(err)
		}
	}
	return imp
}

// looks are ways in which a plan is read.
func looks(ctx context.Context, t *testing.T, db *DB, imp *Import) map[string][]string {
	t.Helper()
	seen := map[string][]string{}
	note := func(look string, c *StoredChange) {
		seen[look] = append(seen[look], fmt.Sprint(c.Seq, c.Line, c.Action, c.MemberID, c.After.Email, c.After.Name, len(c.Notes), c.IsErased()))
	}
	for name, q := range map[string]ChangeQuery{"all": {}, "some": {After: 100, Limit: 333}, "keeps": {Actions: []plan.Action{plan.Keep}},
		"updates": {Actions: []plan.Action{plan.Update}}, "some updates": {Actions: []plan.Action{plan.Update}, After: 50, Limit: 20},
		"some keeps": {Actions: []plan.Action{plan.Keep}, After: 50, Limit: 200}, "no rejects": {Actions: []plan.Action{plan.Reject}, Limit: 5}, "notes": {WithNotes: true}} {
		for c, err := range db.Changes(ctx, 1, imp.ID, q) {
			if err != nil {
				t.Fatal(err)
			}
			note(name, &c)
		}
	}
	pages := map[string]ChangePage{"first": {}, "middle": {After: 500}, "before": {Before: 500}, "last": {Before: 1 << 40}, "keeps": {Action: plan.Keep, After: 7},
		"updates": {Action: plan.Update}, "begin": {Begin: "u77"}, "names": {Begin: "name3", After: 40}, "within": {Begin: "u1", After: 100, Within: 300},
		"within, before": {Begin: "name", Before: 400, Within: 100, Action: plan.Keep}, "nobody": {Begin: "x"},
		"code": {Code: problem.PersonErased, Within: 1000}, "line, elsewhere": {Line: 30, After: 100, Within: 50}, "line, later": {Line: 30, Before: 5}}
	for line := int64(1); line < 60; line++ {
		pages[fmt.Sprint("line ", line)] = ChangePage{Line: line}
	}
	for name, p := range pages {
		p.Limit = 51
		cs, err := db.ChangePage(ctx, 1, imp.ID, p)
		if err != nil {
			t.Fatal(err)
		}
		for i := range cs {
			note("page "+name, &cs[i])
		}
	}
	return seen
}

// Many kept rows are stored as one: nobody who reads a plan may see a difference.
func TestA5_KeptRowsReadAlikeHoweverTheyAreStored(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		db := opened(t, url)
		imp := keptPlan(t, db, 3000)
		var runs int64
		if err := one(t.Context(), db.read(), `SELECT count(*) FROM keep_run`, nil, &runs); err != nil || runs < 100 {
			t.Fatalf("%d runs, %v", runs, err)
		}
		if err := db.Write(t.Context(), func(tx *Tx) error { // some were deleted since: their keys are free
			_, err := tx.exec(t.Context(), `UPDATE member SET state = 2, email_key = NULL WHERE org_id = 1 AND id < 800`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		complete := func() {
			t.Helper()
			if _, err := db.Complete(t.Context(), imp); err != nil {
				t.Fatal(err)
			}
		}
		complete()
		before := looks(t.Context(), t, db, imp)
		if len(before["all"]) < 3000 || len(before["page last"]) != 51 || len(before["page names"]) != 51 || len(before["page nobody"]) != 0 {
			t.Fatalf("%d changes, %d on the last page, %d called so", len(before["all"]), len(before["page last"]), len(before["page names"]))
		}
		var some, all plan.IDSet
		for id := range int64(3001) {
			if all.Add(id); id%7 == 0 {
				some.Add(id)
			}
		}
		for what, members := range map[string]plan.IDSet{"some": some, "all": all} {
			if err := db.UnpackKeeps(t.Context(), imp, members); err != nil {
				t.Fatal(err)
			}
			complete()
			if diff := cmp.Diff(before, looks(t.Context(), t, db, imp)); diff != "" {
				t.Errorf("in runs (-) and %s on their own (+):\n%.3000s", what, diff)
			}
		}
		if err := one(t.Context(), db.read(), `SELECT count(*) FROM keep_run`, nil, &runs); err != nil || runs != 0 {
			t.Errorf("%d runs are left, %v", runs, err)
		}
	})
}

func TestA3_ARunOfKeptRowsCannotBeChangedUnnoticed(t *testing.T) {
	tampers := []string{
		`DELETE FROM keep_run WHERE import_id = $1 AND first_seq < 100`,
		`UPDATE keep_run SET n = n + 1 WHERE import_id = $1 AND first_seq < 100`,
		`UPDATE keep_run SET first_line = first_line - 1 WHERE import_id = $1 AND first_seq < 100`,
		`UPDATE keep_run SET keeps = digest WHERE import_id = $1 AND first_seq < 100`,
		`UPDATE keep_run SET digest = keeps WHERE import_id = $1 AND first_seq < 100`,
	}
	storetest.Each(t, func(t *testing.T, url string) {
		db := opened(t, url)
		for _, tamper := range tampers {
			imp := keptPlan(t, db, 0)
			if err := addChanges(t, db, imp, []plan.Change{{Seq: 1, Line: 2, Action: plan.Keep, Ordinal: -1, MemberID: 7},
				{Seq: 2, Line: 3, Action: plan.Keep, Ordinal: -1, MemberID: 5}}); err != nil {
				t.Fatal(err)
			}
			var err error
			if imp.Sum, err = db.Complete(t.Context(), imp); err != nil {
				t.Fatal(err)
			}
			if _, err := db.verifySum(t.Context(), *imp, nil); err != nil {
				t.Fatal(err)
			}
			err = db.Write(t.Context(), func(tx *Tx) error {
				_, err := tx.exec(t.Context(), tamper, imp.ID)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.verifySum(t.Context(), *imp, nil); !errors.Is(err, problem.New(problem.SumMismatch)) {
				t.Errorf("%s: %v", tamper, err)
			}
		}
	})
}

// Between finding who is absent and planning to delete them others are at work.
func TestP19_WhoLeavesASelectionWhileAFullSyncIsPlannedIsNotDeleted(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		db := opened(t, url)
		putMembers(t, db, page+100)
		named, absent := plan.IDSet{}, map[int64]bool{}
		named.Add(3)
		err := db.Absent(t.Context(), 1, Selection{}, named, func(ms []member.Member) error {
			for _, m := range ms {
				absent[m.ID] = true
			}
			return db.Write(t.Context(), func(tx *Tx) error {
				_, err := tx.exec(t.Context(), `UPDATE member SET state = 2 WHERE org_id = 1 AND id > $1`, page+50)
				return err
			})
		})
		if err != nil || len(absent) != page+49 || absent[3] || absent[page+51] {
			t.Errorf("%d absent, %v", len(absent), err)
		}
	})
}

func FuzzKeeps(f *testing.F) {
	f.Add(encodeKeeps([]keep{{1, 2, 7}, {2, 5, 3}, {9, 12, 1 << 40}}))
	f.Add([]byte{0x80})
	f.Fuzz(func(t *testing.T, b []byte) {
		keeps, err := decodeKeeps(b)
		if err != nil {
			return
		}
		again, err := decodeKeeps(encodeKeeps(keeps))
		if err != nil || cmp.Diff(keeps, again, cmp.AllowUnexported(keep{})) != "" {
			t.Errorf("%v, written and read: %v, %v", keeps, again, err)
		}
	})
}
