package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	_ "github.com/jackc/pgx/v5/stdlib" // "pgx" for goose, which wants database/sql
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	_ "modernc.org/sqlite" // "sqlite" for goose

	"meibo/internal/problem"
)

//go:embed migration
var migrations embed.FS

// newest is the number of the last migration; a test holds it against the files.
const newest = 8

// newestSessions is the same of SQLite's file of sessions. Its migrations have the names
// of those that make the same on PostgreSQL; numbers are left out.
const newestSessions = 3

// migrate brings the schema up to date, and that of the file of sessions, if
// there is one. Two processes may do so at once.
func (db *DB) migrate(ctx context.Context, url string) error {
	if db.pg != nil {
		return db.migrateTo(ctx, newest, db.read(), func() error { return migratePostgres(ctx, url) })
	}
	err := db.migrateTo(ctx, newest, db.rw, func() error { return migrateSQLite(ctx, "sqlite", db.rw.path) })
	if err != nil {
		return err
	}
	return db.migrateTo(ctx, newestSessions, db.side, func() error { return migrateSQLite(ctx, "sqlite-sessions", db.side.path) })
}

func (db *DB) migrateTo(ctx context.Context, newest int64, q querier, run func() error) error {
	have, err := db.schemaVersion(ctx, q)
	switch {
	case err != nil:
		return err
	case have == newest:
		return nil
	case have > newest:
		return problem.Of(problem.Conflict, problem.DatabaseNewer,
			"have", strconv.FormatInt(have, 10), "want", strconv.FormatInt(newest, 10))
	}
	if err := run(); err != nil {
		if have, again := db.schemaVersion(ctx, q); again == nil && have == newest {
			return nil // another process was faster
		}
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// schemaVersion returns the number of the last migration that ran; 0 for a new database.
func (db *DB) schemaVersion(ctx context.Context, q querier) (int64, error) {
	exists := `SELECT count(*) FROM sqlite_master WHERE name = 'goose_db_version'`
	if db.pg != nil {
		exists = `SELECT count(*) FROM pg_class WHERE oid = to_regclass('goose_db_version')`
	}
	var n, version int64
	if err := one(ctx, q, exists, nil, &n); err != nil {
		return 0, fmt.Errorf("schema version: %w", err)
	}
	if n == 0 {
		return 0, nil
	}
	if err := one(ctx, q, `SELECT coalesce(max(version_id), 0) FROM goose_db_version`, nil, &version); err != nil {
		return 0, fmt.Errorf("schema version: %w", err)
	}
	return version, nil
}

func migratePostgres(ctx context.Context, url string) (err error) {
	conn, err := sql.Open("pgx", url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return err
	}
	return runMigrations(ctx, "postgres", goose.DialectPostgres, conn, goose.WithSessionLocker(locker))
}

func migrateSQLite(ctx context.Context, folder, path string) (err error) {
	conn, err := sql.Open("sqlite", sqliteDSN(path, readerCache))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	conn.SetMaxOpenConns(1)
	return runMigrations(ctx, folder, goose.DialectSQLite3, conn)
}

func runMigrations(ctx context.Context, folder string, kind goose.Dialect, conn *sql.DB, options ...goose.ProviderOption) error {
	files, err := fs.Sub(migrations, "migration/"+folder)
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(kind, conn, files, options...)
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}
