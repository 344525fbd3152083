package workbook

import (
	"errors"
	"io"
	"slices"
)

const (
	// maxCellText is the longest text of a cell, in bytes. The format allows 32,767
	// UTF-16 units, of three bytes at most; how many characters are too many is
	// said by who reads the rows.
	maxCellText = 256 << 10

	// maxShared is how much memory shared strings take, the bookkeeping
	// included, before they go to a temporary file.
	maxShared = 24 << 20

	// maxSharedCount is how many shared strings there may be: more than a sheet
	// of three hundred columns has cells. Each takes eight bytes of disk.
	maxSharedCount = 1 << 26
)

// sharedStrings is the table of the texts that cells name by number.
type sharedStrings struct {
	max int // bytes of memory that it may take

	blocks []stringBlock // in memory; all but the last are full
	taken  int           // bytes of memory
	open   []byte        // texts that are not in blocks yet …
	ends   []uint32      // … and where each ends in open
	count  int

	file *stringFile // instead of blocks, if there are too many
}

// A stringBlock is so many texts, one after the other, and where each ends. A
// slice of strings would take twelve bytes more for each, and the collector would
// follow every one of them.
type stringBlock struct {
	texts string
	ends  []uint32
}

// block is how many texts one block has: lists that grow are copied again and
// again.
const block = 4 << 10

// text returns text i of the block.
func (b *stringBlock) text(i int) string {
	from := uint32(0)
	if i > 0 {
		from = b.ends[i-1]
	}
	return b.texts[from:b.ends[i]]
}

// loadStrings reads the table of shared strings if the workbook has one.
func (b *Book) loadStrings() error {
	if b.strings != nil {
		return nil
	}
	t := &sharedStrings{max: maxShared}
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
		if raw, kept, ok := s.hurryString(); ok {
			if err := t.addPlain(raw, kept, &text); err != nil {
				return err
			}
			continue
		}
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

// addPlain appends what stands in a t; kept says that white space around it counts.
func (t *sharedStrings) addPlain(raw []byte, kept bool, room *[]byte) error {
	if len(raw) > maxCellText {
		return tooMuch("text", maxCellText)
	}
	if !kept {
		raw = trim(raw)
	}
	*room = appendUnescaped((*room)[:0], raw)
	return t.add(*room)
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
	t.ends = append(t.ends, uint32(len(t.open)))
	if len(t.ends) < block && t.taken+t.openSize() <= t.max {
		return nil
	}
	return t.flush()
}

// openSize is how many bytes of memory the open texts take in a block.
func (t *sharedStrings) openSize() int { return len(t.open) + 4*len(t.ends) }

// flush moves what is open to a block, or everything to a file if it is too much.
func (t *sharedStrings) flush() error {
	if t.file != nil {
		return t.file.flush()
	}
	t.taken += t.openSize()
	t.blocks = append(t.blocks, stringBlock{string(t.open), slices.Clone(t.ends)})
	t.open, t.ends = t.open[:0], t.ends[:0]
	if t.taken <= t.max {
		return nil
	}
	return t.spill()
}

// spill moves the blocks to a temporary file.
func (t *sharedStrings) spill() error {
	f, err := newStringFile()
	if err != nil {
		return err
	}
	t.file = f
	for i := range t.blocks {
		b := &t.blocks[i]
		for k := range b.ends {
			if err := f.add([]byte(b.text(k))); err != nil {
				return err
			}
		}
	}
	t.blocks, t.open, t.ends = nil, nil, nil
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

// trim takes the white space of XML off both ends.
func trim(text []byte) []byte {
	for len(text) > 0 && isSpace(text[0]) {
		text = text[1:]
	}
	for len(text) > 0 && isSpace(text[len(text)-1]) {
		text = text[:len(text)-1]
	}
	return text
}

// early is for those who are inside of an element: there the end of the part is
// a problem.
func (s *scanner) early(err error) error {
	if errors.Is(err, io.EOF) {
		return s.malformed()
	}
	return err
}
