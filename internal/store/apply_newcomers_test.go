package store

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"meibo/internal/member"
	"meibo/internal/plan"
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
