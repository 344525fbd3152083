package storetest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

// A Template is a database that is filled once of each kind in a process, and
// copied for every test: tests do not pay for the tables, and for what else all
// tests of a package begin with, again and again.
type Template struct {
	fill func(t *testing.T, url string)

	lite struct {
		sync.Mutex
		tried bool
		files map[string][]byte // by name; nil after a failure
	}
	postgres struct {
		sync.Mutex
		tried bool
		name  string // of the database; empty after a failure
	}
}

// NewTemplate returns a template for what fill puts into an empty database. When
// fill returns, nobody may be connected to it any more.
func NewTemplate(fill func(t *testing.T, url string)) *Template {
	return &Template{fill: fill}
}

// Each is as the function [Each], with databases that are filled already.
func (m *Template) Each(t *testing.T, f func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, m.SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { f(t, m.Postgres(t)) })
}

// SQLite is as the function [SQLite], with a file that is there and filled already.
func (m *Template) SQLite(t *testing.T) string {
	t.Helper()
	path := SQLite(t)
	folder := filepath.Dir(path)
	for name, content := range m.liteFiles(t) {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatalf("copy of the SQLite template: %v", err)
		}
	}
	return path
}

// liteFiles returns the template's file, and what lies beside it.
func (m *Template) liteFiles(t *testing.T) map[string][]byte {
	t.Helper()
	m.lite.Lock()
	defer m.lite.Unlock()
	if m.lite.tried {
		if m.lite.files == nil {
			t.Fatal("the SQLite template could not be filled, see the first test that wanted it")
		}
		return m.lite.files
	}
	m.lite.tried = true
	path := SQLite(t)
	m.fill(t, path)
	folder := filepath.Dir(path)
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatalf("SQLite template: %v", err)
	}
	files := map[string][]byte{}
	for _, entry := range entries {
		if files[entry.Name()], err = os.ReadFile(filepath.Join(folder, entry.Name())); err != nil {
			t.Fatalf("SQLite template: %v", err)
		}
	}
	m.lite.files = files
	return files
}

// Postgres is as the function [Postgres], with a database that is filled already.
func (m *Template) Postgres(t *testing.T) string {
	t.Helper()
	return newPostgres(t, m.postgresName(t))
}

func (m *Template) postgresName(t *testing.T) string {
	t.Helper()
	m.postgres.Lock()
	defer m.postgres.Unlock()
	if m.postgres.tried {
		if m.postgres.name == "" {
			t.Fatal("the PostgreSQL template could not be filled, see the first test that wanted it")
		}
		return m.postgres.name
	}
	m.postgres.tried = true
	server := running(t)
	name := templatePrefix + strings.ToLower(rand.Text())
	if err := hold(t.Context(), server, name); err != nil {
		t.Fatalf("PostgreSQL template: %v", err)
	}
	m.fill(t, server.database(name))
	m.postgres.name = name
	return name
}

// templatePrefix begins the name of no database but ours: what begins so is dropped.
const templatePrefix = "meibo_test_template_"

// lockDatabase is where locks on templates are taken: advisory locks are seen within one
// database only, and runs may be given different ones of a server.
const lockDatabase = "postgres"

// holders are the connections whose locks say which templates this process uses.
// They end with it, however it ends.
var holders struct {
	sync.Mutex
	conns []*pgx.Conn
}

// hold makes an empty database that stays until this process has ended. Those of
// processes that have are dropped: nobody is told when the last test is over.
func hold(ctx context.Context, server cluster, name string) (err error) {
	conn, err := pgx.Connect(ctx, server.database(lockDatabase))
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, conn.Close(ctx))
		}
	}()
	rows, err := conn.Query(ctx, `SELECT datname::text FROM pg_database WHERE starts_with(datname, $1) AND NOT datistemplate`, templatePrefix)
	if err != nil {
		return err
	}
	others, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, other := range others {
		var free bool
		if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1)`, lockOf(other)).Scan(&free); err != nil {
			return err
		}
		if !free {
			continue
		}
		if _, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+pgx.Identifier{other}.Sanitize()); err != nil { //nolint:misspell // its name
			return fmt.Errorf("drop an abandoned template: %w", err)
		}
		if _, err := conn.Exec(ctx, `SELECT pg_advisory_unlock($1)`, lockOf(other)); err != nil {
			return err
		}
	}
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1)`, lockOf(name)); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+name+" TEMPLATE template0 STRATEGY file_copy"); err != nil {
		return err
	}
	holders.Lock()
	defer holders.Unlock()
	holders.conns = append(holders.conns, conn)
	return nil
}

// lockOf is the number of the lock that says that a template is in use.
func lockOf(name string) int64 {
	sum := fnv.New64a()
	sum.Write([]byte(name))
	return int64(sum.Sum64())
}
