package sheet

import (
	"errors"
	"fmt"
	"io"
	"strconv"

	"meibo/internal/problem"
)

// tooLarge says why the record at the beginning of the window does not fit:
// QuoteUnclosed if a quote in it never closes, which takes reading on to the end
// to know, else RowTooLong. It keeps nothing of what it reads.
func (s *scanner) tooLarge() error {
	t := tail{delim: s.delim, line: s.line}
	view, buf := viewerOf(s.charset), make([]byte, 64<<10)
	var seen []byte
	for off := s.offset; off < s.size && !t.ended; {
		n, err := s.src.ReadAt(buf, off)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read at byte %d: %w", off, err)
		}
		seen = view.see(seen[:0], buf[:n], off+int64(n) >= s.size)
		if len(seen) == 0 {
			break
		}
		t.follow(seen)
		off += int64(len(seen) * view.unit())
	}
	if t.state == inQuotes {
		return problem.New(problem.QuoteUnclosed).
			At(problem.Place{Line: t.opened, Column: strconv.Itoa(t.cells + 1)})
	}
	return problem.Of(problem.TooLarge, problem.RowTooLong, "limit", strconv.Itoa(maxRecord)).
		At(problem.Place{Line: s.line})
}

type tailState uint8

const (
	atCell tailState = iota
	inCell
	inQuotes
	behindQuote
)

// A tail follows one record to its end without keeping it.
type tail struct {
	delim  byte
	state  tailState
	line   int
	opened int // line of the last opening quote
	cells  int // whole ones
	ended  bool
	cr     bool
}

func (t *tail) follow(v []byte) {
	for _, c := range v {
		if c == '\r' || c == '\n' && !t.cr {
			t.line++
		}
		t.cr = c == '\r'
		t.step(c)
		if t.ended {
			return
		}
	}
}

func (t *tail) step(c byte) {
	switch {
	case t.state == inQuotes:
		if c == '"' {
			t.state = behindQuote
		}
	case c == '"' && t.state == atCell:
		t.state, t.opened = inQuotes, t.line
	case c == '"' && t.state == behindQuote:
		t.state = inQuotes
	case c == t.delim:
		t.state = atCell
		t.cells++
	case c == '\r' || c == '\n':
		t.ended = true
	default:
		t.state = inCell
	}
}
