package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// A database is one of the two that we measure: it makes copies of a database
// that was set up, and knows its floor.
type database interface {
	name() string
	url(name string) string // what --db takes
	copy(ctx context.Context, from, to string) error
	drop(ctx context.Context, name string) error
	// dump writes the members and memberships of a database as the floor reads them.
	dump(ctx context.Context, from string) error
	// fill fills both tables of a fresh copy from the dump, in one transaction
	// with indexes and durability as in production.
	fill(ctx context.Context) (sample, error)
	// export writes both tables to files.
	export(ctx context.Context, from string) (sample, error)
	// spent is the processor time of all processes that ever served; 0 where
	// there are none or they cannot be seen.
	spent(ctx context.Context) time.Duration
	close()
}

// tables are what the floor fills, with the columns that Meibo fills.
var tables = []string{"member", "membership"}

// server is a PostgreSQL.
type server struct {
	folder, address, version string
	alive                    *os.File // keeps a server of ours running; nil for another one
	postmaster               string   // its /proc/…/stat; empty where it is not on this machine
}

// startServer starts a PostgreSQL with its own settings for durability.
func startServer(ctx context.Context, folder string) (*server, error) {
	stdin, alive, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer stdin.Close()
	cmd := exec.CommandContext(ctx, "scripts/postgres", "--durable")
	cmd.Stdin, cmd.Stderr = stdin, os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start a PostgreSQL (run this in the project's folder): %w", err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, errors.New("no PostgreSQL could be started")
	}
	return &server{folder: folder, address: strings.TrimSpace(line), alive: alive}, nil
}

func (s *server) name() string { return "postgres" }

func (s *server) url(name string) string {
	config, err := pgx.ParseConfig(s.address)
	if err != nil {
		return s.address
	}
	return strings.Replace(s.address, "/"+config.Database, "/"+name, 1)
}

func (s *server) with(ctx context.Context, name string, f func(*pgx.Conn) error) (err error) {
	conn, err := pgx.Connect(ctx, s.url(name))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	return f(conn)
}

func (s *server) maintain(ctx context.Context, statements ...string) error {
	conn, err := pgx.Connect(ctx, s.address)
	if err != nil {
		return err
	}
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return errors.Join(fmt.Errorf("%s: %w", statement, err), conn.Close(ctx))
		}
	}
	return conn.Close(ctx)
}

// copy ends with a checkpoint: each step begins with the same calm.
func (s *server) copy(ctx context.Context, from, to string) error {
	if err := s.drop(ctx, to); err != nil {
		return err
	}
	if from == "" {
		return s.maintain(ctx, `CREATE DATABASE `+to)
	}
	return s.maintain(ctx, `CREATE DATABASE `+to+` TEMPLATE `+from+` STRATEGY FILE_COPY`, `CHECKPOINT`)
}

func (s *server) drop(ctx context.Context, name string) error {
	return s.maintain(ctx, `DROP DATABASE IF EXISTS `+name+` WITH (FORCE)`)
}

func (s *server) file(table string) string { return filepath.Join(s.folder, table+".copy") }

func (s *server) dump(ctx context.Context, from string) error {
	return s.with(ctx, from, func(conn *pgx.Conn) error {
		for _, table := range tables {
			if err := s.out(ctx, conn, `COPY (SELECT * FROM `+table+` WHERE `+imported(table)+`) TO STDOUT`, s.file(table)); err != nil {
				return err
			}
		}
		return nil
	})
}

// imported leaves out the owner, who is in every database that was set up.
func imported(table string) string {
	if table == "member" {
		return "system_role <> 1 ORDER BY id"
	}
	return "TRUE ORDER BY member_id, group_id"
}

func (s *server) out(ctx context.Context, conn *pgx.Conn, query, path string) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, 1<<20)
	if _, err := conn.PgConn().CopyTo(ctx, w, query); err != nil {
		return fmt.Errorf("%s: %w", query, err)
	}
	return w.Flush()
}

func (s *server) fill(ctx context.Context) (sample, error) {
	if err := s.copy(ctx, "empty", "floor"); err != nil {
		return sample{}, err
	}
	var took time.Duration
	err := s.with(ctx, "floor", func(conn *pgx.Conn) error {
		begin := time.Now()
		tx, err := conn.Begin(ctx)
		if err != nil {
			return err
		}
		for _, table := range tables {
			if err := s.in(ctx, conn, table); err != nil {
				return err
			}
		}
		err = tx.Commit(ctx)
		took = time.Since(begin)
		return err
	})
	return sample{wall: took}, errors.Join(err, s.drop(ctx, "floor"))
}

func (s *server) in(ctx context.Context, conn *pgx.Conn, table string) error {
	f, err := os.Open(s.file(table))
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = conn.PgConn().CopyFrom(ctx, io.Reader(f), `COPY `+table+` FROM STDIN`)
	return err
}

func (s *server) export(ctx context.Context, from string) (sample, error) {
	var took time.Duration
	err := s.with(ctx, from, func(conn *pgx.Conn) error {
		begin := time.Now()
		for _, table := range tables {
			if err := s.out(ctx, conn, `COPY `+table+` TO STDOUT (FORMAT csv)`, filepath.Join(s.folder, "out.csv")); err != nil {
				return err
			}
		}
		took = time.Since(begin)
		return nil
	})
	return sample{wall: took}, err
}

// look finds the process of the server, whose children serve connections, and
// its version.
func (s *server) look(ctx context.Context) error {
	return s.with(ctx, "postgres", func(conn *pgx.Conn) error {
		var pid int
		if err := conn.QueryRow(ctx, "SELECT pg_backend_pid(), split_part(version(), ' ', 2)").Scan(&pid, &s.version); err != nil {
			return err
		}
		if fields := statOf(fmt.Sprintf("/proc/%d/stat", pid)); len(fields) > 1 {
			s.postmaster = "/proc/" + fields[1] + "/stat"
		}
		return nil
	})
}

// statOf returns the fields of a /proc/…/stat that follow the program's name:
// the state first (proc(5)).
func statOf(path string) []string {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	_, after, _ := strings.Cut(string(text), ") ")
	return strings.Fields(after)
}

// spent counts what backends that have ended took, in hundredths of a second
// (USER_HZ): every step of ours closes its connections, and their processes are
// waited for, until the server has counted them. Where somebody keeps theirs, as who
// watches, they are not waited for longer.
func (s *server) spent(ctx context.Context) time.Duration {
	const most = 5 * time.Second
	for begin := time.Now(); s.serving() && ctx.Err() == nil && time.Since(begin) < most; {
		time.Sleep(10 * time.Millisecond)
	}
	fields := statOf(s.postmaster)
	if len(fields) < 15 {
		return 0
	}
	user, err1 := strconv.ParseInt(fields[13], 10, 64)
	system, err2 := strconv.ParseInt(fields[14], 10, 64)
	if err1 != nil || err2 != nil {
		return 0
	}
	return time.Duration(user+system) * 10 * time.Millisecond
}

// serving reports whether a process of the server serves a connection, or has
// served one and is not counted yet. It is false where they cannot be seen.
func (s *server) serving() bool {
	all, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || s.postmaster == "" {
		return false
	}
	for _, path := range all {
		if fields := statOf(path); len(fields) < 2 || "/proc/"+fields[1]+"/stat" != s.postmaster {
			continue
		}
		title, err := os.ReadFile(filepath.Join(filepath.Dir(path), "cmdline"))
		if err == nil && (len(title) == 0 || bytes.Contains(title, []byte(" 127.0.0.1(")) || bytes.Contains(title, []byte(" [local]"))) {
			return true
		}
	}
	return false
}

func (s *server) close() {
	if s.alive != nil {
		_ = s.alive.Close() // scripts/postgres stops the server and removes its folder
	}
}
