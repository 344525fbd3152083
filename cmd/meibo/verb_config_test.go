package main

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"meibo/internal/store"
	"meibo/internal/storetest"
)

// spoil runs a statement behind the program's back.
func spoil(d *desk, statement string) {
	d.Helper()
	url := strings.TrimPrefix(d.env[0], "MEIBO_DB=")
	if store.IsPostgres(url) {
		conn, err := pgx.Connect(d.Context(), url)
		if err == nil {
			_, err = conn.Exec(d.Context(), statement)
		}
		if err == nil {
			err = conn.Close(d.Context())
		}
		if err != nil {
			d.Fatal(err)
		}
		return
	}
	db, err := sql.Open("sqlite", url)
	if err == nil {
		_, err = db.ExecContext(d.Context(), statement)
	}
	if err == nil {
		err = db.Close()
	}
	if err != nil {
		d.Fatal(err)
	}
}

func TestConfigSaysWhereEverythingIsAndWhatSaidSo(t *testing.T) {
	tests := []struct {
		name string
		env  []string
		args []string
		want map[string][2]string // value, from
	}{
		{"without anything the defaults", nil, nil, map[string][2]string{"database": {"meibo.db", "default"}, "key": {"meibo.db.key", "default"},
			"files": {"meibo.db.files", "default"}, "language": {"en", "default"}}},
		{"the environment", []string{"MEIBO_DB=a.db", "MEIBO_FILES=/f", "MEIBO_KEY=s3cret", "LANG=C", "LC_ALL=ja_JP.UTF-8"}, nil,
			map[string][2]string{"database": {"a.db", "MEIBO_DB"}, "key": {"", "MEIBO_KEY"}, "files": {"/f", "MEIBO_FILES"}, "language": {"ja", "LC_ALL"}}},
		{"flags win", []string{"MEIBO_DB=a.db", "MEIBO_LANG=ja"}, []string{"--db", "b.db", "--lang", "en"},
			map[string][2]string{"database": {"b.db", "--db"}, "key": {"b.db.key", "default"}, "files": {"b.db.files", "default"}, "language": {"en", "--lang"}}},
		{"a password is masked", []string{"MEIBO_DB=postgres://u:s3cret@db/meibo?password=s3cret", "XDG_DATA_HOME=/d"}, nil,
			map[string][2]string{"database": {"postgres://u:xxxxx@db/meibo?password=xxxxx", "MEIBO_DB"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := &desk{t, tt.env}
			object := d.json(exitDone, append([]string{"config"}, tt.args...)...)
			for name, want := range tt.want {
				got := object[name].(map[string]any)
				value, _ := got["value"].(string)
				if value != want[0] || got["from"] != want[1] {
					t.Errorf("%s = %v, want %v", name, got, want)
				}
			}
			if table := d.do(exitDone, append([]string{"config"}, tt.args...)...); strings.Contains(table.out+table.errors, "s3cret") {
				t.Errorf("a secret is shown:\n%s", table.out)
			}
		})
	}
}

func TestConfigMakesNoDatabase(t *testing.T) {
	name := filepath.Join(t.TempDir(), "none.db")
	(&desk{t, []string{"MEIBO_DB=" + name}}).do(exitDone, "config")
	if _, err := os.Stat(name); err == nil {
		t.Error("there is a database")
	}
}

func TestABackupIsUsedAsItLies(t *testing.T) {
	d := &desk{t, []string{"MEIBO_DB=" + storetest.SQLite(t), "HOME=" + t.TempDir()}}
	d.do(exitDone, "setup", "--org", "Acme", "--owner-email", "owner@acme.example", "--owner-name", "O. Ito")
	d.give("login_id,name\nann,Ann\n", exitDone, "import", "-", "--yes")
	folder := t.TempDir()
	copied, bare := filepath.Join(folder, "copy.db"), filepath.Join(folder, "bare.db")
	d.said(d.do(exitDone, "backup", copied, "--with-key"), copied+".key", copied+".files", "keep them apart")
	d.said(d.do(exitDone, "verify", "--db", copied), "nothing is wrong")
	d.said(d.do(exitDone, "members", "show", "ann", "--db", copied), "Ann")
	if got := d.json(exitDone, "backup", bare); got["database"] != bare || got["key"] != nil || got["files_count"] != 1.0 {
		d.Errorf("backup = %v", got)
	}
	d.said(d.do(exitFailed, "backup", bare), "is not overwritten")
	d.said(d.do(exitFailed, "verify", "--db", bare, "--lang", "ja"), "鍵")
}

func TestABackupOfPostgreSQLSaysHow(t *testing.T) {
	d := &desk{t, []string{"MEIBO_DB=" + storetest.Postgres(t), "HOME=" + t.TempDir()}}
	d.do(exitDone, "setup", "--org", "Acme", "--owner-email", "owner@acme.example", "--owner-name", "O. Ito")
	d.said(d.do(exitFailed, "backup", "x.dump"), "pg_dump --format=custom --file='x.dump'")
}

func TestTheShellCompletesGroupsAndWords(t *testing.T) {
	d := &desk{t, []string{"MEIBO_DB=" + storetest.SQLite(t), "HOME=" + t.TempDir()}}
	if got := d.do(exitDone, "__complete", "members", "list", "--group", ""); strings.Contains(got.out, "東京") {
		d.Errorf("completed %q", got.out)
	}
	d.do(exitDone, "setup", "--org", "Acme", "--owner-email", "owner@acme.example", "--owner-name", "O. Ito")
	d.do(exitDone, "groups", "add", "東京")
	d.said(d.do(exitDone, "__complete", "members", "list", "--group", ""), "東京")
	d.said(d.do(exitDone, "__complete", "import", "--charset", "sh"), "shift_jis")
	d.said(d.do(exitDone, "__complete", "completion", ""), "powershell")
}
