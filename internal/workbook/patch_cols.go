package workbook

import (
	"fmt"
	"slices"
)

// Widths of the added columns, in characters: the last one holds sentences.
const (
	wordWidth     = 14
	sentenceWidth = 60
)

// newCols returns col elements for the added columns that stand before the given
// one and have none yet; nil is for all that are left.
func (s *sheetPatcher) newCols(before *int) string {
	out := ""
	for _, c := range s.colsLeft() {
		if before != nil && c >= *before {
			break
		}
		out += fmt.Sprintf(`<%scol min="%d" max="%d" width="%d" customWidth="1"/>`, s.prefix, c+1, c+1, s.widthOf(c))
		s.colsDone = append(s.colsDone, c)
	}
	return out
}

// colsLeft are the added columns without a col element, in order.
func (s *sheetPatcher) colsLeft() []int {
	var left []int
	for _, c := range s.survey.added {
		if !slices.Contains(s.colsDone, c) {
			left = append(left, c)
		}
	}
	slices.Sort(left)
	return left
}

func (s *sheetPatcher) widthOf(column int) int {
	if column == s.survey.added[len(s.survey.added)-1] {
		return sentenceWidth
	}
	return wordWidth
}

// copyCols copies the element cols, with widths for added columns that have none.
// Where the person hid the columns behind theirs, the added ones are shown.
func (s *sheetPatcher) copyCols(t *token) error {
	s.hasCols = true
	if t.kind == emptyTag {
		return s.e.expand(t, s.newCols(nil))
	}
	if err := s.e.copy(t); err != nil {
		return err
	}
	for {
		t, err := s.e.next()
		if err != nil {
			return s.e.early(err)
		}
		switch {
		case t.kind == endTag && s.e.depth() == 1:
			s.e.write(s.newCols(nil))
			return s.e.copy(t)
		case t.opens("col"):
			err = s.copyCol(t)
		default:
			err = s.e.copyElement(t)
		}
		if err != nil {
			return err
		}
	}
}

func (s *sheetPatcher) copyCol(t *token) error {
	first, last := number(t.attr("min"))-1, number(t.attr("max"))-1
	if first < 0 || last < first {
		return s.e.copyElement(t)
	}
	s.e.write(s.newCols(&first))
	hidden := isTrue(t.attr("hidden"))
	for _, c := range s.colsLeft() {
		if c > last {
			break
		}
		s.colsDone = append(s.colsDone, c)
		if !hidden {
			continue
		}
		if c > first {
			s.e.tagged = appendTag(s.e.tagged[:0], t, closed, setInt("min", first+1), setInt("max", c))
			s.e.write(string(s.e.tagged))
		}
		s.e.tagged = appendTag(s.e.tagged[:0], t, closed, setInt("min", c+1), setInt("max", c+1),
			setInt("width", s.widthOf(c)), set("customWidth", "1"), unset("hidden"), unset("collapsed"))
		s.e.write(string(s.e.tagged))
		first = c + 1
	}
	if first > last {
		return s.e.skipElement(t)
	}
	if first == number(t.attr("min"))-1 {
		return s.e.copyElement(t)
	}
	if err := s.e.tag(t, asItWas, setInt("min", first+1)); err != nil {
		return err
	}
	return s.e.copyInside(t)
}
