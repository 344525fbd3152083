// Package storetest gives a test a fresh, empty database of each kind: an SQLite
// file and a PostgreSQL database. Only tests import it.
//
// It hands out addresses and does not know the store, so that the store's own
// tests can use it too.
package storetest

import (
	"context"
	"crypto/rand"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Each runs f twice, as the subtests "sqlite" and "postgres", each time with the
// address of a fresh, empty database: what --db takes. f may call t.Parallel;
// then Each returns before f has run.
func Each(t *testing.T, f func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { f(t, Postgres(t)) })
}

// SQLite returns the path of a file that does not exist yet. What is made there
// is removed when the test ends.
func SQLite(t testing.TB) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "meibo.db")
}

// Postgres returns the URL of a database that nobody else uses. It is dropped
// when the test ends, connections or not. The test fails where there is no
// PostgreSQL.
//
// A database, not a schema: advisory locks and LISTEN reach through a whole
// database, so tests that run side by side would wait for each other. The price:
// a test that makes twenty tables takes 200 ms with a database of its own and
// 120 with a schema (two cores, 2026-11).
func Postgres(t testing.TB) string {
	t.Helper()
	// template0, which nobody can connect to: a connection to the template, an
	// autovacuum's for example, would make CREATE DATABASE wait.
	return newPostgres(t, "template0")
}

// newPostgres makes a copy of a database. Files are copied: by way of the log,
// which is how it is done unless told, it takes 200 ms instead of 80, and five
// times as much processor time (two cores, 2026-11).
func newPostgres(t testing.TB, template string) string {
	t.Helper()
	server := running(t)
	// Letters and digits only: safe in SQL as it is, and lower case without quotes.
	name := "test_" + strings.ToLower(rand.Text())
	if err := run(t.Context(), server.url, "CREATE DATABASE "+name+" TEMPLATE "+template+" STRATEGY file_copy"); err != nil {
		t.Fatalf("PostgreSQL for tests: %v", err)
	}
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context()) // it is cancelled when the test ends
		if err := run(ctx, server.url, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("PostgreSQL for tests: %v", err)
		}
	})
	return server.database(name)
}

// running returns the cluster.
func running(t testing.TB) cluster {
	t.Helper()
	server, err := shared()
	if err != nil {
		t.Fatalf("PostgreSQL for tests: %v", err)
	}
	return server
}

// run carries out one statement on the server at url, on a connection of its own.
func run(ctx context.Context, url, statement string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	_, err = conn.Exec(ctx, statement)
	if closed := conn.Close(ctx); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}
