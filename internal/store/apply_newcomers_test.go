package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/storetest"
)

// newcomersOf hands over n new members, of whom each second is in two groups, with a change
// of somebody else after each.
func newcomersOf(t *testing.T, some *newcomers, n int) (done chan error, members, memberships string) {
	t.Helper()
	var ms, gs strings.Builder
	for i := range n {
		fmt.Fprintf(&ms, "7\t%d\t1\t1\tU%d@x.example\tu%d@x.example\t\\N\t\\N\tU %d\tu %d\tt\t\\N\t4\t2\t\\N\t\\N\ta\\tb\t0\t{}\t99\n", 1000+i, i, i, i, i)
		if i%2 == 1 {
			fmt.Fprintf(&gs, "7\t%d\t3\n7\t%d\t11\n", 1000+i, 1000+i)
		}
	}
	done = make(chan error, 1)
	go func() {
		var err error
		for i := range n {
			c := StoredChange{Change: plan.Change{Action: plan.Create, Ordinal: int64(i), After: member.Member{Email: fmt.Sprintf("U%d@x.example", i),
				Name: fmt.Sprintf("U %d", i), Remarks: "a\tb", LoginAllowed: true, Role: 4, Permission: 2}}}
			c.keys = [3]string{strings.ToLower(c.After.Email), "", strings.ToLower(c.After.Name)}
			if c.docs.Fields = "{}"; i%2 == 1 {
				c.docs.Groups = "3,11"
			}
			err = errors.Join(err, some.put(t.Context(), &c), some.put(t.Context(), &StoredChange{Change: plan.Change{Action: plan.Create, MemberID: 5}}),
				some.put(t.Context(), &StoredChange{Change: plan.Change{Action: plan.Update, MemberID: 6}}))
		}
		done <- some.end(t.Context(), err)
	}()
	return done, ms.String(), gs.String()
}

func TestA1_NewMembersAreCopiedInTheOrderOfThePlanEachBeforeTheirMemberships(t *testing.T) {
	const n = 2*newcomersAtOnce + 777
	some := newNewcomers(7, 1000, 99)
	done, wantMembers, wantMemberships := newcomersOf(t, some, n)
	var members, memberships strings.Builder
	times := 0
	for from := (&newcomersReader{newcomers: some}); !from.ended; times++ {
		from.begin()
		before := members.Len()
		if _, err := io.Copy(&members, from); err != nil {
			t.Fatal(err)
		}
		if size := members.Len() - before; size > (newcomersAtOnce+1000)*105 {
			t.Errorf("%d bytes at once", size)
		}
		memberships.Write(from.memberships)
	}
	if err := <-done; err != nil || times != 3 {
		t.Errorf("in %d times: %v", times, err)
	}
	if members.String() != wantMembers {
		t.Errorf("members begin with\n%.300s\nwant\n%.300s", members.String(), wantMembers)
	}
	if memberships.String() != wantMemberships {
		t.Errorf("memberships begin with\n%.100s\nwant\n%.100s", memberships.String(), wantMemberships)
	}
	if chunks := len(some.used) + 2; chunks > cap(some.used)+1 { // that being filled, and that read last
		t.Errorf("%d chunks were made for %d members", chunks, n)
	}
}

func TestA1_WhoVerifiesGoesOnWhenNobodyWritesNewMembersAnyMore(t *testing.T) {
	some := newNewcomers(7, 1000, 99)
	done, _, _ := newcomersOf(t, some, 50_000)
	from := &newcomersReader{newcomers: some}
	from.begin()
	if _, err := from.Read(make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	close(some.enough)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestA1_NewMembersEndWhereVerifyingDoes(t *testing.T) {
	some, broken := newNewcomers(7, 1000, 99), errors.New("broken")
	if err := some.put(t.Context(), &StoredChange{Change: plan.Change{Action: plan.Create}}); err != nil {
		t.Fatal(err)
	}
	if err := some.end(t.Context(), broken); !errors.Is(err, broken) {
		t.Error(err)
	}
	from := &newcomersReader{newcomers: some}
	if text, err := io.ReadAll(from); len(text) > 0 || err != nil || !from.ended {
		t.Errorf("%q, %v", text, err)
	}
}

func TestF11_MembershipsThatWaitAreNotManyWhoeverIsInHowManyGroups(t *testing.T) {
	some := newNewcomers(7, 1000, 99)
	many := strings.TrimSuffix(strings.Repeat("123456,", 1000), ",")
	done := make(chan error, 1)
	go func() {
		var err error
		for i := range 2000 {
			c := StoredChange{Change: plan.Change{Action: plan.Create, Ordinal: int64(i)}}
			c.docs.Groups = many
			err = errors.Join(err, some.put(t.Context(), &c))
		}
		done <- some.end(t.Context(), err)
	}()
	memberships := 0
	for from := (&newcomersReader{newcomers: some}); !from.ended; {
		from.begin()
		if _, err := io.Copy(io.Discard, from); err != nil {
			t.Fatal(err)
		}
		if n := len(from.memberships); n > membershipsAtOnce+2*newcomersChunk {
			t.Errorf("%d bytes of memberships wait", n)
		}
		memberships += bytes.Count(from.memberships, []byte("\n"))
	}
	if err := <-done; err != nil || memberships != 2_000_000 {
		t.Errorf("%d memberships: %v", memberships, err)
	}
}

// everybodyOf is who is in an organisation, and in which groups.
func everybodyOf(t *testing.T, db *DB, org int64) map[string][]int64 {
	t.Helper()
	of := map[string][]int64{}
	for m, err := range db.Members(t.Context(), org, Selection{}) {
		if err != nil {
			t.Fatal(err)
		}
		of[fmt.Sprint(m.ID, " ", m.Email, " ", m.Version)] = m.Groups
	}
	return of
}

func TestA1_NewMembersComeTogetherWithThoseWhoComeBackAndThoseWhoJoin(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		db := opened(t, url)
		roster := rosterPlan(t, db, 4, false)
		first, err := db.Apply(t.Context(), ApplyRequest{Org: roster.Org, Import: roster.ID, Now: 1})
		if err != nil {
			t.Fatal(err)
		}
		id := func(i int64) int64 { return first.FirstMember + i }
		left := leaving(t, db, roster.Org, leaver{id(1), 1})
		if err := db.Write(t.Context(), func(tx *Tx) error {
			_, err := tx.exec(t.Context(), `INSERT INTO membership (org_id, member_id, group_id) VALUES ($1, $2, 1), ($1, $2, 2), ($1, $3, 1)`, roster.Org, id(1), id(2))
			for i := range int64(3) {
				err = errors.Join(err, tx.SaveGroup(t.Context(), roster.Org, &member.Group{ID: i + 1, Name: fmt.Sprint("G", i), Enabled: true}))
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Apply(t.Context(), ApplyRequest{Org: roster.Org, Import: left.ID, Now: 2}); err != nil {
			t.Fatal(err)
		}
		joins := func(ids ...int64) (ops []plan.GroupOp) {
			for _, id := range ids {
				ops = append(ops, plan.GroupOp{ID: max(id, -id), Adds: id > 0})
			}
			return ops
		}
		const n = 3000 // several times what is handed over at once
		changes := []plan.Change{
			{Seq: 1, Line: 2, Action: plan.Create, Ordinal: -1, MemberID: id(1), Version: 2, Mask: member.MaskOf(member.Email, member.Groups), Groups: joins(2),
				After: member.Member{Email: "u1@x.example", Role: member.Regular, Permission: member.Write}},
			{Seq: 2, Line: 3, Action: plan.Update, Ordinal: -1, MemberID: id(2), Version: 1, Mask: member.MaskOf(member.Groups), Groups: joins(-1, 3),
				After: member.Member{Email: "u2@x.example", Role: member.Regular, Permission: member.Write}},
		}
		want := map[string][]int64{fmt.Sprint(id(0), " u0@x.example 1"): nil, fmt.Sprint(id(1), " u1@x.example 3"): {2}, fmt.Sprint(id(2), " u2@x.example 2"): {3},
			fmt.Sprint(id(3), " u3@x.example 1"): nil}
		for i := range int64(n) {
			c := plan.Change{Seq: 3 + i, Line: 4 + i, Action: plan.Create, Ordinal: i, Mask: member.MaskOf(member.Email, member.Groups),
				After: member.Member{Email: fmt.Sprintf("n%d@x.example", i), Role: member.Regular, Permission: member.Write}}
			if i%2 == 0 {
				c.Groups = joins(1, 2)
			}
			changes = append(changes, c)
		}
		mixed := readyPlan(t, db, Import{Org: roster.Org, Kind: FileImport, State: Planning, Layout: plan.Register, Creates: n}, changes)
		done, err := db.Apply(t.Context(), ApplyRequest{Org: roster.Org, Import: mixed.ID, Now: 3})
		if err != nil {
			t.Fatal(err)
		}
		for i := range int64(n) {
			var groups []int64
			if i%2 == 0 {
				groups = []int64{1, 2}
			}
			want[fmt.Sprintf("%d n%d@x.example 1", done.FirstMember+i, i)] = groups
		}
		if diff := cmp.Diff(want, everybodyOf(t, db, roster.Org), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("(-want +applied):\n%s", diff)
		}
	})
}

func TestA2_NewMembersWhoWereTamperedWithAreNotMadeAndNobodyIs(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		db := opened(t, url)
		const n = 4000
		for i, tamper := range []string{"name = 'Eve'", "email_key = 'eve@x.example'", "fields = '{\"eve\":\"1\"}'", "ordinal = ordinal + 1", "action = 5"} {
			roster := rosterPlan(t, db, n+int64(i), false) // in an organisation of its own
			seq := int64(3 + i*990)
			if err := db.Write(t.Context(), func(tx *Tx) error {
				_, err := tx.exec(t.Context(), `UPDATE change SET `+tamper+` WHERE org_id = $1 AND import_id = $2 AND seq = $3`, roster.Org, roster.ID, seq)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			_, err := db.Apply(t.Context(), ApplyRequest{Org: roster.Org, Import: roster.ID, Now: 1})
			if !errors.Is(err, problem.New(problem.SumMismatch)) || len(everybodyOf(t, db, roster.Org)) > 0 {
				t.Errorf("%s in row %d: %v, %d members", tamper, seq, err, len(everybodyOf(t, db, roster.Org)))
			}
		}
	})
}

func TestA1_ApplyingNewMembersThatIsCutOffAnywhereLeavesNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		db := opened(t, url)
		roster := rosterPlan(t, db, 4000, false)
		steps := 0
		for cut := 0; ; cut++ {
			ctx, cancel := context.WithCancel(t.Context())
			at := 0
			_, err := db.Apply(ctx, ApplyRequest{Org: roster.Org, Import: roster.ID, Now: 1, Progress: func(string, int, int) {
				if at++; at-1 == cut {
					cancel()
				}
			}})
			cancel()
			if err == nil {
				break
			}
			if steps++; !errors.Is(err, context.Canceled) || len(everybodyOf(t, db, roster.Org)) > 0 {
				t.Fatalf("cut off at step %d: %v, %d members", cut, err, len(everybodyOf(t, db, roster.Org)))
			}
		}
		if steps < 15 || len(everybodyOf(t, db, roster.Org)) != 4000 {
			t.Errorf("cut off at %d steps, then %d members", steps, len(everybodyOf(t, db, roster.Org)))
		}
	})
}

func TestA3_ANewMemberWhoseAddressWasTakenMeanwhileMakesThePlanStale(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		db := opened(t, url)
		const n = 4000
		roster := rosterPlan(t, db, n, false)
		early := readyPlan(t, db, Import{Org: roster.Org, Kind: FileImport, State: Planning, Layout: plan.Register, Creates: 1},
			[]plan.Change{{Seq: 1, Line: 2, Action: plan.Create, Mask: member.MaskOf(member.Email), After: member.Member{Email: "U3000@x.example", Role: member.PrimaryOwner, Permission: member.Write}}})
		first, err := db.Apply(t.Context(), ApplyRequest{Org: roster.Org, Import: early.ID, Now: 1})
		if err != nil {
			t.Fatal(err)
		}
		_, err = db.Apply(t.Context(), ApplyRequest{Org: roster.Org, Import: roster.ID, Now: 2})
		var p problem.Problem
		if !errors.As(err, &p) || p.Code != problem.PlanStale || p.Values["what"] != "address" || p.Values["members"] != fmt.Sprint(first.FirstMember) {
			t.Errorf("%v (%v)", err, p.Values)
		}
		if got := len(everybodyOf(t, db, roster.Org)); got != 1 {
			t.Errorf("%d members", got)
		}
	})
}

// manyLines yields lines of memberships, and calls stop behind some.
type manyLines struct {
	lines int
	stop  func()
}

func (e *manyLines) Read(p []byte) (int, error) {
	if e.lines++; e.lines == 50 {
		e.stop()
	}
	return copy(p, fmt.Sprintf("7\t%d\t1\n", e.lines)), nil
}

func TestA1_CopyingThatIsCutOffSaysSoInsteadOfBlamingTheConnection(t *testing.T) {
	db := opened(t, storetest.Postgres(t))
	ctx, cancel := context.WithCancel(t.Context())
	err := db.Write(ctx, func(tx *Tx) error {
		_, err := tx.copyFrom(ctx, "membership", membershipColumns, &manyLines{stop: cancel})
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want %v", err, context.Canceled)
	}
	if _, err := Open(ctx, storetest.Postgres(t)); !errors.Is(err, context.Canceled) || errors.Is(err, problem.New(problem.DatabaseUnreachable)) {
		t.Errorf("connecting: %v, want %v", err, context.Canceled)
	}
}
