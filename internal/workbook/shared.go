package workbook

import (
	"bytes"
	"errors"
	"io"
)

const (
	// maxCellText is the longest text of a cell, in bytes. The format allows 32,767
	// UTF-16 units, of three bytes at most; how many characters are too many is
	// said by who reads the rows.
	maxCellText = 256 << 10

	// maxShared is how much memory shared strings take, the bookkeeping
	// included, before they go to a temporary file.
	maxShared = 32 << 20

	// maxSharedCount is how many shared strings there may be: more than a sheet
	// of three hundred columns has cells. Each takes eight bytes of disk.
	maxSharedCount = 1 << 26

	// chunk is how many bytes of shared strings are one allocation.
	chunk = 64 << 10
)

// sharedStrings is the table of the texts that cells name by number.
type sharedStrings struct {
	list  []string // in memory: pieces of larger strings
	taken int      // bytes of memory
	open  []byte   // texts that are not in list yet …
	ends  []int    // … and where each ends in open
	count int

	file *stringFile // instead of list, if there are too many
}

// loadStrings reads the table of shared strings if the workbook has one.
func (b *Book) loadStrings() error {
	if b.strings != nil {
		return nil
	}
	t := &sharedStrings{}
	if part := b.parts["sharedStrings"]; part != "" {
		if err := t.load(b.c, part); err != nil {
			return errors.Join(err, t.close())
		}
	}
	b.strings = t
	return nil
}

func (t *sharedStrings) load(c *container, part string) error {
	r, err := c.open(part)
	if err != nil {
		return err
	}
	defer r.Close()
	s, err := newScanner(r, part, c.limits.Depth)
	if err != nil {
		return err
	}
	if err := s.rootIs("sst", mainSpace); err != nil {
		return err
	}
	var text []byte
	for {
		tok, err := s.content()
		if errors.Is(err, io.EOF) {
			return t.flush()
		}
		if err != nil {
			return err
		}
		if !tok.opens("si") {
			if err := s.skip(); err != nil {
				return err
			}
			continue
		}
		if text, err = s.richText(text[:0]); err != nil {
			return err
		}
		if err := t.add(text); err != nil {
			return err
		}
	}
}

// add appends one text to the table.
func (t *sharedStrings) add(text []byte) error {
	if t.count++; t.count > maxSharedCount {
		return tooMuch("table", maxSharedCount)
	}
	if t.file != nil {
		return t.file.add(text)
	}
	t.open = append(t.open, text...)
	t.ends = append(t.ends, len(t.open))
	if len(t.open) < chunk && len(t.ends) < chunk/16 {
		return nil
	}
	return t.flush()
}

// flush moves what is open to the list, or everything to a file if it is too
// much.
func (t *sharedStrings) flush() error {
	if t.file != nil {
		return t.file.flush()
	}
	const header = 16 // bytes of a string without its text
	t.taken += len(t.open) + header*len(t.ends)
	text, from := string(t.open), 0
	for _, end := range t.ends {
		t.list = append(t.list, text[from:end])
		from = end
	}
	t.open, t.ends = t.open[:0], t.ends[:0]
	if t.taken <= maxShared {
		return nil
	}
	return t.spill()
}

// spill moves the list to a temporary file.
func (t *sharedStrings) spill() error {
	f, err := newStringFile()
	if err != nil {
		return err
	}
	t.file = f
	for _, text := range t.list {
		if err := f.add([]byte(text)); err != nil {
			return err
		}
	}
	t.list = nil
	return nil
}

func (t *sharedStrings) close() error {
	if t.file == nil {
		return nil
	}
	return t.file.close()
}

// richText appends the text of the element whose start tag or empty tag was the
// last token, which is an si or an is, and reads past its end: its t, or those
// of its runs one after the other. Phonetic runs are left out.
func (s *scanner) richText(dst []byte) ([]byte, error) {
	if s.tok.kind == emptyTag {
		return dst, nil
	}
	closing := "</t></is>"
	if string(s.tok.name) == "si" {
		closing = "</t></si>"
	}
	if text, ok := s.between("<t>", closing); ok && len(text) <= maxCellText {
		return appendUnescaped(dst, trim(text)), nil
	}
	begin := len(dst)
	outside := s.depth() - 1
	for {
		t, err := s.content()
		if err != nil {
			return dst, s.early(err)
		}
		switch {
		case s.depth() == outside:
			return dst, nil
		case t.opens("t"):
			if dst, err = s.plainText(dst); err != nil {
				return dst, err
			}
		case t.kind == startTag && !t.is("r"):
			if err := s.skip(); err != nil {
				return dst, err
			}
		}
		if len(dst)-begin > maxCellText {
			return dst, tooMuch("text", maxCellText)
		}
	}
}

// plainText appends the text of the element whose start tag or empty tag was the
// last token, and reads past its end. Without xml:space="preserve" white space
// around it is layout.
func (s *scanner) plainText(dst []byte) ([]byte, error) {
	if s.tok.kind == emptyTag {
		return dst, nil
	}
	keep := string(s.tok.attrIn(xmlSpace, "space")) == "preserve"
	raw, err := s.rawText()
	if err != nil {
		return dst, err
	}
	if !keep {
		raw = trim(raw)
	}
	return appendUnescaped(dst, raw), nil
}

// rawText returns the character data of the element whose start tag was the last
// token, valid until it is called again, and reads past its end. Elements in it
// are left out.
func (s *scanner) rawText() ([]byte, error) {
	outside := s.depth() - 1
	s.scratch = s.scratch[:0]
	for {
		t, err := s.content()
		if err != nil {
			return nil, s.early(err)
		}
		switch {
		case s.depth() == outside:
			return s.scratch, nil
		case t.kind == startTag:
			if err := s.skip(); err != nil {
				return nil, err
			}
		case t.kind == charData:
			if s.scratch, err = t.text(s.scratch); err != nil {
				return nil, s.malformed()
			}
		}
		if len(s.scratch) > maxCellText {
			return nil, tooMuch("text", maxCellText)
		}
	}
}

func trim(text []byte) []byte { return bytes.Trim(text, " \t\r\n") }

// early is for those who are inside of an element: there the end of the part is
// a problem.
func (s *scanner) early(err error) error {
	if errors.Is(err, io.EOF) {
		return s.malformed()
	}
	return err
}
