package workbook

import (
	"bytes"
	"errors"
	"strconv"
	"unicode/utf8"
)

// errReference says that a & begins nothing that XML knows. Whoever reads a part
// turns it into a problem.
var errReference = errors.New("reference that XML does not know")

// appendText appends what character data or the value of an attribute means: the
// five entities and numeric references resolved, CRLF and CR as LF.
func appendText(dst, raw []byte) ([]byte, error) {
	for {
		i := bytes.IndexByte(raw, '&')
		if i < 0 {
			return appendLines(dst, raw), nil
		}
		dst = appendLines(dst, raw[:i])
		raw = raw[i+1:]
		end := bytes.IndexByte(raw[:min(len(raw), maxReference)], ';')
		if end < 0 {
			return dst, errReference
		}
		r := reference(raw[:end])
		if r < 0 {
			return dst, errReference
		}
		dst = utf8.AppendRune(dst, r)
		raw = raw[end+1:]
	}
}

// maxReference is longer than any reference with a few leading zeros.
const maxReference = 32

// reference returns the character that a name between & and ; stands for; -1 if
// XML knows none.
func reference(name []byte) rune {
	switch string(name) {
	case "amp":
		return '&'
	case "lt":
		return '<'
	case "gt":
		return '>'
	case "quot":
		return '"'
	case "apos":
		return '\''
	}
	digits, ok := bytes.CutPrefix(name, []byte("#"))
	if !ok || len(digits) == 0 {
		return -1
	}
	base := 10
	if digits[0] == 'x' {
		base, digits = 16, digits[1:]
	}
	n, err := strconv.ParseUint(string(digits), base, 31)
	if err != nil || !isXMLChar(rune(n)) {
		return -1
	}
	return rune(n)
}

// isXMLChar reports whether XML 1.0 allows the character (section 2.2).
func isXMLChar(r rune) bool {
	return r >= ' ' && r < 0xd800 || r > 0xdfff && r < 0xfffe || r >= 0x10000 && r <= utf8.MaxRune ||
		r == '\t' || r == '\n' || r == '\r'
}

// appendLines appends raw with its line ends as XML reads them: LF (section
// 2.11).
func appendLines(dst, raw []byte) []byte {
	for {
		i := bytes.IndexByte(raw, '\r')
		if i < 0 {
			return append(dst, raw...)
		}
		dst = append(append(dst, raw[:i]...), '\n')
		if raw = raw[i+1:]; len(raw) > 0 && raw[0] == '\n' {
			raw = raw[1:]
		}
	}
}
