package workbook

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A sheetPatcher copies the sheet.
type sheetPatcher struct {
	*patcher
	e      *editor
	prefix string // of the elements of the sheet, with its colon

	mark     Mark // the next one; its Line is 0 after the last
	row      int
	column   int
	rowStyle int // of cells that are not there; -1 for none
	spans    span
	wishes   []wish
	blank    map[int]bool // columns emptied below the header
	noted    bool         // there is a place for notes in the sheet
	hasCols  bool         // it is there, or was put there
	colsDone []int        // added columns that have a col element
}

// A wish is what shall be in one cell.
type wish struct {
	column int
	write  bool // text replaces what is there
	text   string
	style  int // of a new cell; -1 for that of its row or column
	bad    bool
	note   string
}

func (p *patcher) patchSheet() error {
	s := &sheetPatcher{patcher: p, blank: map[int]bool{}}
	for _, c := range p.o.Blank {
		s.blank[c] = true
	}
	if err := s.nextMark(); err != nil {
		return err
	}
	return p.rewrite(p.part, func(e *editor) error {
		s.e = e
		return s.copySheet()
	})
}

// afterDrawing are the elements of a worksheet behind legacyDrawing (ECMA-376
// part 1, CT_Worksheet).
var afterDrawing = []string{"legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems", "tableParts", "extLst"}

func (s *sheetPatcher) copySheet() error {
	data := false
	err := s.e.each(func(t *token) error {
		depth := s.e.depth()
		switch {
		case t.kind == startTag && depth == 1:
			s.prefix = prefixOf(t)
		case t.kind == endTag && depth == 0:
			s.placeNotes()
		case t.kind == startTag && depth == 2, t.kind == emptyTag && depth == 1:
			data = data || t.is("sheetData")
			return s.copyElement(t, data)
		}
		return s.e.copy(t)
	})
	if err != nil {
		return err
	}
	return s.checkMark(0)
}

// copyElement copies one element of the worksheet itself.
func (s *sheetPatcher) copyElement(t *token, data bool) error {
	if t.space == mainSpace && slices.Contains(afterDrawing, string(t.name)) || t.space == compatSpace && data {
		s.placeNotes()
	}
	switch {
	case t.is("dimension"):
		return s.copyDimension(t)
	case t.is("cols"):
		return s.copyCols(t)
	case t.is("sheetData"):
		return s.copyRows(t)
	case t.is("hyperlinks") && len(s.blank) > 0:
		return s.copyLinks(t)
	}
	return s.e.copyElement(t)
}

// placeNotes puts the reference to the drawing of notes where the sheet has none
// and needs one.
func (s *sheetPatcher) placeNotes() {
	if s.noted || s.survey.legacy != "" || !s.notes.needed() {
		return
	}
	s.noted = true
	s.notes.newBoxes = s.freePart("xl/drawings/vmlDrawing%d.vml")
	s.e.write(`<` + s.prefix + `legacyDrawing xmlns:r="` + s.relationSpace() + `" r:id="` + s.link(s.part, "vmlDrawing", s.notes.newBoxes) + `"/>`)
}

// copyDimension makes the range of cells cover the added columns and bad cells.
func (s *sheetPatcher) copyDimension(t *token) error {
	v := &s.survey
	if len(v.added) == 0 || v.right < 0 {
		return s.e.copyElement(t)
	}
	right := max(v.right, slices.Max(v.added))
	ref := cellRef{min(v.top, v.headerLine), min(v.left, slices.Min(v.added))}.String() + ":" + cellRef{v.bottom, right}.String()
	if err := s.e.tag(t, asItWas, set("ref", ref)); err != nil {
		return err
	}
	return s.e.copyInside(t)
}

// copyRows copies the element sheetData.
func (s *sheetPatcher) copyRows(t *token) error {
	if !s.hasCols && !s.survey.hasCols {
		if cols := s.newCols(nil); cols != "" {
			s.e.write("<" + s.prefix + "cols>" + cols + "</" + s.prefix + "cols>")
		}
		s.hasCols = true
	}
	if err := s.e.copy(t); err != nil || t.kind == emptyTag {
		return err
	}
	for {
		t, err := s.e.next()
		if err != nil {
			return s.e.early(err)
		}
		depth := s.e.depth()
		switch {
		case t.opens("row"):
			err = s.copyRow(t)
		case t.kind == endTag && depth == 1:
			return s.e.copy(t)
		default:
			err = s.e.copyElement(t)
		}
		if err != nil {
			return err
		}
	}
}

// nextMark takes the next mark, of which the line must be above 0.
func (s *sheetPatcher) nextMark() error {
	before := s.mark.Line
	m, err, ok := s.next()
	if err != nil {
		return fmt.Errorf("marks after line %d: %w", before, err)
	}
	if ok && m.Line <= before {
		return fmt.Errorf("mark for line %d comes after line %d", m.Line, before)
	}
	s.mark = m
	return nil
}

// checkMark makes sure that the mark in hand belongs to this row or to a later
// one; row 0 is behind the last.
func (s *sheetPatcher) checkMark(row int) error {
	m := s.mark.Line
	if m != 0 && (row == 0 || m < row || m <= s.survey.headerLine) {
		return fmt.Errorf("mark for line %d: no row below the header is there", m)
	}
	return nil
}

// wanted fills in what shall be in the cells of the row, from the left to the
// right.
func (s *sheetPatcher) wanted() error {
	s.wishes = s.wishes[:0]
	v := &s.survey
	if s.row == v.headerLine {
		for i, c := range v.added {
			s.wishes = append(s.wishes, wish{column: c, write: true, text: s.o.Header[i], style: v.style})
		}
	}
	if s.mark.Line == s.row {
		if err := s.wantMark(); err != nil {
			return err
		}
		if err := s.nextMark(); err != nil {
			return err
		}
	}
	slices.SortStableFunc(s.wishes, func(a, b wish) int { return cmp.Compare(a.column, b.column) })
	s.wishes = slices.CompactFunc(s.wishes, func(a, b wish) bool { return a.column == b.column })
	return nil
}

func (s *sheetPatcher) wantMark() error {
	for i, c := range s.survey.added {
		if i < len(s.mark.Cells) && s.mark.Cells[i] != "" {
			s.wishes = append(s.wishes, wish{column: c, write: true, text: s.mark.Cells[i], style: -1})
		}
	}
	if !s.annotates() {
		return nil
	}
	for _, b := range s.mark.Bad {
		if b.Column < 0 || b.Column >= maxColumns {
			return fmt.Errorf("mark for line %d: no column %d", s.row, b.Column)
		}
		i := slices.IndexFunc(s.wishes, func(w wish) bool { return w.bad && w.column == b.Column })
		if i < 0 {
			s.wishes = append(s.wishes, wish{column: b.Column, style: -1, bad: true, note: b.Note})
		} else if b.Note != "" {
			s.wishes[i].note = strings.TrimPrefix(s.wishes[i].note+"\n"+b.Note, "\n")
		}
	}
	return nil
}

// copyRow copies one row.
func (s *sheetPatcher) copyRow(t *token) error {
	row, err := s.e.rowNumber(t, s.row)
	if err != nil {
		return err
	}
	s.row, s.column = row, -1
	if err := errors.Join(s.ctx.Err(), s.checkMark(row)); err != nil {
		return err
	}
	if err := s.wanted(); err != nil {
		return err
	}
	s.rowStyle = -1
	if isTrue(t.attr("customFormat")) {
		s.rowStyle = number(t.attr("s"))
	}
	name, end := "", asItWas
	if t.kind == emptyTag && len(s.wishes) > 0 {
		name, end = t.qualified(), opened
	}
	prefix := prefixOf(t)
	if err := s.copyRowTag(t, end); err != nil {
		return err
	}
	if t.kind == emptyTag {
		if end == opened {
			err = s.insertBefore(maxColumns, prefix)
			s.e.write("</" + name + ">")
		}
		return err
	}
	return s.copyCells(prefix)
}

// copyRowTag writes the row's tag. spans, which is only there to help, must hold
// the cells that are put in.
func (s *sheetPatcher) copyRowTag(t *token, end tagEnd) error {
	spans := t.attr("spans")
	if spans == nil || len(s.wishes) == 0 {
		return s.e.tag(t, end)
	}
	first, last := s.wishes[0].column+1, s.wishes[len(s.wishes)-1].column+1
	if lowest, highest := extent(spans); lowest > 0 {
		if lowest <= first && last <= highest {
			return s.e.tag(t, end)
		}
		first, last = min(first, lowest), max(last, highest)
	}
	if s.spans.first != first || s.spans.last != last {
		s.spans = span{first, last, strconv.Itoa(first) + ":" + strconv.Itoa(last)}
	}
	return s.e.tag(t, end, set("spans", s.spans.text))
}

// A span is one value of spans: that of the row before is mostly that of this one.
type span struct {
	first, last int
	text        string
}

// extent returns the smallest and the largest number in a value of spans; 0 if
// there is none.
func extent(spans []byte) (lowest, highest int) {
	for len(spans) > 0 {
		end := bytes.IndexAny(spans, " :")
		if end < 0 {
			end = len(spans)
		}
		if n := number(spans[:end]); n > 0 {
			lowest, highest = min(cmp.Or(lowest, n), n), max(highest, n)
		}
		spans = spans[min(len(spans), end+1):]
	}
	return lowest, highest
}

// copyCells copies what stands in a row, up to and with its end tag.
func (s *sheetPatcher) copyCells(prefix string) error {
	outside := s.e.depth() - 1
	for {
		s.copyPlain()
		t, err := s.e.next()
		if err != nil {
			return s.e.early(err)
		}
		switch {
		case s.e.depth() == outside:
			if err := s.insertBefore(maxColumns, prefix); err != nil {
				return err
			}
			return s.e.copy(t)
		case t.opens("c"):
			err = s.copyCell(t)
		default:
			if t.is("extLst") {
				err = s.insertBefore(maxColumns, prefix)
			}
			if err == nil {
				err = s.e.copyElement(t)
			}
		}
		if err != nil {
			return err
		}
	}
}
