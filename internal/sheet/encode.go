package sheet

import (
	"strings"
	"sync"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
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
	append1 func(dst []byte, r rune) ([]byte, bool)
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
	e := &Encoder{charset: name}
	switch name {
	case utf8Name:
		e.append1 = func(dst []byte, r rune) ([]byte, bool) { return utf8.AppendRune(dst, r), true }
	case utf16leName:
		e.append1 = func(dst []byte, r rune) ([]byte, bool) { return appendUTF16(dst, r, 0), true }
	case utf16beName:
		e.append1 = func(dst []byte, r rune) ([]byte, bool) { return appendUTF16(dst, r, 8), true }
	case iso2022JPName: // Append keeps the state
	default:
		e.append1 = codesOf(name).append1
	}
	return e
}

// appendUTF16 appends r in UTF-16; shift is that of the first byte of a unit.
func appendUTF16(dst []byte, r rune, shift int) []byte {
	if r1, r2 := utf16.EncodeRune(r); r1 != utf8.RuneError {
		return appendUTF16(appendUTF16(dst, r1, shift), r2, shift)
	}
	return append(dst, byte(r>>shift), byte(r>>(8-shift)))
}

// Append appends s in the charset. Each character that the charset cannot hold
// becomes a question mark, and lossy is true. In ISO-2022-JP it begins and ends
// in ASCII.
func (e *Encoder) Append(dst []byte, s string) (out []byte, lossy bool) {
	if e.charset == utf8Name && utf8.ValidString(s) {
		return append(dst, s...), false
	}
	if e.charset == iso2022JPName {
		return appendISO(dst, s)
	}
	for i, r := range s {
		ok := r != utf8.RuneError || isWhole(s[i:])
		if ok {
			dst, ok = e.append1(dst, r)
		}
		if !ok {
			dst, _ = e.append1(dst, '?')
			lossy = true
		}
	}
	return dst, lossy
}

// isWhole tells a real U+FFFD at the beginning of s from bytes that are no UTF-8.
func isWhole(s string) bool { return strings.HasPrefix(s, "\uFFFD") }

// Holds reports whether a file in the charset can hold s, as Windows maps it:
// 〜 is held by the Japanese charsets, although it comes back as ～.
func (e *Encoder) Holds(s string) bool {
	_, lossy := e.Append(nil, s)
	return !lossy
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

// A code is the bytes of a character, the first in the highest place; 0 is none.
type code uint32

// codes maps runes to the codes of one charset, a page of 256 runes at a time.
type codes struct {
	table *table
	pages [utf8.MaxRune>>8 + 1]*[256]code
}

var allCodes = map[string]func() *codes{
	shiftJISName: sync.OnceValue(func() *codes { return newCodes(shiftJISName, nil) }),
	eucJPName:    sync.OnceValue(func() *codes { return newCodes(eucJPName, nil) }),
	gb18030Name:  sync.OnceValue(func() *codes { return newCodes(gb18030Name, simplifiedchinese.GB18030) }),
	big5Name:     sync.OnceValue(func() *codes { return newCodes(big5Name, traditionalchinese.Big5) }),
	eucKRName:    sync.OnceValue(func() *codes { return newCodes(eucKRName, korean.EUCKR) }),
	cp1252Name:   sync.OnceValue(func() *codes { return newCodes(cp1252Name, nil) }),
}

func codesOf(name string) *codes { return allCodes[name]() }

// newCodes turns a decoding table round. Where several codes mean the same rune,
// x/text's choice is taken where it is given, else the first one.
func newCodes(name string, choice encoding.Encoding) *codes {
	c := &codes{table: tables[name]()}
	for b, r := range c.table.single {
		if r != none && r != lead || b == 0 {
			c.add(r, code(b))
		}
	}
	for i, r := range c.table.pair {
		first, second := i/pairRow+pairFirst, i%pairRow+pairSecond
		if r == none || r >= bigTwo || isSecondChoice(name, first) {
			continue
		}
		c.add(r, code(first<<8|second))
	}
	if choice != nil {
		c.prefer(choice)
	}
	if name == eucJPName {
		c.addJIS2()
	}
	if name == shiftJISName || name == eucJPName {
		for r, same := range sameInJapan {
			c.set(r, c.get(same))
		}
	}
	return c
}

// isSecondChoice reports whether Windows never writes the codes of this first
// byte: NEC's selection of what IBM's rows have too (WHATWG does the same).
func isSecondChoice(name string, first int) bool {
	return name == shiftJISName && (first == 0xed || first == 0xee)
}

func (c *codes) get(r rune) code {
	if p := c.pages[r>>8]; p != nil {
		return p[r&0xff]
	}
	return 0
}

func (c *codes) set(r rune, k code) {
	if c.pages[r>>8] == nil {
		c.pages[r>>8] = new([256]code)
	}
	c.pages[r>>8][r&0xff] = k
}

// add sets the code of r unless it has one.
func (c *codes) add(r rune, k code) {
	if c.get(r) == 0 {
		c.set(r, k)
	}
}

// prefer takes x/text's code for every rune of two bytes that it reads back.
func (c *codes) prefer(choice encoding.Encoding) {
	e := choice.NewEncoder()
	for _, r := range c.table.pair {
		if r == none || r >= bigTwo {
			continue
		}
		var dst [8]byte
		n, _, err := e.Transformer.Transform(dst[:], utf8.AppendRune(nil, r), true)
		if err != nil || n != 2 {
			continue
		}
		if back, size := c.table.next(dst[:2]); back == r && size == 2 {
			c.set(r, code(dst[0])<<8|code(dst[1]))
		}
	}
}

// addJIS2 adds what EUC-JP has in three bytes, JIS X 0212.
func (c *codes) addJIS2() {
	for first := 0xa1; first <= 0xfe; first++ {
		for second := 0xa1; second <= 0xfe; second++ {
			if r, n := c.table.next([]byte{0x8f, byte(first), byte(second)}); r != none && n == 3 {
				c.add(r, code(0x8f<<16|first<<8|second))
			}
		}
	}
}

func (c *codes) append1(dst []byte, r rune) ([]byte, bool) {
	if r < utf8.RuneSelf {
		return append(dst, byte(r)), true
	}
	switch k := c.get(r); {
	case k > 0xffff:
		return append(dst, byte(k>>16), byte(k>>8), byte(k)), true
	case k > 0xff:
		return append(dst, byte(k>>8), byte(k)), true
	case k > 0:
		return append(dst, byte(k)), true
	case c.table.name == gb18030Name:
		return c.append4(dst, r)
	}
	return dst, false
}

// append4 appends r in the four bytes that GB18030 has for what is in no table.
func (c *codes) append4(dst []byte, r rune) ([]byte, bool) {
	var b [8]byte
	n, _, err := simplifiedchinese.GB18030.NewEncoder().Transformer.Transform(b[:], utf8.AppendRune(nil, r), true)
	if err != nil {
		return dst, false
	}
	if back, size := c.table.next(b[:n]); back != r || size != n {
		return dst, false
	}
	return append(dst, b[:n]...), true
}

// appendISO appends s in ISO-2022-JP: ASCII, half-width katakana, JIS X 0208.
func appendISO(dst []byte, s string) (out []byte, lossy bool) {
	state, jis := isoASCII, codesOf(eucJPName)
	to := func(want isoState, escape string) {
		if state != want {
			dst = append(dst, escape...)
			state = want
		}
	}
	for i, r := range s {
		k := jis.get(r)
		switch {
		case 0xff61 <= r && r <= 0xff9f:
			to(isoKana, "\x1b(I")
			dst = append(dst, byte(r-0xff61+0x21))
		case r >= utf8.RuneSelf && 0xa1a1 <= k && k <= 0xfefe && (r != utf8.RuneError || isWhole(s[i:])):
			to(isoJIS, "\x1b$B")
			dst = append(dst, byte(k>>8)&0x7f, byte(k)&0x7f)
		default:
			if r >= utf8.RuneSelf || r == esc || r == 0x0e || r == 0x0f {
				r, lossy = '?', true
			}
			to(isoASCII, "\x1b(B")
			dst = append(dst, byte(r))
		}
	}
	to(isoASCII, "\x1b(B")
	return dst, lossy
}
