package sheet

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

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
	ascii bool   // it is itself in the charset, wherever it stands
	delim []byte // as all below in the charset
	end   []byte
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
	out := &Writer{w: bufio.NewWriterSize(w, 64<<10), enc: enc, ascii: !slices.Contains([]string{utf16leName, utf16beName, iso2022JPName}, enc.charset)}
	out.delim, _ = enc.Append(nil, string(o.Delimiter))
	out.end, _ = enc.Append(nil, "\r\n")
	return out, nil
}

func isDelimiter(r rune) bool { return r == ',' || r == ';' || r == '\t' }

// Write writes one row. What the charset cannot hold is written as a question
// mark and counted by Lossy.
func (w *Writer) Write(cells []string) error {
	w.begin()
	w.row = w.row[:0]
	for i, cell := range cells {
		if i > 0 {
			w.row = append(w.row, w.delim...)
		}
		look := lookOver(cell)
		must := look&wantsQuotes != 0 || mustQuote(cells, i)
		switch {
		case look&beyondASCII == 0 && w.ascii, w.enc.charset == utf8Name && utf8.ValidString(cell):
			w.row = appendCell(w.row, cell, must)
		default:
			var lossy bool
			if w.row, lossy = w.enc.Append(w.row, string(appendCell(nil, cell, must))); lossy {
				w.lossy++
			}
		}
	}
	w.row = append(w.row, w.end...)
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

// appendCell appends a cell as it stands in a file, in quotes if it must be.
func appendCell(b []byte, cell string, must bool) []byte {
	if !must {
		return append(b, cell...)
	}
	b = append(b, '"')
	for {
		i := strings.IndexByte(cell, '"')
		if i < 0 {
			return append(append(b, cell...), '"')
		}
		b = append(append(b, cell[:i+1]...), '"')
		cell = cell[i+1:]
	}
}

// A look is what a cell has that matters to a file.
type look uint8

const (
	wantsQuotes look = 1 << iota // a quote, a line end, any of the delimiters (so that no reader takes the wrong one), or a space at an end
	beyondASCII
)

var looks = func() (t [256]look) {
	for _, b := range []byte(",;\t\"\r\n") {
		t[b] = wantsQuotes
	}
	for b := utf8.RuneSelf; b < len(t); b++ {
		t[b] = beyondASCII
	}
	return t
}()

func lookOver(cell string) (l look) {
	if cell == "" {
		return 0
	}
	for i := range len(cell) {
		l |= looks[cell[i]]
	}
	if cell[0] == ' ' || cell[len(cell)-1] == ' ' {
		l |= wantsQuotes
	}
	return l
}
