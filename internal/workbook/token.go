package workbook

import (
	"bytes"
	"errors"
	"io"
)

// A tokenKind says what a token is.
type tokenKind uint8

const (
	startTag tokenKind = iota + 1
	emptyTag           // <name/>: no endTag follows
	endTag
	charData // text or a CDATA section
	aside    // a comment, a processing instruction or the XML declaration
)

// A token is one piece of a part. All its slices are parts of raw and valid
// until the next call of next: copying raw of every token writes the part anew,
// byte for byte (as UTF-8, without a byte order mark).
type token struct {
	kind   tokenKind
	raw    []byte
	offset int64  // of raw in the part as UTF-8
	space  space  // of a tag's name
	name   []byte // of a tag, without its prefix
	prefix []byte // of a tag, without the colon; empty for the default namespace
	attrs  []attr // of startTag and emptyTag, in their order, xmlns among them
	cdata  bool   // charData that stands in a CDATA section
}

// An attr is one attribute. value is what stands between the quotes, references
// and all: [appendText] says what it means.
type attr struct {
	space space // noSpace without a prefix
	name  []byte
	value []byte
}

// is reports whether t is a tag of that name in the main namespace.
func (t *token) is(name string) bool {
	return t.space == mainSpace && string(t.name) == name
}

// opens reports whether t is the start tag or empty tag of that name in the main
// namespace.
func (t *token) opens(name string) bool {
	return (t.kind == startTag || t.kind == emptyTag) && t.is(name)
}

// attr returns the value of the attribute without a prefix, or nil.
func (t *token) attr(name string) []byte { return t.attrIn(noSpace, name) }

// attrIn returns the value of the attribute of that namespace, or nil.
func (t *token) attrIn(sp space, name string) []byte {
	for i := range t.attrs {
		if a := &t.attrs[i]; a.space == sp && string(a.name) == name {
			return a.value
		}
	}
	return nil
}

// text appends to dst what charData says: references resolved, line ends as \n.
func (t *token) text(dst []byte) ([]byte, error) {
	if t.cdata {
		return appendLines(dst, t.raw[len("<![CDATA["):len(t.raw)-len("]]>")]), nil
	}
	return appendText(dst, t.raw)
}

// window is how much of a part is in memory at once. It grows to maxToken where
// one token is longer.
const window = 128 << 10

// A scanner is a pull parser for the parts of a workbook: XML 1.0 with
// namespaces, well-formed, in UTF-8 or UTF-16, without a document type
// definition. It knows the five entities of XML and numbers, and follows
// nothing that points outside.
type scanner struct {
	src  io.Reader
	part string // for problems
	max  int    // depth; 0 is no limit
	tok  token

	buf  []byte
	pos  int   // where the next token begins
	lim  int   // up to here, buf is valid text
	have int   // up to here, buf is filled
	base int64 // offset of buf[0] in the part as UTF-8
	eof  bool  // src has no more

	wide   bool // the part was in UTF-16, and what comes out is UTF-8
	strict bool // a namespace of strict OOXML was declared
	root   bool // the root element has begun

	spaces   namespaces
	spelling spelling  // of the root's prefix
	open     []element // from the root inwards
	names    []byte    // qualified names of open, one after the other

	scratch []byte // of rawText
	said    []byte // the last text with references
}

// An element is one that is open.
type element struct {
	name  int // where its qualified name begins in scanner.names
	space space
	bound int // how many namespaces were declared outside of it
}

// newScanner reads a part. Errors of src come out as they are; what is wrong
// with the XML is WorkbookDamaged or WorkbookLimit, and names the part.
func newScanner(src io.Reader, part string, depth int) (*scanner, error) {
	s := &scanner{src: src, part: part, max: depth, buf: make([]byte, window)}
	s.spaces.reset()
	wide, err := s.begin()
	s.wide = wide
	return s, err
}

// depth returns how many elements are open: after the start tag of the root it
// is 1, after its end tag 0.
func (s *scanner) depth() int { return len(s.open) }

// next returns the next token. After the last one, which closes the root or
// stands behind it, it returns io.EOF; a part that ends earlier is a problem.
func (s *scanner) next() (*token, error) {
	for {
		n, err := s.scan(s.buf[s.pos:s.lim])
		if err != nil {
			return nil, err
		}
		if n > 0 {
			s.tok.raw = s.buf[s.pos : s.pos+n]
			s.tok.offset = s.base + int64(s.pos)
			s.pos += n
			return &s.tok, nil
		}
		if s.eof && s.pos == s.lim && s.root && len(s.open) == 0 {
			return nil, io.EOF
		}
		if err := s.fill(); err != nil {
			return nil, err
		}
	}
}

// skip reads to the end tag of the element whose start tag was the last token,
// and past it. After another token it does nothing.
func (s *scanner) skip() error {
	if s.tok.kind != startTag {
		return nil
	}
	for outside := len(s.open) - 1; len(s.open) > outside; {
		if _, err := s.next(); err != nil {
			return err
		}
	}
	return nil
}

// content is next without comments and processing instructions, and with
// mc:AlternateContent resolved (ECMA-376 part 3): no extension is known, so each
// Choice is left out and the children of Fallback stand in its place.
func (s *scanner) content() (*token, error) {
	for {
		t, err := s.next()
		if err != nil {
			return nil, err
		}
		switch {
		case t.kind == aside:
		case t.space != compatSpace || t.kind == charData:
			return t, nil
		case t.kind == startTag && string(t.name) == "Choice":
			if err := s.skip(); err != nil {
				return nil, err
			}
		}
	}
}

// malformed is the problem of a part that is not well-formed, or that lacks what
// it must have.
func (s *scanner) malformed() error { return damaged(reasonXML, s.part) }

// scan reads the token at the beginning of b and returns its length: 0 if b does
// not hold all of it.
func (s *scanner) scan(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	if b[0] != '<' {
		return s.scanText(b)
	}
	if len(b) < 2 {
		return 0, nil
	}
	switch b[1] {
	case '/':
		return s.scanEnd(b)
	case '!':
		return s.scanDeclaration(b)
	case '?':
		return s.scanInstruction(b)
	}
	return s.scanTag(b)
}

func (s *scanner) scanText(b []byte) (int, error) {
	n := bytes.IndexByte(b, '<')
	if n < 0 {
		if !s.eof || s.lim < s.have {
			return 0, nil
		}
		n = len(b)
	}
	if len(s.open) == 0 && len(bytes.Trim(b[:n], " \t\r\n")) > 0 {
		return 0, s.malformed()
	}
	if bytes.IndexByte(b[:n], '&') >= 0 { // nobody may ask what it says
		var err error
		if s.said, err = appendText(s.said[:0], b[:n]); err != nil {
			return 0, s.malformed()
		}
	}
	s.tok = token{kind: charData, attrs: s.tok.attrs[:0]}
	return n, nil
}

func (s *scanner) scanEnd(b []byte) (int, error) {
	n := bytes.IndexByte(b, '>')
	if n < 0 {
		return 0, nil
	}
	if len(s.open) == 0 {
		return 0, s.malformed()
	}
	name := b[2:n]
	if c := name[max(0, len(name)-1):]; len(c) > 0 && isSpace(c[0]) {
		name = bytes.TrimRight(name, " \t\r\n")
	}
	e := s.open[len(s.open)-1]
	if !bytes.Equal(name, s.names[e.name:]) {
		return 0, s.malformed()
	}
	s.tok = token{kind: endTag, attrs: s.tok.attrs[:0], space: e.space, name: name}
	if i := bytes.IndexByte(name, ':'); i >= 0 {
		s.tok.prefix, s.tok.name = name[:i], name[i+1:]
	}
	s.open, s.names = s.open[:len(s.open)-1], s.names[:e.name]
	s.spaces.leave(e.bound)
	return n + 1, nil
}

// scanDeclaration reads a comment or a CDATA section. Nothing else that begins
// with <! has a place in a workbook.
func (s *scanner) scanDeclaration(b []byte) (int, error) {
	for _, d := range [...]struct {
		begin, end string
		cdata      bool
	}{{"<!--", "-->", false}, {"<![CDATA[", "]]>", true}} {
		if k := min(len(b), len(d.begin)); string(b[:k]) != d.begin[:k] {
			continue
		}
		if len(b) < len(d.begin) {
			return 0, nil
		}
		n := bytes.Index(b[len(d.begin):], []byte(d.end))
		if n < 0 {
			return 0, nil
		}
		if d.cdata && len(s.open) == 0 {
			return 0, s.malformed()
		}
		s.tok = token{kind: aside, attrs: s.tok.attrs[:0], cdata: d.cdata}
		if d.cdata {
			s.tok.kind = charData
		}
		return len(d.begin) + n + len(d.end), nil
	}
	const doctype = "<!DOCTYPE"
	if k := min(len(b), len(doctype)); string(b[:k]) == doctype[:k] {
		return 0, damaged(reasonDoctype, s.part)
	}
	return 0, s.malformed()
}

// scanInstruction reads a processing instruction. The XML declaration may stand
// only at the beginning, and must name the encoding that the part is in.
func (s *scanner) scanInstruction(b []byte) (int, error) {
	n := bytes.Index(b[2:], []byte("?>"))
	if n < 0 {
		return 0, nil
	}
	body := b[2 : 2+n]
	if bytes.HasPrefix(body, []byte("xml")) && (len(body) == 3 || isSpace(body[3])) {
		if s.base+int64(s.pos) > 0 {
			return 0, s.malformed()
		}
		if !s.knowsEncoding(body) {
			return 0, damaged(reasonEncoding, s.part)
		}
	}
	s.tok = token{kind: aside, attrs: s.tok.attrs[:0]}
	return n + 4, nil
}

// fill reads on, and makes room where one token takes all there is.
func (s *scanner) fill() error {
	if s.eof {
		return s.malformed() // it ends in the middle of a token or of an element
	}
	copy(s.buf, s.buf[s.pos:s.have])
	s.base += int64(s.pos)
	s.lim, s.have, s.pos = s.lim-s.pos, s.have-s.pos, 0
	switch {
	case s.have > len(s.buf)/2 && len(s.buf) < maxToken:
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	case s.have == len(s.buf):
		return tooMuch("text", maxToken)
	}
	if err := s.read(); err != nil {
		return err
	}
	return s.validate()
}

// read fills the buffer, or up to the end of src.
func (s *scanner) read() error {
	for idle := 0; s.have < len(s.buf) && !s.eof; {
		n, err := s.src.Read(s.buf[s.have:])
		s.have += n
		if errors.Is(err, io.EOF) {
			s.eof = true
			return nil
		}
		if err != nil {
			return err
		}
		if idle++; n > 0 {
			idle = 0
		}
		if idle > 100 {
			return io.ErrNoProgress
		}
	}
	return nil
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }
