package workbook

import (
	"errors"
	"fmt"
	"io"
	"strconv"
)

// A listLooker reads the first two rows of a sheet.
type listLooker struct {
	cells []listCell
}

// A listCell is a text, or the number of a shared one.
type listCell struct {
	row    int
	text   string
	shared bool
}

func (l *listLooker) read(s *scanner) error {
	row := 0
	for {
		t, err := s.content()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch {
		case t.opens("row"):
			if row, err = s.rowNumber(t, row); err != nil || row > 2 {
				return err
			}
		case t.is("c") && t.kind == startTag && row > 0:
			c := listCell{row: row, shared: string(t.attr("t")) == "s"}
			text, err := s.cellText()
			if err != nil {
				return err
			}
			if c.text = text; text != "" {
				l.cells = append(l.cells, c)
			}
		}
	}
}

// cellText reads to the end of the cell whose start tag was the last token, and
// returns its text as it stands there.
func (s *scanner) cellText() (string, error) {
	var text []byte
	for outside := s.depth() - 1; s.depth() > outside; {
		t, err := s.content()
		if err != nil {
			return "", s.early(err)
		}
		switch {
		case t.kind == charData && s.depth() > outside+1:
			if text, err = t.text(text); err != nil {
				return "", s.malformed()
			}
		case t.kind == startTag && (t.is("f") || t.is("rPh")):
			if err := s.skip(); err != nil {
				return "", err
			}
		}
		if len(text) > maxCellText {
			return "", tooMuch("text", maxCellText)
		}
	}
	return string(appendUnescaped(nil, trim(text))), nil
}

// readTabs reads which sheets of all kinds the workbook lists.
func (p *patcher) readTabs() error {
	v := &p.overflow
	v.tabs, v.local = nil, map[int]bool{}
	return p.b.walk(p.b.main, "workbook", mainSpace, func(s *scanner, t *token) error {
		switch {
		case t.opens("sheet") && t.attr("sheetId") != nil:
			id, err := s.attrText(t.attrIn(relSpace, "id"))
			if err != nil {
				return err
			}
			name, err := s.attrText(t.attr("name"))
			if err != nil {
				return err
			}
			v.tabs = append(v.tabs, tab{
				position: len(v.tabs), id: max(0, number(t.attr("sheetId"))), relation: id,
				name: string(appendUnescaped(nil, []byte(name))), part: p.b.resolve(p.b.main, p.relations[p.b.main][id].target),
			})
		case t.opens("definedName") && t.attr("localSheetId") != nil:
			v.local[number(t.attr("localSheetId"))] = true
		}
		return nil
	})
}

// writeOverflow writes the sheets of problems: first in place of earlier ones,
// then as new ones. Earlier ones that are not needed go, if they are the last
// sheets; otherwise, as everything that counts sheets would shift, they keep
// their heading only.
func (p *patcher) writeOverflow() error {
	v := &p.overflow
	if len(v.spools) == 0 && len(v.earlier) == 0 {
		return nil
	}
	left := v.earlier
	var fresh []*spool
	for _, s := range v.spools {
		if len(left) == 0 {
			fresh = append(fresh, s)
			continue
		}
		if err := p.replaceTab(left[0], s); err != nil {
			return err
		}
		left = left[1:]
	}
	gone, err := p.dropTabs(left)
	if err != nil {
		return err
	}
	return p.listTabs(fresh, gone)
}

// replaceTab writes s in place of an earlier sheet of problems.
func (p *patcher) replaceTab(t tab, s *spool) error {
	f := p.b.c.find(t.part)
	p.written[f] = true
	p.gone[partName(relsOf(t.part))] = true
	return s.write(p, f.Name)
}

// dropTabs takes out earlier sheets of problems, and returns those that go.
func (p *patcher) dropTabs(left []tab) (gone map[string]bool, err error) {
	v := &p.overflow
	gone = map[string]bool{}
	last := len(v.tabs) - 1
	for i := len(left) - 1; i >= 0; i-- {
		t := left[i]
		if t.position == last && last > 0 && !v.local[last] {
			last--
			gone[t.relation] = true
			p.gone[partName(t.part)] = true
			p.gone[partName(relsOf(t.part))] = true
			p.cutLink(p.b.main, t.relation)
			continue
		}
		s, err := newSpool()
		if s != nil {
			v.spools = append(v.spools, s)
		}
		if err != nil {
			return nil, fmt.Errorf("workbook: sheet of problems: %w", err)
		}
		s.begin(p)
		if err := p.replaceTab(t, s); err != nil {
			return nil, err
		}
	}
	return gone, nil
}

// listTabs writes the new sheets of problems, and the workbook's list of sheets.
func (p *patcher) listTabs(fresh []*spool, gone map[string]bool) error {
	if len(fresh) == 0 && len(gone) == 0 {
		return nil
	}
	if err := p.readTabs(); err != nil {
		return err
	}
	taken, highest := map[string]bool{foldTab("History"): true}, 0
	for _, t := range p.overflow.tabs {
		highest = max(highest, t.id)
		taken[foldTab(t.name)] = !gone[t.relation]
	}
	var tabs []tab
	for i, s := range fresh {
		name := p.freePart("xl/worksheets/sheet%d.xml")
		if err := s.write(p, name); err != nil {
			return err
		}
		p.typed(name, spreadsheetType+"worksheet+xml")
		tabs = append(tabs, tab{id: highest + 1 + i, name: newTab(p.o.Overflow.Name, taken), relation: p.link(p.b.main, "worksheet", name)})
	}
	l := &tabLister{p: p, fresh: tabs, gone: gone, count: len(p.overflow.tabs) - len(gone) + len(tabs)}
	return p.rewrite(p.b.main, func(e *editor) error {
		return e.each(func(t *token) error { return l.token(e, t) })
	})
}

// A tabLister copies the workbook's part with another list of sheets.
type tabLister struct {
	p     *patcher
	fresh []tab
	gone  map[string]bool
	count int
}

func (l *tabLister) token(e *editor, t *token) error {
	depth := e.depth()
	if t.kind == startTag {
		depth--
	}
	switch {
	case depth == 2 && t.opens("workbookView"):
		return l.view(e, t)
	case depth == 2 && t.opens("sheet"):
		id, err := e.attrText(t.attrIn(relSpace, "id"))
		if err != nil {
			return err
		}
		if l.gone[id] {
			return e.skipElement(t)
		}
	case depth == 1 && t.is("sheets") && t.kind == endTag:
		prefix := prefixOf(t)
		for _, f := range l.fresh {
			e.write(`<` + prefix + `sheet xmlns:r="` + l.p.relationSpace() + `" name="` + string(appendEscaped(nil, f.name)) +
				`" sheetId="` + strconv.Itoa(f.id) + `" r:id="` + f.relation + `"/>`)
		}
	}
	return e.copy(t)
}

// view makes sure that the sheet that is shown first is one that there is.
func (l *tabLister) view(e *editor, t *token) error {
	var settings []setting
	for _, name := range []string{"activeTab", "firstSheet"} {
		if number(t.attr(name)) >= l.count {
			settings = append(settings, set(name, "0"))
		}
	}
	if err := e.tag(t, asItWas, settings...); err != nil {
		return err
	}
	return e.copyInside(t)
}
