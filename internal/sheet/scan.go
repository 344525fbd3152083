package sheet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"strconv"

	"meibo/internal/problem"
)

const (
	// window is how much of a file is in memory at once. Larger ones were not
	// faster.
	window = 256 << 10

	// maxRecord bounds one record, and with it the memory that a file can make
	// us take (some six times as much while it is decoded): 500 columns of the
	// longest ASCII text fit.
	maxRecord = 16 << 20

	// maxCells bounds the cells of one record, filled or not: twice the columns
	// that a workbook can have.
	maxCells = 1 << 15
)

// A scanner finds the records of a file, and the cells in them, by the bytes
// that CSV is made of: quote, delimiter, CR and LF. In every charset but UTF-16
// and ISO-2022-JP these are never part of another character; for those two the
// view shows only what is structure.
type scanner struct {
	src     io.ReaderAt
	size    int64
	charset string
	delim   byte
	view    viewer

	raw    []byte // what was read and not yet handed out begins at unit*pos
	seen   []byte // the view of raw; raw itself where every byte is its own view
	pos    int    // in seen: where the next record begins
	offset int64  // of raw[0] in the file
	eof    bool   // raw goes up to the end of the file
	line   int    // of the next record

	class [256]bool // quote, delimiter and line ends
	rec   record
}

func newScanner(src io.ReaderAt, size int64, charset string, delim byte) *scanner {
	s := &scanner{src: src, size: size, charset: charset, delim: delim, view: viewerOf(charset), line: 1}
	for _, b := range []byte{delim, '"', '\r', '\n'} {
		s.class[b] = true
	}
	return s
}

// skip begins at offset, on the given line.
func (s *scanner) skip(offset int64, line int) {
	s.offset, s.line = offset, line
	s.raw, s.seen, s.pos, s.eof = s.raw[:0], s.seen[:0], 0, false
	s.view.reset()
}

// errMore says that the record goes on after what has been read.
var errMore = errors.New("record goes on")

// next reads the next record, blank lines included. It returns io.EOF after the
// last one. A record too large is a problem; nothing can be read after it.
func (s *scanner) next() (*record, error) {
	for {
		if s.pos < len(s.seen) || s.eof {
			err := s.scan()
			if err == nil || !errors.Is(err, errMore) {
				return &s.rec, err
			}
		}
		if err := s.fill(); err != nil {
			return nil, err
		}
	}
}

// fill reads on, keeping the record that has begun.
func (s *scanner) fill() error {
	unit := s.view.unit()
	kept := copy(s.raw, s.raw[min(s.pos*unit, len(s.raw)):])
	s.offset += int64(len(s.raw) - kept)
	if s.view.direct() {
		s.seen = nil
	} else {
		s.seen = s.seen[:copy(s.seen, s.seen[s.pos:])]
	}
	s.pos = 0
	if kept >= maxRecord {
		return s.tooLarge()
	}
	s.grow(kept)
	n, err := s.src.ReadAt(s.raw[kept:cap(s.raw)], s.offset+int64(kept))
	s.raw = s.raw[:kept+n]
	end := errors.Is(err, io.EOF)
	if err != nil && !end {
		return fmt.Errorf("read at byte %d: %w", s.offset+int64(kept), err)
	}
	s.eof = end || s.offset+int64(len(s.raw)) >= s.size
	s.seen = s.view.see(s.seen, s.raw, s.eof)
	return nil
}

// grow makes room in raw: all of a window at first, twice as much whenever a
// record does not fit.
func (s *scanner) grow(kept int) {
	size := max(cap(s.raw), int(min(window, s.size+1)))
	if kept*2 > size {
		size *= 2
	}
	if size > cap(s.raw) {
		s.raw = append(make([]byte, 0, size), s.raw[:kept]...)
	}
	s.raw = s.raw[:cap(s.raw)]
}

// scan finds the record at pos, or errMore if its end has not been read.
func (s *scanner) scan() error {
	v := s.seen[s.pos:]
	if len(v) == 0 {
		return io.EOF
	}
	rec := &s.rec
	rec.line, rec.cells, rec.open, rec.odd = s.line, rec.cells[:0], problem.Problem{}, false
	line := s.line
	for from := 0; ; {
		i := s.plain(v, from)
		if i < len(v) && v[i] == s.delim && len(rec.cells) < maxCells {
			rec.cells = append(rec.cells, span{start: int32(from), end: int32(i), text: -1})
			from = i + 1
			continue
		}
		c := span{start: int32(from), text: -1}
		i, err := s.finish(v, i, &line, &c)
		if err != nil {
			return err
		}
		rec.cells = append(rec.cells, c)
		if i < len(v) && v[i] == s.delim {
			from = i + 1
			continue
		}
		n := lineEnd(v[i:])
		if n == 1 && i+1 == len(v) && v[i] == '\r' && !s.eof {
			return errMore // the LF may be yet to come
		}
		s.hand(i, n)
		s.line = line + min(n, 1)
		return nil
	}
}

// finish finds the end of the cell c, of which v[i] is the first quote, the line
// end, or behind all there is.
func (s *scanner) finish(v []byte, i int, line *int, c *span) (int, error) {
	if len(s.rec.cells) >= maxCells {
		return 0, problem.Of(problem.TooLarge, problem.FileColumnsTooMany, "limit", strconv.Itoa(maxCells)).
			At(problem.Place{Line: s.line})
	}
	if i < len(v) && v[i] == '"' {
		n, err := s.quotes(v, i, line, c)
		if err != nil {
			return 0, err
		}
		i = n
		s.rec.odd = s.rec.odd || c.doubled || c.stray > 0
	}
	if i == len(v) && !s.eof {
		return 0, errMore
	}
	c.end = int32(i)
	return i, nil
}

// hand makes the n view bytes at pos, and their line end, the record.
func (s *scanner) hand(n, end int) {
	unit := s.view.unit()
	from := s.pos * unit
	to := min(from+n*unit, len(s.raw))
	s.rec.offset = s.offset + int64(from)
	s.rec.raw, s.rec.view = s.raw[from:to], s.seen[s.pos:s.pos+n]
	s.rec.end = s.raw[to:min(to+end*unit, len(s.raw))]
	s.pos += n + end
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// plain returns where the first quote, delimiter or line end from v[i] on is,
// len(v) if there is none. Eight bytes are looked at together for one up to the
// comma, which comes last of these in ASCII and which little else of text precedes.
func (s *scanner) plain(v []byte, i int) int {
	for s.delim <= ',' && i+8 <= len(v) {
		w := binary.LittleEndian.Uint64(v[i:])
		low := (w - (','+1)*ones) &^ w & highs
		if low == 0 {
			i += 8
			continue
		}
		i += bits.TrailingZeros64(low) / 8
		if s.class[v[i]] {
			return i
		}
		i++
	}
	for i < len(v) && !s.class[v[i]] {
		i++
	}
	return i
}

// quotes finds the end of the cell that has a quote at v[i]. It counts the line
// ends within quotes on line.
func (s *scanner) quotes(v []byte, i int, line *int, c *span) (int, error) {
	if i == int(c.start) {
		n, err := s.quoted(v, i, line, c)
		if err != nil {
			return 0, err
		}
		i = n
		if i < len(v) && !s.class[v[i]] {
			c.stray = int32(*line)
		}
		i = s.plain(v, i)
	}
	for i < len(v) && v[i] == '"' {
		if c.stray == 0 {
			c.stray = int32(*line)
		}
		i = s.plain(v, i+1)
	}
	return i, nil
}

// quoted finds the end of the quotes that open at v[i]. Quotes that never close
// take all there is and are noted in the record.
func (s *scanner) quoted(v []byte, i int, line *int, c *span) (int, error) {
	from := i + 1
	for i = from; ; i++ {
		n := bytes.IndexByte(v[i:], '"')
		if n < 0 || i+n+1 == len(v) && !s.eof {
			if !s.eof {
				return 0, errMore
			}
			c.text = int32(len(v) - from)
			s.rec.open = problem.New(problem.QuoteUnclosed).
				At(problem.Place{Line: *line, Column: strconv.Itoa(len(s.rec.cells) + 1)})
			return len(v), nil
		}
		i += n + 1
		if i == len(v) || v[i] != '"' {
			break
		}
		c.doubled = true
	}
	c.text = int32(i - 1 - from)
	*line += countLines(v[from : i-1])
	return i, nil
}
