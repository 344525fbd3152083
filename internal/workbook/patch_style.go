package workbook

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"strconv"
	"strings"
)

const (
	// markFill is the colour of bad cells: a light red that no palette of Excel
	// has, so that it is known again. What the fill of a cell was before stands
	// behind it, as the second colour, which a solid fill does not show.
	markFill = "FFFFCCD1"

	// officeColour is what LibreOffice makes of the second colour: that of an old
	// palette which is most like the first.
	officeColour = ` rgb="FFCCCCFF"`

	// noColour is the second colour of a cell that had no fill.
	noColour = ` indexed="64"`

	// maxAllFormats is how many cell formats a workbook can have (Excel's
	// specifications and limits: 65,490); beyond, bad cells are not filled.
	maxAllFormats = 64_000

	// maxFormat is how long a cell format may be to be cloned, in bytes.
	maxFormat = 4 << 10
)

// A formatTable is the cell formats of the workbook, and those that the copy adds.
type formatTable struct {
	part    string
	off     bool          // nothing can be added
	fills   []fill        // by index
	formats []cellXf      // by index
	ours    map[int]bool  // formats with our fill
	byRest  map[xfKey]int // only where there are ours

	fillIndex  map[[2]string]int // solid fills by their colours
	fillsOf    map[uint64]int    // the fill of all formats that are alike but for ours; 0 if they have several
	newFills   []string
	newFormats []newXf
	filledOf   map[int]int // format of a cell: that with our fill
	plainOf    map[int]int // format with our fill: that without
	seed       maphash.Seed
}

// A fill is what a fill is to us: the colour of a solid one, as attributes;
// empty for others.
type fill struct {
	solid string
	ours  bool
	under string // of ours: the colour of the fill it replaced
}

// A cellXf is one format of cells: its fill, and a hash of everything else.
type cellXf struct {
	fill int
	rest uint64
	long bool
}

type xfKey struct {
	rest uint64
	fill int
}

// A newXf is a format that is like another one but for its fill.
type newXf struct{ base, fill int }

// lookAtStyles reads which fills and formats there are.
func (p *patcher) lookAtStyles() error {
	st := &p.styles
	*st = formatTable{part: p.b.parts["styles"], ours: map[int]bool{}, filledOf: map[int]int{}, plainOf: map[int]int{}, byRest: map[xfKey]int{}, seed: maphash.MakeSeed()}
	if !p.annotates() {
		return nil
	}
	if st.part == "" || p.b.c.find(st.part) == nil {
		st.part = ""
		st.fillIndex, st.fills = map[[2]string]int{}, []fill{{}, {}}
		st.formats = []cellXf{{}}
		return nil
	}
	l := &styleLooker{formatTable: st}
	if err := p.scan(st.part, func(s *scanner) error {
		return (&editor{scanner: s}).each(func(t *token) error { return l.token(s, t) })
	}); err != nil {
		return err
	}
	st.indexFills()
	st.off = len(st.formats) == 0 || len(st.formats) > maxAllFormats || len(st.fills) > maxAllFormats
	for i, x := range st.formats {
		if x.fill >= 0 && x.fill < len(st.fills) && st.fills[x.fill].ours && !x.long {
			st.ours[i] = true
		}
	}
	st.fillsOf = map[uint64]int{}
	for i, x := range st.formats {
		if len(st.ours) > 0 && !st.ours[i] {
			if f, known := st.fillsOf[x.rest]; known && f != x.fill {
				st.fillsOf[x.rest] = 0
			} else {
				st.fillsOf[x.rest] = x.fill
			}
		}
		if _, known := st.byRest[xfKey{x.rest, x.fill}]; len(st.ours) > 0 && !known && !x.long {
			st.byRest[xfKey{x.rest, x.fill}] = i
		}
	}
	return nil
}

// A styleLooker reads the part of styles.
type styleLooker struct {
	*formatTable
	list string // the child of the root that is read
	hash maphash.Hash
	size int
}

func (l *styleLooker) token(s *scanner, t *token) error {
	depth := s.depth()
	if t.kind == startTag {
		depth--
	}
	switch {
	case depth == 1 && (t.kind == startTag || t.kind == emptyTag):
		l.list = ""
		if t.space == mainSpace {
			l.list = string(t.name)
		}
	case depth < 2 || len(l.formats) > maxAllFormats || len(l.fills) > maxAllFormats:
	case l.list == "fills":
		l.fillToken(t, depth)
	case l.list == "cellXfs":
		l.formatToken(t, depth)
	}
	return nil
}

func (l *styleLooker) fillToken(t *token, depth int) {
	if t.kind != startTag && t.kind != emptyTag {
		return
	}
	if depth == 2 && t.is("fill") {
		l.fills = append(l.fills, fill{})
	}
	if len(l.fills) == 0 {
		return
	}
	f := &l.fills[len(l.fills)-1]
	switch {
	case depth == 3 && t.is("patternFill") && string(t.attr("patternType")) == "solid":
		f.solid = noColour
	case depth == 4 && t.is("fgColor") && f.solid != "":
		f.solid = colourOf(t)
		f.ours = string(t.attr("rgb")) == markFill
	case depth == 4 && t.is("bgColor"):
		f.under = colourOf(t)
	}
}

// colourOf is the colour that a tag names, as attributes; that of no fill if it
// names none that is short.
func colourOf(t *token) string {
	out := ""
	for _, a := range t.attrs {
		switch string(a.name) {
		case "rgb", "theme", "indexed", "tint", "auto":
			out += " " + string(a.name) + `="` + strings.ReplaceAll(string(a.value), `"`, "&quot;") + `"`
		}
	}
	if out == "" || len(out) > 100 {
		return noColour
	}
	return out
}

func (l *styleLooker) formatToken(t *token, depth int) {
	if depth == 2 && t.is("xf") && (t.kind == startTag || t.kind == emptyTag) {
		l.hash.SetSeed(l.seed)
		l.size = 0
		x := cellXf{fill: max(0, number(t.attr("fillId")))}
		l.formats = append(l.formats, x)
		for _, a := range t.attrs {
			if name := string(a.name); name != "fillId" && name != "applyFill" {
				_, _ = l.hash.Write(a.name)
				_ = l.hash.WriteByte('=')
				_, _ = l.hash.Write(a.value)
			}
		}
	} else if depth > 2 {
		_, _ = l.hash.Write(t.raw)
	}
	if len(l.formats) == 0 {
		return
	}
	x := &l.formats[len(l.formats)-1]
	l.size += len(t.raw)
	x.rest, x.long = l.hash.Sum64(), l.size > maxFormat
}

// filled returns the format like the given one with our fill; the same if there
// is no room.
func (st *formatTable) filled(format int) int {
	if st.off || st.ours[format] || format >= len(st.formats) || st.formats[format].long {
		return format
	}
	if f, ok := st.filledOf[format]; ok {
		return f
	}
	under := noColour
	if x := st.formats[format]; x.fill < len(st.fills) && st.fills[x.fill].solid != "" {
		under = st.fills[x.fill].solid
	}
	f := st.with(format, st.ourFill(under))
	st.filledOf[format] = f
	return f
}

// plain returns the format without our fill; the same if it has another.
func (st *formatTable) plain(format int) int {
	if st.off || !st.ours[format] {
		return format
	}
	if f, ok := st.plainOf[format]; ok {
		return f
	}
	x := st.formats[format]
	fill := st.fillsOf[x.rest]
	if under := st.fills[x.fill].under; under != "" && under != officeColour {
		fill = st.solidFill(under)
	}
	f := st.with(format, fill)
	st.plainOf[format] = f
	return f
}

// with returns the format like base with another fill: one that is there, or a
// new one.
func (st *formatTable) with(base, fill int) int {
	if f, ok := st.byRest[xfKey{st.formats[base].rest, fill}]; ok {
		return f
	}
	n := len(st.formats) + len(st.newFormats)
	if n >= maxAllFormats {
		return base
	}
	st.newFormats = append(st.newFormats, newXf{base, fill})
	return n
}

// ourFill returns the index of our fill over a colour.
func (st *formatTable) ourFill(under string) int {
	return st.fillOf(` rgb="`+markFill+`"`, under)
}

// solidFill returns the index of a fill that is that colour alone.
func (st *formatTable) solidFill(colour string) int {
	if colour == "" || colour == noColour {
		return 0
	}
	return st.fillOf(colour, noColour)
}

// fillOf returns the index of the solid fill with those colours: one that is
// there, or a new one. The element of a new one has @ for the prefix. Only ours
// tell what is behind them.
func (st *formatTable) fillOf(front, back string) int {
	key := [2]string{front, back}
	if i, ok := st.fillIndex[key]; ok {
		return i
	}
	i := len(st.fills) + len(st.newFills)
	st.newFills = append(st.newFills, `<@fill><@patternFill patternType="solid"><@fgColor`+front+`/><@bgColor`+back+`/></@patternFill></@fill>`)
	st.fillIndex[key] = i
	return i
}

// indexFills files the fills by their colours.
func (st *formatTable) indexFills() {
	st.fillIndex = map[[2]string]int{}
	for i, f := range st.fills {
		key := [2]string{f.solid, noColour}
		if f.ours {
			key[1] = cmp.Or(f.under, noColour)
		}
		if _, known := st.fillIndex[key]; f.solid != "" && !known {
			st.fillIndex[key] = i
		}
	}
}

// plainStyles are those of a workbook that has none.
const plainStyles = xmlDeclaration + `<styleSheet xmlns="%s"><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>` +
	`<fills count="%d"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>%s</fills>` +
	`<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>` +
	`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>` +
	`<cellXfs count="%d"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>%s</cellXfs></styleSheet>`

// writeStyles writes the part of styles, if there are new ones.
func (p *patcher) writeStyles() error {
	st := &p.styles
	if len(st.newFormats) == 0 {
		return nil
	}
	fills := strings.Join(st.newFills, "")
	if st.part == "" {
		return p.createStyles(strings.ReplaceAll(fills, "@", ""))
	}
	w := &styleWriter{formatTable: st, raws: map[int][]byte{}}
	for _, n := range st.newFormats {
		w.raws[n.base] = nil
	}
	return p.rewrite(st.part, func(e *editor) error {
		w.e = e
		return e.each(w.token)
	})
}

func (p *patcher) createStyles(fills string) error {
	st := &p.styles
	formats := ""
	for _, n := range st.newFormats {
		formats += fmt.Sprintf(`<xf numFmtId="0" fontId="0" fillId="%d" borderId="0" xfId="0" applyFill="1"/>`, n.fill)
	}
	name := "xl/styles.xml" // the only name that some programs know
	if p.b.c.find(name) != nil {
		name = p.freePart("xl/styles%d.xml")
	}
	p.typed(name, spreadsheetType+"styles+xml")
	p.link(p.b.main, "styles", name)
	return p.compose(name, func(e *editor) error {
		e.write(fmt.Sprintf(plainStyles, p.mainSpace(), 2+len(st.newFills), fills, 1+len(st.newFormats), formats))
		return nil
	})
}

// A styleWriter copies the part of styles and adds the new ones.
type styleWriter struct {
	*formatTable
	e      *editor
	list   string
	index  int            // of the format that is copied
	raws   map[int][]byte // formats that new ones are like
	prefix string
}

func (w *styleWriter) token(t *token) error {
	depth := w.e.depth()
	if t.kind == startTag {
		depth--
	}
	switch {
	case depth == 1 && t.kind == startTag && t.space == mainSpace:
		w.list, w.prefix = string(t.name), prefixOf(t)
		switch w.list {
		case "fills":
			return w.e.tag(t, asItWas, setInt("count", len(w.fills)+len(w.newFills)))
		case "cellXfs":
			return w.e.tag(t, asItWas, setInt("count", len(w.formats)+len(w.newFormats)))
		}
	case depth == 1 && t.kind == emptyTag && t.is("fills"):
		return w.e.expand(t, w.fillsText(prefixOf(t)))
	case depth == 1 && t.kind == endTag && w.list == "fills":
		w.e.write(w.fillsText(w.prefix))
		w.list = ""
	case depth == 1 && t.kind == endTag && w.list == "cellXfs":
		w.list = ""
		if err := w.addFormats(); err != nil {
			return err
		}
	case depth == 2 && w.list == "cellXfs" && t.opens("xf"):
		w.index++
		return w.copyFormat(t, w.index-1)
	}
	return w.e.copy(t)
}

func (w *styleWriter) fillsText(prefix string) string {
	return strings.ReplaceAll(strings.Join(w.newFills, ""), "@", prefix)
}

// copyFormat copies a format, and keeps it if a new one is like it: its tag
// without its fill, and its content.
func (w *styleWriter) copyFormat(t *token, i int) error {
	if _, wanted := w.raws[i]; !wanted {
		return w.e.copyElement(t)
	}
	raw := appendTag(nil, t, asItWas, set("fillId", "\x00"), set("applyFill", "1"))
	if err := w.e.copy(t); err != nil {
		return err
	}
	if t.kind == startTag {
		for outside := w.e.depth() - 1; w.e.depth() > outside; {
			t, err := w.e.next()
			if err != nil {
				return err
			}
			raw = append(raw, t.raw...)
			if err := w.e.copy(t); err != nil {
				return err
			}
		}
	}
	w.raws[i] = raw
	return nil
}

func (w *styleWriter) addFormats() error {
	for _, n := range w.newFormats {
		w.e.write(strings.Replace(string(w.raws[n.base]), "\x00", strconv.Itoa(n.fill), 1))
	}
	return nil
}
