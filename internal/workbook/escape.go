package workbook

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// appendUnescaped appends text with its escapes _xHHHH_ resolved: that is how
// workbooks write the characters that XML forbids, and an underscore that would
// begin such an escape (ECMA-376 part 1, ST_Xstring). A half of a surrogate pair
// becomes U+FFFD.
func appendUnescaped(dst, text []byte) []byte {
	for {
		i := bytes.IndexByte(text, '_')
		if i < 0 {
			return append(dst, text...)
		}
		dst = append(dst, text[:i]...)
		text = text[i:]
		r, ok := escaped(text)
		if !ok {
			dst, text = append(dst, '_'), text[1:]
			continue
		}
		text = text[escapeSize:]
		if utf16.IsSurrogate(r) {
			low, ok := escaped(text)
			if r = utf16.DecodeRune(r, low); ok && r != utf8.RuneError {
				text = text[escapeSize:]
			}
		}
		dst = utf8.AppendRune(dst, r)
	}
}

const escapeSize = len("_xHHHH_")

// escaped returns the UTF-16 unit of the escape that text begins with.
func escaped(text []byte) (rune, bool) {
	if len(text) < escapeSize || text[0] != '_' || text[1] != 'x' || text[6] != '_' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return rune(n), err == nil
}
