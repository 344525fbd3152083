package sheet

import (
	"strconv"
	"unicode/utf8"

	"meibo/internal/problem"
)

// A judge holds the rows of one reading against the limits, in their order, and
// knows the header for the places of problems.
type judge struct {
	format  Format
	limits  Limits
	rows    int64 // judged, header included
	headers []string
}

func (j *judge) place(cell, line int) problem.Place {
	p := problem.Place{Line: line, Column: j.format.Column(cell)}
	if cell < len(j.headers) {
		p.Header = j.headers[cell]
	}
	return p
}

// check judges the next row. width is the number of its cells up to the last
// that is not blank.
func (j *judge) check(row Row, width int) error {
	l, place := j.limits, problem.Place{Line: row.Line}
	tooLarge := func(code problem.Code, limit int64) error {
		return problem.Of(problem.TooLarge, code, "limit", strconv.FormatInt(limit, 10)).At(place)
	}
	most := l.Rows
	if j.format == XLSX {
		most = l.SheetRows
	}
	if most > 0 && j.rows > most { // rows still lacks this one, but has the header
		return tooLarge(problem.FileRowsTooMany, most)
	}
	if l.Columns > 0 && width > l.Columns {
		return tooLarge(problem.FileColumnsTooMany, int64(l.Columns))
	}
	for i, cell := range row.Cells {
		if l.CellRunes > 0 && len(cell) > l.CellRunes && utf8.RuneCountInString(cell) > l.CellRunes {
			place = j.place(i, row.Line)
			return tooLarge(problem.CellTooLong, int64(l.CellRunes))
		}
	}
	j.rows++
	if j.headers == nil {
		j.headers = append(j.headers, row.Cells...)
	}
	return nil
}
