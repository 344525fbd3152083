package workbook

import (
	"strconv"
	"strings"
)

// copyCell copies one cell, after those that are missing before it.
func (s *sheetPatcher) copyCell(t *token) error {
	column, err := s.e.columnOf(t, s.row, s.column)
	if err != nil {
		return err
	}
	s.column = column
	if len(s.wishes) > 0 && s.wishes[0].column <= column {
		// Inserting overwrites nothing of the token: it only writes.
		if err := s.insertBefore(column, prefixOf(t)); err != nil {
			return err
		}
	}
	w := wish{style: -1}
	if len(s.wishes) > 0 && s.wishes[0].column == column {
		w, s.wishes = s.wishes[0], s.wishes[1:]
	}
	style := s.restyled(t, w)
	if err := s.noteAt(column, w); err != nil {
		return err
	}
	secret := s.row > s.survey.headerLine && s.blank[column]
	switch {
	case w.write:
		return s.replaceCell(t, style, w.text)
	case secret:
		return s.blankCell(t, style)
	case s.survey.drop[column] && s.row >= s.survey.headerLine:
		return s.emptyCell(t, style)
	}
	if err := s.e.tag(t, asItWas, style...); err != nil {
		return err
	}
	if len(s.blank) > 0 && string(t.attr("t")) == "s" {
		return s.copyShared(t)
	}
	return s.e.copyInside(t)
}

// copyPlain is a short cut: it copies the cells that stand next in one go, as long
// as they are as most are and stay as they are.
func (s *sheetPatcher) copyPlain() {
	begin := s.e.pos
	for s.passPlain() {
	}
	_, _ = s.e.w.Write(s.e.buf[begin:s.e.pos]) // an error comes again with the flush
}

// passPlain reads one such cell. Otherwise it does nothing.
func (s *sheetPatcher) passPlain() bool {
	begin := s.e.pos
	var c plainCell
	if !s.e.hurryCell(&c) {
		return false
	}
	column, ok := s.column+1, true
	if c.ref != nil {
		ref, known := parseRef(c.ref)
		ok = known && ref.row == s.row && ref.column > s.column
		column = ref.column
	}
	if !ok || s.changes(column, &c) {
		s.e.pos = begin
		return false
	}
	s.column = column
	return true
}

// changes reports whether a cell may not stay as it is, or something must be put
// in before it.
func (s *sheetPatcher) changes(column int, c *plainCell) bool {
	switch {
	case column >= maxColumns, len(s.wishes) > 0 && s.wishes[0].column <= column:
		return true
	case len(s.blank) > 0 && (s.blank[column] || string(c.typ) == "s"):
		return true
	case len(s.survey.drop) > 0 && s.survey.drop[column]:
		return true
	}
	return len(s.styles.ours) > 0 && c.style != nil && s.styles.ours[number(c.style)]
}

func (s *sheetPatcher) noteAt(column int, w wish) error {
	if !w.bad {
		return nil
	}
	return s.note(cellRef{s.row, column}, w.note)
}

// restyled returns the setting of the style that a cell gets which has another
// one: none for most.
func (s *sheetPatcher) restyled(t *token, w wish) []setting {
	if !s.annotates() || !w.bad && len(s.styles.ours) == 0 {
		return nil
	}
	before := max(0, number(t.attr("s")))
	after := before
	switch {
	case w.bad:
		after = s.styles.filled(before)
	case s.row > s.survey.headerLine:
		after = s.styles.plain(before)
	}
	if after == before {
		return nil
	}
	return []setting{setInt("s", after)}
}

// insertBefore puts in the cells that are wanted before the column and are not
// there.
func (s *sheetPatcher) insertBefore(column int, prefix string) error {
	for len(s.wishes) > 0 && s.wishes[0].column < column {
		w := s.wishes[0]
		s.wishes = s.wishes[1:]
		style := w.style
		if style < 0 && !w.write {
			style = s.inherited(w.column)
		}
		if w.bad {
			style = s.styles.filled(max(0, style))
		}
		if err := s.noteAt(w.column, w); err != nil {
			return err
		}
		s.insert(w, style, prefix)
	}
	return nil
}

// insert writes a cell that was not there.
func (s *sheetPatcher) insert(w wish, style int, prefix string) {
	b := append(append(append(s.e.tagged[:0], '<'), prefix...), `c r="`...)
	b = strconv.AppendInt(appendLetters(b, w.column), int64(s.row), 10)
	b = append(b, '"')
	if style > 0 {
		b = append(strconv.AppendInt(append(b, ` s="`...), int64(style), 10), '"')
	}
	if !w.write {
		b = append(b, `/>`...)
	} else {
		b = appendIs(append(b, ` t="inlineStr">`...), prefix, w.text)
		b = append(append(append(b, `</`...), prefix...), `c>`...)
	}
	s.e.tagged = b
	_, _ = s.e.w.Write(b) // an error comes again with the flush
}

// inherited is the style that a cell shows which is not there: its row's, or
// else its column's.
func (s *sheetPatcher) inherited(column int) int {
	if s.rowStyle >= 0 {
		return s.rowStyle
	}
	for _, c := range s.survey.columns {
		if c.first <= column && column <= c.last {
			return c.style
		}
	}
	return 0
}

// appendIs appends text as the content of a cell of the type inlineStr.
func appendIs(dst []byte, prefix, text string) []byte {
	dst = append(append(append(dst, '<'), prefix...), "is>"...)
	dst = appendTextIn(dst, prefix, text)
	return append(append(append(dst, "</"...), prefix...), "is>"...)
}

// appendTextIn appends text as a t element with that prefix, and as much of it as
// a cell can hold.
func appendTextIn(dst []byte, prefix, text string) []byte {
	text = cutText(strings.ToValidUTF8(text, "\ufffd"))
	dst = append(append(append(dst, '<'), prefix...), 't')
	if keepsSpace(text) {
		dst = append(dst, ` xml:space="preserve"`...)
	}
	dst = appendEscaped(append(dst, '>'), text)
	return append(append(append(dst, "</"...), prefix...), "t>"...)
}

// cutText shortens a text of ours to what a cell can hold, by whole characters.
func cutText(text string) string {
	if len(text) <= maxText { // of bytes there are no fewer than of units
		return text
	}
	units := 0
	for i, r := range text {
		if units++; r > 0xFFFF {
			units++
		}
		if units > maxText {
			return text[:i]
		}
	}
	return text
}

// replaceCell writes a cell with another text, and leaves out what it holds.
func (s *sheetPatcher) replaceCell(t *token, style []setting, text string) error {
	name, prefix := t.qualified(), prefixOf(t)
	settings := append(style, set("t", "inlineStr"), unset("cm"), unset("vm"))
	if err := s.e.tag(t, opened, settings...); err != nil {
		return err
	}
	s.e.tagged = appendIs(s.e.tagged[:0], prefix, text)
	_, _ = s.e.w.Write(s.e.tagged)
	s.e.write("</" + name + ">")
	return s.e.skipElement(t)
}

// emptyCell writes a cell without what it holds.
func (s *sheetPatcher) emptyCell(t *token, style []setting) error {
	settings := append(style, unset("t"), unset("cm"), unset("vm"))
	if err := s.e.tag(t, closed, settings...); err != nil {
		return err
	}
	return s.e.skipElement(t)
}
