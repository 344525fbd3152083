package workbook

import (
	"bytes"
	"errors"
	"io"
	"strings"
)

// blanked is what was taken out of the columns that are emptied.
type blanked struct {
	cells    int
	formulas bool
	gone     bits // shared strings of emptied cells
	used     bits // those of other cells
}

// bits is a set of numbers.
type bits []uint64

func (b *bits) add(i int) {
	for len(*b) <= i/64 {
		*b = append(*b, make([]uint64, i/64+1-len(*b))...)
	}
	(*b)[i/64] |= 1 << (i % 64)
}

func (b bits) has(i int) bool { return i/64 < len(b) && b[i/64]&(1<<(i%64)) != 0 }

// blankCell writes a cell without its value. Its formula goes too, as it would
// show the value again, unless it is one for other columns besides.
func (s *sheetPatcher) blankCell(t *token, style []setting) error {
	shared := string(t.attr("t")) == "s"
	settings := append(style, unset("t"), unset("cm"), unset("vm"))
	if t.kind == emptyTag {
		return s.e.tag(t, asItWas, settings...)
	}
	name := t.qualified()
	head := appendTag(nil, t, opened, settings...)
	kept, value, err := s.secrets()
	if err != nil {
		return err
	}
	if i := number(bytes.TrimSpace(value)); shared && i >= 0 && i < maxSharedCount {
		s.blanked.gone.add(i)
	}
	if len(kept) == 0 {
		s.e.write(string(head[:len(head)-1]) + "/>")
		return nil
	}
	s.e.write(string(head) + string(kept) + "</" + name + ">")
	return nil
}

// secrets reads to the end of the cell. It returns its formula, if that must
// stay, and what stands in v.
func (s *sheetPatcher) secrets() (formula, value []byte, err error) {
	s.blanked.cells++
	inValue := false
	for outside := s.e.depth() - 1; s.e.depth() > outside; {
		t, err := s.e.next()
		if err != nil {
			return nil, nil, s.e.early(err)
		}
		switch {
		case t.opens("f"):
			keep := s.reachesOut(t)
			s.blanked.formulas = s.blanked.formulas || !keep
			if formula, err = s.readFormula(t, keep); err != nil {
				return nil, nil, err
			}
		case t.is("v"):
			inValue = t.kind == startTag
		case inValue && t.kind == charData && len(value) < 32:
			if value, err = t.text(value); err != nil {
				return nil, nil, s.e.malformed()
			}
		}
	}
	return formula, value, nil
}

// reachesOut reports whether the formula that t begins is one for cells of other
// columns too.
func (s *sheetPatcher) reachesOut(t *token) bool {
	first, last, ok := parseRange(t.attr("ref"))
	if !ok {
		return false
	}
	for c := first.column; c <= last.column; c++ {
		if !s.blank[c] {
			return true
		}
	}
	return false
}

// parseRange reads a reference such as A1:B5, or to one cell.
func parseRange(ref []byte) (first, last cellRef, ok bool) {
	from, to, isRange := bytes.Cut(ref, []byte(":"))
	if first, ok = parseRef(from); !ok || !isRange {
		return first, first, ok
	}
	last, ok = parseRef(to)
	return first, last, ok
}

// readFormula reads the formula that t begins, and returns it if it is to be
// kept.
func (s *sheetPatcher) readFormula(t *token, keep bool) ([]byte, error) {
	if !keep {
		return nil, s.e.skipElement(t)
	}
	raw := append([]byte(nil), t.raw...)
	if t.kind == emptyTag {
		return raw, nil
	}
	for outside := s.e.depth() - 1; s.e.depth() > outside; {
		t, err := s.e.next()
		if err != nil {
			return nil, s.e.early(err)
		}
		if raw = append(raw, t.raw...); len(raw) > maxToken {
			return nil, tooMuch("text", maxToken)
		}
	}
	return raw, nil
}

// copyShared copies a cell with a shared string, which is then not taken out of
// the table.
func (s *sheetPatcher) copyShared(t *token) error {
	if t.kind == emptyTag {
		return nil
	}
	var value []byte
	for outside := s.e.depth() - 1; s.e.depth() > outside; {
		t, err := s.e.next()
		if err != nil {
			return s.e.early(err)
		}
		if t.kind == charData && len(value) < 32 {
			value = append(value, t.raw...)
		}
		if err := s.e.copy(t); err != nil {
			return err
		}
	}
	s.blanked.use(value)
	return nil
}

func (b *blanked) use(value []byte) {
	if i := number(bytes.TrimSpace(value)); i >= 0 && i < maxSharedCount {
		b.used.add(i)
	}
}

// copyLinks copies the element hyperlinks without those of emptied cells: a
// password with an @ may have become a link to a mailbox.
func (s *sheetPatcher) copyLinks(t *token) error {
	if t.kind == emptyTag {
		return s.e.copy(t)
	}
	head, open := append([]byte(nil), t.raw...), false
	for {
		t, err := s.e.next()
		if err != nil {
			return s.e.early(err)
		}
		if t.opens("hyperlink") && s.isSecret(t.attr("ref")) {
			id, err := s.e.attrText(t.attrIn(relSpace, "id"))
			if err != nil {
				return err
			}
			if id != "" {
				s.cutLink(s.part, id)
			}
			if err := s.e.skipElement(t); err != nil {
				return err
			}
			continue
		}
		end := t.kind == endTag && s.e.depth() == 1
		if !open && !end && (t.kind == startTag || t.kind == emptyTag) {
			open = true
			s.e.write(string(head))
		}
		if open {
			err = s.e.copy(t)
		}
		if err != nil || end {
			return err
		}
	}
}

// isSecret reports whether a range of cells has one that is emptied.
func (s *sheetPatcher) isSecret(ref []byte) bool {
	first, last, ok := parseRange(ref)
	if !ok || last.row <= s.survey.headerLine {
		return false
	}
	for c := first.column; c <= last.column; c++ {
		if s.blank[c] {
			return true
		}
	}
	return false
}

// writeStrings takes the texts of emptied cells out of the table of shared
// strings, unless another cell shows them, and the order of calculation where it
// names a formula that is gone.
func (p *patcher) writeStrings() error {
	x := &p.blanked
	if x.cells == 0 {
		return nil
	}
	if err := p.refuseHistory(); err != nil {
		return err
	}
	if x.formulas {
		for id, r := range p.relations[p.b.main] {
			if r.is("calcChain") && !r.external {
				p.cutLink(p.b.main, id)
				p.gone[partName(p.b.resolve(p.b.main, r.target))] = true
			}
		}
	}
	part := p.b.parts["sharedStrings"]
	if len(x.gone) == 0 || part == "" {
		return nil
	}
	for _, sheet := range p.b.sheets {
		if sheet.part == p.part {
			continue
		}
		if err := p.scan(sheet.part, p.useStrings); err != nil && !isDamage(err) {
			return err
		}
	}
	return p.rewrite(part, p.dropStrings)
}

// useStrings marks the shared strings that another sheet shows.
func (p *patcher) useStrings(s *scanner) error {
	var value []byte
	for {
		t, err := s.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if !t.is("c") || t.kind != startTag || string(t.attr("t")) != "s" {
			continue
		}
		value = value[:0]
		for outside := s.depth() - 1; s.depth() > outside; {
			t, err := s.next()
			if err != nil {
				return s.early(err)
			}
			if t.kind == charData && len(value) < 32 {
				value = append(value, t.raw...)
			}
		}
		p.blanked.use(value)
		if err := p.ctx.Err(); err != nil {
			return err
		}
	}
}

func (p *patcher) dropStrings(e *editor) error {
	i := -1
	return e.each(func(t *token) error {
		if e.opensAt(t, 1, mainSpace, "si") {
			i++
			if t.kind == startTag && p.blanked.gone.has(i) && !p.blanked.used.has(i) {
				if err := e.copy(t); err != nil {
					return err
				}
				e.write(`<` + prefixOf(t) + `t/></` + t.qualified() + `>`)
				return e.skip()
			}
		}
		return e.copy(t)
	})
}

// refuseHistory refuses workbooks that keep their cells elsewhere too: in the
// list of changes of a shared workbook, or in the cache of a pivot table.
func (p *patcher) refuseHistory() error {
	for name := range p.b.c.parts {
		if strings.HasPrefix(name, "xl/revisions/") {
			return onlyTable("history")
		}
		if !strings.HasPrefix(name, "xl/pivotcache/pivotcachedefinition") {
			continue
		}
		elsewhere := false
		err := p.scan(name, func(s *scanner) error {
			return (&editor{scanner: s}).each(func(t *token) error {
				if t.opens("worksheetSource") && t.attr("sheet") != nil {
					sheet, err := s.attrText(t.attr("sheet"))
					elsewhere = foldTab(string(appendUnescaped(nil, []byte(sheet)))) != foldTab(p.b.sheets[p.o.Sheet].Name)
					return err
				}
				return nil
			})
		})
		if err != nil && !isDamage(err) {
			return err
		}
		if !elsewhere {
			return onlyTable("history")
		}
	}
	return nil
}
