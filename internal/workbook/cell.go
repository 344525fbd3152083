package workbook

import (
	"strconv"

	"meibo/internal/problem"
)

// A cellHead is what the tag of a cell says.
type cellHead struct {
	style int
	typ   cellType
}

// A cellType is what stands in a cell (ECMA-376 part 1, ST_CellType).
type cellType uint8

const (
	typeNumber cellType = iota
	typeShared
	typeInline
	typeFormulaText
	typeBool
	typeError
	typeISO
	typeUnknown
)

func cellTypeOf(t []byte) cellType {
	switch string(t) {
	case "n":
		return typeNumber
	case "s":
		return typeShared
	case "inlineStr":
		return typeInline
	case "str":
		return typeFormulaText
	case "b":
		return typeBool
	case "e":
		return typeError
	case "d":
		return typeISO
	}
	return typeUnknown
}

// neverCalculated is what Excel calls a formula that has no result. A program
// that writes formulas without calculating them leaves the cell empty; read as a
// blank it would change nothing, and nobody would know.
const neverCalculated = "#CALC!"

// hurry reads the cells that the scanner can read in one go.
func (r *rowReader) hurry() error {
	var c plainCell
	for {
		if !r.s.hurryCell(&c) {
			return nil
		}
		head, err := r.begin(c.ref, c.style, c.typ)
		if err != nil {
			return err
		}
		switch {
		case !c.inline:
			err = r.take(head, c.value, false)
		case c.keep:
			err = r.takeText(c.value, Text)
		default:
			err = r.takeText(trim(c.value), Text)
		}
		if err != nil {
			return err
		}
	}
}

// readCell reads one cell, whose tag is t, in whatever way it is written.
func (r *rowReader) readCell(t *token) error {
	head, err := r.begin(t.attr("r"), t.attr("s"), t.attr("t"))
	if err != nil || t.kind == emptyTag {
		return err
	}
	return r.readContent(head)
}

// begin moves to the column of a cell with these attributes; those that are nil
// are not there.
func (r *rowReader) begin(ref, style, typ []byte) (head cellHead, err error) {
	before := r.at
	r.at++
	if ref != nil {
		if err := r.moveTo(ref, before); err != nil {
			return head, err
		}
	}
	if r.at >= maxColumns {
		return head, damaged(reasonReference, r.s.part)
	}
	if style != nil {
		head.style = atoi(style)
	}
	if typ != nil {
		head.typ = cellTypeOf(typ)
	}
	if head.style < 0 || head.typ == typeUnknown {
		return head, r.here(damaged(reasonValue, r.s.part))
	}
	return head, nil
}

// moveTo reads a reference as in AB12, which must lie in this row and to the
// right of the cell before.
func (r *rowReader) moveTo(ref []byte, before int) error {
	column, i := 0, 0
	for ; i < len(ref) && i < 4; i++ {
		c := ref[i] &^ 0x20
		if c < 'A' || c > 'Z' {
			break
		}
		column = 26*column + int(c-'A') + 1
	}
	if i == 0 || column > maxColumns || atoi(ref[i:]) != r.line {
		return damaged(reasonReference, r.s.part)
	}
	if r.at = column - 1; r.at <= before {
		return r.here(damaged(reasonOrder, r.s.part))
	}
	return nil
}

// readContent reads a cell that is not as plain as most are: with a formula, runs
// of text, references, comments or layout.
func (r *rowReader) readContent(head cellHead) error {
	s := r.s
	outside := s.depth() - 1
	formula, inline, raw := false, false, []byte(nil)
	from := len(r.text)
	for {
		t, err := s.content()
		if err != nil {
			return s.early(err)
		}
		switch {
		case s.depth() == outside && inline:
			return r.keep(from, Text)
		case s.depth() == outside:
			return r.take(head, raw, formula)
		case t.opens("v") && t.kind == startTag:
			if raw, err = s.rawText(); err != nil {
				return err
			}
		case t.opens("is"):
			inline = true
			if r.text, err = s.richText(r.text[:from]); err != nil {
				return err
			}
		case t.kind == startTag:
			formula = formula || t.is("f")
			if err := s.skip(); err != nil {
				return err
			}
		}
	}
}

// take keeps the text of a cell whose value is raw.
func (r *rowReader) take(head cellHead, raw []byte, formula bool) error {
	if len(raw) > maxCellText {
		return r.here(tooMuch("text", maxCellText))
	}
	switch head.typ {
	case typeFormulaText, typeInline:
		return r.takeText(raw, Text)
	case typeError:
		return r.takeText(trim(raw), Error)
	}
	if raw = trim(raw); len(raw) == 0 {
		if formula {
			return r.takeText([]byte(neverCalculated), Error)
		}
		return nil
	}
	switch head.typ {
	case typeShared:
		return r.takeShared(raw)
	case typeBool:
		return r.takeBool(raw)
	}
	return r.takeNumber(head, raw)
}

func (r *rowReader) takeText(raw []byte, kind Kind) error {
	if len(raw) > maxCellText {
		return r.here(tooMuch("text", maxCellText))
	}
	from := len(r.text)
	r.text = appendUnescaped(r.text, raw)
	return r.keep(from, kind)
}

// keep makes what was appended to r.text since from the text of the cell.
func (r *rowReader) keep(from int, kind Kind) error {
	if len(r.text) > maxRow {
		return problem.Of(problem.TooLarge, problem.RowTooLong, "limit", strconv.Itoa(maxRow))
	}
	if len(r.text) > from {
		r.cells = append(r.cells, cell{column: r.at, from: from, to: len(r.text), kind: kind})
	}
	return nil
}

func (r *rowReader) takeShared(raw []byte) error {
	t, i := r.b.strings, atoi(raw)
	if i < 0 || i >= t.count {
		return r.here(damaged(reasonSharedIndex, r.s.part))
	}
	if t.file == nil {
		if text := t.blocks[i/block].text(i % block); text != "" {
			r.cells = append(r.cells, cell{column: r.at, shared: text})
		}
		return nil
	}
	from := len(r.text)
	var err error
	if r.text, err = t.file.append(r.text, i); err != nil {
		return err
	}
	return r.keep(from, Text)
}

func (r *rowReader) takeBool(raw []byte) error {
	switch string(raw) {
	case "1", "true":
		return r.takeText([]byte("TRUE"), Bool)
	case "0", "false":
		return r.takeText([]byte("FALSE"), Bool)
	}
	return r.here(damaged(reasonValue, r.s.part))
}

var general format

// takeNumber keeps a number, or a moment of a cell of the type d, as its format
// shows it. A format that is not there is General.
func (r *rowReader) takeNumber(head cellHead, raw []byte) error {
	f := &general
	if head.style < len(r.b.formats) && r.b.formats[head.style] != nil {
		f = r.b.formats[head.style]
	}
	from := len(r.text)
	if head.typ == typeISO {
		var ok bool
		if r.text, ok = f.appendISO(r.text, raw); !ok {
			return r.here(damaged(reasonValue, r.s.part))
		}
		return r.keep(from, Date)
	}
	if f.isGeneral() && isPlain(raw) {
		r.text = append(r.text, raw...)
		return r.keep(from, Number)
	}
	v, ok := parseNumber(raw)
	if !ok {
		return r.here(damaged(reasonValue, r.s.part))
	}
	var kind Kind
	r.text, kind = f.append(r.text, v, r.b.date1904)
	return r.keep(from, kind)
}

// append appends a number as the format shows it.
func (f *format) append(dst []byte, v float64, date1904 bool) ([]byte, Kind) {
	if f.isMoment() {
		if out, ok := f.appendMoment(dst, v, date1904); ok {
			return out, Date
		}
	} else if out, ok := f.appendMasked(dst, v); ok {
		return out, Number
	}
	return appendGeneral(dst, v), Number
}
