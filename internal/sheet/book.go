package sheet

import (
	"context"
	"errors"
	"io"
	"iter"
	"strings"

	"meibo/internal/problem"
	"meibo/internal/workbook"
)

// mostNotes is how many notes a workbook that is given back gets; what is beyond
// goes to a sheet of problems (SPEC A5).
const mostNotes = 5000

// openBook opens a workbook and chooses its worksheet. Its problems are those of
// [workbook.Open], SheetUnknown, SheetHidden and FileEmpty.
func openBook(r io.ReaderAt, size int64, o Options) (*File, error) {
	book, err := workbook.Open(r, size, o.Limits.Book)
	if err != nil {
		return nil, err
	}
	if o.Format == CSV {
		return nil, errors.Join(problem.New(problem.FormatDiffers, "format", string(CSV)), book.Close())
	}
	f := &File{Format: XLSX, src: r, size: size, limits: o.Limits, book: book}
	if err := f.chooseSheet(o); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// chooseSheet finds the worksheet that was chosen, or else the first visible one
// that has a known header (SPEC F5), or else the first visible one with a row: its
// headers are then told.
func (f *File) chooseSheet(o Options) error {
	if o.Sheet != "" {
		return f.namedSheet(o.Sheet)
	}
	found := false
	for i, s := range f.book.Sheets() {
		if s.Hidden {
			continue
		}
		header, err := f.firstRow(i)
		switch {
		case err != nil:
			return err
		case header == nil:
		case o.KnownHeader == nil || containsKnown(header, o.KnownHeader):
			f.sheet, f.Sheet = i, s.Name
			return nil
		case !found:
			f.sheet, f.Sheet, found = i, s.Name, true
		}
	}
	if !found {
		return f.nothingSeen()
	}
	return nil
}

// nothingSeen is why no visible worksheet has a row: those that do are hidden, or
// there is none.
func (f *File) nothingSeen() error {
	for i, s := range f.book.Sheets() {
		if !s.Hidden {
			continue
		}
		header, err := f.firstRow(i)
		if err != nil {
			return err
		}
		if header != nil {
			return problem.New(problem.SheetHidden, "name", s.Name)
		}
	}
	return problem.New(problem.FileEmpty)
}

// Sheets lists the names of the worksheets that can be chosen; none for a CSV.
func (f *File) Sheets() []string {
	if f.book == nil {
		return nil
	}
	var names []string
	for _, s := range f.book.Sheets() {
		if !s.Hidden {
			names = append(names, s.Name)
		}
	}
	return names
}

func containsKnown(header []string, known func(string) bool) bool {
	for _, cell := range header {
		if known(trim(cell)) {
			return true
		}
	}
	return false
}

func (f *File) namedSheet(name string) error {
	for i, s := range f.book.Sheets() {
		same := strings.EqualFold(trim(s.Name), trim(name))
		switch {
		case same && s.Hidden:
			return problem.New(problem.SheetHidden, "name", s.Name)
		case same:
			f.sheet, f.Sheet = i, s.Name
			return nil
		}
	}
	return problem.Of(problem.NotFound, problem.SheetUnknown, "name", name, "known", strings.Join(f.Sheets(), "\n"))
}

// firstRow returns the cells of the first row of a worksheet that is not blank;
// nil if it has none.
func (f *File) firstRow(sheet int) ([]string, error) {
	for r, err := range f.book.Rows(context.Background(), sheet) {
		if err != nil {
			return nil, err
		}
		if filled(r.Texts) > 0 {
			return r.Texts, nil
		}
	}
	return nil, nil
}

// bookRows is Rows for a workbook.
func (f *File) bookRows(ctx context.Context) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		judge := judge{format: XLSX, limits: f.limits}
		for r, err := range f.book.Rows(ctx, f.sheet) {
			if err != nil {
				yield(Row{}, err)
				return
			}
			width := filled(r.Texts)
			if width == 0 {
				continue
			}
			row := Row{Line: r.Number, Cells: widen(r.Texts, len(judge.headers)), Kinds: r.Kinds, Offset: r.Offset}
			if err := judge.check(row, width); err != nil {
				yield(Row{}, err)
				return
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// widen adds blank cells up to that width: a sheet does not hold the blank cells
// at the end of a row, a CSV does.
func widen(cells []string, width int) []string {
	for len(cells) < width {
		cells = append(cells, "")
	}
	return cells
}

// patch is Rewrite for a workbook.
func (f *File) patch(ctx context.Context, w io.Writer, o RewriteOptions, marks iter.Seq2[Mark, error]) error {
	drop := map[string]bool{}
	for _, name := range o.Drop {
		drop[foldHeader(name)] = true
	}
	options := workbook.PatchOptions{Sheet: f.sheet, HeaderLine: o.HeaderLine, Header: o.Header,
		Drop:  func(header string) bool { return drop[foldHeader(header)] },
		Blank: o.Blank, Author: o.Author, Notes: mostNotes, Overflow: o.Overflow}
	return f.book.Patch(ctx, w, options, func(yield func(workbook.Mark, error) bool) {
		if marks == nil {
			return
		}
		for m, err := range marks {
			if !yield(workbook.Mark{Line: m.Line, Cells: m.Cells, Bad: m.Bad}, err) {
				return
			}
		}
	})
}
