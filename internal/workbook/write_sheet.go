package workbook

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

var worksheetOpen = xmlDeclaration + `<worksheet xmlns="` + mainNamespace + `" xmlns:r="` + relationships + `">`

// appendSheetHead appends the first sheet up to its header row. The elements of
// a worksheet have one order, which Excel insists on (ECMA-376 part 1,
// CT_Worksheet).
func appendSheetHead(b []byte, o WriterOptions) []byte {
	b = append(b, worksheetOpen...)
	b = append(b, fitToPage...)
	if o.Rows >= 0 {
		b = append(b, `<dimension ref="`...)
		b = append(b, rangeOf(len(o.Columns), o.Rows)...)
		b = append(b, `"/>`...)
	}
	b = append(b, `<sheetViews><sheetView tabSelected="1" workbookViewId="0">`+
		`<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>`+
		`<selection pane="bottomLeft" activeCell="A2" sqref="A2"/></sheetView></sheetViews>`...)
	b = appendRowFormat(b, o.Lang)
	b = append(b, `<cols>`...)
	for i, c := range o.Columns {
		b = appendCol(b, i, columnWidth(c), bodyStyle(c), c.Hidden)
	}
	b = append(b, `</cols><sheetData><row r="1">`...)
	for i, c := range o.Columns {
		style := styleHeader
		if c.Shaded {
			style = styleShadedHeader
		}
		b = appendTextCell(b, cellAt{i, []byte("1")}, style, c.Header)
	}
	return append(b, `</row>`...)
}

// Printed, a sheet is as wide as a page of A4: what stands before its dimension,
// and at its end.
const (
	fitToPage = `<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>`
	pageSetup = `<pageMargins left="0.7" right="0.7" top="0.75" bottom="0.75" header="0.3" footer="0.3"/>` +
		`<pageSetup paperSize="9" fitToHeight="0" orientation="landscape"/>`
)

// rangeOf is the range of the header and the rows below it.
func rangeOf(columns int, rows int64) string {
	return "A1:" + Letters(columns-1) + strconv.FormatInt(rows+1, 10)
}

func appendRowFormat(b []byte, lang string) []byte {
	b = append(b, `<sheetFormatPr defaultRowHeight="`...)
	b = strconv.AppendFloat(b, faceOf(lang).rowHeight, 'f', -1, 64)
	return append(b, `"/>`...)
}

// maxRowHeight is the highest row that Excel has, in points.
const maxRowHeight = 409

// appendRowOpen begins a row that takes so many lines. Where it takes several it
// says how high it is: programs show one line of a row that does not.
func appendRowOpen(b, number []byte, lines int, lang string) []byte {
	b = append(b, `<row r="`...)
	b = append(b, number...)
	if lines > 1 {
		b = append(b, `" ht="`...)
		b = strconv.AppendFloat(b, math.Min(float64(lines)*faceOf(lang).rowHeight, maxRowHeight), 'f', -1, 64)
	}
	return append(b, `">`...)
}

// linesIn is how many lines a text takes where so many half-width characters fit
// beside each other.
func linesIn(text string, fit float64) int {
	lines := 0
	for line := range strings.SplitSeq(text, "\n") {
		lines += max(1, int(math.Ceil(float64(displayWidth(line))/fit)))
	}
	return lines
}

// appendCol appends the format of column i; width is in characters.
func appendCol(b []byte, i int, width float64, style int, hidden bool) []byte {
	b = fmt.Appendf(b, `<col min="%d" max="%d" width="%s" style="%d"`, i+1, i+1,
		strconv.FormatFloat(fileWidth(width), 'f', -1, 64), style)
	if hidden {
		b = append(b, ` hidden="1"`...)
	}
	return append(b, ` customWidth="1"/>`...)
}

// Widths of columns in characters: the widest that the format has, and the
// bounds of those that are found from their texts.
const (
	maxWidth      = 255
	widestAuto    = 40
	narrowAuto    = 10
	filterWidth   = 3 // the button of the filter
	dateTimeWidth = len("2006-01-02 15:04:05")
)

// fileWidth adds what a column has besides its characters (ECMA-376 part 1,
// 18.3.1.13: five pixels of a font whose digits have seven).
func fileWidth(characters float64) float64 {
	return math.Min(characters+0.7109375, maxWidth)
}

func columnWidth(c Column) float64 {
	widest := displayWidth(c.Header) + filterWidth
	if c.Kind == Date {
		widest = max(widest, dateTimeWidth) // one that is too narrow shows ####
	}
	for _, choice := range c.Choices {
		widest = max(widest, displayWidth(choice)+filterWidth)
	}
	return max(c.Width, float64(min(max(widest, narrowAuto), widestAuto)))
}

// appendSheetTail appends what follows the last row.
func appendSheetTail(b []byte, o WriterOptions, rows int64) []byte {
	b = append(b, `</sheetData><autoFilter ref="`...)
	b = append(b, rangeOf(len(o.Columns), rows)...)
	b = append(b, `"/>`...)
	b = appendValidations(b, o.Columns)
	b = append(b, pageSetup...)
	// Without this Excel marks each text of digits with a green corner.
	b = fmt.Appendf(b, `<ignoredErrors><ignoredError sqref="%s" numberStoredAsText="1"/></ignoredErrors>`,
		"A1:"+Letters(len(o.Columns)-1)+strconv.Itoa(maxSheetRows))
	if hasNotes(o.Columns) {
		b = append(b, `<legacyDrawing r:id="rId1"/>`...)
	}
	return append(b, `</worksheet>`...)
}

func appendValidations(b []byte, columns []Column) []byte {
	n := 0
	for _, c := range columns {
		if len(choices(c)) > 0 {
			n++
		}
	}
	if n == 0 {
		return b
	}
	b = fmt.Appendf(b, `<dataValidations count="%d">`, n)
	for i, c := range columns {
		if len(choices(c)) > 0 {
			b = appendValidation(b, i, c)
		}
	}
	return append(b, `</dataValidations>`...)
}

// maxHint is how long the text beside a drop-down may be, in UTF-16 units, and
// here escapes count as written; with a longer one Excel calls the file damaged.
const maxHint = 255

// attributeBreaks keeps what XML would turn into spaces in an attribute.
var attributeBreaks = strings.NewReplacer("\n", "_x000A_", "\t", "_x0009_")

func appendValidation(b []byte, i int, c Column) []byte {
	b = append(b, `<dataValidation type="list" errorStyle="warning" allowBlank="1" showInputMessage="1" showErrorMessage="1"`...)
	if hint := attributeBreaks.Replace(string(appendEscaped(nil, c.Note))); hint != "" && utf16Len(hint) <= maxHint {
		b = append(b, ` prompt="`...)
		b = append(b, hint...)
		b = append(b, '"')
	}
	b = fmt.Appendf(b, ` sqref="%[1]s2:%[1]s%[2]d"><formula1>`, Letters(i), maxSheetRows)
	if list, ok := inlineList(c); ok {
		b = append(b, `"`...)
		b = appendEscaped(b, list)
		b = append(b, `"`...)
	} else {
		b = append(b, listName(i)...)
	}
	return append(b, `</formula1></dataValidation>`...)
}
