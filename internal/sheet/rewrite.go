package sheet

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"iter"
	"strings"

	"golang.org/x/text/width"
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
	// Names are compared trimmed, full width folded to half, in any case.
	Drop []string

	// Blank are the columns, 0-based, emptied in every row below the header:
	// passwords. In a row with more filled cells than the header has, as many
	// cells behind each are emptied too, since it may stand in one of them.
	Blank []int
}

// Rewrite copies f to w as it is: charset, byte order mark, line sep=, quotes,
// delimiters, line ends and blank rows, byte for byte, damaged ones included.
// Only what o says is changed.
//
// Added columns stand behind the last column of the header in every row: a short
// row is filled up with empty cells before them, and surplus cells of a long one
// come after them. Their text is put on one line, guarded ([Guard]), and quoted
// where it needs it.
//
// marks are in the order of lines; nil is none; rows without a mark get empty
// cells. A mark for a line on which no row below the header begins is an error:
// nothing is lost silently. A quote that never closes is copied as it stands, but
// with Blank it is a problem QuoteUnclosed, because what it hides cannot be told;
// a row too large to be read is RowTooLong. After an error the copy is worthless.
func (f *File) Rewrite(ctx context.Context, w io.Writer, o RewriteOptions, marks iter.Seq2[Mark, error]) error {
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
	cell    []byte // an added cell, UTF-8
	encoded []byte
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
		if err == io.EOF {
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
	if rw.mark.Line != rec.line {
		return rw.copyCells(rec, rw.blanked(rec), nil, nil)
	}
	if err := rw.copyCells(rec, rw.blanked(rec), rw.mark.Cells, rw.mark.Fallback); err != nil {
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
	return rw.copyCells(rec, nil, rw.options.Header, rw.options.HeaderFallback)
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

// blanked returns which cells of a row are to be emptied.
func (rw *rewriter) blanked(rec *record) map[int]bool {
	if len(rw.options.Blank) == 0 {
		return nil
	}
	surplus := 0
	if len(rec.cells) > rw.width {
		surplus = max(0, filled(rw.in.decode(rec).Cells)-rw.width)
	}
	blank := map[int]bool{}
	for _, i := range rw.options.Blank {
		for n := range surplus + 1 {
			blank[i+n] = true
		}
	}
	return blank
}

// copyCells copies a row: the cells below the header, the added ones, the surplus.
func (rw *rewriter) copyCells(rec *record, blank map[int]bool, added, fallback []string) error {
	cells := rowCopy{rw: rw}
	for i := range rec.cells {
		if i == rw.width {
			cells.add(rw.width, rw.width, added, fallback)
		}
		if !rw.drop[i] {
			cells.put(rw.rawCell(rec, i, blank[i]))
		}
	}
	if len(rec.cells) <= rw.width {
		cells.add(len(rec.cells), rw.width, added, fallback)
	}
	if cells.err != nil {
		return cells.err
	}
	return rw.write(rec.end)
}

func (rw *rewriter) rawCell(rec *record, i int, blank bool) []byte {
	if blank {
		return nil
	}
	unit := rw.in.scan.view.unit()
	return rec.raw[int(rec.cells[i].start)*unit : min(int(rec.cells[i].end)*unit, len(rec.raw))]
}

// encode returns an added cell as it stands in the file.
func (rw *rewriter) encode(text, fallback string) []byte {
	if !rw.enc.Holds(text) && fallback != "" {
		text = fallback
	}
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '\r' || r == '\n' }), " ")
	rw.cell = appendCell(rw.cell[:0], Guard(text), false)
	rw.encoded, _ = rw.enc.Append(rw.encoded[:0], string(rw.cell))
	return rw.encoded
}

func (rw *rewriter) write(parts ...[]byte) error {
	for _, p := range parts {
		if _, err := rw.out.Write(p); err != nil {
			return fmt.Errorf("write the copy: %w", err)
		}
	}
	return nil
}

// A rowCopy puts cells with delimiters between them. After an error it does nothing.
type rowCopy struct {
	rw      *rewriter
	begun   bool
	shifted bool // the cell before ended outside ASCII, which a line end would have mended
	err     error
}

func (c *rowCopy) put(raw []byte) {
	if c.err != nil {
		return
	}
	if c.begun {
		if c.shifted {
			c.err = c.rw.write([]byte("\x1b(B"))
		}
		if c.err == nil {
			c.err = c.rw.write(c.rw.delim)
		}
	}
	if c.err == nil {
		c.err = c.rw.write(raw)
	}
	c.begun = true
	c.shifted = c.rw.enc.charset == iso2022JPName && endsShifted(raw)
}

// add fills up a row that has n cells to the width, and adds the cells.
func (c *rowCopy) add(n, width int, added, fallback []string) {
	if len(c.rw.options.Header) == 0 {
		return
	}
	for ; n < width; n++ {
		if !c.rw.drop[n] {
			c.put(nil)
		}
	}
	for i := range c.rw.options.Header {
		c.put(c.rw.encode(at(added, i), at(fallback, i)))
	}
}

func at(cells []string, i int) string {
	if i < len(cells) {
		return cells[i]
	}
	return ""
}

// endsShifted reports whether raw, in ISO-2022-JP, ends outside ASCII.
func endsShifted(raw []byte) bool {
	var v isoView
	v.see(nil, raw, true)
	return v.state != isoASCII
}
