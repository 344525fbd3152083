package sheet

import (
	"strings"
	"unicode/utf8"
)

// risky are the characters at the beginning of a cell that make a spreadsheet
// run it as a formula: those of SPEC F12, with LF and the full-width forms that
// OWASP's page on CSV injection adds for some programs and locales.
const risky = "=+-@\t\r\n＝＋－＠"

// isGuarded reports whether s begins with what gets an apostrophe before it: a
// risky character, or an apostrophe.
func isGuarded(s string) bool {
	switch {
	case s == "":
		return false
	case s[0] < utf8.RuneSelf:
		return s[0] == '\'' || strings.IndexByte(risky, s[0]) >= 0
	case s[0] != 0xef: // with which the full-width forms begin in UTF-8
		return false
	}
	r, _ := utf8.DecodeRuneInString(s)
	return r != utf8.RuneError && strings.ContainsRune(risky, r)
}

// Guard neutralises a text that a spreadsheet would run as a formula by an
// apostrophe before it (SPEC F12). A text that begins with an apostrophe gets
// one too, so that [Unguard] gives back every text: Unguard(Guard(s)) is s.
func Guard(s string) string {
	if isGuarded(s) {
		return "'" + s
	}
	return s
}

// Unguard takes off one apostrophe where what follows it would be guarded, and
// leaves any other: a hand-written 't Hooft stays.
//
// The cell is trimmed before, not after: a tab behind the apostrophe is text.
// What Unguard gives may be normalised like any value; for a text that was
// trimmed when it was guarded, that changes nothing.
func Unguard(s string) string {
	if rest, ok := strings.CutPrefix(s, "'"); ok && isGuarded(rest) {
		return rest
	}
	return s
}
