package admin

import (
	"io"

	"meibo/internal/sheet"
	"meibo/internal/workbook"
)

// A tableFile takes the rows of a file that is being written, in any format.
// Without Close the file is not whole.
type tableFile interface {
	Write(cells []string) error
	Flush() error // sends what is there, so that a reader sees it begin
	Close() error
}

// A tableColumn is one column of a file that is being written. All but header
// are for workbooks.
type tableColumn struct {
	header  string
	kind    sheet.Kind
	note    string
	hidden  bool
	shaded  bool
	choices []string // offered in a drop-down
	width   float64  // in characters; 0: by the header
}

// A tableShape says how a file is written.
type tableShape struct {
	format  sheet.Format
	csv     sheet.WriterOptions
	name    string // of the worksheet
	lang    string // en or ja
	columns []tableColumn
	rows    int64 // that will follow; -1 if not known
	pages   []workbook.Page
}

// newTable begins a file with its header.
func newTable(w io.Writer, t tableShape) (tableFile, error) {
	if t.format == sheet.XLSX {
		return newBook(w, t)
	}
	out, err := sheet.NewWriter(w, t.csv)
	if err != nil {
		return nil, err
	}
	header := make([]string, len(t.columns))
	for i, c := range t.columns {
		header[i] = c.header
	}
	return out, out.Write(header)
}

func newBook(w io.Writer, t tableShape) (tableFile, error) {
	columns := make([]workbook.Column, len(t.columns))
	for i, c := range t.columns {
		columns[i] = workbook.Column{Header: c.header, Note: c.note, Width: c.width, Kind: c.kind,
			Hidden: c.hidden, Shaded: c.shaded, Choices: c.choices}
	}
	return workbook.NewWriter(w, workbook.WriterOptions{Sheet: t.name, Columns: columns, Rows: t.rows, Pages: t.pages, Lang: t.lang})
}
