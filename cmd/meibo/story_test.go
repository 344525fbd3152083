package main

import (
	"archive/zip"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"meibo/internal/storetest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"meibo": main})
}

// TestStories tells how people use the program, each story on both databases.
// A comment line of a story that begins with a rule's number names the rule.
func TestStories(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		stories(t, func(t *testing.T, work string) string { return filepath.Join(work, "meibo.db") })
	})
	t.Run("postgres", func(t *testing.T) {
		stories(t, func(t *testing.T, _ string) string { return storetest.Postgres(t) })
	})
}

func stories(t *testing.T, database func(t *testing.T, work string) string) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("MEIBO_DB", database(t, env.WorkDir))
			env.Setenv("MEIBO_LANG", "en")
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("TZ", "UTC")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits,
			"packs": packs,
		},
	})
}

// packs makes a zip: packs FILE NAME CONTENT [NAME CONTENT]...
func packs(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 || len(args)%2 == 0 {
		ts.Fatalf("usage: packs FILE NAME CONTENT [NAME CONTENT]...")
	}
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	z := zip.NewWriter(f)
	for i := 1; i < len(args); i += 2 {
		w, err := z.Create(args[i])
		ts.Check(err)
		_, err = io.WriteString(w, args[i+1])
		ts.Check(err)
	}
	ts.Check(errors.Join(z.Close(), f.Close()))
}

// exits runs meibo and insists on its exit code: exits 3 plan bad.csv.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE VERB [ARGUMENTS]")
	}
	code := "0"
	if err := ts.Exec("meibo", args[1:]...); err != nil {
		code = exitCodeOf(err)
	}
	if code != args[0] {
		ts.Fatalf("meibo %v ended with %s instead of %s", args[1:], code, args[0])
	}
}

func exitCodeOf(err error) string {
	var e *exec.ExitError
	if !errors.As(err, &e) {
		return err.Error()
	}
	return strconv.Itoa(e.ExitCode())
}
