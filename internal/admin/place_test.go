package admin

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestA8_FilesAndKeyLieBesideTheDatabase(t *testing.T) {
	const home = "/home/ann/.local/share"
	tests := []struct{ name, url, home, want string }{
		{"SQLite: beside the file", "meibo.db", home, "meibo.db"},
		{"SQLite: whatever the folder", "/srv/roll/a b.db", "", "/srv/roll/a b.db"},
		{"PostgreSQL: host, port and database, not who", "postgres://ann:s3cret@db.example.jp:5433/roll", home, home + "/meibo/db.example.jp_5433_roll"},
		{"the usual port is said", "postgresql://db/roll?sslmode=disable", home, home + "/meibo/db_5432_roll"},
		{"capitals are two databases everywhere", "postgres://DB/Roll", home, home + "/meibo/db_5432_%52oll"},
		{"a socket", "postgres:///roll?host=/var/run/postgresql&port=5434", home, home + "/meibo/%2fvar%2frun%2fpostgresql_5434_roll"},
		{"parts cannot run into each other", "postgres://a_1/b_c", home, home + "/meibo/a%5f1_5432_b%5fc"},
		{"dots lead nowhere", "postgres://../..%2f..", home, home + "/meibo/.._5432_..%2f.."},
		{"several hosts", "postgres://ann:s3cret@a:5432,b:5433/roll", home, home + "/meibo/a%3a5432%2cb%3a5433_5432_roll"},
		{"no home", "postgres://ann:s3cret@db/roll", "", "meibo-data/db_5432_roll"},
		{"a URL that is none tells nothing", "postgres://ann:s3/cret@db/roll", home, home + "/meibo/postgres"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := filepath.FromSlash(tt.want)
			if got := DefaultDataDir(tt.url, tt.home); got != want+".files" {
				t.Errorf("folder = %s, want %s.files", got, want)
			}
			if got := DefaultKeyPath(tt.url, tt.home); got != want+".key" {
				t.Errorf("key = %s, want %s.key", got, want)
			}
		})
	}
}

func TestA8_LongNamesStayNamesAndStayApart(t *testing.T) {
	host := strings.Repeat("a-long-label.", 15)
	one := filepath.Base(DefaultDataDir("postgres://"+host+"jp/one", "/h"))
	two := filepath.Base(DefaultDataDir("postgres://"+host+"jp/two", "/h"))
	if len(one) > 200 || len(two) > 200 || one == two {
		t.Errorf("names = %s, %s", one, two)
	}
}

func TestA8_DataHomeIsThatOfTheUser(t *testing.T) {
	tests := []struct{ name, xdg, home, want string }{
		{"XDG_DATA_HOME wins", "/data", "/home/ann", "/data"},
		{"a relative one is ignored, as its specification says", "data", "/home/ann", "/home/ann/.local/share"},
		{"HOME", "", "/home/ann", "/home/ann/.local/share"},
		{"neither", "", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			env := map[string]string{"XDG_DATA_HOME": tt.xdg, "HOME": tt.home}
			if got := DataHome(func(name string) string { return env[name] }); got != filepath.FromSlash(tt.want) {
				t.Errorf("DataHome = %q, want %q", got, tt.want)
			}
		})
	}
}
