package sheet

import (
	"strings"
	"unicode"
)

// filled returns the number of cells up to the last that is not blank.
func filled(cells []string) int {
	n := len(cells)
	for n > 0 && isBlank(cells[n-1]) {
		n--
	}
	return n
}

// isBlank reports whether nothing is left of s when it is trimmed (SPEC F7).
func isBlank(s string) bool {
	for _, r := range s {
		if !isSpace(r) {
			return false
		}
	}
	return true
}

// isSpace reports whether r is white space as SPEC F7 has it: no-break and
// ideographic space and those without a width too.
func isSpace(r rune) bool {
	switch r {
	case '\u200b', '\u200c', '\u200d', '\u2060', '\ufeff':
		return true
	}
	return unicode.IsSpace(r)
}

func trim(s string) string { return strings.TrimFunc(s, isSpace) }

// isEnd reports whether rec is the character SUB behind the last line, by which
// DOS programs end a file.
func isEnd(rec *record) bool {
	return len(rec.end) == 0 && len(rec.view) == 1 && rec.view[0] == 0x1a
}
