package sheet

import "strings"

// What stands in place of a cell that may hold a password where empty would make
// a bad row a good one: behind the last column of the header, and where a stray
// quote is.
const (
	hiddenSurplus = "***"
	hiddenStray   = "*\""
)

// findBlank sets which cells of a row below the header are emptied.
func (rw *rewriter) findBlank(rec *record) {
	rw.blank = append(rw.blank[:0], make([]bool, len(rec.cells))...)
	if len(rw.options.Blank) == 0 {
		return
	}
	surplus := 0
	if len(rec.cells) > rw.width {
		surplus = max(0, filled(rw.in.decode(rec).Cells)-rw.width)
	}
	for _, column := range rw.options.Blank {
		for i := column; i <= column+surplus && i < len(rw.blank); i++ {
			rw.blank[i] = true
		}
	}
	stray := false
	for i := range rec.cells {
		stray = stray || rec.cells[i].stray > 0
		rw.blank[i] = rw.blank[i] || stray
	}
}

// copyCells copies a row: the cells below the header, the added ones, the surplus.
func (rw *rewriter) copyCells(rec *record, added, fallback []string) error {
	cells := rowCopy{rw: rw}
	for i := range rec.cells {
		if i == rw.width {
			cells.add(rw.width, added, fallback)
		}
		if !rw.drop[i] {
			cells.put(rw.rawCell(rec, i))
		}
	}
	if len(rec.cells) <= rw.width {
		cells.add(len(rec.cells), added, fallback)
	}
	if cells.err != nil {
		return cells.err
	}
	return rw.write(rec.end)
}

// rawCell returns the bytes of cell i of rec, as they are to stand in the copy.
func (rw *rewriter) rawCell(rec *record, i int) []byte {
	c := &rec.cells[i]
	if i < len(rw.blank) && rw.blank[i] {
		text := ""
		switch {
		case c.stray > 0:
			text = hiddenStray
		case i >= rw.width && c.end > c.start:
			text = hiddenSurplus
		}
		rw.encoded, _ = rw.enc.Append(rw.encoded[:0], text)
		return rw.encoded
	}
	unit := rw.in.scan.view.unit()
	raw := rec.raw[int(c.start)*unit : min(int(c.end)*unit, len(rec.raw))]
	if unit == 2 && len(rw.options.Header) > 0 {
		raw = raw[:len(raw)&^1]
	}
	return raw
}

// encode returns an added cell as it stands in the file.
func (rw *rewriter) encode(text, fallback string) []byte {
	var lossy bool
	rw.encoded, lossy = rw.enc.Append(rw.encoded[:0], onOneLine(text))
	if lossy && fallback != "" {
		rw.encoded, _ = rw.enc.Append(rw.encoded[:0], onOneLine(fallback))
	}
	return rw.encoded
}

// onOneLine returns text as a cell: guarded, quoted where it needs it, and with
// spaces for line ends.
func onOneLine(text string) string {
	if strings.ContainsAny(text, "\r\n") {
		text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '\r' || r == '\n' }), " ")
	}
	text = Guard(text)
	return string(appendCell(nil, text, lookOver(text)&wantsQuotes != 0))
}

// A rowCopy puts cells with delimiters between them. After an error it does nothing.
type rowCopy struct {
	rw      *rewriter
	begun   bool
	shifted bool // the cell before ended outside ASCII, which a line end would have mended
	err     error
}

func (c *rowCopy) put(raw []byte) {
	if c.err != nil {
		return
	}
	if c.begun {
		if c.shifted {
			c.err = c.rw.write([]byte("\x1b(B"))
		}
		if c.err == nil {
			c.err = c.rw.write(c.rw.delim)
		}
	}
	if c.err == nil {
		c.err = c.rw.write(raw)
	}
	c.begun = true
	c.shifted = c.rw.enc.charset == iso2022JPName && endsShifted(raw)
}

// add fills up a row that has n cells to the width of the header, and adds the
// cells.
func (c *rowCopy) add(n int, added, fallback []string) {
	if len(c.rw.options.Header) == 0 {
		return
	}
	for ; n < c.rw.width; n++ {
		if !c.rw.drop[n] {
			c.put(nil)
		}
	}
	for i := range c.rw.options.Header {
		c.put(c.rw.encode(at(added, i), at(fallback, i)))
	}
}

func at(cells []string, i int) string {
	if i < len(cells) {
		return cells[i]
	}
	return ""
}

// endsShifted reports whether raw, in ISO-2022-JP, ends outside ASCII.
func endsShifted(raw []byte) bool {
	var v isoView
	v.see(nil, raw, true)
	return v.state != isoASCII
}
