package workbook

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
)

// A survey is what has to be known of the sheet before its copy begins.
type survey struct {
	headerLine int
	headers    []headerCell // of the header's row, in order
	used       [maxColumns]bool
	rows       bool // there is one

	top, bottom, left, right int // of all cells; right is -1 without one

	hasCols bool
	columns []columnStyle
	legacy  string // ID of the relation of the drawing of notes
	strict  bool

	drop  map[int]bool // columns that an earlier copy added
	added []int        // the columns of PatchOptions.Header
	style int          // of their header; -1 for none
}

// A headerCell is one that has a text.
type headerCell struct {
	column, style int
	shared        int // index of a shared string; -1 for text
	text          string
}

// A columnStyle is one col element.
type columnStyle struct{ first, last, style int }

// look reads the sheet once: where its cells are, and what its header says.
func (p *patcher) look() error {
	p.survey = survey{headerLine: p.o.HeaderLine, right: -1, left: maxColumns, style: -1}
	l := &looker{survey: &p.survey}
	err := p.scan(p.part, func(s *scanner) error { return l.read(p, s) })
	if err != nil {
		return err
	}
	if err := p.headerTexts(); err != nil {
		return err
	}
	return p.placeColumns()
}

// scan opens a part and reads it by f.
func (p *patcher) scan(part string, f func(*scanner) error) error {
	r, err := p.b.c.open(part)
	if err != nil {
		return err
	}
	defer r.Close()
	s, err := newScanner(r, part, p.b.c.limits.Depth)
	if err != nil {
		return err
	}
	return f(s)
}

// A looker reads a sheet for its survey.
type looker struct {
	*survey
	s *scanner

	row, column int
	cell        headerCell // the one that is read
	inCell      bool
	filled      bool // it has something in it
	shared      bool
	text        []byte
}

func (l *looker) read(p *patcher, s *scanner) error {
	l.s = s
	for {
		if l.plain() {
			continue
		}
		t, err := s.next()
		if errors.Is(err, io.EOF) {
			l.strict = s.strict
			return nil
		}
		if err != nil {
			return err
		}
		if err := l.token(p, t); err != nil {
			return err
		}
	}
}

func (l *looker) token(p *patcher, t *token) error {
	depth := l.s.depth()
	if t.kind == startTag {
		depth-- // of the element that t opens
	}
	switch {
	case t.kind == aside:
	case l.inCell:
		return l.inside(t, depth)
	case t.kind == endTag || t.kind == charData:
	case depth == 1:
		return l.part(t)
	case t.space == compatSpace && depth > 1 && l.inData():
		return onlyTable("alternate")
	case depth == 2 && t.is("row") && l.inData():
		return l.beginRow(p, t)
	case depth == 3 && t.is("c") && l.inData():
		return l.beginCell(t)
	case depth == 2 && t.is("col"):
		l.addColumn(t)
	case depth == 2 && t.is("mergeCell"):
		l.addMerged(t)
	}
	return nil
}

// plain is a short cut: it looks at a cell below the header in one go if it is as
// most are. Otherwise it does nothing.
func (l *looker) plain() bool {
	if !l.rows || l.inCell || l.headerLine == 0 || l.row == l.headerLine || l.s.depth() != 3 {
		return false
	}
	begin := l.s.pos
	var c plainCell
	if !l.s.hurryCell(&c) {
		return false
	}
	column, ok := l.column+1, true
	if c.ref != nil {
		ref, known := parseRef(c.ref)
		ok = known && ref.row == l.row && ref.column > l.column
		column = ref.column
	}
	if !ok || column >= maxColumns {
		l.s.pos = begin
		return false
	}
	l.at(column)
	l.used[column] = l.used[column] || len(trim(c.value)) > 0
	return true
}

// at notes that there is a cell.
func (l *looker) at(column int) {
	l.column = column
	if l.top == 0 {
		l.top = l.row
	}
	l.bottom, l.left, l.right = l.row, min(l.left, column), max(l.right, column)
}

func (l *looker) inData() bool { return l.rows }

// part looks at an element of the worksheet itself.
func (l *looker) part(t *token) error {
	l.rows = t.is("sheetData")
	switch {
	case t.is("cols"):
		l.hasCols = true
	case t.is("legacyDrawing"):
		id, err := l.s.attrText(t.attrIn(relSpace, "id"))
		if err != nil {
			return err
		}
		l.legacy = id
	}
	return nil
}

func (l *looker) addColumn(t *token) {
	c := columnStyle{number(t.attr("min")) - 1, number(t.attr("max")) - 1, number(t.attr("style"))}
	if c.style > 0 && c.first >= 0 && len(l.columns) < maxColumns {
		l.columns = append(l.columns, c)
	}
}

// addMerged takes the last column of merged cells for used: what is written below
// them would not be seen. Those of whole rows leave no other place.
func (l *looker) addMerged(t *token) {
	_, last, ok := parseRange(t.attr("ref"))
	if ok && last.row >= l.headerLine && last.column < maxColumns/2 {
		l.used[last.column] = true
	}
}

func (l *looker) beginRow(p *patcher, t *token) error {
	row, err := l.s.rowNumber(t, l.row)
	l.row, l.column = row, -1
	if err != nil {
		return err
	}
	return p.ctx.Err()
}

func (l *looker) beginCell(t *token) error {
	column, err := l.s.columnOf(t, l.row, l.column)
	if err != nil {
		return err
	}
	l.at(column)
	l.shared = string(t.attr("t")) == "s"
	l.cell = headerCell{column: column, style: number(t.attr("s")), shared: -1}
	l.inCell, l.filled, l.text = t.kind == startTag, false, l.text[:0]
	return nil
}

// inside looks at what a cell holds, up to its end tag. An element counts as
// something where a text stands in it.
func (l *looker) inside(t *token, depth int) error {
	switch {
	case t.kind == endTag && depth == 3:
		l.inCell = false
		if l.filled {
			return l.endCell()
		}
	case t.kind == charData && depth > 3 && (l.headerLine == 0 || l.row == l.headerLine):
		var err error
		if l.text, err = t.text(l.text); err != nil {
			return l.s.malformed()
		}
		l.filled = l.filled || len(bytes.TrimSpace(l.text)) > 0
		if len(l.text) > maxCellText {
			return tooMuch("text", maxCellText)
		}
	case t.kind == charData && depth > 3:
		l.filled = true
	case t.is("f") && t.kind != endTag:
		l.filled = true
		return l.s.skip()
	case t.is("rPh") && t.kind == startTag:
		return l.s.skip()
	}
	return nil
}

func (l *looker) endCell() error {
	l.used[l.column] = true
	if l.headerLine == 0 {
		l.headerLine = l.row
	}
	if l.row != l.headerLine {
		return nil
	}
	text := bytes.TrimSpace(l.text)
	if l.shared {
		l.cell.shared = number(text)
	} else {
		l.cell.text = string(appendUnescaped(nil, text))
	}
	l.headers = append(l.headers, l.cell)
	return nil
}

// rowNumber returns the number of the row that t begins; before is that of the
// row before.
func (s *scanner) rowNumber(t *token, before int) (int, error) {
	row := before + 1
	if r := t.attr("r"); r != nil {
		row = number(r)
	}
	switch {
	case row < 1 || row > maxRows:
		return 0, damaged(reasonReference, s.part)
	case row <= before:
		return 0, damaged(reasonOrder, s.part)
	}
	return row, nil
}

// columnOf returns the column of the cell that t begins; before is that of the
// cell before, -1 at the first.
func (s *scanner) columnOf(t *token, row, before int) (int, error) {
	column := before + 1
	if r := t.attr("r"); r != nil {
		ref, ok := parseRef(r)
		if !ok || ref.row != row {
			return 0, damaged(reasonReference, s.part)
		}
		column = ref.column
	}
	switch {
	case column >= maxColumns:
		return 0, damaged(reasonReference, s.part)
	case column <= before:
		return 0, damaged(reasonOrder, s.part)
	}
	return column, nil
}

// headerTexts finds the shared strings of the header's row.
func (p *patcher) headerTexts() error {
	wanted := map[int]string{}
	for _, h := range p.survey.headers {
		if h.shared >= 0 {
			wanted[h.shared] = ""
		}
	}
	if err := p.sharedTexts(wanted); err != nil {
		return err
	}
	for i := range p.survey.headers {
		if h := &p.survey.headers[i]; h.shared >= 0 {
			h.text = wanted[h.shared]
		}
	}
	return nil
}

// sharedTexts fills in the shared strings of the indices in wanted, and reads no
// further than they stand.
func (p *patcher) sharedTexts(wanted map[int]string) error {
	part := p.b.parts["sharedStrings"]
	if len(wanted) == 0 || part == "" {
		return nil
	}
	return p.scan(part, func(s *scanner) error {
		if err := s.rootIs("sst", mainSpace); err != nil {
			return err
		}
		for i, left := 0, len(wanted); left > 0; {
			t, err := s.content()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			if !t.opens("si") {
				continue
			}
			if _, ok := wanted[i]; ok {
				text, err := s.richText(nil)
				if err != nil {
					return err
				}
				wanted[i] = string(bytes.TrimSpace(text))
				left--
			} else if err := s.skipElement(t); err != nil {
				return err
			}
			i++
		}
		return nil
	})
}

// skipElement reads past the element that t, the last token, opens.
func (s *scanner) skipElement(t *token) error {
	if t.kind != startTag {
		return nil
	}
	return s.skip()
}

// placeColumns decides where the added columns stand.
func (p *patcher) placeColumns() error {
	v := &p.survey
	v.drop = map[int]bool{}
	for _, h := range v.headers {
		if p.o.Drop != nil && p.o.Drop(h.text) {
			v.drop[h.column] = true
			if len(v.added) < len(p.o.Header) {
				v.added = append(v.added, h.column)
			}
		}
	}
	next := maxColumns - 1
	for next >= 0 && (!v.used[next] || v.drop[next] && !slices.Contains(v.added, next)) {
		next--
	}
	for len(v.added) < len(p.o.Header) {
		next++
		v.added = append(v.added, next)
	}
	if next >= maxColumns {
		return onlyTable("columns")
	}
	for _, h := range v.headers {
		if !v.drop[h.column] && !slices.Contains(v.added, h.column) {
			v.style = h.style
		}
	}
	if len(p.o.Header) > 0 && (len(v.headers) == 0 || v.headerLine == 0) {
		return fmt.Errorf("workbook: no header on line %d", v.headerLine)
	}
	return nil
}
