package workbook

import (
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/width"

	"meibo/internal/problem"
)

// maxText is how many UTF-16 units a cell can hold (Excel's specifications and
// limits); a character beyond U+FFFF is two.
const maxText = 32_767

var errNotUTF8 = errors.New("workbook: a text is not UTF-8")

// checkText reports why s cannot be written: CellTooLong, without a place, or
// an error where it is not UTF-8. The empty text is fine.
func checkText(s string) error {
	if !utf8.ValidString(s) {
		return errNotUTF8
	}
	if len(s) > maxText && utf16Len(s) > maxText {
		return problem.Of(problem.TooLarge, problem.CellTooLong, "limit", strconv.Itoa(maxText))
	}
	return nil
}

// placed gives a problem its place; other errors stay as they are.
func placed(err error, place problem.Place) error {
	if p, ok := errors.AsType[problem.Problem](err); ok {
		return p.At(place)
	}
	return err
}

func utf16Len(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}

// isSpecial marks the bytes that appendEscaped must look at: markup, control
// characters, the underscore, and the first byte of U+FFFE and U+FFFF.
var isSpecial = func() (t [256]bool) {
	for c := range 0x20 {
		t[c] = c != '\t' && c != '\n'
	}
	t['&'], t['<'], t['>'], t['"'], t['_'], t[0xEF] = true, true, true, true, true, true
	return t
}()

// appendEscaped appends s as XML text or attribute value. What XML cannot hold,
// and a carriage return, which it would change, is written _xHHHH_ (ECMA-376
// part 1, 22.9.2.19); so is an underscore that would be read as the beginning of
// such an escape. s must be UTF-8.
func appendEscaped(b []byte, s string) []byte {
	done := 0
	for i := 0; i < len(s); i++ {
		if !isSpecial[s[i]] {
			continue
		}
		with, size := escapeAt(s, i)
		if size == 0 {
			continue
		}
		b = append(b, s[done:i]...)
		b = append(b, with...)
		done = i + size
		i = done - 1
	}
	return append(b, s[done:]...)
}

// escapeAt returns what is written for the character at i and how many bytes of
// s that is; 0 where it stands for itself.
func escapeAt(s string, i int) (string, int) {
	switch c := s[i]; c {
	case '&':
		return "&amp;", 1
	case '<':
		return "&lt;", 1
	case '>':
		return "&gt;", 1
	case '"':
		return "&quot;", 1
	case '_':
		if looksEscaped(s[i:]) {
			return "_x005F_", 1
		}
		return "", 0
	case 0xEF:
		return noncharacter(s[i:])
	default:
		return "_x00" + strings.ToUpper(strconv.FormatUint(0x100|uint64(c), 16)[1:]) + "_", 1
	}
}

func noncharacter(s string) (string, int) {
	switch {
	case strings.HasPrefix(s, "\uFFFE"):
		return "_xFFFE_", 3
	case strings.HasPrefix(s, "\uFFFF"):
		return "_xFFFF_", 3
	}
	return "", 0
}

// looksEscaped reports whether s, from an underscore on, would be read as an
// escape: what follows the four digits need only be written with an underscore
// first.
func looksEscaped(s string) bool {
	const length = len("_xHHHH")
	if len(s) <= length || s[1]|0x20 != 'x' {
		return false
	}
	for _, c := range []byte(s[2:length]) {
		if !isHex(c) {
			return false
		}
	}
	if s[length] == '_' {
		return true
	}
	if !isSpecial[s[length]] {
		return false
	}
	with, size := escapeAt(s, length)
	return size > 0 && with[0] == '_'
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}

// appendT appends s as a t element. Without xml:space, programs take the white
// space around it, and some that within it, for layout.
func appendT(b []byte, s string) []byte {
	if keepsSpace(s) {
		b = append(b, `<t xml:space="preserve">`...)
	} else {
		b = append(b, `<t>`...)
	}
	b = appendEscaped(b, s)
	return append(b, `</t>`...)
}

// keepsSpace reports whether s has white space that is more than one space
// between words.
func keepsSpace(s string) bool {
	space := true // as if one stood before the text
	for _, c := range []byte(s) {
		if c > ' ' {
			space = false
			continue
		}
		if space || c != ' ' {
			return true
		}
		space = true
	}
	return space && s != ""
}

// displayWidth is how wide the longest line of s is, in half-width characters:
// a Japanese one takes two.
func displayWidth(s string) int {
	widest := 0
	for line := range strings.Lines(s) {
		n := 0
		for _, r := range strings.TrimRight(line, "\r\n") {
			switch width.LookupRune(r).Kind() {
			case width.EastAsianWide, width.EastAsianFullwidth:
				n += 2
			default:
				n++
			}
		}
		widest = max(widest, n)
	}
	return widest
}
