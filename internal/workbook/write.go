package workbook

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/flate"

	"meibo/internal/problem"
)

// What a sheet of the format can hold: rows, the header among them, and columns.
const (
	maxSheetRows    = 1 << 20
	maxSheetColumns = 1 << 14
)

const (
	// rowBuffer is how many bytes of rows are gathered before they are packed:
	// what the packer takes at once.
	rowBuffer = 64 << 10

	// packing is the level of compression: a fifth smaller than the fastest
	// one, for half as much time again (measured on 200,000 rows of members).
	packing = 5
)

// WriterOptions say what a new workbook is like.
type WriterOptions struct {
	Sheet   string   // the tab's name; what the format forbids in it is replaced
	Columns []Column // at least one
	Rows    int64    // exactly how many rows will be written below the header; -1 if that is not known before
	Pages   []Page   // further sheets, in this order
	Lang    string   // "ja" or "en": which font; no text of ours is in the file
}

// A Column is a column of the first sheet.
type Column struct {
	Header string
	Note   string  // comment on the header cell, and hint beside the drop-down where it has at most 255 characters; may be empty
	Width  float64 // characters, at least; a column is never narrower than its header and its choices need

	// Kind is Number or Date where cells are written as such: those whose text
	// comes back exactly the same when it is read; the others are text. All
	// other kinds are text, and what people type into the column stays text.
	Kind Kind

	Hidden, Shaded bool

	// Choices are offered in a drop-down, empty ones left out. Another text may
	// be typed once the program's question is answered with yes: cells may hold
	// several values, and who checks is the import.
	Choices []string
}

// A Page is a sheet of text: an explanation. The first row is its title.
type Page struct {
	Name     string    // as WriterOptions.Sheet
	Widths   []float64 // characters; columns beyond have the program's own width
	Rows     [][]string
	Headings []int // indexes of the rows that are headings of what follows
}

// A Writer writes a workbook to a stream, row by row, in constant memory. The
// same input gives the same bytes. There is never a formula: every text is a
// text cell (SPEC F12).
//
// Any error is final: whatever is called after it returns it again, and the
// file stays without its directory, so that no program takes it for whole.
type Writer struct {
	options WriterOptions
	tabs    tabs
	front   []part // written before the first sheet
	deflate *flate.Writer
	zip     *zip.Writer
	sheet   io.Writer // the first sheet; nil before anything is written
	buf     []byte
	digits  []byte // the number of the row that is being written
	rows    int64  // without the header
	err     error
}

// part is a file of the package.
type part struct {
	name string
	data []byte
}

var errClosed = errors.New("workbook: written to after it was closed")

// NewWriter returns a writer to w. It writes nothing before the first row or
// Flush. Texts that no cell can hold are CellTooLong, too many columns are
// FileColumnsTooMany, more rows than a sheet has are FileRowsTooMany.
func NewWriter(w io.Writer, o WriterOptions) (*Writer, error) {
	if len(o.Columns) == 0 {
		return nil, errors.New("workbook: no columns")
	}
	if len(o.Columns) > maxSheetColumns {
		return nil, problem.Of(problem.TooLarge, problem.FileColumnsTooMany, "limit", strconv.Itoa(maxSheetColumns))
	}
	if o.Rows >= maxSheetRows {
		return nil, tooManyRows()
	}
	deflate, err := flate.NewWriter(io.Discard, packing)
	if err != nil {
		return nil, fmt.Errorf("workbook: %w", err)
	}
	x := &Writer{options: o, tabs: nameTabs(o), deflate: deflate, zip: zip.NewWriter(w)}
	if x.front, err = frontParts(o, x.tabs); err != nil {
		return nil, err
	}
	x.zip.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		deflate.Reset(w) // one for all parts: they are packed one after the other
		return deflate, nil
	})
	return x, nil
}

func tooManyRows() error {
	return problem.Of(problem.TooLarge, problem.FileRowsTooMany, "limit", strconv.Itoa(maxSheetRows))
}

// Write writes one row: as many texts as there are columns, blank ones empty.
// A text that a cell cannot hold is CellTooLong with its place; one that is not
// UTF-8 is an error.
func (w *Writer) Write(texts []string) error {
	if w.err != nil {
		return w.err
	}
	w.err = w.write(texts)
	return w.err
}

func (w *Writer) write(texts []string) error {
	if len(texts) != len(w.options.Columns) {
		return fmt.Errorf("workbook: row of %d texts for %d columns", len(texts), len(w.options.Columns))
	}
	if w.options.Rows >= 0 && w.rows == w.options.Rows {
		return fmt.Errorf("workbook: more rows than the %d that were told", w.options.Rows)
	}
	if w.rows+1 == maxSheetRows {
		return tooManyRows()
	}
	if err := w.begin(); err != nil {
		return err
	}
	w.rows++
	w.digits = strconv.AppendInt(w.digits[:0], w.rows+1, 10)
	if err := w.appendRow(texts); err != nil {
		return err
	}
	if len(w.buf) < rowBuffer {
		return nil
	}
	return w.pack()
}

func (w *Writer) appendRow(texts []string) error {
	b := appendRowOpen(w.buf, w.digits, w.lines(texts), w.options.Lang)
	for i, text := range texts {
		if text == "" {
			continue // the column has the style
		}
		if err := checkText(text); err != nil {
			return placed(err, problem.Place{
				Sheet: w.tabs.first, Line: int(w.rows + 1), Column: Letters(i), Header: w.options.Columns[i].Header,
			})
		}
		b = appendCell(b, &w.options.Columns[i], cellAt{i, w.digits}, text)
	}
	w.buf = append(b, `</row>`...)
	return nil
}

// lines is how many lines the row takes: texts with line breaks are wrapped.
func (w *Writer) lines(texts []string) int {
	lines := 1
	for i, text := range texts {
		if strings.IndexByte(text, '\n') >= 0 {
			lines = max(lines, linesIn(text, columnWidth(w.options.Columns[i])))
		}
	}
	return lines
}

// pack hands the rows that are gathered to the packer.
func (w *Writer) pack() error {
	_, err := w.sheet.Write(w.buf)
	w.buf = w.buf[:0]
	if err != nil {
		return fmt.Errorf("workbook: write rows: %w", err)
	}
	return nil
}

// begin writes what comes before the first row, once.
func (w *Writer) begin() error {
	if w.sheet != nil {
		return nil
	}
	for _, p := range w.front {
		if err := w.add(p); err != nil {
			return err
		}
	}
	sheet, err := w.create(sheetPart(0))
	if err != nil {
		return err
	}
	w.sheet, w.front = sheet, nil
	w.buf = appendSheetHead(make([]byte, 0, rowBuffer+rowBuffer/4), w.options)
	return nil
}

// add writes a part as a whole.
func (w *Writer) add(p part) error {
	to, err := w.create(p.name)
	if err != nil {
		return err
	}
	if _, err := to.Write(p.data); err != nil {
		return fmt.Errorf("workbook: write %s: %w", p.name, err)
	}
	return nil
}

// epoch stands for when a part was changed: the first day that a zip file can
// name, as a true one would make two files of the same input differ.
var epoch = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

func (w *Writer) create(name string) (io.Writer, error) {
	to, err := w.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: epoch})
	if err != nil {
		return nil, fmt.Errorf("workbook: begin %s: %w", name, err)
	}
	return to, nil
}

// Flush sends on what is there, down to the writer that NewWriter was given.
// Each call makes the file a little larger.
func (w *Writer) Flush() error {
	if w.err != nil {
		return w.err
	}
	w.err = w.flush()
	return w.err
}

func (w *Writer) flush() error {
	if err := w.begin(); err != nil {
		return err
	}
	if err := w.pack(); err != nil {
		return err
	}
	if err := w.deflate.Flush(); err != nil {
		return fmt.Errorf("workbook: flush: %w", err)
	}
	if err := w.zip.Flush(); err != nil {
		return fmt.Errorf("workbook: flush: %w", err)
	}
	return nil
}

// Close writes the end of the file; it does not close what NewWriter was given.
// Without it, and after any error, the file is no archive: an export that was
// broken off never looks complete (SPEC E5). Fewer rows than were told are an
// error too.
func (w *Writer) Close() error {
	if w.err != nil {
		return w.err
	}
	if w.err = w.finish(); w.err != nil {
		return w.err
	}
	w.err = errClosed
	return nil
}

func (w *Writer) finish() error {
	if w.options.Rows >= 0 && w.rows != w.options.Rows {
		return fmt.Errorf("workbook: %d rows, not the %d that were told", w.rows, w.options.Rows)
	}
	if err := w.begin(); err != nil {
		return err
	}
	w.buf = appendSheetTail(w.buf, w.options, w.rows)
	if err := w.pack(); err != nil {
		return err
	}
	if err := w.add(bookPart(w.options, w.tabs, w.rows)); err != nil {
		return err
	}
	if err := w.zip.Close(); err != nil {
		return fmt.Errorf("workbook: end: %w", err)
	}
	return nil
}
