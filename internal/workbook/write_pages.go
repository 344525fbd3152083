package workbook

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"meibo/internal/problem"
)

// pageParts are the sheets after the first: the pages, and the hidden one of
// choices if it is needed.
func pageParts(o WriterOptions, t tabs) ([]part, error) {
	var parts []part
	for i, page := range o.Pages {
		b, err := appendPage(nil, page, t.pages[i], o.Lang)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part{sheetPart(i + 1), b})
	}
	b, err := listPage(o, t)
	if err == nil && t.lists != "" {
		parts = append(parts, part{sheetPart(len(o.Pages) + 1), b})
	}
	return parts, err
}

func appendPage(b []byte, p Page, tab, lang string) ([]byte, error) {
	b = append(b, worksheetOpen...)
	b = append(b, fitToPage...)
	b = append(b, `<sheetViews><sheetView workbookViewId="0"/></sheetViews>`...)
	b = appendRowFormat(b, lang)
	if len(p.Widths) > 0 {
		b = append(b, `<cols>`...)
		for i, w := range p.Widths {
			b = appendCol(b, i, w, stylePage, false)
		}
		b = append(b, `</cols>`...)
	}
	b = append(b, `<sheetData>`...)
	if len(p.Rows) > maxSheetRows {
		return nil, tooManyRows()
	}
	for i := range p.Rows {
		var err error
		if b, err = appendPageRow(b, p, i, tab, lang); err != nil {
			return nil, err
		}
	}
	return append(append(append(b, `</sheetData>`...), pageSetup...), `</worksheet>`...), nil
}

func appendPageRow(b []byte, p Page, i int, tab, lang string) ([]byte, error) {
	row, style := p.Rows[i], p.style(i)
	if len(row) > maxSheetColumns {
		return nil, problem.Of(problem.TooLarge, problem.FileColumnsTooMany, "limit", strconv.Itoa(maxSheetColumns))
	}
	number := strconv.AppendInt(nil, int64(i+1), 10)
	b = appendRowOpen(b, number, p.lines(i), lang)
	if style == stylePageHeading { // across the page
		row = append(slices.Clone(row), make([]string, max(0, len(p.Widths)-len(row)))...)
	}
	for k, text := range row {
		if err := checkText(text); err != nil {
			return nil, placed(err, problem.Place{Sheet: tab, Line: i + 1, Column: Letters(k)})
		}
		switch {
		case text != "":
			b = appendTextCell(b, cellAt{k, number}, style, text)
		case style == stylePageHeading:
			b = append(appendCellOpen(b, cellAt{k, number}, style), `/>`...)
		}
	}
	return append(b, `</row>`...), nil
}

// style is the format of a row's cells.
func (p Page) style(row int) int {
	switch {
	case row == 0:
		return stylePageTitle
	case slices.Contains(p.Headings, row):
		return stylePageHeading
	}
	return stylePage
}

// lines is how many lines a row takes. The title is not wrapped, but larger.
func (p Page) lines(row int) int {
	if row == 0 {
		return 2
	}
	lines := 1
	for k, text := range p.Rows[row] {
		if k < len(p.Widths) {
			lines = max(lines, linesIn(text, p.Widths[k]))
		}
	}
	return lines
}

// maxInline is how long a list of choices within a validation may be, in UTF-16
// units with the commas between them; with a longer one Excel calls the file
// damaged.
const maxInline = 255

// inlineList is the column's choices as one text. ok is false if they need the
// hidden sheet: programs trim what is in a text, and escapes are not for all.
func inlineList(c Column) (list string, ok bool) {
	all := choices(c)
	for _, choice := range all {
		if strings.TrimSpace(choice) != choice || strings.ContainsFunc(choice, breaksList) || strings.Contains(choice, "_x") {
			return "", false
		}
	}
	list = strings.Join(all, ",")
	return list, utf16Len(list) <= maxInline
}

// breaksList reports whether r ends a choice within a validation, or is read
// otherwise there than in a cell.
func breaksList(r rune) bool { return r == ',' || r == '"' || unicode.IsControl(r) }

// choices are those that are not empty: an empty one would allow every text.
func choices(c Column) []string {
	var all []string
	for _, choice := range c.Choices {
		if choice != "" {
			all = append(all, choice)
		}
	}
	return all
}

func needsLists(columns []Column) bool {
	for _, c := range columns {
		if _, ok := inlineList(c); !ok {
			return true
		}
	}
	return false
}

// listName names the list of column i, from 0. The underscore keeps it from
// being a cell's name.
func listName(i int) string { return "choices_" + strconv.Itoa(i+1) }

// listPage is the hidden sheet: one list a column, in the order of the columns
// that need it.
func listPage(o WriterOptions, t tabs) ([]byte, error) {
	if t.lists == "" {
		return nil, nil
	}
	b := append([]byte(worksheetOpen), `<sheetViews><sheetView workbookViewId="0"/></sheetViews>`...)
	b = appendRowFormat(b, o.Lang)
	b = append(b, `<sheetData>`...)
	lists := hiddenLists(o.Columns)
	for row, more := 0, true; more; row++ {
		if row == maxSheetRows {
			return nil, tooManyRows()
		}
		number := strconv.AppendInt(nil, int64(row+1), 10)
		b = fmt.Appendf(b, `<row r="%s">`, number)
		more = false
		for k, l := range lists {
			if row >= len(l.choices) {
				continue
			}
			b = appendTextCell(b, cellAt{k, number}, styleText, l.choices[row])
			more = more || row+1 < len(l.choices)
		}
		b = append(b, `</row>`...)
	}
	return append(b, `</sheetData></worksheet>`...), nil
}

// hiddenList is a list on the hidden sheet, and the column it is for.
type hiddenList struct {
	column  int
	choices []string
}

func hiddenLists(columns []Column) []hiddenList {
	var lists []hiddenList
	for i, c := range columns {
		if _, ok := inlineList(c); !ok {
			lists = append(lists, hiddenList{i, choices(c)})
		}
	}
	return lists
}

// appendListNames appends the defined names of the lists.
func appendListNames(b []byte, columns []Column, t tabs) []byte {
	for k, l := range hiddenLists(columns) {
		b = fmt.Appendf(b, `<definedName name="%s">`, listName(l.column))
		b = appendEscaped(b, quoteTab(t.lists))
		b = fmt.Appendf(b, `!$%[1]s$1:$%[1]s$%[2]d</definedName>`, Letters(k), len(l.choices))
	}
	return b
}
