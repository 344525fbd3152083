package workbook

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
)

// A stringFile keeps texts on disk, by their numbers: one file of texts, one of
// where they end. It takes the same memory however many there are.
type stringFile struct {
	texts, ends *pagedFile
	end         int64 // of the last text that was added
	room        [8]byte
}

func newStringFile() (*stringFile, error) {
	texts, err := newPagedFile()
	if err != nil {
		return nil, err
	}
	ends, err := newPagedFile()
	if err != nil {
		return nil, errors.Join(err, texts.close())
	}
	return &stringFile{texts: texts, ends: ends}, nil
}

func (f *stringFile) add(text []byte) error {
	f.end += int64(len(text))
	if _, err := f.texts.w.Write(text); err != nil {
		return fmt.Errorf("write shared strings: %w", err)
	}
	binary.LittleEndian.PutUint64(f.room[:], uint64(f.end))
	if _, err := f.ends.w.Write(f.room[:]); err != nil {
		return fmt.Errorf("write shared strings: %w", err)
	}
	return nil
}

// flush must be called before texts are read, and nothing may be added
// afterwards.
func (f *stringFile) flush() error {
	if err := errors.Join(f.texts.w.Flush(), f.ends.w.Flush()); err != nil {
		return fmt.Errorf("write shared strings: %w", err)
	}
	return nil
}

// append appends text number i, which must exist.
func (f *stringFile) append(dst []byte, i int) ([]byte, error) {
	var room [16]byte
	from, at := int64(0), int64(i)*8
	both := room[8:8]
	if i > 0 {
		both, at = room[:0], at-8
	}
	both, err := f.ends.append(both, at, int64(i)*8+8-at)
	if err != nil {
		return dst, err
	}
	end := int64(binary.LittleEndian.Uint64(both[len(both)-8:]))
	if i > 0 {
		from = int64(binary.LittleEndian.Uint64(both))
	}
	return f.texts.append(dst, from, end-from)
}

func (f *stringFile) close() error {
	return errors.Join(f.texts.close(), f.ends.close())
}

const (
	// page is small because texts may be asked for in any order: after a sort,
	// each lookup reads one.
	page = 4 << 10

	// slots is how many pages of a file stay in memory: 8 MB.
	slots = 2 << 10
)

// A pagedFile is a temporary file without a name, written once from its
// beginning and then read page by page. Each page has one slot that it can be
// in: texts are asked for mostly in their order, and the common ones again and
// again.
type pagedFile struct {
	f     *os.File
	w     *bufio.Writer
	pages [][]byte
	tags  []int64 // number of the page in the slot, plus 1
	named bool    // the system does not remove files that are open
}

func newPagedFile() (*pagedFile, error) {
	f, err := os.CreateTemp("", "meibo-strings-*")
	if err != nil {
		return nil, fmt.Errorf("temporary file for shared strings: %w", err)
	}
	return &pagedFile{
		f: f, w: bufio.NewWriterSize(f, 64<<10),
		pages: make([][]byte, slots), tags: make([]int64, slots),
		named: os.Remove(f.Name()) != nil,
	}, nil
}

// append appends n bytes of the file from offset on.
func (p *pagedFile) append(dst []byte, offset, n int64) ([]byte, error) {
	for n > 0 {
		b, err := p.page(offset / page)
		if err != nil {
			return dst, err
		}
		begin := offset % page
		part := b[min(begin, int64(len(b))):min(begin+n, int64(len(b)))]
		if len(part) == 0 {
			return dst, fmt.Errorf("read shared strings: %w", io.ErrUnexpectedEOF)
		}
		dst = append(dst, part...)
		offset, n = offset+int64(len(part)), n-int64(len(part))
	}
	return dst, nil
}

func (p *pagedFile) page(number int64) ([]byte, error) {
	slot := number % slots
	if p.tags[slot] == number+1 {
		return p.pages[slot], nil
	}
	b := p.pages[slot]
	if b == nil {
		b = make([]byte, page)
	}
	n, err := p.f.ReadAt(b[:page], number*page)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read shared strings: %w", err)
	}
	p.pages[slot], p.tags[slot] = b[:n], number+1
	return b[:n], nil
}

func (p *pagedFile) close() error {
	err := p.f.Close()
	if p.named {
		err = errors.Join(err, os.Remove(p.f.Name()))
	}
	return err
}
