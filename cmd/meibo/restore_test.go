package main

import (
	"archive/zip"
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"meibo/internal/storetest"
)

// blocks are the commands that docs/operate.md gives under a heading, as they stand.
func blocks(t *testing.T, heading string) string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "operate.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(page), "\n### "+heading+"\n")
	section, _, _ = strings.Cut(section, "\n##")
	var commands strings.Builder
	for {
		_, rest, more := strings.Cut(section, "```sh\n")
		block, after, _ := strings.Cut(rest, "```")
		commands.WriteString(block)
		if section = after; !more {
			break
		}
	}
	if !found || commands.Len() == 0 {
		t.Fatalf("docs/operate.md has no commands under %q", heading)
	}
	return commands.String()
}

// shell runs commands as a person does who copies them.
func shell(t *testing.T, folder string, env []string, commands string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-eu", "-c", commands)
	cmd.Dir, cmd.Env = folder, append(slices.DeleteFunc(os.Environ(), ours), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, commands, out)
	}
	return string(out)
}

// busy imports one small file after another until it is told to stop: the returned
// function does, and waits for the end.
func busy(t *testing.T, folder string, env []string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	begun, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for n := 0; ctx.Err() == nil; n++ {
			file := filepath.Join(folder, fmt.Sprintf("busy%d.csv", n))
			var rows strings.Builder
			rows.WriteString("login_id,name\n")
			for i := range 100 {
				fmt.Fprintf(&rows, "busy%d_%d,Busy\n", n, i)
			}
			err := os.WriteFile(file, []byte(rows.String()), 0o600)
			if err == nil {
				cmd := exec.CommandContext(t.Context(), "meibo", "import", file, "--yes")
				cmd.Dir, cmd.Env = folder, append(slices.DeleteFunc(os.Environ(), ours), env...)
				_, err = cmd.CombinedOutput()
			}
			if err != nil {
				t.Errorf("import %d: %v", n, err)
				return
			}
			if n == 0 {
				close(begun)
			}
		}
	}()
	select {
	case <-begun:
	case <-done:
	}
	return func() {
		cancel()
		<-done
	}
}

// town sets up an organisation with a member who has a file.
func town(t *testing.T, folder string, env []string) {
	t.Helper()
	for _, name := range []string{"backup", "elsewhere"} {
		if err := os.Mkdir(filepath.Join(folder, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	packed, err := os.Create(filepath.Join(folder, "ann.zip"))
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(packed)
	w, err := z.Create("new/a.txt")
	if err == nil {
		_, err = io.WriteString(w, "keeps bees")
	}
	if err := errors.Join(err, z.Close(), packed.Close()); err != nil {
		t.Fatal(err)
	}
	shell(t, folder, env, `printf 'login_id,name,paper\nann,Ann,new/a.txt\n' > ann.csv
meibo setup --org Acme --owner-email owner@acme.example --owner-name Ono
meibo fields add paper --type file --label-ja 書類
meibo import ann.csv --files ann.zip --yes`)
}

// serving starts a server as a process of its own; stop ends it.
func serving(t *testing.T, folder string, env []string) (stop func()) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "meibo", "serve", "--listen", "127.0.0.1:0")
	cmd.Dir, cmd.Env = folder, append(slices.DeleteFunc(os.Environ(), ours), env...)
	said, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines, ready := bufio.NewScanner(said), false
	for !ready && lines.Scan() {
		ready = strings.HasPrefix(lines.Text(), "Meibo is at")
	}
	if !ready {
		t.Fatalf("the server did not begin: %v", cmd.Wait())
	}
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		for lines.Scan() {
		}
	}()
	return func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		<-drained
		if err := cmd.Wait(); err != nil {
			t.Errorf("the server stopped with %v", err)
		}
	}
}

// isRestored looks whether members, history and files are there.
func isRestored(t *testing.T, folder string, env []string, verified string) {
	t.Helper()
	if !strings.Contains(verified, "nothing is wrong") {
		t.Errorf("verify after going back: %s", verified)
	}
	shell(t, folder, env, "meibo export -o all.csv --files all.zip")
	z, err := zip.OpenReader(filepath.Join(folder, "all.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	content, err := fs.ReadFile(z, "2/a.txt")
	if err != nil || string(content) != "keeps bees" {
		t.Errorf("the member's file: %q, %v", content, err)
	}
	if table := shell(t, folder, env, "cat all.csv"); strings.Count(table, "Busy") < 100 || strings.Count(table, "Busy")%100 != 0 {
		t.Errorf("%d members of imports of a hundred each", strings.Count(table, "Busy"))
	}
}

func TestR1_ABackupMadeWhileAServerImportsIsRestoredAsThePageSays(t *testing.T) {
	folder := t.TempDir()
	env := []string{"MEIBO_LANG=en", "HOME=" + folder, "MEIBO_DB=meibo.db"}
	town(t, folder, env)
	stopServer := serving(t, folder, env)
	stop := busy(t, folder, env)
	shell(t, folder, env, blocks(t, "SQLite: making it"))
	stop()
	stopServer()
	isRestored(t, folder, env, shell(t, folder, env, blocks(t, "SQLite: going back")))
	serving(t, folder, env)() // it takes up what waited
	if out := shell(t, folder, env, "meibo verify"); !strings.Contains(out, "nothing is wrong") {
		t.Errorf("verify after the server had gone on: %s", out)
	}
}

func TestR1_ABackupOfPostgreSQLIsRestoredAsThePageSays(t *testing.T) {
	for _, program := range []string{"pg_dump", "pg_restore"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("there is no %s", program)
		}
	}
	folder := t.TempDir()
	key := "MEIBO_KEY=" + strings.Repeat("07", 32)
	env := []string{"MEIBO_LANG=en", "HOME=" + folder, key, "MEIBO_DB=" + storetest.Postgres(t), "MEIBO_FILES=" + filepath.Join(folder, "files")}
	town(t, folder, env)
	stopServer := serving(t, folder, env)
	stop := busy(t, folder, env)
	shell(t, folder, env, blocks(t, "PostgreSQL: making it"))
	stop()
	stopServer()
	env = []string{"MEIBO_LANG=en", "HOME=" + folder, key, "MEIBO_DB=" + storetest.Postgres(t), "MEIBO_FILES=" + filepath.Join(folder, "again")}
	isRestored(t, folder, env, shell(t, folder, env, blocks(t, "PostgreSQL: going back")))
}

// ours reports whether a variable of the environment sets one of our settings, which whoever
// runs the tests may have for other purposes.
func ours(variable string) bool { return strings.HasPrefix(variable, "MEIBO_") }
