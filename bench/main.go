// Command bench measures Meibo against what the databases can do alone: each of
// our paths in turn with its floor, in the same run, on the same machine.
//
// It drives the real program, one process for each step, so that nothing is left
// out: start, reading, validation, whole-file rules, stored changes, sum, kept
// file, history. See README.md for what is measured and how.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// A config is what the flags say.
type config struct {
	rows      int64
	runs      int
	databases []string
	folder    string // where everything is made and removed again
	server    string // URL of a PostgreSQL; empty: one is started
	document  string // file that gets the table; empty: none
	only      string // new: leave out everything after the first import; databases: workbooks; books: all but workbooks; listmonk: all but another importer
	program   string // a meibo that is built already; empty: it is built here
}

func main() {
	if len(os.Args) > 2 && os.Args[1] == stepFlag {
		if err := step(context.Background(), os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (err error) {
	var c config
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.Int64Var(&c.rows, "rows", 100_000, "members")
	flags.IntVar(&c.runs, "runs", 3, "how often each path and its floor are run, in turn")
	databases := flags.String("databases", "postgres,sqlite", "which databases")
	flags.StringVar(&c.server, "postgres", "", "URL of a PostgreSQL's maintenance database; none: one is started with its own settings for durability")
	flags.StringVar(&c.folder, "folder", "", "where to work; none: a temporary folder (needs about 4 KB a member)")
	flags.StringVar(&c.document, "doc", "", "put the tables into this file, between their marks for this size")
	flags.StringVar(&c.only, "only", "", "new: only the first import and its floor; databases: all but workbooks; books: only workbooks; listmonk: only beside that importer")
	flags.StringVar(&c.program, "meibo", "", "a program that is built already, to compare two versions")
	if err := flags.Parse(args); err != nil {
		return err
	}
	c.databases = strings.Split(*databases, ",")
	if c.folder, err = os.MkdirTemp(c.folder, "meibo-bench-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(c.folder)) }()
	b, err := prepare(ctx, c)
	if err != nil {
		return err
	}
	defer b.close()
	if err := b.all(ctx); err != nil {
		return err
	}
	if c.only == "" || c.only == "books" {
		if err := b.books(ctx); err != nil {
			return err
		}
	}
	for _, s := range b.report() {
		fmt.Println(s.text)
		if c.document == "" {
			continue
		}
		if err := insert(c.document, s.what, c.rows, s.text); err != nil {
			return err
		}
	}
	return nil
}
