package workbook

// Nearly every element of a large workbook is a cell or a shared string that
// looks the same in all of them. What is here reads these in one go, without
// tokens: it takes an element whole or, if it is written in any other way, not at
// all, and then the long way leads to the same. TestF5_ShortAndLongWay says so.

// isTextByte says which bytes stand for themselves in character data.
var isTextByte = func() (t [256]bool) {
	for c := range 256 {
		t[c] = c != '<' && c != '&' && c != '\r'
	}
	return t
}()

// isWordByte says which bytes the attributes of a cell have: B12, inlineStr.
var isWordByte = func() (t [256]bool) {
	for c := range 256 {
		t[c] = 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
	}
	return t
}()

// mayHurry reports whether elements without prefixes are those of a workbook
// here, and three levels of them are allowed.
func (s *scanner) mayHurry() bool {
	return s.spaces.standard == mainSpace && len(s.open) > 0 && (s.max == 0 || len(s.open)+3 <= s.max)
}

// hurry reads an element that is opening, text without references and line ends,
// and closing, and nothing else.
func (s *scanner) hurry(opening, closing string) (text []byte, ok bool) {
	if !s.mayHurry() {
		return nil, false
	}
	text, n := textBetween(s.buf[s.pos:s.lim], opening, closing)
	s.pos += n
	return text, n > 0
}

// textBetween returns the text that stands in b between opening and closing, and
// where closing ends; 0 if b begins in another way or ends before.
func textBetween(b []byte, opening, closing string) (text []byte, end int) {
	if len(b) < len(opening) || string(b[:len(opening)]) != opening {
		return nil, 0
	}
	n := len(opening)
	for n < len(b) && isTextByte[b[n]] {
		n++
	}
	if end = n + len(closing); end > len(b) || string(b[n:end]) != closing {
		return nil, 0
	}
	return b[len(opening):n], end
}

// A plainCell is a cell as it stands in the part. Its slices are valid until the
// scanner reads on.
type plainCell struct {
	ref, style, typ []byte // attributes; nil where there is none
	value           []byte
	inline, keep    bool // value is an inline text, and keeps its spaces
}

// hurryCell reads a cell whose attributes are r, s and t and which is empty or
// holds one v, or one inline text without runs.
func (s *scanner) hurryCell() (c plainCell, ok bool) {
	if !s.mayHurry() {
		return c, false
	}
	b := s.buf[s.pos:s.lim]
	if len(b) < 2 || b[0] != '<' || b[1] != 'c' {
		return c, false
	}
	i := c.attributes(b, 2)
	switch {
	case i == 0 || i+2 > len(b):
		return c, false
	case b[i] == '/' && b[i+1] == '>':
		s.pos += i + 2
		return c, true
	case b[i] != '>':
		return c, false
	}
	n := c.content(b[i+1:])
	if n == 0 {
		return c, false
	}
	s.pos += i + 1 + n
	return c, true
}

// attributes reads them from b[i] on and returns where they end; 0 if they are
// written in another way.
func (c *plainCell) attributes(b []byte, i int) int {
	for i+4 < len(b) && b[i] == ' ' {
		if b[i+2] != '=' || b[i+3] != '"' {
			return 0
		}
		end := i + 4
		for end < len(b) && isWordByte[b[end]] {
			end++
		}
		if end == len(b) || b[end] != '"' {
			return 0
		}
		a := &c.ref
		switch b[i+1] {
		case 'r':
		case 's':
			a = &c.style
		case 't':
			a = &c.typ
		default:
			return 0
		}
		if *a != nil {
			return 0 // twice
		}
		*a = b[i+4 : end]
		i = end + 1
	}
	return i
}

// content reads what stands behind the tag and returns where the cell ends; 0 if
// it is written in another way.
func (c *plainCell) content(b []byte) (end int) {
	if c.value, end = textBetween(b, "<v>", "</v></c>"); end > 0 {
		return end
	}
	c.inline = true
	if c.value, end = textBetween(b, "<is><t>", "</t></is></c>"); end > 0 {
		return end
	}
	c.keep = true
	c.value, end = textBetween(b, `<is><t xml:space="preserve">`, "</t></is></c>")
	return end
}
