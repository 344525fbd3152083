package sheet

import (
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"

	"meibo/internal/problem"
)

// The charsets of SPEC F2, by name.
const (
	utf8Name      = "utf-8"
	utf16leName   = "utf-16le"
	utf16beName   = "utf-16be"
	shiftJISName  = "shift_jis"
	eucJPName     = "euc-jp"
	iso2022JPName = "iso-2022-jp"
	gb18030Name   = "gb18030"
	big5Name      = "big5"
	eucKRName     = "euc-kr"
	cp1252Name    = "windows-1252"
)

// Charsets returns the names of all charsets that can be read and written, in
// the order of SPEC F2.
func Charsets() []string {
	return []string{
		utf8Name, utf16leName, utf16beName, shiftJISName, eucJPName, iso2022JPName,
		gb18030Name, big5Name, eucKRName, cp1252Name,
	}
}

// aliases are names that people and Windows use and that WHATWG does not list.
var aliases = map[string]string{
	"cp932": shiftJISName, "ms932": shiftJISName, "windows-932": shiftJISName,
	"cp51932": eucJPName, "eucjp-win": eucJPName, "eucjp-ms": eucJPName,
	"cp50220": iso2022JPName, "cp50221": iso2022JPName, "cp50222": iso2022JPName,
	"cp936": gb18030Name, "cp54936": gb18030Name, "cp950": big5Name, "cp949": eucKRName,
	"uhc": eucKRName, "utf16le": utf16leName, "utf16be": utf16beName, "utf-8-sig": utf8Name,
}

// CharsetName turns a name of SPEC F2, a WHATWG label or a Windows code page
// such as cp932 into the name of SPEC F2. What it does not know, and what
// cannot be read here, is a problem CharsetUnknown.
func CharsetName(label string) (string, error) {
	l := strings.ToLower(strings.TrimSpace(label))
	if name, ok := aliases[l]; ok {
		return name, nil
	}
	if e, err := htmlindex.Get(l); err == nil {
		l, _ = htmlindex.Name(e)
	}
	if l == "gbk" {
		return gb18030Name, nil
	}
	for _, name := range Charsets() {
		if l == name {
			return name, nil
		}
	}
	return "", problem.New(problem.CharsetUnknown,
		"charset", label, "known", strings.Join(Charsets(), ", "))
}

// A decoder turns bytes of one charset into UTF-8, strictly.
type decoder interface {
	// decode appends src as UTF-8 to dst. It stops at the first sequence that
	// the charset cannot have: bad is its index in src and size how many bytes
	// of it to show and to skip. bad is -1 if there is none. src begins at a
	// character's first byte.
	decode(dst, src []byte) (out []byte, bad, size int)
}

// decoderOf returns the decoder of a name from Charsets.
func decoderOf(name string) decoder {
	switch name {
	case utf16leName:
		return utf16Decoder{}
	case utf16beName:
		return utf16Decoder{big: true}
	case iso2022JPName:
		return iso2022Decoder{}
	case utf8Name:
		return utf8Decoder{}
	}
	return tables[name]()
}

// tables holds the charsets that are decoded by table. A table is built when it
// is first asked for, from x/text, in some two milliseconds.
var tables = map[string]func() *table{
	shiftJISName: sync.OnceValue(func() *table { return newTable(shiftJISName, japanese.ShiftJIS) }),
	eucJPName:    sync.OnceValue(func() *table { return newTable(eucJPName, japanese.EUCJP) }),
	gb18030Name:  sync.OnceValue(func() *table { return newTable(gb18030Name, simplifiedchinese.GB18030) }),
	big5Name:     sync.OnceValue(func() *table { return newTable(big5Name, traditionalchinese.Big5) }),
	eucKRName:    sync.OnceValue(func() *table { return newTable(eucKRName, korean.EUCKR) }),
	cp1252Name:   sync.OnceValue(func() *table { return newTable(cp1252Name, charmap.Windows1252) }),
}

// What a byte or a pair stands for, beside runes.
const (
	none rune = 0 // nothing: the charset cannot have it
	lead rune = -1

	// bigTwo and the three after it are the pairs of Big5 that stand for two
	// runes each.
	bigTwo rune = utf8.MaxRune + 1
)

var bigTwoText = [...]string{"\u00CA\u0304", "\u00CA\u030C", "\u00EA\u0304", "\u00EA\u030C"}

// Pairs have a first byte of 0x80 or more and a second of 0x30 or more, which
// is none of the bytes that CSV is made of. pairRow is how many seconds a first has.
const (
	pairFirst  = 0x80
	pairSecond = 0x30
	pairRow    = 0x100 - pairSecond
)

// A table decodes a charset whose bytes below 0x80 are ASCII and stand for
// themselves wherever they are not the second byte of a pair.
type table struct {
	name   string
	single [256]rune // none, lead or the rune
	pair   []rune    // [(first-pairFirst)*pairRow + second-pairSecond]
	long   func(src []byte) (rune, int)
}

func newTable(name string, e encoding.Encoding) *table {
	t := &table{name: name, pair: make([]rune, (0x100-pairFirst)*pairRow)}
	d := e.NewDecoder()
	for b := range 0x80 {
		t.single[b] = rune(b)
	}
	for b := 0x80; b < 0x100; b++ {
		t.single[b] = strictly(d, byte(b))
		if isLoose(name, byte(b)) {
			t.single[b] = none
		}
		if t.single[b] == none && name != cp1252Name {
			t.fillPairs(d, byte(b))
		}
	}
	switch name {
	case shiftJISName:
		t.fillGaiji()
	case eucJPName:
		t.single[0x8f] = lead
		t.long = longBy(d, 3, 0x8f)
	case gb18030Name:
		t.long = longBy(d, 4, 0)
	}
	return t
}

// isLoose reports whether x/text reads b as the C1 control of the same number,
// which neither Windows nor the charset has.
func isLoose(name string, b byte) bool {
	switch name {
	case shiftJISName:
		return b == 0x80
	case cp1252Name:
		return b == 0x81 || b == 0x8d || b == 0x8f || b == 0x90 || b == 0x9d
	}
	return false
}

func (t *table) fillPairs(d *encoding.Decoder, first byte) {
	for second := pairSecond; second < 0x100; second++ {
		r := strictly(d, first, byte(second))
		if r != none {
			t.pair[int(first-pairFirst)*pairRow+second-pairSecond] = r
			t.single[first] = lead
		}
	}
	if t.name == gb18030Name && 0x81 <= first && first <= 0xfe {
		t.single[first] = lead
	}
}

// fillGaiji gives the user-defined characters of CP932, F040 to F9FC, the
// private code points that Windows gives them; x/text leaves them out.
func (t *table) fillGaiji() {
	r := rune(0xe000)
	for first := 0xf0; first <= 0xf9; first++ {
		t.single[first] = lead
		for second := 0x40; second <= 0xfc; second++ {
			if second == 0x7f {
				continue
			}
			t.pair[(first-pairFirst)*pairRow+second-pairSecond] = r
			r++
		}
	}
}

// gb18030Error is how GB18030 writes U+FFFD itself, which is not damage.
const gb18030Error = "\x84\x31\xa4\x37"

// strictly decodes src, which must be one character, to a rune; none if it is not.
func strictly(d *encoding.Decoder, src ...byte) rune {
	var dst [16]byte
	n, m, err := d.Transformer.Transform(dst[:], src, true)
	if err != nil || m != len(src) {
		return none
	}
	for i, s := range bigTwoText {
		if string(dst[:n]) == s {
			return bigTwo + rune(i)
		}
	}
	r, size := utf8.DecodeRune(dst[:n])
	if size != n || r == utf8.RuneError && string(src) != gb18030Error {
		return none
	}
	return r
}

// longBy returns a function that decodes sequences of size bytes, those that
// begin with first (any, if 0), by x/text: they are rare. It gives none for
// whatever else src begins with.
func longBy(d *encoding.Decoder, size int, first byte) func([]byte) (rune, int) {
	return func(src []byte) (rune, int) {
		if len(src) < size || first != 0 && src[0] != first {
			return none, 0
		}
		return strictly(d, src[:size]...), size
	}
}

func (t *table) decode(dst, src []byte) (out []byte, bad, size int) {
	for i := 0; i < len(src); {
		if src[i] < utf8.RuneSelf {
			from := i
			for i < len(src) && src[i] < utf8.RuneSelf {
				i++
			}
			dst = append(dst, src[from:i]...)
			continue
		}
		r, n := t.next(src[i:])
		if r == none {
			return dst, i, n
		}
		if r >= bigTwo {
			dst = append(dst, bigTwoText[r-bigTwo]...)
		} else {
			dst = utf8.AppendRune(dst, r)
		}
		i += n
	}
	return dst, -1, 0
}

// next decodes the character that src begins with, which is not empty. If there
// is none, the size is how many bytes belong to the damage.
func (t *table) next(src []byte) (r rune, size int) {
	if r = t.single[src[0]]; r != lead {
		return r, 1
	}
	if len(src) > 1 && src[1] >= pairSecond {
		if r = t.pair[int(src[0]-pairFirst)*pairRow+int(src[1])-pairSecond]; r != none {
			return r, 2
		}
	}
	if t.long != nil {
		if r, size = t.long(src); r != none {
			return r, size
		}
	}
	if len(src) > 1 && src[1] >= utf8.RuneSelf {
		return none, 2
	}
	return none, 1
}

type utf8Decoder struct{}

func (utf8Decoder) decode(dst, src []byte) (out []byte, bad, size int) {
	if utf8.Valid(src) {
		return append(dst, src...), -1, 0
	}
	i := 0
	for {
		r, n := utf8.DecodeRune(src[i:])
		if r == utf8.RuneError && n <= 1 {
			return append(dst, src[:i]...), i, 1
		}
		i += n
	}
}
