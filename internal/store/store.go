// Package store keeps all of it, in SQLite or PostgreSQL.
//
// One text of SQL serves both databases; what differs stands in dialect.go.
// The package does not know who may do what. Nothing but apply.go writes
// members, and nothing but erase.go empties them.
package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"meibo/internal/problem"
)

// ErrNoRows is returned by Scan when a query of one row has none.
var ErrNoRows = errors.New("no rows")

// A DB is an open database. It is safe for concurrent use.
type DB struct {
	dialect dialect
	pg      *pgxpool.Pool // PostgreSQL
	rw, ro  *litePool     // SQLite: one writer connection, several readers
	side    *litePool     // SQLite: the file of sessions, see [DB.WriteSide]
	path    string        // of the SQLite file
	view    querier       // of a snapshot; nil outside of one

	// applies has room for so many applies that each finds its two connections.
	applies chan struct{}

	queueReady *atomic.Bool // PostgreSQL has the tables of jobs

	statements *atomic.Int64 // see [DB.Statements]
}

// IsPostgres reports whether a database URL means PostgreSQL; anything else is
// the path of an SQLite file.
func IsPostgres(url string) bool {
	return strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://")
}

// Exists reports whether there is a database at url, as far as that can be told
// without opening it: an SQLite file is there, a PostgreSQL server is believed.
func Exists(url string) bool {
	if IsPostgres(url) {
		return true
	}
	_, err := os.Stat(url)
	return err == nil
}

// Open opens the database at url, makes it if it is an SQLite file that does
// not exist, and brings its schema up to date. Its problems are
// DatabaseUnreachable and DatabaseNewer.
func Open(ctx context.Context, url string) (*DB, error) {
	db, err := connect(ctx, url)
	if err != nil {
		return nil, err
	}
	if err := db.migrate(ctx, url); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func connect(ctx context.Context, url string) (*DB, error) {
	if IsPostgres(url) {
		return connectPostgres(ctx, url)
	}
	return connectSQLite(ctx, url)
}

// fewestConns is how many connections a process may open at least: one for an
// apply, one for its sum, as many for others, and two for jobs, of which one listens.
const fewestConns = 10

// withoutJIT keeps PostgreSQL from compiling expressions: ours are small, and the statements
// that go through many rows wait for it. Planning and applying an undo of a million members
// took 26 s with it and 21 s without.
func withoutJIT(ctx context.Context, c *pgconn.PgConn) error {
	_, err := c.Exec(ctx, `SET jit = off`).ReadAll()
	return err
}

func connectPostgres(ctx context.Context, url string) (*DB, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, unreachable() // the error may quote a password
	}
	if _, set := config.ConnConfig.RuntimeParams["application_name"]; !set {
		config.ConnConfig.RuntimeParams["application_name"] = "meibo"
	}
	if _, set := config.ConnConfig.RuntimeParams["jit"]; !set {
		config.ConnConfig.AfterConnect = withoutJIT
	}
	config.MaxConns = max(config.MaxConns, fewestConns)
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connection pool: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, cmp.Or(ctx.Err(), unreachable())
	}
	return &DB{dialect: postgres, pg: pool, applies: make(chan struct{}, config.MaxConns/2-1), queueReady: new(atomic.Bool),
		statements: new(atomic.Int64)}, nil
}

func unreachable() error { return problem.Of(problem.NotFound, problem.DatabaseUnreachable) }

// sqliteReaders is how many read connections an SQLite file gets: planning
// reads beside the writer, and a command does little else at once.
const sqliteReaders = 4

func connectSQLite(ctx context.Context, path string) (*DB, error) {
	if _, err := os.Stat(filepath.Dir(path)); err != nil {
		return nil, unreachable()
	}
	for _, name := range []string{path, path + sessionsSuffix} {
		if err := makePrivate(name); err != nil {
			return nil, unreachable()
		}
	}
	count := new(atomic.Int64)
	db := &DB{dialect: sqlite, path: path, applies: make(chan struct{}, 1), rw: newLitePool(path, false, writerCache, 1, count),
		ro: newLitePool(path, true, readerCache, sqliteReaders, count), side: newLitePool(path+sessionsSuffix, false, 2048, 1, count),
		statements: count}
	if _, err := db.rw.exec(ctx, `SELECT 1`); err != nil {
		return nil, errors.Join(unreachable(), db.Close())
	}
	return db, nil
}

// makePrivate makes a database file, if it is not there, that only its owner may
// read, whatever the umask is; one that is there keeps its mode. SQLite gives the
// files beside it, -wal and -shm, the same mode.
func makePrivate(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(f.Chmod(0o600), f.Close())
}

// The caches of connections to SQLite, in KiB. They take twice that of memory: a
// page with what SQLite keeps beside it is a little more than 4 KiB, for which the
// allocator gives 8. One of 8 MiB made writing a million rows take 1.9 times as long
// as one of 64 MiB (DESIGN §7); since indexes are made anew (indexes.go) one of 32
// MiB does as well as that: 400,000 new members and their undo took 50 and 62 s of
// processor time (one run each, a busy machine), and 205 and 268 MB.
const (
	writerCache = 32768
	readerCache = 8192
	steadyCache = 8192
)

// pragmasOf are those that every connection gets. A writer that is busy for
// longer than the timeout is waited for by asking again, see [DB.begin]: within
// it nothing can be cancelled.
//
// secure_delete overwrites what is deleted or replaced with zeros: without it
// the texts of an erased person would stay readable in free space of the file
// (SPEC M7).
func pragmasOf(readOnly bool, cache int) []string {
	pragmas := []string{"busy_timeout(5000)", "synchronous(FULL)", fmt.Sprintf("cache_size(-%d)", cache),
		"foreign_keys(1)", "temp_store(FILE)", "secure_delete(1)"}
	if readOnly {
		return pragmas
	}
	return append(pragmas, "journal_mode(WAL)")
}

// sqliteDSN is how goose and River, which want database/sql, get such a connection.
func sqliteDSN(path string, cache int) string {
	q := url.Values{"_txlock": {"immediate"}, "_pragma": pragmasOf(false, cache)}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String()
}

// Statements is how many statements the database has been given, those of jobs
// aside. Many rows that are written in one go count once.
func (db *DB) Statements() int64 { return db.statements.Load() }

// Close closes all connections.
func (db *DB) Close() error {
	if db.pg != nil {
		db.pg.Close()
		return nil
	}
	return errors.Join(db.side.close(), db.ro.close(), db.rw.close())
}

// Write runs f in one transaction and commits it if f returns no error. Only
// one Write runs at a time on SQLite; f must not use db itself.
func (db *DB) Write(ctx context.Context, f func(tx *Tx) error) error {
	tx, err := db.begin(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	return tx.run(ctx, f)
}
