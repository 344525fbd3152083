package plan

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestM7_IDsOfASetComeInStretchesWhateverOrderTheyWerePutIn(t *testing.T) {
	if got := stretches(nil); got != nil {
		t.Errorf("of none: %v", got)
	}
	want := [][2]int64{{1, 1}, {3, 64}, {66, 66}, {4000, 9000}, {9002, 9002}, {1 << 40, 1<<40 + 1}}
	var ids []int64
	for _, s := range want {
		for id := s[0]; id <= s[1]; id++ {
			ids = append(ids, id, id) // twice is once
		}
	}
	rand.New(rand.NewPCG(5, 6)).Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	var set IDSet
	for _, id := range ids {
		set.Add(id)
	}
	if diff := cmp.Diff(want, stretches(set)); diff != "" {
		t.Errorf("stretches (-want +got):\n%s", diff)
	}
	for range set.Stretches() {
		break // it would panic if it went on
	}
}

func stretches(set IDSet) (all [][2]int64) {
	for first, last := range set.Stretches() {
		all = append(all, [2]int64{first, last})
	}
	return all
}
