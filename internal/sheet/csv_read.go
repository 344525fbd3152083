package sheet

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"iter"
	"strconv"
	"unicode/utf8"

	"meibo/internal/problem"
)

// A Row is one row of a file.
type Row struct {
	// Line is where the row is, 1-based. In a CSV the physical line on which it
	// begins, as an editor counts: CRLF, LF and a lone CR each end a line, within
	// quotes too. In a workbook the number of the row.
	Line int

	// Cells are the texts: those of a CSV decoded and without their quotes, those of
	// a workbook as the program shows them, at least as many as the first row has;
	// otherwise as they stand: not trimmed,
	// line ends within them kept, a CSV's guard against formulas still on. The slice is used again for the next row; the strings
	// stay valid.
	Cells []string

	// Kinds says of each cell what it held; nil if all are text, as in a CSV. The
	// slice is used again for the next row.
	Kinds []Kind

	// Problems are what is wrong with the row as such: QuoteStray and
	// CharsetInvalid, each with the line of the place itself and the 1-based
	// number of its column. A cell that is CharsetInvalid shows U+FFFD and must
	// not be stored. Valid beyond the next row.
	Problems []problem.Problem

	// Offset tells how much of the file's bytes the rows before this one are: in a
	// CSV exactly, in a workbook as a share.
	Offset int64
}

// IsDate reports whether cell i of the row is one that a workbook holds as a date.
func (r *Row) IsDate(i int) bool { return i < len(r.Kinds) && r.Kinds[i] == Date }

// Rows yields the rows of the file in order, the header included. Rows whose
// cells are all blank are left out.
//
// A bad row is yielded with its Problems and the sequence goes on. What is wrong
// with the file as a whole (a limit, a quote that never closes) is yielded last,
// as a [problem.Problem], like any other error; the row beside it is zero.
//
// It may be ranged over again; that of a CSV also by several at once.
func (f *File) Rows(ctx context.Context) iter.Seq2[Row, error] {
	if f.book != nil {
		return f.bookRows(ctx)
	}
	return func(yield func(Row, error) bool) {
		r := f.reader()
		for {
			row, err := r.read(ctx)
			if errors.Is(err, io.EOF) {
				return
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// A reader turns records into rows.
type reader struct {
	scan    *scanner
	charset string
	decoder decoder
	rows    judge
	cells   []string
	ends    []int  // of the cells in text
	text    []byte // of all cells of a row
}

func (f *File) reader() *reader {
	s := newScanner(f.src, f.size, f.Charset, byte(f.Delimiter))
	s.skip(f.body, f.line)
	return &reader{scan: s, charset: f.Charset, decoder: decoderOf(f.Charset), rows: judge{limits: f.limits}}
}

// read returns the next row that is not blank, or io.EOF.
func (r *reader) read(ctx context.Context) (Row, error) {
	for {
		if err := ctx.Err(); err != nil {
			return Row{}, err
		}
		rec, err := r.scan.next()
		if err != nil {
			return Row{}, err
		}
		if rec.open.Code != "" {
			return Row{}, rec.open
		}
		if isEnd(rec) {
			continue
		}
		row := r.decode(rec)
		width := filled(row.Cells)
		if width == 0 {
			continue
		}
		if err := r.rows.check(row, width); err != nil {
			return Row{}, err
		}
		return row, nil
	}
}

// decode makes rec a row: all its cells are parts of one string.
func (r *reader) decode(rec *record) Row {
	row := Row{Line: rec.line, Offset: rec.offset}
	isText := r.isText(rec)
	if isText && !rec.odd {
		row.Cells = r.cut(rec)
		return row
	}
	r.text, r.ends = r.text[:0], r.ends[:0]
	for i := range rec.cells {
		c := &rec.cells[i]
		switch {
		case isText && c.text < 0:
			r.text = append(r.text, rec.raw[c.start:c.end]...)
		case isText && c.stray == 0:
			r.text = appendUnquoted(r.text, rec.raw[c.start+1:c.start+1+c.text])
		default:
			row.Problems = r.decodeCell(rec, i, row.Problems)
		}
		if c.stray > 0 {
			row.Problems = append(row.Problems,
				problem.New(problem.QuoteStray).At(r.rows.place(i, int(c.stray))))
		}
		r.ends = append(r.ends, len(r.text))
	}
	row.Cells = r.cutText()
	return row
}

// isText reports whether the bytes of rec are its text in UTF-8.
func (r *reader) isText(rec *record) bool {
	switch r.charset {
	case utf16leName, utf16beName, iso2022JPName:
		return false
	case utf8Name:
		return utf8.Valid(rec.raw)
	}
	return isASCII(rec.raw)
}

// cut returns the cells of a record that is text and has no quotes but around cells.
func (r *reader) cut(rec *record) []string {
	all := string(rec.raw)
	r.cells = r.cells[:0]
	for i := range rec.cells {
		c := &rec.cells[i]
		if c.text < 0 {
			r.cells = append(r.cells, all[c.start:c.end])
		} else {
			r.cells = append(r.cells, all[c.start+1:c.start+1+c.text])
		}
	}
	return r.cells
}

func (r *reader) cutText() []string {
	all, from := string(r.text), 0
	r.cells = r.cells[:0]
	for _, end := range r.ends {
		r.cells = append(r.cells, all[from:end])
		from = end
	}
	return r.cells
}

// appendUnquoted appends src with "" made ".
func appendUnquoted(dst, src []byte) []byte {
	for {
		n := bytes.IndexByte(src, '"')
		if n < 0 {
			return append(dst, src...)
		}
		dst = append(dst, src[:n+1]...)
		src = src[n+2:]
	}
}

// decodeCell appends the text of cell i, without its quotes and with "" made ".
// Only the first damage of a cell is told.
func (r *reader) decodeCell(rec *record, i int, problems []problem.Problem) []problem.Problem {
	c := rec.cells[i]
	from, to := int(c.start), int(c.end)
	if c.text < 0 {
		return r.decodePiece(rec, i, from, to, problems)
	}
	from++
	to = from + int(c.text)
	for c.doubled {
		n := bytes.IndexByte(rec.view[from:to], '"')
		if n < 0 {
			break
		}
		problems = r.decodePiece(rec, i, from, from+n+1, problems)
		from += n + 2
	}
	problems = r.decodePiece(rec, i, from, to, problems)
	if to+1 < int(c.end) { // a stray quote: what follows it
		problems = r.decodePiece(rec, i, to+1, int(c.end), problems)
	}
	return problems
}

// decodePiece appends the text of the view bytes from to to.
func (r *reader) decodePiece(rec *record, i, from, to int, problems []problem.Problem) []problem.Problem {
	unit := r.scan.view.unit()
	raw := rec.raw[from*unit : min(to*unit, len(rec.raw))]
	for done := 0; ; {
		text, bad, size := r.decoder.decode(r.text, raw[done:])
		r.text = text
		if bad < 0 {
			return problems
		}
		done += bad
		if !tellsInvalid(problems, i) {
			at := from*unit + done
			p := problem.New(problem.CharsetInvalid, "charset", r.charset,
				"bytes", hex.EncodeToString(raw[done:done+size]),
				"offset", strconv.FormatInt(rec.offset+int64(at), 10))
			line := rec.line + countLines(rec.view[:at/unit])
			problems = append(problems, p.At(r.rows.place(i, line)))
		}
		r.text = utf8.AppendRune(r.text, utf8.RuneError)
		done += size
	}
}

// tellsInvalid reports whether the last of problems is about the bytes of cell i.
func tellsInvalid(problems []problem.Problem, i int) bool {
	if len(problems) == 0 {
		return false
	}
	p := problems[len(problems)-1]
	return p.Code == problem.CharsetInvalid && p.Place.Column == strconv.Itoa(i+1)
}

// isBlankRecord reports whether rec is left out by Rows.
func (r *reader) isBlankRecord(rec *record) bool {
	for _, c := range rec.view {
		if ' ' < c && c < hidden && c != '"' && c != r.scan.delim {
			return false
		}
	}
	return isEnd(rec) || filled(r.decode(rec).Cells) == 0
}
