package member

import (
	"strings"
	"unicode/utf8"

	"meibo/internal/problem"
)

// MaxLabel is the longest name of a group, role, brand, policy or field, in
// characters: as long as a member's.
const MaxLabel = 200

// A Group is a named set of members (SPEC G1).
type Group struct {
	ID      int64
	Name    string // unique, see ParseGroupName
	Enabled bool
	Default bool // given to new members when nothing else says so
}

// ParseGroupName reads a group's name: one line of 1 to 200 characters, not all
// digits (those are IDs; full-width ones too), without `|` and braces, not
// beginning with `+`, `-` or an apostrophe (SPEC G1). Anything else is the
// problem NameInvalid.
func ParseGroupName(s string) (string, error) {
	name, err := Normalise(s)
	if err != nil || !isGroupName(name) {
		return "", problem.New(problem.NameInvalid, "value", s)
	}
	return name, nil
}

// ValidGroupName reports whether name is one as it stands, normalisation included.
func ValidGroupName(name string) bool {
	normal, err := Normalise(name)
	return err == nil && normal == name && isGroupName(name)
}

func isGroupName(name string) bool {
	if name == "" || utf8.RuneCountInString(name) > MaxLabel {
		return false
	}
	if strings.ContainsAny(name, "|\n{}") || strings.ContainsAny(name[:1], "+-'") {
		return false
	}
	digits := foldWidth(name)
	return countDigits(digits) < len(digits)
}
