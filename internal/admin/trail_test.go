package admin

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meibo/internal/member"
	"meibo/internal/plan"
)

func TestP2_ATrailLeadsWhereTheNextRowsFindTheirMembers(t *testing.T) {
	const rows = 2000
	random := rand.New(rand.NewPCG(1, 2))
	for _, tt := range []struct {
		what  string
		id    func(row int64) int64 // 0: nobody
		leads bool
	}{
		{"one after another", func(row int64) int64 { return 500 + row }, true},
		{"from the last to the first", func(row int64) int64 { return 900_000 - row }, true},
		{"a third was deleted since", func(row int64) int64 { return row + row/2 }, true},
		{"each third row is somebody new", func(row int64) int64 { return (row - row/3) * min(row%3, 1) }, true},
		{"some live elsewhere", func(row int64) int64 {
			if row%10 == 0 {
				return random.Int64N(1_000_000) + 1
			}
			return row
		}, true},
		{"each ten in another order", func(row int64) int64 { return row + 2*(4-row%10) + 20 }, true},
		{"in no order", func(int64) int64 { return random.Int64N(1_000_000) + 1 }, false},
		{"few of many", func(row int64) int64 { return row * 10 }, false},
		{"nobody is there", func(int64) int64 { return 0 }, false},
	} {
		var x trail
		batch := func(n int64) (end int64, ids []int64) {
			for row := n*rows + 1; row <= (n+1)*rows; row++ {
				if id := tt.id(row); id > 0 {
					ids = append(ids, id)
				}
			}
			return (n + 1) * rows, ids
		}
		for _, n := range []int64{1, 0, 3, 2} { // two look up at once
			if first, last := x.ahead((n+1)*rows, rows); n < 2 && first+last != 0 {
				t.Errorf("%s: it leads to %d … %d when nothing is known yet", tt.what, first, last)
			}
			end, ids := batch(n)
			x.went(end, rows, ids)
		}
		end, ids := batch(4)
		first, last := x.ahead(end, rows)
		found := 0
		for _, id := range ids {
			if id >= first && id <= last {
				found++
			}
		}
		switch {
		case !tt.leads && first+last != 0:
			t.Errorf("%s: it leads to %d … %d, want nowhere", tt.what, first, last)
		case tt.leads && found < len(ids)*8/10:
			t.Errorf("%s: %d of %d rows' members are among %d … %d", tt.what, found, len(ids), first, last)
		case tt.leads && last-first > 3*rows:
			t.Errorf("%s: %d members for %d rows", tt.what, last-first, rows)
		}
	}
}

func TestP2_ATrailThatIsLostIsTakenUpAgain(t *testing.T) {
	const rows = 100
	var x trail
	went := func(n, from int64) {
		ids := make([]int64, rows)
		for i := range ids {
			ids[i] = from + int64(i)
		}
		x.went(n*rows, rows, ids)
	}
	went(1, 1)
	went(2, 101)
	if first, last := x.ahead(3*rows, rows); first > 201 || last < 300 {
		t.Errorf("it leads to %d … %d, want 201 … 300", first, last)
	}
	went(3, 90_001)
	if first, last := x.ahead(4*rows, rows); first+last != 0 {
		t.Errorf("where the rows went elsewhere it leads to %d … %d", first, last)
	}
	went(4, 90_101)
	if first, last := x.ahead(5*rows, rows); first > 90_201 || last < 90_300 {
		t.Errorf("it leads to %d … %d, want 90201 … 90300", first, last)
	}
}

func TestP2_WhoeverIsNearIsFoundByWhatTheyHave(t *testing.T) {
	near := []member.Member{{ID: 1, Email: "Ann@x.example", LoginID: "Ann"}, {ID: 2, LoginID: "bob"}, {ID: 3, Email: "cy@x.example"}}
	for key, want := range map[member.Attribute]map[string]int64{
		member.Email:   {"ann@x.example": 1, "cy@x.example": 3},
		member.LoginID: {"ann": 1, "bob": 2},
	} {
		keys := slices.Collect(maps.Keys(want))
		found, err := byKey(t.Context(), nil, 1, key, keys, near) // without a database: nobody is to be looked up
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]int64{}
		for k, m := range found {
			got[k] = m.ID
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("by %s (-want +found):\n%s", key, diff)
		}
	}
}

func TestP2_ABlankKeyMatchesNobody(t *testing.T) {
	nobody, bob := &member.Member{ID: 1}, &member.Member{ID: 2}
	l := lookup{byEmail: map[string]*member.Member{"": nobody}, byLogin: map[string]*member.Member{"": nobody, "bob": bob}}
	if m := l.match(&plan.Draft{LoginKey: "bob"}); m != bob {
		t.Errorf("a row with a login ID alone matches %v, want bob", m)
	}
	if m := l.match(&plan.Draft{EmailKey: "ann@x.example"}); m != nil {
		t.Errorf("a row with an address that nobody has matches %v", m)
	}
}
