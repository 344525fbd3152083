package store

import (
	"math/rand/v2"
	"slices"
	"testing"

	"meibo/internal/storetest"
)

func TestE2_MembersAreFoundByTheirPlacesWhoeverIsMissingAmongThem(t *testing.T) {
	const most = 3*blockWidth + 7
	storetest.Each(t, func(t *testing.T, url string) {
		db := opened(t, url)
		putMembers(t, db, most)
		for _, tt := range []struct{ name, change string }{
			{"everyone is there", ``},
			{"some are gone", `UPDATE member SET state = 2 WHERE id % 10 = 3 OR id IN (1, 2) OR id BETWEEN 500 AND 620`},
			{"an ID is missing", `DELETE FROM member WHERE id = 1500`},
			{"many are missing", `DELETE FROM member WHERE id % 7 = 1 AND id > 2000 OR id < 20`},
			{"a block has nobody", `DELETE FROM member WHERE id BETWEEN 700 AND 2500`},
			{"the last ones are gone", `UPDATE member SET state = 3 WHERE id > 3000`},
			{"one is left", `DELETE FROM member WHERE id <> 2999`},
			{"nobody is left", `DELETE FROM member`},
		} {
			if tt.change != "" {
				if err := db.Write(t.Context(), func(tx *Tx) error { _, err := tx.exec(t.Context(), tt.change); return err }); err != nil {
					t.Fatal(err)
				}
			}
			var all []int64
			for id, err := range db.SelectedFrom(t.Context(), 1, Selection{}, 0) {
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, id)
			}
			for _, share := range []int{1, 2, 5, 100} { // one in so many
				var places, want []int64
				for place, id := range all {
					if rand.IntN(share) == 0 {
						places, want = append(places, int64(place)), append(want, id)
					}
				}
				p, err := db.Places(t.Context(), 1, int64(len(all)))
				if err != nil {
					t.Fatalf("%s: %v", tt.name, err)
				}
				if got, err := p.IDs(t.Context(), places); err != nil || !slices.Equal(got, want) {
					t.Errorf("%s, %d of %d places: other members than on the way past all of them, %v", tt.name, len(places), len(all), err)
				}
			}
		}
	})
}
