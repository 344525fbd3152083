package store

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"

	"meibo/internal/storetest"
)

func TestPortions_FindWhatIsThereInOrderAndLookNoFurtherThanNeeded(t *testing.T) {
	db := opened(t, storetest.SQLite(t))
	const last = 10*portionWidth + 5
	for _, tt := range []struct {
		name  string
		s     search
		every int64 // so many numbers there is one
		want  []int64
		most  int64 // portions that may be looked through
	}{
		{"all of them", search{upTo: last, limit: 99}, 4 * portionWidth, []int64{4 * portionWidth, 8 * portionWidth}, 11},
		{"backward", search{upTo: last, limit: 99, backward: true}, 4 * portionWidth, []int64{8 * portionWidth, 4 * portionWidth}, 11},
		{"none", search{upTo: last, limit: 99}, 2 * last, nil, 11},
		{"nothing to look through", search{after: 7, upTo: 7, limit: 99}, 1, nil, 0},
		{"both ends", search{after: 10, upTo: 13, limit: 99}, 1, []int64{11, 12, 13}, 1},
		{"the first ones", search{after: 10, upTo: last, limit: 2}, 10, []int64{20, 30}, sqliteReaders},
		{"the last ones", search{upTo: last, limit: 2, backward: true}, portionWidth, []int64{10 * portionWidth, 9 * portionWidth}, sqliteReaders},
	} {
		var portions atomic.Int64
		got, err := db.inPortions(t.Context(), tt.s, func(_ context.Context, part search) (found []int64, err error) {
			portions.Add(1)
			for n := part.after + 1; n <= part.upTo; n++ {
				if n%tt.every == 0 {
					found = append(found, n)
				}
			}
			if tt.s.backward {
				slices.Reverse(found)
			}
			return found[:min(len(found), tt.s.limit)], nil
		})
		if err != nil || !slices.Equal(got, tt.want) || portions.Load() > tt.most {
			t.Errorf("%s: %v in %d portions, %v; want %v in at most %d", tt.name, got, portions.Load(), err, tt.want, tt.most)
		}
	}
}
