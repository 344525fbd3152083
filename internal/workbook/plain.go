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

// A spelling is how the pieces are written that are read in one go.
type spelling struct {
	cell, value, valueEnd     string
	inline, kept, inlineEnd   string
	item, itemKept, itemEnd   string
	textEnd, phonetic         string
	reading, read, readingEnd string
}

// spell returns the pieces with a prefix before every name, which is empty or
// ends in a colon: ClosedXML and Open XML SDK write x:.
func spell(x string) spelling {
	const keep = ` xml:space="preserve">`
	return spelling{
		cell: "<" + x + "c", value: "<" + x + "v>", valueEnd: "</" + x + "v></" + x + "c>",
		inline: "<" + x + "is><" + x + "t>", kept: "<" + x + "is><" + x + "t" + keep, inlineEnd: "</" + x + "t></" + x + "is></" + x + "c>",
		item: "<" + x + "si><" + x + "t>", itemKept: "<" + x + "si><" + x + "t" + keep, itemEnd: "</" + x + "si>",
		textEnd: "</" + x + "t>", phonetic: "<" + x + "phoneticPr",
		reading: "<" + x + "rPh", read: "><" + x + "t>", readingEnd: "</" + x + "t></" + x + "rPh>",
	}
}

// mayHurry reports whether elements with the root's prefix are those of a
// workbook here, and three levels of them are allowed.
func (s *scanner) mayHurry() bool {
	return s.spaces.rootIsMain && len(s.open) > 0 && (s.max == 0 || len(s.open)+3 <= s.max)
}

// hurryString reads a shared string that is one text, and how it is read aloud,
// which Excel notes in Japanese. kept says that its spaces count.
func (s *scanner) hurryString() (text []byte, kept, ok bool) {
	if !s.mayHurry() {
		return nil, false, false
	}
	b, p := s.buf[s.pos:s.lim], &s.spelling
	text, i := textBetween(b, 0, p.item, p.textEnd)
	if i == 0 {
		kept = true
		text, i = textBetween(b, 0, p.itemKept, p.textEnd)
	}
	if i == 0 {
		return nil, false, false
	}
	for startsAt(b, i, p.reading) {
		if i = attributesAt(b, i+len(p.reading), "sb", "eb"); i == 0 {
			return nil, false, false
		}
		if _, i = textBetween(b, i, p.read, p.readingEnd); i == 0 {
			return nil, false, false
		}
	}
	if startsAt(b, i, p.phonetic) {
		if i = attributesAt(b, i+len(p.phonetic), "fontId", "type", "alignment"); !startsAt(b, i, "/>") {
			return nil, false, false
		}
		i += 2
	}
	if !startsAt(b, i, p.itemEnd) {
		return nil, false, false
	}
	s.pos += i + len(p.itemEnd)
	return text, kept, true
}

// startsAt reports whether piece, which is not empty, stands at i. Looking at its
// last byte first saves half of the calls that compare the others.
func startsAt(b []byte, i int, piece string) bool {
	end := i + len(piece)
	return end <= len(b) && b[end-1] == piece[len(piece)-1] && string(b[i:end]) == piece
}

// textBetween returns the text that stands in b between opening, which is at i,
// and closing, and where closing ends; 0 if it is written in another way or ends
// before.
func textBetween(b []byte, i int, opening, closing string) (text []byte, end int) {
	if !startsAt(b, i, opening) {
		return nil, 0
	}
	begin := i + len(opening)
	n := begin
	for n < len(b) && isTextByte[b[n]] {
		n++
	}
	if !startsAt(b, n, closing) {
		return nil, 0
	}
	return b[begin:n], n + len(closing)
}

// attributesAt returns where attributes end that begin at i; 0 if there are
// others than these, or in another order.
func attributesAt(b []byte, i int, names ...string) int {
	for _, name := range names {
		if i+1 < len(b) && b[i] == ' ' && startsAt(b, i+1, name) && startsAt(b, i+1+len(name), `="`) {
			if i = wordAt(b, i+len(name)+3); i == 0 {
				return 0
			}
		}
	}
	return i
}

// wordAt returns where the value of an attribute ends that begins at i, behind
// its quote; 0 if it is none.
func wordAt(b []byte, i int) int {
	for i < len(b) && isWordByte[b[i]] {
		i++
	}
	if i == len(b) || b[i] != '"' {
		return 0
	}
	return i + 1
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
func (s *scanner) hurryCell(c *plainCell) bool {
	if !s.mayHurry() {
		return false
	}
	b, p := s.buf[s.pos:s.lim], &s.spelling
	if !startsAt(b, 0, p.cell) {
		return false
	}
	*c = plainCell{}
	i := c.attributes(b, len(p.cell))
	switch {
	case i == 0 || i+2 > len(b):
		return false
	case b[i] == '/' && b[i+1] == '>':
		s.pos += i + 2
		return true
	case b[i] != '>':
		return false
	}
	if i = c.content(b, i+1, p); i == 0 {
		return false
	}
	s.pos += i
	return true
}

// attributes reads them from b[i] on and returns where they end; 0 if they are
// written in another way.
func (c *plainCell) attributes(b []byte, i int) int {
	for i+4 < len(b) && b[i] == ' ' {
		if b[i+2] != '=' || b[i+3] != '"' {
			return 0
		}
		end := wordAt(b, i+4)
		if end == 0 {
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
		*a = b[i+4 : end-1]
		i = end
	}
	return i
}

// content reads what stands behind the tag, from b[i] on, and returns where the
// cell ends; 0 if it is written in another way.
func (c *plainCell) content(b []byte, i int, p *spelling) (end int) {
	if c.value, end = textBetween(b, i, p.value, p.valueEnd); end > 0 {
		return end
	}
	c.inline = true
	if c.value, end = textBetween(b, i, p.inline, p.inlineEnd); end > 0 {
		return end
	}
	c.keep = true
	c.value, end = textBetween(b, i, p.kept, p.inlineEnd)
	return end
}
