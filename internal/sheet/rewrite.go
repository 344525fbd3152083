package sheet

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"golang.org/x/text/width"

	"meibo/internal/workbook"
)

// A Mark is what is written in the added columns of one row.
type Mark struct {
	Line     int      // on which the row begins, as in Row.Line
	Cells    []string // one for each added column, in the person's language
	Fallback []string // the same in English; used cell by cell where the charset cannot hold Cells
	Bad      []Bad    // cells that a workbook shows as bad; a CSV cannot
}

// A Bad cell is filled and gets a note.
type Bad = workbook.Bad

// An Overflow describes the sheet of problems beyond what notes can hold.
type Overflow = workbook.Overflow

// RewriteOptions say what is changed in the copy of a file. The zero
// RewriteOptions change nothing.
type RewriteOptions struct {
	// HeaderLine is the line of the header; 0 is that of the first row.
	HeaderLine int

	// Header names the added columns; nil adds none. HeaderFallback is used cell
	// by cell where the charset cannot hold it.
	Header, HeaderFallback []string

	// Drop names columns that are left out: those that an earlier copy added.
	// Names are compared trimmed, full width folded to half, in any case.
	Drop []string

	// Blank are the columns, 0-based, emptied in every row below the header:
	// passwords. A row whose cells are not where they should be stays a bad one,
	// and loses every cell that may hold one: with more filled cells than the
	// header has, as many cells behind each; with a stray quote, all from there on.
	Blank []int

	// Author is who the notes of a workbook are by; Overflow describes its sheet of
	// further problems. See [workbook.PatchOptions].
	Author   string
	Overflow Overflow
}

// Rewrite copies f to w as it is. Of a workbook see [workbook.Book.Patch]; the rest
// is about a CSV: charset, byte order mark, line sep=, quotes,
// delimiters, line ends and blank rows, byte for byte, damaged ones included.
// Only what o says is changed.
//
// Added columns stand behind the last column of the header in every row: a short
// row is filled up with empty cells before them, and surplus cells of a long one
// come after them. Their text is put on one line, guarded ([Guard]), and quoted
// where it needs it.
//
// A last half of a unit of UTF-16 is left out if something comes behind it.
//
// marks are in the order of lines; nil is none; rows without a mark get empty
// cells. A mark for a line on which no row below the header begins is an error:
// nothing is lost silently. A quote that never closes is copied as it stands, but
// with Blank it is a problem QuoteUnclosed, because what it hides cannot be told;
// a row too large to be read is RowTooLong. After an error the copy is worthless.
func (f *File) Rewrite(ctx context.Context, w io.Writer, o RewriteOptions, marks iter.Seq2[Mark, error]) error {
	if f.book != nil {
		return f.patch(ctx, w, o, marks)
	}
	if marks == nil {
		marks = func(func(Mark, error) bool) {}
	}
	next, stop := iter.Pull2(marks)
	defer stop()
	rw := &rewriter{
		in: f.reader(), out: bufio.NewWriterSize(w, 64<<10), options: o,
		enc: encoderOf(f.Charset), next: next,
	}
	rw.delim, _ = rw.enc.Append(nil, string(f.Delimiter))
	if _, err := io.Copy(rw.out, io.NewSectionReader(f.src, 0, f.body)); err != nil {
		return fmt.Errorf("copy the beginning: %w", err)
	}
	if err := rw.copyRecords(ctx); err != nil {
		return err
	}
	if err := rw.out.Flush(); err != nil {
		return fmt.Errorf("write the copy: %w", err)
	}
	return nil
}

// A rewriter is one run of Rewrite.
type rewriter struct {
	in      *reader
	out     *bufio.Writer
	options RewriteOptions
	enc     *Encoder
	delim   []byte
	next    func() (Mark, error, bool)

	mark    Mark // the next one; its Line is 0 after the last
	width   int  // cells of the header; 0 above it
	drop    map[int]bool
	blank   []bool // which cells of a row are emptied
	encoded []byte // an added cell
}

func (rw *rewriter) copyRecords(ctx context.Context) error {
	if err := rw.nextMark(); err != nil {
		return err
	}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		rec, err := rw.in.scan.next()
		if errors.Is(err, io.EOF) {
			return rw.checkMark(0)
		}
		if err != nil {
			return err
		}
		if err := rw.copyRecord(rec); err != nil {
			return err
		}
	}
}

func (rw *rewriter) copyRecord(rec *record) error {
	if rec.open.Code != "" {
		if len(rw.options.Blank) > 0 {
			return rec.open
		}
		return rw.write(rec.raw)
	}
	if rw.in.isBlankRecord(rec) || rw.width == 0 && rec.line < rw.options.HeaderLine {
		return rw.write(rec.raw, rec.end)
	}
	if rw.width == 0 {
		return rw.copyHeader(rec)
	}
	if err := rw.checkMark(rec.line); err != nil {
		return err
	}
	rw.findBlank(rec)
	if rw.mark.Line != rec.line {
		return rw.copyCells(rec, nil, nil)
	}
	if err := rw.copyCells(rec, rw.mark.Cells, rw.mark.Fallback); err != nil {
		return err
	}
	return rw.nextMark()
}

func (rw *rewriter) copyHeader(rec *record) error {
	drop := map[string]bool{}
	for _, name := range rw.options.Drop {
		drop[foldHeader(name)] = true
	}
	rw.width, rw.drop = len(rec.cells), map[int]bool{}
	for i, name := range rw.in.decode(rec).Cells {
		if drop[foldHeader(name)] {
			rw.drop[i] = true
		}
	}
	return rw.copyCells(rec, rw.options.Header, rw.options.HeaderFallback)
}

func foldHeader(s string) string {
	return strings.ToLower(trim(width.Fold.String(trim(s))))
}

// nextMark takes the next mark, of which the line must be above 0.
func (rw *rewriter) nextMark() error {
	before := rw.mark.Line
	m, err, ok := rw.next()
	if err != nil {
		return fmt.Errorf("marks after line %d: %w", before, err)
	}
	if ok && m.Line <= before {
		return fmt.Errorf("mark for line %d comes after line %d", m.Line, before)
	}
	rw.mark = m
	return nil
}

// checkMark makes sure that the mark in hand belongs to this line or to a later
// one; line 0 is behind the last.
func (rw *rewriter) checkMark(line int) error {
	if m := rw.mark.Line; m != 0 && (line == 0 || m < line) {
		return fmt.Errorf("mark for line %d: no row begins there", m)
	}
	return nil
}

func (rw *rewriter) write(parts ...[]byte) error {
	for _, p := range parts {
		if _, err := rw.out.Write(p); err != nil {
			return fmt.Errorf("write the copy: %w", err)
		}
	}
	return nil
}
