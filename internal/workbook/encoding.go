package workbook

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// begin looks at the first bytes of a part, drops its byte order mark, and puts
// a translator before the scanner if the part is in UTF-16. It reports whether
// it is.
func (s *scanner) begin() (wide bool, err error) {
	head := make([]byte, 4)
	n, err := io.ReadFull(s.src, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return false, err
	}
	head = head[:n]
	rest := s.src
	order, mark := binary.ByteOrder(nil), 0
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		order, mark = binary.LittleEndian, 2
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		order, mark = binary.BigEndian, 2
	case bytes.HasPrefix(head, []byte("<\x00?\x00")):
		order = binary.LittleEndian
	case bytes.HasPrefix(head, []byte("\x00<\x00?")):
		order = binary.BigEndian
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		mark = 3
	}
	s.src = io.MultiReader(bytes.NewReader(head[mark:]), rest)
	if order != nil {
		s.src = &narrower{src: s.src, order: order, fail: damaged(reasonEncoding, s.part)}
	}
	return order != nil, nil
}

var declaredEncoding = regexp.MustCompile(`\sencoding\s*=\s*["']([^"']*)["']`)

// knowsEncoding reports whether the XML declaration names the encoding that the
// part is in. US-ASCII is UTF-8.
func (s *scanner) knowsEncoding(declaration []byte) bool {
	found := declaredEncoding.FindSubmatch(declaration)
	if found == nil {
		return true
	}
	name := strings.ToLower(string(found[1]))
	if s.wide {
		return strings.HasPrefix(name, "utf-16") || strings.HasPrefix(name, "iso-10646-ucs-2")
	}
	return name == "utf-8" || name == "utf8" || name == "us-ascii" || name == "ascii"
}

// A narrower turns UTF-16 into UTF-8.
type narrower struct {
	src   io.Reader
	order binary.ByteOrder
	fail  error // of half characters

	in   [8 << 10]byte
	have int    // bytes in in that are not translated yet
	out  []byte // translated, and not yet handed out
	room []byte
	err  error
}

func (r *narrower) Read(b []byte) (int, error) {
	for len(r.out) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		r.translate()
	}
	n := copy(b, r.out)
	r.out = r.out[n:]
	return n, nil
}

func (r *narrower) translate() {
	n, err := r.src.Read(r.in[r.have:])
	r.have += n
	r.err = err
	r.room = r.room[:0]
	i := 0
	for ; i+2 <= r.have; i += 2 {
		c := rune(r.order.Uint16(r.in[i:]))
		if utf16.IsSurrogate(c) {
			if i+4 > r.have {
				break
			}
			c = utf16.DecodeRune(c, rune(r.order.Uint16(r.in[i+2:])))
			if c == utf8.RuneError {
				r.err, r.have, r.out = r.fail, 0, nil
				return
			}
			i += 2
		}
		r.room = utf8.AppendRune(r.room, c)
	}
	r.have = copy(r.in[:], r.in[i:r.have])
	if errors.Is(r.err, io.EOF) && r.have > 0 {
		r.err = r.fail
	}
	r.out = r.room
}

// validate looks at what has been read since it was last called: bytes that are
// no UTF-8 and characters that XML forbids are problems. A character that is
// not complete waits for its rest.
func (s *scanner) validate() error {
	fresh := s.buf[s.lim:s.have]
	if !s.eof {
		fresh = fresh[:len(fresh)-incomplete(fresh)]
	}
	ascii, ok := printable(fresh)
	if !ok {
		return s.malformed()
	}
	if !ascii {
		if !utf8.Valid(fresh) {
			return damaged(reasonEncoding, s.part)
		}
		if bytes.Contains(fresh, []byte("\uffff")) || bytes.Contains(fresh, []byte("\ufffe")) {
			return s.malformed()
		}
	}
	s.lim += len(fresh)
	return nil
}

// incomplete returns how many bytes at the end of b begin a character that goes
// on behind it.
func incomplete(b []byte) int {
	for n := 1; n <= min(len(b), utf8.UTFMax-1); n++ {
		if c := b[len(b)-n]; utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(b[len(b)-n:]) {
				return n
			}
			return 0
		}
	}
	return 0
}

// printable reports whether b is all ASCII, and whether it is free of the control
// characters that XML forbids. It looks at eight bytes at once.
func printable(b []byte) (ascii, ok bool) {
	const ones, high = 0x0101010101010101, 0x8080808080808080
	beyond := uint64(0)
	for ; len(b) >= 8; b = b[8:] {
		x := binary.LittleEndian.Uint64(b)
		beyond |= x
		if (x-ones*' ')&^x&high != 0 && !printableBytes(b[:8]) {
			return false, false
		}
	}
	for _, c := range b {
		beyond |= uint64(c)
	}
	return beyond&high == 0, printableBytes(b)
}

func printableBytes(b []byte) bool {
	for _, c := range b {
		if c < ' ' && !isSpace(c) {
			return false
		}
	}
	return true
}
