package workbook

import (
	"errors"
	"io"
)

// readMain reads the part that is the workbook: names and states of its sheets,
// and the date system.
func (b *Book) readMain() error {
	if err := b.refuseOtherDocument(); err != nil {
		return err
	}
	found, err := b.relationships(b.main)
	if err != nil {
		return err
	}
	b.parts = map[string]string{}
	for _, r := range found {
		for _, kind := range []string{"sharedStrings", "styles"} {
			if r.is(kind) && !r.external {
				b.parts[kind] = b.resolve(b.main, r.target)
			}
		}
	}
	inside := false
	return b.walk(b.main, "workbook", mainSpace, func(s *scanner, t *token) error {
		switch {
		case t.opens("workbookPr"):
			b.date1904 = isTrue(t.attr("date1904"))
		case t.is("sheets"):
			inside = t.kind == startTag
		case inside && t.opens("sheet"):
			return b.addSheet(s, t, found)
		}
		return nil
	})
}

// refuseOtherDocument tells a text or a presentation from a workbook that is
// damaged: they are archives of the same kind.
func (b *Book) refuseOtherDocument() error {
	r, err := b.c.open(b.main)
	if err != nil {
		return err
	}
	defer r.Close()
	s, err := newScanner(r, b.main, b.c.limits.Depth)
	if err != nil {
		return err
	}
	for {
		t, err := s.content()
		if errors.Is(err, io.EOF) {
			return s.malformed()
		}
		if err != nil {
			return err
		}
		if t.kind == startTag || t.kind == emptyTag {
			if !t.is("workbook") && !b.looksLikeWorkbook() {
				return unsupported("zip")
			}
			return nil
		}
	}
}

// addSheet adds a sheet that the workbook lists, if it has cells: sheets of
// charts, dialogue boxes and old macros have none.
func (b *Book) addSheet(s *scanner, t *token, found map[string]relationship) error {
	id, err := s.attrText(t.attrIn(relSpace, "id"))
	if err != nil {
		return err
	}
	r, ok := found[id]
	if !ok {
		return damaged(reasonMissing, b.main)
	}
	if !r.is("worksheet") {
		return nil
	}
	name, err := s.attrText(t.attr("name"))
	if err != nil {
		return err
	}
	state := string(t.attr("state"))
	sheet := Sheet{
		Name:   string(appendUnescaped(nil, []byte(name))),
		Hidden: state == "hidden" || state == "veryHidden",
		part:   b.resolve(b.main, r.target),
	}
	if r.external || b.c.find(sheet.part) == nil {
		return damaged(reasonMissing, r.target)
	}
	b.sheets = append(b.sheets, sheet)
	return nil
}

// isTrue reads a boolean of XML Schema, and the words of older programs.
func isTrue(value []byte) bool {
	switch string(value) {
	case "1", "true", "on", "t":
		return true
	}
	return false
}
