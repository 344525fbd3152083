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

	"meibo/internal/problem"
)

//go:embed migration
var migrations embed.FS

// newest is the number of the last migration; a test holds it against the files.
const newest = 1

// migrate brings the schema up to date. Two processes may do so at once.
func (db *DB) migrate(ctx context.Context, url string) error {
	have, err := db.schemaVersion(ctx)
	switch {
	case err != nil:
		return err
	case have == newest:
		return nil
	case have > newest:
		return problem.Of(problem.Conflict, problem.DatabaseNewer,
			"have", strconv.FormatInt(have, 10), "want", strconv.Itoa(newest))
	}
	if err := db.runMigrations(ctx, url); err != nil {
		if have, again := db.schemaVersion(ctx); again == nil && have == newest {
			return nil // another process was faster
		}
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// schemaVersion returns the number of the last migration that ran; 0 for a new database.
func (db *DB) schemaVersion(ctx context.Context) (int64, error) {
	exists := `SELECT count(*) FROM sqlite_master WHERE name = 'goose_db_version'`
	q := querier(sqlQuerier{db.rw})
	if db.pg != nil {
		q = db.read()
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

func (db *DB) runMigrations(ctx context.Context, url string) (err error) {
	dir, kind, conn := "migration/sqlite", goose.DialectSQLite3, db.rw
	var options []goose.ProviderOption
	if db.pg != nil {
		dir, kind = "migration/postgres", goose.DialectPostgres
		conn, err = sql.Open("pgx", url)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, conn.Close()) }()
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	files, err := fs.Sub(migrations, dir)
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
