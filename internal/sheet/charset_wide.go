package sheet

import (
	"unicode/utf16"
	"unicode/utf8"
)

// utf16Decoder refuses lone surrogates and an odd last byte.
type utf16Decoder struct{ big bool }

func (d utf16Decoder) unit(src []byte) rune {
	if d.big {
		return rune(src[0])<<8 | rune(src[1])
	}
	return rune(src[1])<<8 | rune(src[0])
}

func (d utf16Decoder) decode(dst, src []byte) (out []byte, bad, size int) {
	for i := 0; i < len(src); {
		if len(src)-i < 2 {
			return dst, i, 1
		}
		r, n := d.unit(src[i:]), 2
		if utf16.IsSurrogate(r) {
			if len(src)-i < 4 {
				return dst, i, 2
			}
			r, n = utf16.DecodeRune(r, d.unit(src[i+2:])), 4
			if r == utf8.RuneError {
				return dst, i, 2
			}
		}
		dst = utf8.AppendRune(dst, r)
		i += n
	}
	return dst, -1, 0
}

// The states of ISO-2022-JP. JIS X 0201's Roman set is read as ASCII, as
// Windows (code page 50221) does.
type isoState byte

const (
	isoASCII isoState = iota
	isoKana           // half-width katakana
	isoJIS            // JIS X 0208, two bytes
	isoJIS2           // JIS X 0212, two bytes
)

const esc = 0x1b

// isoEscape returns the state that the escape sequence at the beginning of src
// leads to, and its size; size 0 if it is none that ISO-2022-JP has.
func isoEscape(src []byte) (s isoState, size int) {
	for _, e := range [...]struct {
		text  string
		state isoState
	}{
		{"\x1b(B", isoASCII}, {"\x1b(J", isoASCII}, {"\x1b(I", isoKana},
		{"\x1b$B", isoJIS}, {"\x1b$@", isoJIS}, {"\x1b$(B", isoJIS}, {"\x1b$(D", isoJIS2},
	} {
		if len(src) >= len(e.text) && string(src[:len(e.text)]) == e.text {
			return e.state, len(e.text)
		}
	}
	return isoASCII, 0
}

// iso2022Decoder begins every cell in ASCII, which is where a cell begins: a
// delimiter is one only in ASCII, and a line end goes back to it.
type iso2022Decoder struct{}

func (iso2022Decoder) decode(dst, src []byte) (out []byte, bad, size int) {
	state := isoASCII
	for i := 0; i < len(src); {
		if src[i] == esc {
			s, n := isoEscape(src[i:])
			if n == 0 {
				return dst, i, 1
			}
			state = s
			i += n
			continue
		}
		r, n := isoRune(state, src[i:])
		if r < 0 {
			return dst, i, n
		}
		if r == '\n' || r == '\r' {
			state = isoASCII
		}
		dst = utf8.AppendRune(dst, r)
		i += n
	}
	return dst, -1, 0
}

// isoRune decodes the character that src begins with; -1 if there is none.
func isoRune(state isoState, src []byte) (r rune, size int) {
	c := src[0]
	switch {
	case c >= utf8.RuneSelf || c == 0x0e || c == 0x0f:
		return -1, 1
	case state == isoASCII || c == '\n' || c == '\r':
		return rune(c), 1
	case state == isoKana:
		if 0x21 <= c && c <= 0x5f {
			return rune(c) + (0xff61 - 0x21), 1
		}
		return -1, 1
	case len(src) < 2 || c <= 0x20 || src[1] <= 0x20:
		return -1, 1
	}
	// Both sets are EUC-JP's, without the high bits.
	t := tables[eucJPName]()
	if state == isoJIS {
		r = t.pair[int(c|0x80-pairFirst)*pairRow+int(src[1]|0x80)-pairSecond]
	} else {
		r, _ = t.next([]byte{0x8f, c | 0x80, src[1] | 0x80})
	}
	if r == none {
		return -1, 2
	}
	return r, 2
}
