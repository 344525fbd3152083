package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// files are SQLite databases in a folder.
type files struct {
	folder string
	shell  string // the program sqlite3; empty where there is none
}

func newFiles(folder string) *files {
	f := &files{folder: folder}
	f.shell, _ = exec.LookPath("sqlite3")
	if f.shell == "" {
		fmt.Fprintln(os.Stderr, "bench: the program sqlite3 is missing (Debian: apt-get install sqlite3): "+
			"the floor is a plain prepared INSERT through modernc.org/sqlite instead")
	}
	return f
}

func (f *files) name() string                        { return "sqlite" }
func (f *files) url(name string) string              { return filepath.Join(f.folder, name+".db") }
func (f *files) spent(context.Context) time.Duration { return 0 }
func (f *files) close()                              {}

func (f *files) drop(_ context.Context, name string) error {
	for _, end := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(f.url(name) + end); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// copy copies a file that no process has open: there is no log beside it then.
func (f *files) copy(ctx context.Context, from, to string) error {
	if err := f.drop(ctx, to); err != nil || from == "" {
		return err
	}
	in, err := os.Open(f.url(from))
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(f.url(to))
	if err != nil {
		return err
	}
	if _, err = io.Copy(out, in); err == nil {
		err = out.Sync()
	}
	return errors.Join(err, out.Close())
}

func (f *files) csv(table string) string { return filepath.Join(f.folder, table+".csv") }

func (f *files) open(name string) (*sql.DB, error) {
	return sql.Open("sqlite", "file:"+f.url(name)+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=cache_size(-65536)")
}

func (f *files) dump(ctx context.Context, from string) (err error) {
	db, err := f.open(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for _, table := range tables {
		if err := dumpTable(ctx, db, table, f.csv(table)); err != nil {
			return err
		}
	}
	return f.schema(ctx, db)
}

func dumpTable(ctx context.Context, db *sql.DB, table, path string) (err error) {
	rows, err := db.QueryContext(ctx, "SELECT * FROM "+table+" WHERE "+imported(table)) //nolint:gosec // names of our own
	if err != nil {
		return err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	to, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	w := csv.NewWriter(to)
	texts, cells, dest := make([]sql.NullString, len(names)), make([]string, len(names)), make([]any, len(names))
	for i := range texts {
		dest[i] = &texts[i]
	}
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		for i := range texts {
			cells[i] = texts[i].String
		}
		if err := w.Write(cells); err != nil {
			return err
		}
	}
	w.Flush()
	return errors.Join(rows.Err(), w.Error())
}

// schema makes the floor's database: the same two tables and indexes, but not
// STRICT. A CSV knows no NULL, and .import would be refused its empty text in a
// column of numbers; both take one byte.
func (f *files) schema(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, `SELECT sql FROM sqlite_schema WHERE tbl_name IN ('member', 'membership') AND sql IS NOT NULL ORDER BY type DESC`)
	if err != nil {
		return err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return err
		}
		all = append(all, strings.ReplaceAll(text, "STRICT, ", ""))
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if err := f.drop(ctx, "bare"); err != nil {
		return err
	}
	bare, err := f.open("bare")
	if err != nil {
		return err
	}
	_, err = bare.ExecContext(ctx, strings.Join(all, ";\n"))
	return errors.Join(err, bare.Close())
}

func (f *files) fill(ctx context.Context) (sample, error) {
	if err := f.copy(ctx, "bare", "floor"); err != nil {
		return sample{}, err
	}
	defer func() { _ = f.drop(ctx, "floor") }()
	if f.shell == "" {
		return f.prepared(ctx)
	}
	script := "PRAGMA journal_mode=WAL;\nPRAGMA synchronous=FULL;\nPRAGMA cache_size=-65536;\n.mode csv\nBEGIN;\n"
	for _, table := range tables {
		script += ".import " + f.csv(table) + " " + table + "\n"
	}
	return f.run(ctx, "floor", script+"COMMIT;\n", nil)
}

// run feeds a script to the program sqlite3, from start to exit: it empties its
// log into the file when it ends, as our process does.
func (f *files) run(ctx context.Context, name, script string, out io.Writer) (sample, error) {
	cmd := exec.CommandContext(ctx, f.shell, "-bail", f.url(name))
	cmd.Stdin, cmd.Stdout = strings.NewReader(script), out
	var said bytes.Buffer
	cmd.Stderr = &said
	begin := time.Now()
	err := cmd.Run()
	if err == nil && said.Len() > 0 {
		err = errors.New("it complains")
	}
	if err != nil {
		return sample{}, fmt.Errorf("sqlite3: %w: %s", err, said.String())
	}
	return sample{wall: time.Since(begin), cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}, nil
}

// prepared fills the tables through the driver that Meibo uses, where there is
// no program sqlite3.
func (f *files) prepared(ctx context.Context) (s sample, err error) {
	begin := time.Now()
	db, err := f.open("floor")
	if err != nil {
		return s, err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return s, errors.Join(err, db.Close())
	}
	for _, table := range tables {
		if err := f.insertAll(ctx, tx, table); err != nil {
			return s, errors.Join(err, tx.Rollback(), db.Close())
		}
	}
	err = errors.Join(tx.Commit(), db.Close())
	return sample{wall: time.Since(begin)}, err
}

func (f *files) insertAll(ctx context.Context, tx *sql.Tx, table string) error {
	in, err := os.Open(f.csv(table))
	if err != nil {
		return err
	}
	defer in.Close()
	r := csv.NewReader(in)
	r.ReuseRecord = true
	var insert *sql.Stmt
	var args []any
	for {
		cells, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if insert == nil {
			args = make([]any, len(cells))
			marks := strings.TrimSuffix(strings.Repeat("?,", len(cells)), ",")
			if insert, err = tx.PrepareContext(ctx, "INSERT INTO "+table+" VALUES ("+marks+")"); err != nil { //nolint:gosec // names of our own
				return err
			}
			defer func() { _ = insert.Close() }()
		}
		for i, cell := range cells {
			args[i] = cell
		}
		if _, err := insert.ExecContext(ctx, args...); err != nil {
			return err
		}
	}
}

func (f *files) export(ctx context.Context, from string) (sample, error) {
	if f.shell == "" {
		return sample{}, nil
	}
	out, err := os.Create(filepath.Join(f.folder, "out.csv"))
	if err != nil {
		return sample{}, err
	}
	defer out.Close()
	return f.run(ctx, from, ".mode csv\nSELECT * FROM member;\nSELECT * FROM membership;\n", out)
}
