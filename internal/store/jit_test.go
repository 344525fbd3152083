package store

import (
	"testing"

	"meibo/internal/storetest"
)

func TestF11_PostgreSQLCompilesNothingForUsUnlessTheAddressSaysSo(t *testing.T) {
	url := storetest.Postgres(t)
	for _, tt := range []struct{ more, want string }{{"", "off"}, {"&jit=on", "on"}} {
		db := opened(t, url+tt.more)
		jit := func(db *DB) (setting string) {
			if err := one(t.Context(), db.read(), `SHOW jit`, nil, &setting); err != nil {
				t.Fatal(err)
			}
			return setting
		}
		if got := jit(db); got != tt.want {
			t.Errorf("%q: jit is %s, want %s", tt.more, got, tt.want)
		}
		err := db.Snapshot(t.Context(), func(view *DB) error {
			if got := jit(view); got != tt.want {
				t.Errorf("%q: jit is %s in a snapshot, want %s", tt.more, got, tt.want)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}
