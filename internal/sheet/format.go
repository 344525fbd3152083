package sheet

import (
	"strconv"

	"meibo/internal/workbook"
)

// A Format is a kind of file. The zero Format is CSV where one is needed, and
// "by the bytes" where one may be chosen.
type Format string

// The formats.
const (
	CSV  Format = "csv"
	XLSX Format = "xlsx"
)

// A Kind says what a cell of a workbook held. Every cell of a CSV is text.
type Kind = workbook.Kind

// The kinds of cells, as workbook has them.
const (
	Text   = workbook.Text
	Number = workbook.Number
	Date   = workbook.Date
	Bool   = workbook.Bool
	Error  = workbook.Error
)

// Column names column i, from 0, as people who look at the file see it: by
// letters in a workbook, else by its 1-based number (SPEC §10).
func (f Format) Column(i int) string {
	if f == XLSX {
		return workbook.Letters(i)
	}
	return strconv.Itoa(i + 1)
}
