package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	driver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// A dialect is where the two engines differ. Everything else is one text.
type dialect int

const (
	postgres dialect = iota
	sqlite
)

// list returns the argument for [dialect.among]: PostgreSQL takes an array,
// SQLite a JSON text.
func list[T any](d dialect, values []T) any {
	if d == postgres {
		return values
	}
	b, err := json.Marshal(values)
	if err != nil {
		panic("store: list: " + err.Error())
	}
	return string(b)
}

// among returns a condition: expr is one of the values of parameter n.
func (d dialect) among(expr string, n int) string {
	if d == postgres {
		return fmt.Sprintf("%s = ANY($%d)", expr, n)
	}
	return fmt.Sprintf("%s IN (SELECT value FROM json_each($%d))", expr, n)
}

// each returns a table k with one column value: the texts of parameter n.
func (d dialect) each(n int) string {
	if d == postgres {
		return fmt.Sprintf(`unnest($%d::text[]) AS k(value)`, n)
	}
	return fmt.Sprintf(`json_each($%d) AS k`, n)
}

// localPart is what stands before the @ of an address.
func (d dialect) localPart(expr string) string {
	if d == postgres {
		return `split_part(` + expr + `, '@', 1)`
	}
	return `substr(` + expr + `, 1, instr(` + expr + `, '@') - 1)`
}

// bulk inserts rows as fast as the engine takes them: COPY, or a prepared
// insert for each (several rows in one VALUES is never faster on SQLite,
// DESIGN §7). next returns nil when there are no more; its slice may be used
// again. The number of rows is checked.
func (tx *Tx) bulk(ctx context.Context, table string, columns []string, next func() ([]any, error)) (n int64, err error) {
	if tx.pg != nil {
		n, err := tx.pg.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromFunc(next))
		if err != nil {
			return n, fmt.Errorf("copy into %s: %w", table, err)
		}
		return n, nil
	}
	marks := make([]string, len(columns))
	for i := range marks {
		marks[i] = "?"
	}
	query := "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES (" + strings.Join(marks, ", ") + ")" //nolint:gosec // names of our own, no values
	insert, err := tx.lite.PrepareContext(ctx, query)
	if err != nil {
		return 0, fmt.Errorf("prepare insert into %s: %w", table, err)
	}
	defer func() { err = errors.Join(err, insert.Close()) }()
	for {
		row, err := next()
		if err != nil || row == nil {
			return n, err
		}
		if _, err := insert.ExecContext(ctx, row...); err != nil {
			return n, fmt.Errorf("insert into %s: %w", table, err)
		}
		n++
	}
}

// applyLock is the class of the advisory lock that lets one apply of an
// organisation run at a time; the number has no meaning but to be ours.
const applyLock = 0x6d65

// lock makes the transaction wait for every other one that holds the lock of
// the organisation, and ends with the transaction. On SQLite the transaction
// itself is the lock.
func (tx *Tx) lock(ctx context.Context, org int64) error {
	if tx.dialect != postgres {
		return nil
	}
	_, err := tx.exec(ctx, `SELECT pg_advisory_xact_lock($1, $2)`, applyLock, int32(org))
	return err
}

// analyzeFrom is the size of a plan from which PostgreSQL's planner is told
// about it.
const analyzeFrom = 5000

// Analyze tells PostgreSQL's planner about rows that were just bulk loaded;
// without it the set queries over a large plan may be joined row by row.
func (db *DB) Analyze(ctx context.Context, rows int64) error {
	if db.dialect != postgres || rows < analyzeFrom {
		return nil
	}
	_, err := db.read().exec(ctx, `ANALYZE change, change_group, member`)
	return err
}

// analyzeMembers tells the planner of PostgreSQL about many new members before
// anybody looks for them. Until autovacuum does, some minutes later, it thinks
// that there are none, and counting the members of a group among 60,000 takes
// longer than 5 minutes (measured).
func (tx *Tx) analyzeMembers(ctx context.Context, created int64) error {
	if tx.dialect != postgres || created < analyzeFrom {
		return nil
	}
	_, err := tx.exec(ctx, `ANALYZE member, membership`)
	return err
}

// scrub empties SQLite's write-ahead log into the database, where what was
// replaced is overwritten (see sqliteDSN); a reader may hold some of it back
// until the next time. PostgreSQL keeps old rows until its own vacuum.
func (db *DB) scrub(ctx context.Context) error {
	if db.dialect != sqlite {
		return nil
	}
	_, err := db.rw.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
	return err
}

// isBusy reports whether err says that another process writes to the file of SQLite.
func isBusy(err error) bool {
	var lite *driver.Error
	return errors.As(err, &lite) && lite.Code()&0xff == sqlite3.SQLITE_BUSY // less the extended code
}

// isUnique reports whether err is a violated unique index.
func isUnique(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "23505"
	}
	var lite *driver.Error
	if errors.As(err, &lite) {
		return lite.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || lite.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	return false
}
