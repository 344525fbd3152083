package workbook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"meibo/internal/problem"
)

const (
	// maxRows is how many rows a worksheet has.
	maxRows = 1 << 20

	// maxRow bounds the text of one row, in bytes, as package sheet does for a
	// record of CSV.
	maxRow = 16 << 20
)

// A Row is one row of a sheet that has a cell that is not blank.
type Row struct {
	Number int      // 1-based, as the row's heading in a spreadsheet program
	Texts  []string // from column A to the last cell that is not blank, as they are shown, not trimmed; the slice is used again for the next row, the strings stay valid
	Kinds  []Kind   // beside Texts, and used again too
	Offset int64    // how much of the file this is, in bytes, for a progress bar: what was read of the sheet, scaled to the file's size
}

// Rows yields the rows of the sheet with that index in [Book.Sheets], hidden
// rows too, from the top to the bottom. Rows without texts are left out, wherever
// they stand and however they are styled. Of merged cells only the one that holds
// the text has it.
//
// An error is yielded last; nothing follows it, and the Row beside it is zero.
// What is wrong with the workbook is a [problem.Problem] with its place:
// WorkbookDamaged, WorkbookLimit or RowTooLong. That the sheet is whole is known
// only when the sequence has ended without one. It may be ranged over again.
func (b *Book) Rows(ctx context.Context, sheet int) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		r := &rowReader{b: b, ctx: ctx, yield: yield}
		err := r.read(sheet)
		if err != nil && !errors.Is(err, errStopped) {
			yield(Row{}, err)
		}
	}
}

// errStopped says that whoever takes the rows has had enough.
var errStopped = errors.New("stopped")

// A rowReader reads one sheet once.
type rowReader struct {
	b     *Book
	ctx   context.Context // of one call of Rows, and not kept longer
	yield func(Row, error) bool

	s     *scanner
	part  *partReader
	sheet string
	row   Row
	line  int    // of the row that is read, or was read last; 0 before the first
	at    int    // column of the cell that is read, or was read last; -1 before the first
	cells []cell // of the row that have a text
	text  []byte // of cells, one after the other
}

// A cell is one that has a text: its own, or a shared one.
type cell struct {
	column   int
	from, to int // in rowReader.text
	shared   string
	kind     Kind
}

func (r *rowReader) read(sheet int) error {
	if sheet < 0 || sheet >= len(r.b.sheets) {
		return fmt.Errorf("workbook: no sheet %d among %d", sheet, len(r.b.sheets))
	}
	if err := r.b.loadFormats(); err != nil {
		return err
	}
	if err := r.b.loadStrings(); err != nil {
		return err
	}
	r.sheet = r.b.sheets[sheet].Name
	part, err := r.b.c.open(r.b.sheets[sheet].part)
	if err != nil {
		return r.place(err)
	}
	defer part.Close()
	r.part = part
	if r.s, err = newScanner(part, r.b.sheets[sheet].part, r.b.c.limits.Depth); err != nil {
		return r.place(err)
	}
	return r.place(r.readSheet())
}

// place says of a problem in which sheet and row it was found.
func (r *rowReader) place(err error) error {
	p := problem.Problem{}
	if !errors.As(err, &p) || p.Place.Line > 0 {
		return err
	}
	return p.At(problem.Place{Sheet: r.sheet, Line: r.line})
}

// here is place for what is wrong with one cell.
func (r *rowReader) here(p problem.Problem) error {
	return p.At(problem.Place{Sheet: r.sheet, Line: r.line, Column: Letters(r.at)})
}

// readSheet reads the whole part: that it is complete, and that its sum is right,
// shows only at its end.
func (r *rowReader) readSheet() error {
	if err := r.s.rootIs("worksheet", mainSpace); err != nil {
		return err
	}
	for found := false; ; {
		t, err := r.s.content()
		switch {
		case errors.Is(err, io.EOF) && found:
			return nil
		case err != nil:
			return r.s.early(err)
		case t.opens("sheetData"):
			if found {
				return r.s.malformed()
			}
			found = true
			if err := r.readRows(); err != nil {
				return err
			}
		case t.kind == startTag:
			if err := r.s.skip(); err != nil {
				return err
			}
		}
	}
}

// readRows reads the element sheetData.
func (r *rowReader) readRows() error {
	if r.s.tok.kind == emptyTag {
		return nil
	}
	outside := r.s.depth() - 1
	for {
		t, err := r.s.content()
		if err != nil {
			return r.s.early(err)
		}
		switch {
		case r.s.depth() == outside:
			return nil
		case t.opens("row"):
			if err := r.readRow(t); err != nil {
				return err
			}
		case t.kind == startTag:
			if err := r.s.skip(); err != nil {
				return err
			}
		}
	}
}

// readRow reads one row and yields it if it has a text.
func (r *rowReader) readRow(t *token) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	if err := r.number(t.attr("r")); err != nil {
		return err
	}
	if t.kind == emptyTag {
		return nil
	}
	r.at, r.cells, r.text = -1, r.cells[:0], r.text[:0]
	outside := r.s.depth() - 1
	for {
		if err := r.hurry(); err != nil {
			return err
		}
		t, err := r.s.content()
		if err != nil {
			return r.s.early(err)
		}
		switch {
		case r.s.depth() == outside:
			return r.emit()
		case t.opens("c"):
			if err := r.readCell(t); err != nil {
				return err
			}
		case t.kind == startTag:
			if err := r.s.skip(); err != nil {
				return err
			}
		}
	}
}

// number takes the row's own number, or else the one behind the row before.
func (r *rowReader) number(own []byte) error {
	before := r.line
	r.line++
	if own == nil {
		if r.line > maxRows {
			return damaged(reasonReference, r.s.part)
		}
		return nil
	}
	n := atoi(own)
	if n < 1 || n > maxRows {
		return damaged(reasonReference, r.s.part)
	}
	if r.line = n; n <= before {
		return damaged(reasonOrder, r.s.part)
	}
	return nil
}

// emit yields the row up to its last text.
func (r *rowReader) emit() error {
	if len(r.cells) == 0 {
		return nil
	}
	width := r.cells[len(r.cells)-1].column + 1
	r.row.Number = r.line
	r.row.Offset = int64(r.part.done() * float64(r.b.size))
	r.row.Texts = blank(r.row.Texts, width)
	r.row.Kinds = blank(r.row.Kinds, width)
	all := string(r.text)
	for i := range r.cells {
		c := &r.cells[i]
		r.row.Kinds[c.column] = c.kind
		if c.shared != "" {
			r.row.Texts[c.column] = c.shared
		} else {
			r.row.Texts[c.column] = all[c.from:c.to]
		}
	}
	if !r.yield(r.row, nil) {
		return errStopped
	}
	return nil
}

// blank returns a slice of n zero values, in the room of s if there is enough.
func blank[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n, 2*n)
	}
	s = s[:n]
	clear(s)
	return s
}

// atoi reads a number of up to nine digits; -1 if it is none.
func atoi(digits []byte) int {
	if len(digits) == 0 || len(digits) > 9 {
		return -1
	}
	n := 0
	for _, c := range digits {
		if c < '0' || c > '9' {
			return -1
		}
		n = 10*n + int(c-'0')
	}
	return n
}
