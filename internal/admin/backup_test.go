package admin_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"meibo/internal/admin"
	"meibo/internal/plan"
	"meibo/internal/problem"
)

func TestABackupOpensAndVerifies(t *testing.T) {
	url := founded.SQLite(t)
	h := open(t, url)
	h.aTown()
	file := filepath.Join(t.TempDir(), "copy.db")
	b, err := h.svc.Backup(h.Context(), h.owner, url, file, true)
	if err != nil {
		t.Fatal(err)
	}
	if b.Database != file || b.Files != file+".files" || b.Count == 0 || b.Key != file+".key" {
		t.Errorf("backup = %+v", b)
	}
	h.apply("login_id,name\nlate,Late\n", plan.Options{}) // is not in it
	for _, name := range []string{file, b.Key} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	svc, err := admin.Open(t.Context(), admin.Config{Database: file, MustBe: true, Files: admin.DefaultDataDir(file, ""),
		Key: func(mayMake bool) ([]byte, error) { return admin.LoadKey("", admin.DefaultKeyPath(file, ""), mayMake) }})
	if err != nil {
		t.Fatalf("open the backup: %v", err)
	}
	defer svc.Close()
	owner, err := svc.Operator(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	v, err := svc.Verify(t.Context(), owner)
	if err != nil || !v.Right() || v.Members != 3 || v.Journal.Entries != 7 {
		t.Errorf("verification = %+v, %v", v, err)
	}
	names, err := svc.FilesForTest()
	if err != nil || len(names) != b.Count {
		t.Errorf("%d kept files, want %d, %v", len(names), b.Count, err)
	}
}

func TestABackupOverwritesNothingAndLeavesTheKeyOut(t *testing.T) {
	url := founded.SQLite(t)
	h := open(t, url)
	folder := t.TempDir()
	file := filepath.Join(folder, "copy.db")
	if b, err := h.svc.Backup(h.Context(), h.owner, url, file, false); err != nil || b.Key != "" || b.Files != "" {
		t.Fatalf("backup = %+v, %v", b, err)
	}
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	h.aTown()
	if _, err := h.svc.Backup(h.Context(), h.owner, url, file, false); h.codeOf(err) != problem.FileExists {
		t.Errorf("second backup: %v", err)
	}
	after, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the first backup was changed (%v)", err)
	}
	if _, err := h.svc.Backup(h.Context(), h.owner, url, filepath.Join(folder, "no", "copy.db"), false); h.codeOf(err) != problem.FileUnwritable {
		t.Errorf("backup into no folder: %v", err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 1 {
		t.Errorf("left in the folder: %v, %v", entries, err)
	}
	if _, err := h.svc.Backup(h.Context(), h.as("owner@acme.example"), url, filepath.Join(folder, "two.db"), false); h.codeOf(err) != problem.OperatorOnly {
		t.Errorf("backup by a member: %v", err)
	}
}

func TestABackupOfPostgreSQLIsToldWithoutAPassword(t *testing.T) {
	url := founded.Postgres(t)
	h := open(t, url)
	_, err := h.svc.Backup(h.Context(), h.owner, "postgres://meibo:s3cret@db/meibo?sslmode=require&password=s3cret", "it's.dump", false)
	var p problem.Problem
	if !errors.As(err, &p) || p.Code != problem.BackupPostgres {
		t.Fatalf("backup: %v", err)
	}
	if got, want := p.Values["command"], `pg_dump --format=custom --file='it'\''s.dump' 'postgres://meibo@db/meibo?sslmode=require'`; got != want {
		t.Errorf("command = %s, want %s", got, want)
	}
}

func TestPasswordsInAddressesOfDatabasesAreMasked(t *testing.T) {
	for address, want := range map[string]string{
		"meibo.db":                                            "meibo.db",
		"postgres://meibo@db/meibo":                           "postgres://meibo@db/meibo",
		"postgres://meibo:s3cret@db:5432/meibo":               "postgres://meibo:xxxxx@db:5432/meibo",
		"postgres://meibo:s3@cret@db/meibo":                   "postgres://meibo:xxxxx@db/meibo",
		"postgres://meibo:s3/cret?x@db/meibo":                 "postgres://meibo:xxxxx@db/meibo",
		"postgresql://u:s3cret@a:1,b:2/m?sslmode=require":     "postgresql://u:xxxxx@a:1,b:2/m?sslmode=require",
		"postgres://db/meibo?user=u&password=s3cret&x=1":      "postgres://db/meibo?user=u&password=xxxxx&x=1",
		"postgres://db/meibo?sslpassword=s3cret":              "postgres://db/meibo?sslpassword=xxxxx",
		"host=db password=s3cret dbname=m":                    "host=db password=xxxxx dbname=m",
		`host=db Password = 's3 \'cret' sslpassword=s3cret x`: "host=db Password = xxxxx sslpassword=xxxxx x",
	} {
		got := admin.Redact(address)
		if got != want || strings.Contains(got, "cret") {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}
