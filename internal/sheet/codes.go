package sheet

import (
	"sync"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

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
