package workbook

import (
	"fmt"
	"math"
)

func hasNotes(columns []Column) bool {
	for _, c := range columns {
		if c.Note != "" {
			return true
		}
	}
	return false
}

// noteParts are the notes of the header: their texts, their boxes (VML, which is
// what all programs draw notes by), and the relations of the first sheet. nil if
// there is no note.
func noteParts(o WriterOptions) []part {
	if !hasNotes(o.Columns) {
		return nil
	}
	return []part{
		relationsPart("xl/worksheets/_rels/sheet1.xml.rels", []relation{
			{relationships + "/vmlDrawing", "../drawings/vmlDrawing1.vml"},
			{relationships + "/comments", "../comments1.xml"},
		}),
		{commentsPart, noteTexts(o)},
		{drawingPart, noteBoxes(o)},
	}
}

func noteTexts(o WriterOptions) []byte {
	run := `<r><rPr><sz val="9"/><color indexed="81"/>` + faceOf(o.Lang).run + `</rPr>`
	b := append([]byte(nil), xmlDeclaration...)
	b = append(b, `<comments xmlns="`+mainNamespace+`"><authors><author>Meibo</author></authors><commentList>`...)
	for i, c := range o.Columns {
		if c.Note == "" {
			continue
		}
		b = fmt.Appendf(b, `<comment ref="%s1" authorId="0"><text>%s`, Letters(i), run)
		b = appendT(b, c.Note)
		b = append(b, `</r></text></comment>`...)
	}
	return append(b, `</commentList></comments>`...)
}

// shapesPerCluster is how many shape IDs a number of o:idmap stands for: those
// from 1,024 times the number on, of which the first stays free.
const shapesPerCluster = 1024

func noteBoxes(o WriterOptions) []byte {
	var shapes []byte
	n := 0
	for i, c := range o.Columns {
		if c.Note == "" {
			continue
		}
		n++
		shapes = appendNoteBox(shapes, o, i, n)
	}
	clusters := "1"
	for k := 2; k*shapesPerCluster <= shapesPerCluster+n; k++ {
		clusters += fmt.Sprintf(",%d", k)
	}
	b := append([]byte(nil), `<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:x="urn:schemas-microsoft-com:office:excel">`+
		`<o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="`+clusters+`"/></o:shapelayout>`+
		noteShapeType("")...)
	b = append(b, shapes...)
	return append(b, `</xml>`...)
}

// appendNoteBox appends the box of the note of column i, which is the n-th.
func appendNoteBox(b []byte, o WriterOptions, i, n int) []byte {
	width, height := noteSize(o.Columns[i].Note)
	a := anchor(o, i, width, height)
	b = fmt.Appendf(b, `<v:shape id="_x0000_s%d" type="#_x0000_t202" style="position:absolute;width:%gpt;height:%gpt;z-index:%d;visibility:hidden" fillcolor="#ffffe1" o:insetmode="auto">`,
		shapesPerCluster+n, float64(width)*pointsPerPixel, float64(height)*pointsPerPixel, n)
	b = append(b, `<v:fill color2="#ffffe1"/><v:shadow color="black" obscured="t"/><v:path o:connecttype="none"/>`+
		`<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>`+
		`<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>`...)
	b = fmt.Appendf(b, `<x:Anchor>%d,%d,%d,%d,%d,%d,%d,%d</x:Anchor>`, a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7])
	return fmt.Appendf(b, `<x:AutoFill>False</x:AutoFill><x:Row>0</x:Row><x:Column>%d</x:Column></x:ClientData></v:shape>`, i)
}

// Sizes of notes, in pixels (96 to the inch) and in half-width characters of 9
// points. A note of many lines is twice as wide.
const (
	pointsPerPixel = 0.75
	noteWidth      = 240
	noteMargin     = 16
	noteLine       = 17
	noteCharacter  = 6.5
	longNote       = 16 // lines
)

// noteSize returns how many pixels the box of a note takes for all of its text
// to be seen.
func noteSize(text string) (width, height int) {
	width = noteWidth
	lines := noteLines(text, width)
	if lines > longNote {
		width *= 2
		lines = noteLines(text, width)
	}
	return width, lines*noteLine + noteMargin
}

func noteLines(text string, width int) int {
	return linesIn(text, math.Floor(float64(width-noteMargin)/noteCharacter))
}

// anchor says from where to where the note of column i is drawn, to the right of
// its cell: column, pixels into it, row, pixels into it, twice (the client data
// of Excel's VML). The box has the size that results from this.
func anchor(o WriterOptions, i, width, height int) [8]int {
	const gap, top = 15, 2                // pixels
	const lastLeft = maxSheetColumns - 64 // so that the box ends within the sheet
	look := faceOf(o.Lang)
	pixels := func(column int) int {
		switch {
		case column >= len(o.Columns):
			return int(9*look.digit + look.margin)
		case o.Columns[column].Hidden:
			return 0
		}
		return int(math.Min(columnWidth(o.Columns[column]), maxWidth)*look.digit + look.margin)
	}
	left, leftPixels := walk(min(i+1, lastLeft), gap, pixels)
	right, rightPixels := walk(left, leftPixels+width, pixels)
	line := int(look.rowHeight / pointsPerPixel)
	bottom := top + height
	return [8]int{left, leftPixels, 0, top, right, rightPixels, bottom / line, bottom % line}
}

// walk goes so many pixels to the right of the beginning of a column.
func walk(column, pixels int, width func(int) int) (int, int) {
	for pixels >= width(column) {
		pixels -= width(column)
		column++
	}
	return column, pixels
}
