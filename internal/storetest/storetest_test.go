package storetest_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"meibo/internal/storetest"
)

// child is set for the copy of this test binary that TestClusterEndsWithProcess
// starts and kills.
const child = "MEIBO_STORETEST_CHILD"

func TestR3_EachGivesTwoFreshEmptyDatabases(t *testing.T) {
	var seen []string
	for range 2 {
		storetest.Each(t, func(t *testing.T, url string) {
			seen = append(seen, url)
			// Fails if an earlier round's table were still there.
			exec1(t, open(t, url), `CREATE TABLE member (id INTEGER PRIMARY KEY)`)
		})
	}
	if len(seen) != 4 {
		t.Fatalf("f ran %d times, want 4", len(seen))
	}
	for i, url := range seen {
		if isPostgres := strings.HasPrefix(url, "postgres://"); isPostgres != (i%2 == 1) {
			t.Errorf("run %d had the address %s", i, url)
		}
	}
}

func TestTestsSideBySideDoNotShareLocks(t *testing.T) {
	for i := range 4 {
		t.Run(fmt.Sprintf("test %d", i), func(t *testing.T) {
			t.Parallel()
			conn, err := pgx.Connect(t.Context(), storetest.Postgres(t))
			if err != nil {
				t.Fatal(err)
			}
			var got bool
			// Held until the database is dropped, with this connection open.
			if err := conn.QueryRow(t.Context(), `SELECT pg_try_advisory_lock(1)`).Scan(&got); err != nil {
				t.Fatal(err)
			}
			if !got {
				t.Error("another test's lock is in the way")
			}
		})
	}
}

func TestDatabasesAreGoneAfterTheTest(t *testing.T) {
	var dropped, file string
	t.Run("one test", func(t *testing.T) {
		dropped, file = storetest.Postgres(t), storetest.SQLite(t)
		exec1(t, open(t, file), `CREATE TABLE member (id INTEGER PRIMARY KEY)`)
	})
	var unknown interface{ SQLState() string }
	_, err := pgx.Connect(t.Context(), dropped)
	if !errors.As(err, &unknown) || unknown.SQLState() != "3D000" {
		t.Errorf("connecting afterwards gives %v, want: database does not exist", err)
	}
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the SQLite file is still there: %v", err)
	}
}

// TestChild is no test: it is what TestClusterEndsWithProcess kills.
func TestChild(t *testing.T) {
	if os.Getenv(child) == "" {
		return
	}
	fmt.Println(storetest.Postgres(t))
	select {} // until we are killed
}

func TestClusterEndsWithProcess(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$")
	cmd.Env = append(os.Environ(), child+"=1", "MEIBO_TEST_POSTGRES=")
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	url, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), strings.TrimSpace(url))
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	// The server says goodbye, or the connection breaks: either ends the wait.
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := conn.WaitForNotification(ctx); ctx.Err() != nil {
		t.Errorf("the cluster still runs a minute after the process that started it was killed (%v)", err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the process ended by itself: it proves nothing")
	}
}

func TestPostgresScriptStopsAndTidiesWhenItsInputEnds(t *testing.T) {
	// t.TempDir lies in a folder that, for root, the server's user cannot enter.
	folder, err := os.MkdirTemp("", "storetest-*") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	if err := os.Chmod(folder, 0o777); err != nil { // the server's user needs it, not only root
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join("..", "..", "scripts", "postgres"))
	cmd.Env = append(os.Environ(), "TMPDIR="+folder)
	cmd.Stdin = strings.NewReader("") // ends at once
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(string(out), "postgres://meibo@127.0.0.1:") {
		t.Errorf("it printed %q, want a URL", out)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("it left %v (%v)", left, err)
	}
}

func TestPostgresScriptSaysWhatIsMissing(t *testing.T) {
	empty := t.TempDir()
	cmd := exec.CommandContext(t.Context(), filepath.Join("..", "..", "scripts", "postgres"), "--install")
	cmd.Env = append(os.Environ(), "MEIBO_POSTGRES_BIN="+empty)
	_, err := cmd.Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Fatalf("err = %v, want exit code 1", err)
	}
	if said := string(exit.Stderr); !strings.Contains(said, empty) || !strings.Contains(said, "PostgreSQL 15 or newer") {
		t.Errorf("it said %q", said)
	}
}

// open opens either database with database/sql.
func open(t *testing.T, url string) *sql.DB {
	t.Helper()
	driver := "sqlite"
	if strings.HasPrefix(url, "postgres://") {
		driver = "pgx"
	}
	db, err := sql.Open(driver, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func exec1(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// TestATemplateIsFilledOnceAndCopied changes copies side by side.
func TestATemplateIsFilledOnceAndCopied(t *testing.T) {
	filled := map[bool]int{} // by whether it is PostgreSQL
	template := storetest.NewTemplate(func(t *testing.T, url string) {
		filled[strings.HasPrefix(url, "postgres://")]++
		db := open(t, url)
		exec1(t, db, `CREATE TABLE member (id INTEGER PRIMARY KEY)`)
		exec1(t, db, `INSERT INTO member VALUES (1)`)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	})
	for range 2 {
		template.Each(t, func(t *testing.T, url string) {
			db := open(t, url)
			exec1(t, db, `INSERT INTO member VALUES (2)`) // fails if an earlier round's were there
			var n int
			if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM member`).Scan(&n); err != nil || n != 2 {
				t.Errorf("%d members, %v", n, err)
			}
		})
	}
	if filled[false] != 1 || filled[true] != 1 {
		t.Errorf("filled %v times, want once each", filled)
	}
}

// TestHoldingChild is no test: it is a process that uses a template until its input ends.
func TestHoldingChild(t *testing.T) {
	if os.Getenv(child) == "" {
		return
	}
	storetest.NewTemplate(func(*testing.T, string) {}).Postgres(t)
	fmt.Println("holding")
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		t.Fatal(err)
	}
}

// TestTemplatesOfProcessesThatEndedAreDropped starts a process twice that makes a
// template, beside one that goes on, in another database of the server. What others named
// alike stays.
func TestTemplatesOfProcessesThatEndedAreDropped(t *testing.T) {
	// A cluster of our own: in that of the whole run others make and drop templates.
	server := exec.CommandContext(context.WithoutCancel(t.Context()), filepath.Join("..", "..", "scripts", "postgres")) // it ends with its input
	alive, err := server.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(alive.Close(), server.Wait()); err != nil {
			t.Error(err)
		}
	})
	url, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url = strings.TrimSpace(url)
	maintenance := open(t, url)
	for _, name := range []string{"elsewhere", "template_crm", "meibo_test_template_marked IS_TEMPLATE true"} {
		exec1(t, maintenance, "CREATE DATABASE "+name)
	}
	holder := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHoldingChild$")
	holder.Env = append(os.Environ(), child+"=1", "MEIBO_TEST_POSTGRES="+strings.Replace(url, "/postgres?", "/elsewhere?", 1))
	input, err := holder.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(output)
	if line, err := reader.ReadString('\n'); err != nil || line != "holding\n" {
		t.Fatalf("%q, %v", line, err)
	}
	for range 2 {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestATemplateIsFilledOnceAndCopied$")
		cmd.Env = append(os.Environ(), "MEIBO_TEST_POSTGRES="+url)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	count := func(where string) (n int) {
		t.Helper()
		if err := maintenance.QueryRowContext(t.Context(), `SELECT count(*) FROM pg_database WHERE `+where).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if left := count(`datname LIKE 'meibo\_test\_template\__%' AND NOT datistemplate`); left != 2 {
		t.Errorf("%d templates are left, want that of the last process and that of the one that goes on", left)
	}
	if others := count(`datname IN ('template_crm', 'meibo_test_template_marked')`); others != 2 {
		t.Errorf("%d databases of others are left, want both", others)
	}
	if err := input.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, reader); err != nil {
		t.Error(err)
	}
	if err := holder.Wait(); err != nil {
		t.Error(err)
	}
}
