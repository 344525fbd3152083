package sheet

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// An Encoder writes text in one charset. What the charset cannot hold is told,
// never silently replaced. It may be used by several at once.
//
// For the Japanese charsets a character of JIS X 0208 that Windows and other
// systems give different code points (〜 and ～, − and －, ‖ and ∥, — and ―, ¢ £ ¬
// and their full-width forms) is written from either, as Windows does; Windows'
// other replacements (é by e, ¥ by \) would be read as another text and are not made.
type Encoder struct {
	charset string
	codes   *codes // nil for UTF-8 and UTF-16; those of EUC-JP for ISO-2022-JP
}

// NewEncoder returns the encoder of a charset that [CharsetName] knows; of any
// other, a problem CharsetUnknown.
func NewEncoder(charset string) (*Encoder, error) {
	name, err := CharsetName(charset)
	if err != nil {
		return nil, err
	}
	return encoderOf(name), nil
}

func encoderOf(name string) *Encoder {
	switch name {
	case utf8Name, utf16leName, utf16beName:
		return &Encoder{charset: name}
	case iso2022JPName:
		return &Encoder{charset: name, codes: codesOf(eucJPName)}
	}
	return &Encoder{charset: name, codes: codesOf(name)}
}

// Append appends s in the charset. Each character that the charset cannot hold
// becomes a question mark, and lossy is true. In ISO-2022-JP it begins and ends
// in ASCII.
func (e *Encoder) Append(dst []byte, s string) (out []byte, lossy bool) {
	if e.charset == utf8Name && utf8.ValidString(s) {
		return append(dst, s...), false
	}
	if e.charset == iso2022JPName {
		return e.appendISO(dst, s)
	}
	for i, r := range s {
		if !isWhole(r, s[i:]) || !e.holds(r) {
			r, lossy = '?', true
		}
		dst = e.appendRune(dst, r)
	}
	return dst, lossy
}

// isWhole tells a real U+FFFD from bytes that are no UTF-8; r is what s begins with.
func isWhole(r rune, s string) bool {
	return r != utf8.RuneError || strings.HasPrefix(s, "\uFFFD")
}

// Holds reports whether a file in the charset can hold s, as Windows maps it:
// 〜 is held by the Japanese charsets, although it comes back as ～.
func (e *Encoder) Holds(s string) bool {
	if e.codes == nil {
		return utf8.ValidString(s)
	}
	for i, r := range s {
		if !isWhole(r, s[i:]) || !e.holds(r) {
			return false
		}
	}
	return true
}

func (e *Encoder) holds(r rune) bool {
	switch {
	case e.codes == nil:
		return true
	case e.charset == iso2022JPName:
		return holdsISO(e.codes, r)
	case r < utf8.RuneSelf || e.codes.get(r) > 0:
		return true
	}
	return e.charset == gb18030Name && len(append4(nil, r)) > 0
}

// appendRune appends a rune that the charset holds.
func (e *Encoder) appendRune(dst []byte, r rune) []byte {
	switch e.charset {
	case utf8Name:
		return utf8.AppendRune(dst, r)
	case utf16leName:
		return appendUTF16(dst, r, 0)
	case utf16beName:
		return appendUTF16(dst, r, 8)
	}
	if r < utf8.RuneSelf {
		return append(dst, byte(r))
	}
	switch k := e.codes.get(r); {
	case k > 0xffff:
		return append(dst, byte(k>>16), byte(k>>8), byte(k))
	case k > 0xff:
		return append(dst, byte(k>>8), byte(k))
	case k > 0:
		return append(dst, byte(k))
	}
	return append4(dst, r)
}

// appendUTF16 appends r in UTF-16; shift is that of the first byte of a unit.
func appendUTF16(dst []byte, r rune, shift int) []byte {
	if r1, r2 := utf16.EncodeRune(r); r1 != utf8.RuneError {
		return appendUTF16(appendUTF16(dst, r1, shift), r2, shift)
	}
	return append(dst, byte(r>>shift), byte(r>>(8-shift)))
}

// append4 appends r in the four bytes that GB18030 has for what is in no table,
// or nothing if it has none.
func append4(dst []byte, r rune) []byte {
	var b [8]byte
	n, _, err := gb18030Encoder.Transform(b[:], utf8.AppendRune(nil, r), true)
	if err != nil {
		return dst
	}
	if back, size := tables[gb18030Name]().next(b[:n]); back != r || size != n {
		return dst
	}
	return append(dst, b[:n]...)
}

// gb18030Encoder keeps no state.
var gb18030Encoder = simplifiedchinese.GB18030.NewEncoder().Transformer

// appendISO appends s in ISO-2022-JP: ASCII, half-width katakana, JIS X 0208.
func (e *Encoder) appendISO(dst []byte, s string) (out []byte, lossy bool) {
	state := isoASCII
	to := func(want isoState, escape string) {
		if state != want {
			dst = append(dst, escape...)
			state = want
		}
	}
	for i, r := range s {
		if !isWhole(r, s[i:]) || !e.holds(r) {
			r, lossy = '?', true
		}
		switch {
		case r < utf8.RuneSelf:
			to(isoASCII, "\x1b(B")
			dst = append(dst, byte(r))
		case isHalfKana(r):
			to(isoKana, "\x1b(I")
			dst = append(dst, byte(r-0xff61+0x21))
		default:
			to(isoJIS, "\x1b$B")
			k := e.codes.get(r)
			dst = append(dst, byte(k>>8)&0x7f, byte(k)&0x7f)
		}
	}
	to(isoASCII, "\x1b(B")
	return dst, lossy
}

// holdsISO refuses the characters by which ISO-2022 changes its state.
func holdsISO(jis *codes, r rune) bool {
	if r < utf8.RuneSelf {
		return r != esc && r != 0x0e && r != 0x0f
	}
	k := jis.get(r)
	return isHalfKana(r) || 0xa1a1 <= k && k <= 0xfefe
}

// RoundTrip returns s as one who reads our file in this charset sees it.
func (e *Encoder) RoundTrip(s string) string {
	b, _ := e.Append(nil, s)
	text, _, _ := decoderOf(e.charset).decode(nil, b)
	return string(text)
}

// sameInJapan are the characters of JIS X 0208 for which Windows reads another
// code point than the one given here.
var sameInJapan = map[rune]rune{
	'〜': '～', '−': '－', '‖': '∥', '—': '―', '¢': '￠', '£': '￡', '¬': '￢',
}
