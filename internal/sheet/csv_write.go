package sheet

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"meibo/internal/problem"
)

// WriterOptions say how a CSV file is written. Empty fields are UTF-8 and comma.
type WriterOptions struct {
	Charset   string // a name that CharsetName knows
	Delimiter rune   // ',', ';' or '\t'
}

// A Writer writes a CSV file: UTF-8 and UTF-16 begin with a byte order mark,
// lines end with CRLF, cells are quoted where they need it (SPEC E3). It adds no
// guard against formulas: which cells need one is for the caller to say ([Guard]).
type Writer struct {
	w     *bufio.Writer
	enc   *Encoder
	delim string
	row   []byte
	lossy int64
	begun bool
}

// NewWriter returns a writer to w. It writes nothing before the first row or
// Flush. Errors are CharsetUnknown and DelimiterUnknown.
func NewWriter(w io.Writer, o WriterOptions) (*Writer, error) {
	if o.Charset == "" {
		o.Charset = utf8Name
	}
	if o.Delimiter == 0 {
		o.Delimiter = ','
	}
	if !isDelimiter(o.Delimiter) {
		return nil, problem.New(problem.DelimiterUnknown, "delimiter", string(o.Delimiter))
	}
	enc, err := NewEncoder(o.Charset)
	if err != nil {
		return nil, err
	}
	return &Writer{w: bufio.NewWriterSize(w, 64<<10), enc: enc, delim: string(o.Delimiter)}, nil
}

func isDelimiter(r rune) bool { return r == ',' || r == ';' || r == '\t' }

// Write writes one row. What the charset cannot hold is written as a question
// mark and counted by Lossy.
func (w *Writer) Write(cells []string) error {
	w.begin()
	w.row = w.row[:0]
	for i, cell := range cells {
		if i > 0 {
			w.row, _ = w.enc.Append(w.row, w.delim)
		}
		var lossy bool
		if w.row, lossy = w.enc.Append(w.row, quoted(cell, mustQuote(cells, i))); lossy {
			w.lossy++
		}
	}
	w.row, _ = w.enc.Append(w.row, "\r\n")
	if _, err := w.w.Write(w.row); err != nil {
		return fmt.Errorf("write row: %w", err)
	}
	return nil
}

// mustQuote reports whether cell i of a row needs quotes for where it stands: an
// empty cell alone in its row would be a blank line, and a file that begins with
// ID is taken for SYLK by Excel (Microsoft's article 323626).
func mustQuote(cells []string, i int) bool {
	return len(cells) == 1 && cells[0] == "" || i == 0 && strings.HasPrefix(cells[0], "ID")
}

// Flush writes what is still held back. A file without rows is empty but for its
// byte order mark.
func (w *Writer) Flush() error {
	w.begin()
	if err := w.w.Flush(); err != nil {
		return fmt.Errorf("write rows: %w", err)
	}
	return nil
}

// Close ends the file: it is Flush. The writer that it went to stays open.
func (w *Writer) Close() error { return w.Flush() }

// Lossy returns how many cells were written that the charset cannot hold.
func (w *Writer) Lossy() int64 { return w.lossy }

// begin writes the byte order mark once; an error comes out of the next Write.
func (w *Writer) begin() {
	if w.begun {
		return
	}
	w.begun = true
	switch w.enc.charset {
	case utf8Name, utf16leName, utf16beName:
		mark, _ := w.enc.Append(nil, "\ufeff")
		_, _ = w.w.Write(mark) // a bufio.Writer keeps its error
	}
}

// quoted returns a cell as it stands in a file, with quotes if it has a quote, a
// line end or any of the delimiters (so that no reader takes the wrong one), or
// begins or ends with a space, or must have them anyhow.
func quoted(cell string, must bool) string {
	if !must && !needsQuotes(cell) {
		return cell
	}
	return `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
}

func needsQuotes(cell string) bool {
	if cell == "" {
		return false
	}
	if cell[0] == ' ' || cell[len(cell)-1] == ' ' {
		return true
	}
	return strings.ContainsAny(cell, ",;\t\"\r\n")
}
