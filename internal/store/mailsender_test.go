package store

import (
	"context"
	"testing"
	"time"

	"meibo/internal/storetest"
)

// TestA7_WhoSendsMailsSaysSoWhileATransactionRuns: an apply holds SQLite's one writer for
// minutes.
func TestA7_WhoSendsMailsSaysSoWhileATransactionRuns(t *testing.T) {
	storetest.Each(t, func(t *testing.T, url string) {
		db := opened(t, url)
		err := db.Write(t.Context(), func(*Tx) error {
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			return db.NoteMailSender(ctx, 7)
		})
		if until, again := db.MailSenderUntil(t.Context()); err != nil || again != nil || until != 7 {
			t.Errorf("until %d, %v, %v", until, err, again)
		}
	})
}
