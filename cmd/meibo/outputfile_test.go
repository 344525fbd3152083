package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func writes(text string) func(w io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

// holds insists on what a file has in it and on its mode.
func holds(t *testing.T, name, text string, mode fs.FileMode) {
	t.Helper()
	got, err := os.ReadFile(name)
	if err != nil || string(got) != text {
		t.Errorf("%s holds %q, want %q (%v)", filepath.Base(name), got, text, err)
	}
	info, err := os.Lstat(name)
	if err != nil || info.Mode() != mode {
		t.Errorf("%s has the mode %v, want %v (%v)", filepath.Base(name), info.Mode(), mode, err)
	}
}

// alone insists that nothing half-written was left in a folder.
func alone(t *testing.T, dir string, want int) {
	t.Helper()
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != want {
		t.Errorf("%d files are in the folder, want %d: %v, %v", len(entries), want, entries, err)
	}
}

func TestE1_AnOutputFileIsReplacedAndKeepsItsMode(t *testing.T) {
	dir := t.TempDir()
	old := syscall.Umask(0o027)
	defer syscall.Umask(old)
	fresh, secret, was := filepath.Join(dir, "new.csv"), filepath.Join(dir, "passwords.csv"), filepath.Join(dir, "old.csv")
	if err := os.WriteFile(was, []byte("a long old text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(was, 0o664); err != nil {
		t.Fatal(err)
	}
	for name, mode := range map[string]fs.FileMode{fresh: 0o666, secret: secretMode, was: 0o666} {
		if err := writeFile(name, mode, writes("new")); err != nil {
			t.Fatal(err)
		}
	}
	holds(t, fresh, "new", 0o640)
	holds(t, secret, "new", 0o600)
	holds(t, was, "new", 0o664)
	alone(t, dir, 3)
}

func TestE1_AnOutputThatFailsLeavesTheOldFile(t *testing.T) {
	dir := t.TempDir()
	was := filepath.Join(dir, "old.csv")
	if err := os.WriteFile(was, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	for _, name := range []string{was, filepath.Join(dir, "new.csv")} {
		err := writeFile(name, 0o666, func(w io.Writer) error { return errors.Join(writes("half")(w), broken) })
		if !errors.Is(err, broken) {
			t.Errorf("error = %v", err)
		}
	}
	holds(t, was, "old", 0o600)
	alone(t, dir, 1)
}

func TestE1_AnOutputGoesWhereSymbolicLinksLead(t *testing.T) {
	dir, links := t.TempDir(), t.TempDir()
	was, fresh := filepath.Join(dir, "old.csv"), filepath.Join(dir, "new.csv")
	if err := os.WriteFile(was, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"folder": dir, "old": "again", "again": "folder/old.csv", "new": fresh, "ring": "ring"} {
		if err := os.Symlink(to, filepath.Join(links, link)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"old", "new"} {
		if err := writeFile(filepath.Join(links, name), 0o600, writes("by "+name)); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Lstat(filepath.Join(links, name)); err != nil || info.Mode()&fs.ModeSymlink == 0 {
			t.Errorf("%s is no link any more: %v, %v", name, info.Mode(), err)
		}
	}
	holds(t, was, "by old", 0o600)
	holds(t, fresh, "by new", 0o600)
	alone(t, dir, 2)
	if err := writeFile(filepath.Join(links, "ring"), 0o600, writes("x")); err == nil {
		t.Error("a link to itself was written")
	}
}

func TestE1_AnOutputThatIsNoFileIsWrittenTo(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	end := make(chan error, 1)
	go func() { end <- writeFile(pipe, 0o666, writes("through")) }()
	got, err := os.ReadFile(pipe)
	if err := errors.Join(err, <-end); err != nil || string(got) != "through" {
		t.Errorf("through the pipe came %q, %v", got, err)
	}
	if info, err := os.Lstat(pipe); err != nil || info.Mode()&fs.ModeNamedPipe == 0 {
		t.Errorf("the pipe is %v, %v", info.Mode(), err)
	}
	alone(t, dir, 1)
	if err := writeFile(dir, 0o666, writes("x")); err == nil {
		t.Error("a folder was written")
	}
}
