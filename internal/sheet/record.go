package sheet

import (
	"bytes"

	"meibo/internal/problem"
)

// A span is a cell between two delimiters: its place in the record, in bytes of
// the view.
type span struct {
	start, end int32 // with its quotes
	text       int32 // the length of what is between its quotes; -1 if it has none
	doubled    bool  // has "" between its quotes
	stray      int32 // the line of a quote that should not be there; 0 if none
}

// A record is one row as it stands in the file. Its slices are valid until the
// next one is read.
type record struct {
	line   int    // physical line on which it begins, 1-based
	offset int64  // of its first byte in the file
	raw    []byte // its bytes
	view   []byte // its structure, one byte for each code unit
	end    []byte // its line end; empty at the end of the file
	cells  []span
	odd    bool            // has quotes
	open   problem.Problem // QuoteUnclosed, if the file ends within a quote
}

// lineEnd returns the length of the line end that v begins with; 0 at the end of
// the file.
func lineEnd(v []byte) int {
	if len(v) == 0 {
		return 0
	}
	if len(v) > 1 && v[0] == '\r' && v[1] == '\n' {
		return 2
	}
	return 1
}

// countLines counts CRLF, LF and lone CR.
func countLines(v []byte) int {
	n := bytes.Count(v, []byte{'\n'})
	for {
		i := bytes.IndexByte(v, '\r')
		if i < 0 {
			return n
		}
		v = v[i+1:]
		if len(v) == 0 || v[0] != '\n' {
			n++
		}
	}
}
