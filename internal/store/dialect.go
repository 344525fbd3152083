package store

import (
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"
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

// picked returns the rows of a table of organisation $1, under an alias, of which a
// column is one of the values, of the given type, of parameter n; in no order. Both
// engines look up one after another: SQLite would sort the values first; PostgreSQL, where
// it thinks that it must read much, would hold each row against each value in turn (2,000
// of 100,000 members 50 ms, looked up 8; OFFSET keeps it from it).
func (d dialect) picked(table, alias, column string, n int, kind string) string {
	if d == postgres {
		return fmt.Sprintf("unnest($%d::%s[]) AS k(value) CROSS JOIN LATERAL (SELECT * FROM %s t WHERE t.org_id = $1 AND t.%s = k.value OFFSET 0) %s", n, kind, table, column, alias)
	}
	return fmt.Sprintf("json_each($%d) AS k CROSS JOIN %s %s ON %s.org_id = $1 AND %s.%s = k.value", n, table, alias, alias, alias, column)
}

// each returns a table k with one column value: the texts of parameter n.
func (d dialect) each(n int) string {
	if d == postgres {
		return fmt.Sprintf(`unnest($%d::text[]) AS k(value)`, n)
	}
	return fmt.Sprintf(`json_each($%d) AS k`, n)
}

// groupOps returns a table g with one column value: the groups of a change c,
// those that it takes away as negative numbers.
func (d dialect) groupOps() string {
	if d == postgres {
		return `unnest(string_to_array(c.group_ops, ',')::bigint[]) AS g(value)`
	}
	return `json_each('[' || c.group_ops || ']') AS g`
}

// field is the canonical text of a field of a member m, NULL without one. The identifier
// stands in the text itself, where an index on the expression can be found; a field's
// definition lets only [a-z][a-z0-9_]* through. SQLite has our function for it
// (litefield.go), which is faster than its own.
func (d dialect) field(identifier string) string {
	if d == postgres {
		return `(m.fields->>'` + identifier + `')`
	}
	return `field_of(m.fields, '` + identifier + `')`
}

// hasPart is a condition: parameter n is a part of a text, byte by byte. A part is not empty.
func (d dialect) hasPart(text string, n int) string {
	if d == postgres {
		return fmt.Sprintf(`strpos(%s, $%d) > 0`, text, n)
	}
	return fmt.Sprintf(`has_text(%s, $%d)`, text, n) // litefield.go
}

// orAll stands behind the verb of a statement that writes many rows of a transaction which
// is not to go on without it: where a row is refused, SQLite ends the whole transaction. So
// it need not copy each page that it writes, to take back the statement alone.
func (d dialect) orAll() string {
	if d == postgres {
		return ""
	}
	return "OR ROLLBACK "
}

// document is a column of text as one of members: PostgreSQL looks into their
// fields, so it keeps them as jsonb. In a plan nobody does.
func (d dialect) document(column string) string {
	if d == postgres {
		return column + `::jsonb`
	}
	return column
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
// DESIGN §7). next fills a row, whose cells are NULL until then, or returns false
// when there are no more.
func (tx *Tx) bulk(ctx context.Context, table string, columns []string, next func(row []cell) (bool, error)) error {
	if tx.pg != nil {
		from := &copyReader{row: make([]cell, len(columns)), next: next}
		rows, err := tx.copyFrom(ctx, table, columns, from)
		from.stop()
		if from.err != nil && !errors.Is(from.err, io.EOF) {
			// The server only knows that the rows ended.
			err = fmt.Errorf("copy into %s: %w", table, from.err)
		}
		if err == nil && rows != from.rows {
			err = fmt.Errorf("copy into %s: %d rows of %d", table, rows, from.rows)
		}
		return err
	}
	marks := strings.TrimSuffix(strings.Repeat("?, ", len(columns)), ", ")
	if _, err := tx.lite.runAll(ctx, "INSERT INTO "+into(table, columns)+" VALUES ("+marks+")", len(columns), next); err != nil {
		return fmt.Errorf("insert into %s: %w", table, err)
	}
	return nil
}

func into(table string, columns []string) string {
	return table + " (" + strings.Join(columns, ", ") + ")"
}

// copyFrom copies rows in the text format of COPY into a table, and returns how many. pgx may
// go on to read from where copying fails.
func (tx *Tx) copyFrom(ctx context.Context, table string, columns []string, from io.Reader) (int64, error) {
	tx.statements.Add(1)
	tag, err := tx.pg.Conn().PgConn().CopyFrom(ctx, from, "COPY "+into(table, columns)+" FROM STDIN")
	if err != nil { // if the context has ended, that the connection was closed
		return 0, fmt.Errorf("copy into %s: %w", table, cmp.Or(ctx.Err(), err))
	}
	return tag.RowsAffected(), nil
}

// runAll runs a statement for each row of parameters, and returns how many rows it
// touched in all; it counts as one. That it is to stop is looked for here, too: SQLite is
// told only of what runs just now.
func (tx *liteTx) runAll(ctx context.Context, query string, parameters int, next func(row []cell) (bool, error)) (int64, error) {
	if tx.over() {
		return 0, errTxDone
	}
	tx.pool.statements.Add(1)
	s, err := tx.c.prepare(query)
	if err != nil {
		return 0, err
	}
	defer s.release()
	defer tx.c.guard(ctx)()
	before := tx.c.touched()
	for row := make([]cell, parameters); ; {
		clear(row)
		more, err := next(row)
		if err != nil || !more {
			return tx.c.touched() - before, err
		}
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if err := s.run(row); err != nil {
			return 0, told(ctx, err) // after which it is not run again
		}
	}
}

// A copyReader writes rows in the text format of COPY: pgx's CopyFrom wants each
// value in an interface, allocated, and looks for its binary form. Here a row takes
// no allocation, and the server reads both alike.
type copyReader struct {
	mu   sync.Mutex // pgx reads in a goroutine, for which it does not wait where copying fails
	done bool
	row  []cell
	next func(row []cell) (bool, error)
	rows int64
	buf  []byte
	rest []byte // of buf
	err  error
}

func (r *copyReader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.done {
		return 0, io.ErrClosedPipe
	}
	if len(r.rest) == 0 && r.err == nil {
		r.fill()
	}
	if len(r.rest) == 0 {
		return 0, r.err
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// stop waits for a Read, after which there is no other one.
func (r *copyReader) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done = true
}

// copyChunk is how much is written before it is handed over, in bytes.
const copyChunk = 32 << 10

func (r *copyReader) fill() {
	r.buf = r.buf[:0]
	for len(r.buf) < copyChunk && r.err == nil {
		clear(r.row)
		more, err := r.next(r.row)
		switch {
		case err != nil:
			r.err = err
		case !more:
			r.err = io.EOF
		default:
			r.buf = appendCopy(r.buf, r.row)
			r.rows++
		}
	}
	r.rest = r.buf
}

// appendCopy appends a row as COPY reads it (PostgreSQL's manual, COPY, Text Format).
func appendCopy(b []byte, row []cell) []byte {
	for i := range row {
		if i > 0 {
			b = append(b, '\t')
		}
		switch c := &row[i]; c.kind {
		case numberCell:
			b = strconv.AppendInt(b, c.n, 10)
		case boolCell:
			b = append(b, "ft"[c.n])
		case textCell:
			b = appendCopyText(b, c.s)
		case bytesCell:
			b = hex.AppendEncode(append(b, `\\x`...), c.b)
		default:
			b = append(b, `\N`...)
		}
	}
	return append(b, '\n')
}

// copyEscapes has for each byte that has a meaning to COPY what stands for it behind a
// backslash.
var copyEscapes = [256]byte{'\\': '\\', '\n': 'n', '\r': 'r', '\t': 't'}

func appendCopyText(b []byte, s string) []byte {
	from := 0
	for i := range len(s) {
		if escaped := copyEscapes[s[i]]; escaped != 0 {
			b = append(append(b, s[from:i]...), '\\', escaped)
			from = i + 1
		}
	}
	return append(b, s[from:]...)
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

// later lets PostgreSQL commit the transaction without waiting until it is on the disk.
// That is for rows of a plan that is being made: nobody was told of them, a crash leaves
// a plan that is removed, and when planning ends the commit that says so waits for
// all before it. Waiting for each batch was a tenth of planning a million new members. On
// SQLite it was nothing.
func (tx *Tx) later(ctx context.Context) error {
	if tx.dialect != postgres {
		return nil
	}
	_, err := tx.exec(ctx, `SET LOCAL synchronous_commit = off`)
	return err
}

// inOrder lets PostgreSQL go through members in their order where it writes them by the
// rows of a plan, until inAnyOrder. Left alone it holds each member against a hash of the
// rows, which for many is made in parts: it comes to every page of the table once for each
// part, when others have taken its place in memory. Withdrawing a million members wrote
// 3.8 GB of log in 24 s, in their order 1.1 GB in 16.
func (a *applier) inOrder(ctx context.Context) error { return a.hashing(ctx, "off") }

func (a *applier) inAnyOrder(ctx context.Context) error { return a.hashing(ctx, "on") }

func (a *applier) hashing(ctx context.Context, how string) error {
	if a.tx.dialect != postgres {
		return nil
	}
	_, err := a.tx.exec(ctx, `SET LOCAL enable_hashjoin = `+how)
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
	return db.Write(ctx, func(tx *Tx) error {
		return tx.analyze(ctx, `change (org_id, import_id, seq, action, mask, member_id, email_key, login_key, invitation_id),
			member (org_id, id, state, email_key, login_key)`)
	})
}

// analyzeMembers tells the planner of PostgreSQL about many new members before
// anybody looks for them. Until autovacuum does, some minutes later, it thinks
// that there are none, and counting the members of a group among 60,000 takes
// longer than 5 minutes (measured).
func (tx *Tx) analyzeMembers(ctx context.Context, created int64) error {
	if tx.dialect != postgres || created < analyzeFrom {
		return nil
	}
	return tx.analyze(ctx, `member (org_id, id, state, system_role, email_key, login_key), membership (org_id, member_id, group_id)`)
}

// analyze looks at 3,000 rows of each table, and at the columns by which tables
// are joined and searched: at PostgreSQL's own 30,000 rows of all columns it was a
// quarter of planning and of applying 100,000 rows. Autovacuum looks closer.
func (tx *Tx) analyze(ctx context.Context, what string) error {
	if _, err := tx.exec(ctx, `SET LOCAL default_statistics_target = 10`); err != nil {
		return err
	}
	_, err := tx.exec(ctx, `ANALYZE `+what)
	return err
}

// scrub empties SQLite's write-ahead log into the database, where what was
// replaced is overwritten (see sqliteDSN); a reader may hold some of it back
// until the next time. PostgreSQL keeps old rows until its own vacuum, which comes late to
// changes (migration 0008): of these they are removed here.
func (db *DB) scrub(ctx context.Context) error {
	if db.dialect != sqlite {
		_, err := pgQuerier{db.pg, db.statements}.exec(ctx, `VACUUM change, change_block`)
		return err
	}
	_, err := db.rw.exec(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
	return err
}

// isBusy reports whether err says that another process writes to the file of SQLite.
func isBusy(err error) bool {
	var lite *liteError
	return errors.As(err, &lite) && lite.code&0xff == sqlite3.SQLITE_BUSY // less the extended code
}

// isUnique reports whether err is a violated unique index.
func isUnique(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "23505"
	}
	var lite *liteError
	if errors.As(err, &lite) {
		return lite.code == sqlite3.SQLITE_CONSTRAINT_UNIQUE || lite.code == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	return false
}
