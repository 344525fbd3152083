package main

import (
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"meibo/internal/admin"
	"meibo/internal/locale"
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
		{"a bucket is shown, keys never", []string{"MEIBO_FILES=s3://b/p?endpoint=http://h:9000", "AWS_SECRET_ACCESS_KEY=s3cret"}, nil,
			map[string][2]string{"files": {"s3://b/p?endpoint=http://h:9000", "MEIBO_FILES"}}},
		{"a place with keys in it is not shown", []string{"MEIBO_FILES=s3://id:s3cret@b"}, nil, map[string][2]string{"files": {"s3://…", "MEIBO_FILES"}}},
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
	d.said(d.do(exitFailed, "backup", "x.dump"), "pg_dump --format=custom --file='x.dump'", ".files", "the key in ", ".key. Keep a copy")
	d.env = append(d.env, "MEIBO_FILES=/files")
	d.said(d.do(exitFailed, "backup", "x.dump", "--lang", "ja"), "フォルダー /files", ".key の鍵がないと使えません")
	d.env[len(d.env)-1] = "MEIBO_FILES=s3://acme/meibo"
	d.said(d.do(exitFailed, "backup", "x.dump"), "what is in s3://acme/meibo: copy it after the dump")
}

func TestVerifyAsJSONIsOneObjectForAllOrganisations(t *testing.T) {
	eachDesk(t, func(d *desk) {
		d.do(exitDone, "setup", "--org", "Other", "--owner-email", "o@other.example", "--owner-name", "O")
		d.give("login_id,name\nann,Ann\n", exitDone, "import", "-", "--yes", "--org", "other")
		got := d.json(exitDone, "verify")
		each := got["organisations"].([]any)
		if got["ok"] != true || got["members"] != 3.0 || len(got["findings"].([]any)) != 0 || len(each) != 2 {
			d.Fatalf("verify = %v", got)
		}
		other := each[1].(map[string]any)
		if other["organisation"] != "other" || other["name"] != "Other" || other["ok"] != true || other["members"] != 2.0 ||
			other["journal"].(map[string]any)["entries"] != 2.0 || got["journal"].(map[string]any)["entries"] != 3.0 {
			d.Errorf("verify = %v", got)
		}
		spoil(d, `UPDATE member SET system_permission = 2 WHERE id = 1 AND org_id = (SELECT min(id) FROM organisation)`)
		got = d.json(exitFailed, "verify")
		each = got["organisations"].([]any)
		if got["ok"] != false || len(got["findings"].([]any)) != 1 || each[0].(map[string]any)["ok"] != false || each[1].(map[string]any)["ok"] != true {
			d.Errorf("verify = %v", got)
		}
		if got := d.json(exitDone, "verify", "--org", "other"); len(got["organisations"].([]any)) != 1 || got["members"] != 2.0 {
			d.Errorf("verify --org = %v", got)
		}
	})
}

func TestF11_TheColumnsPageNamesTheLimitsOfTheOperator(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "columns.md"))
	if err != nil {
		t.Fatal(err)
	}
	limits := operatorLimits(admin.Actor{})
	for _, want := range []string{fmt.Sprintf("%d GB", limits.FileBytes>>30), locale.New("en").Number(limits.Rows) + " rows"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("docs/columns.md does not name %q", want)
		}
	}
}

// The demo is run with stand-ins for go and meibo: what it says itself is looked at.
func TestTheDemoWritesNoEscapeCodesIntoALog(t *testing.T) {
	folder := t.TempDir()
	standIn := `#!/bin/sh
cat > "$3" <<'END'
#!/bin/sh
for last; do :; done
case "$*" in *--report*) echo line > "$last" ;; esac
case "$*" in *changes.csv*) exit 4 ;; esac
END
chmod +x "$3"
`
	if err := os.WriteFile(filepath.Join(folder, "go"), []byte(standIn), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join("..", "..", "scripts", "demo"), "--yes")
	cmd.Env = append(os.Environ(), "PATH="+folder+string(os.PathListSeparator)+os.Getenv("PATH"), "TMPDIR="+folder)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "── Done") {
		t.Fatalf("demo: %v\n%s", err, out)
	}
	if strings.Contains(string(out), "\x1b") {
		t.Errorf("escape codes: %q", out)
	}
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
