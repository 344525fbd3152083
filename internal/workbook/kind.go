package workbook

// A Kind says what a cell held, beside the text that it shows.
type Kind uint8

// The kinds of cells. A blank cell is Text.
const (
	Text   Kind = iota
	Number      // shown as General does, or as its mask of digits does
	Date        // a date, a time or both; its text is as in ISO 8601
	Bool        // TRUE or FALSE
	Error       // such as #N/A
)
