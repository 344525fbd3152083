package sheet

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"iter"
)

// A Mark is what is written in the added columns of one row.
type Mark struct {
	Line     int      // on which the row begins, as in Row.Line
	Cells    []string // one for each added column, in the person's language
	Fallback []string // the same in English; used cell by cell where the charset cannot hold Cells
}

// RewriteOptions say what is changed in the copy of a file. The zero
// RewriteOptions change nothing.
type RewriteOptions struct {
	// HeaderLine is the line of the header; 0 is that of the first row.
	HeaderLine int

	// Header names the added columns; nil adds none. HeaderFallback is used cell
	// by cell where the charset cannot hold it.
	Header, HeaderFallback []string

	// Drop names columns that are left out: those that an earlier copy added.
	// Names are compared trimmed, by full width folded to half, in any case.
	Drop []string

	// Blank are the columns, 0-based, emptied in every row below the header.
	Blank []int
}

// Rewrite copies f to w.
func (f *File) Rewrite(ctx context.Context, w io.Writer, o RewriteOptions, marks iter.Seq2[Mark, error]) error {
	out := bufio.NewWriterSize(w, 64<<10)
	if _, err := io.Copy(out, io.NewSectionReader(f.src, 0, f.size)); err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	return out.Flush()
}
