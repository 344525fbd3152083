package admin

import (
	"regexp"
	"strings"

	"meibo/internal/store"
)

// mask stands where a password was.
const mask = "xxxxx"

// secretPairs are name=value pairs with a password, of a URL's query or of a
// connection string such as `host=db password='a b'`.
var secretPairs = regexp.MustCompile(`(?i)\b((?:ssl)?password\s*=\s*)('(?:[^'\\]|\\.)*'?|[^\s&']*)`)

func redactPairs(s string) string { return secretPairs.ReplaceAllString(s, "${1}"+mask) }

// Redact masks the passwords in a database address, so that it can be shown.
func Redact(database string) string {
	if !store.IsPostgres(database) {
		return redactPairs(database)
	}
	scheme, rest, _ := strings.Cut(database, "://")
	end := len(rest)
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		end = i
	}
	// Not url.Parse: it refuses several hosts, and quotes the password then.
	// A password with a bare / or ? ends the host for a parser, so look further.
	if at := strings.LastIndexByte(rest, '@'); at >= end {
		end = at + 1
	}
	authority, tail := rest[:end], rest[end:]
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		user, _, secret := strings.Cut(authority[:at], ":")
		if secret {
			user += ":" + mask
		}
		authority = user + authority[at:]
	}
	return scheme + "://" + authority + redactPairs(tail)
}
