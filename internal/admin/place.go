package admin

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"meibo/internal/store"
)

// DataHome returns the folder for what programs keep of a user, or nothing if
// the environment does not tell: $XDG_DATA_HOME if it is absolute, else
// $HOME/.local/share (XDG Base Directory Specification 0.8).
func DataHome(getenv func(string) string) string {
	if home := getenv("XDG_DATA_HOME"); filepath.IsAbs(home) {
		return home
	}
	if home := getenv("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, ".local", "share")
	}
	return ""
}

// DefaultDataDir returns the folder in which files are kept with imports: beside
// an SQLite database; for PostgreSQL below home (see [DataHome]), or below the
// current folder if home is empty. The folder need not exist.
//
// The folder of a PostgreSQL database is named from what its URL says of host,
// port and database, never from user or password. PGHOST and the like are not
// looked at.
func DefaultDataDir(databaseURL, home string) string {
	return besideDatabase(databaseURL, home) + ".files"
}

// DefaultKeyPath returns where the file of the instance's key is: as
// [DefaultDataDir], but not in that folder, which may be kept on another disk.
func DefaultKeyPath(databaseURL, home string) string {
	return besideDatabase(databaseURL, home) + ".key"
}

func besideDatabase(databaseURL, home string) string {
	if !store.IsPostgres(databaseURL) {
		return databaseURL
	}
	if home == "" {
		return filepath.Join("meibo-data", postgresName(databaseURL))
	}
	return filepath.Join(home, "meibo", postgresName(databaseURL))
}

// postgresName returns one path element for a PostgreSQL URL: other databases,
// other names. What a URL leaves out is empty, except for the port.
func postgresName(databaseURL string) string {
	u, err := url.Parse(databaseURL)
	if err != nil {
		return "postgres" // nor can it be connected to
	}
	host, port := u.Hostname(), u.Port()
	if strings.Contains(u.Host, ",") {
		host, port = u.Host, "" // several, each with its port
	}
	database := strings.Trim(u.Path, "/")
	query := u.Query() // it wins in pgx, too
	host = cmp.Or(query.Get("host"), host)
	port = cmp.Or(query.Get("port"), port, "5432")
	database = cmp.Or(query.Get("dbname"), query.Get("database"), database)
	return shortName(plainName(strings.ToLower(host)) + "_" + plainName(port) + "_" + plainName(database))
}

// plainName writes every byte of s that is not a-z, 0-9, hyphen or dot in
// hexadecimal, capitals too: some file systems take both cases for one.
func plainName(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '.' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02x", c)
		}
	}
	return b.String()
}

// shortName cuts a name that file systems would refuse, most at 255 bytes, and
// lets a digest tell it from others.
func shortName(name string) string {
	const most, head = 160, 100
	if len(name) <= most {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return name[:head] + "-" + hex.EncodeToString(sum[:16])
}
