package workbook

import (
	"fmt"
	"strconv"
)

// The cell formats of styles.xml, by index. Those of a body come twice: the
// second time shaded, so many further on as there are of them.
const (
	_               = iota // the format of cells that have none
	styleText              // what is typed stays text
	styleLines             // text with line breaks
	styleNumber            // General
	styleLongNumber        // all digits of an integer
	styleDate
	styleDateTime
	shadedText
	_
	_
	_
	_
	_
	styleHeader
	styleShadedHeader
	stylePage
	stylePageHeading
	stylePageTitle
)

// styled is a body's format in a column that is shaded or not.
func styled(style int, shaded bool) int {
	if shaded {
		return style + shadedText - styleText
	}
	return style
}

// bodyStyle is the format of the column's empty cells.
func bodyStyle(c Column) int {
	switch c.Kind {
	case Number:
		return styled(styleNumber, c.Shaded)
	case Date:
		return styled(styleDate, c.Shaded)
	}
	return styled(styleText, c.Shaded)
}

// face is the look that goes with a language: Excel's own font there, so that
// Japanese text is not patched together from others. Office brings both to
// Windows and Mac.
type face struct {
	font          string  // elements of CT_Font after sz and color
	run           string  // the same for the runs of notes
	rowHeight     float64 // points, of a row of one line
	digit, margin float64 // pixels of a digit, and of a column besides
}

func faceOf(lang string) face {
	if lang == "ja" {
		return face{
			font:      `<name val="Yu Gothic"/><family val="3"/><charset val="128"/>`,
			run:       `<rFont val="Yu Gothic"/><family val="3"/><charset val="128"/>`,
			rowHeight: 18.75, digit: 8, margin: 5,
		}
	}
	return face{
		font:      `<name val="Calibri"/><family val="2"/>`,
		run:       `<rFont val="Calibri"/><family val="2"/>`,
		rowHeight: 15, digit: 7, margin: 5,
	}
}

const mainNamespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"

const xmlDeclaration = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"

// Numbers of number formats: the built-in ones, then ours.
const (
	formatGeneral  = 0
	formatInteger  = 1
	formatText     = 49
	formatDate     = 164
	formatDateTime = 165
)

// Numbers of fonts and fills, in the order of stylesPart. The first two fills
// are the format's own.
const (
	fontPlain, fontBold, fontTitle                = 0, 1, 2
	fillNone, fillHead, fillShaded, fillShadeHead = 0, 2, 3, 4
)

func stylesPart(lang string) part {
	font := faceOf(lang).font
	b := append([]byte(nil), xmlDeclaration...)
	b = append(b, `<styleSheet xmlns="`+mainNamespace+`"><numFmts count="2">`+
		`<numFmt numFmtId="164" formatCode="yyyy\-mm\-dd"/>`+
		`<numFmt numFmtId="165" formatCode="yyyy\-mm\-dd\ hh:mm:ss"/></numFmts>`+
		`<fonts count="3"><font><sz val="11"/><color rgb="FF000000"/>`+font+`</font>`+
		`<font><b/><sz val="11"/><color rgb="FF000000"/>`+font+`</font>`+
		`<font><b/><sz val="14"/><color rgb="FF000000"/>`+font+`</font></fonts>`+
		`<fills count="5"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>`...)
	for _, colour := range []string{"FFD9E1F2", "FFEDEDED", "FFD0CECE"} {
		b = append(b, `<fill><patternFill patternType="solid"><fgColor rgb="`+colour+`"/><bgColor indexed="64"/></patternFill></fill>`...)
	}
	b = append(b, `</fills><borders count="2"><border><left/><right/><top/><bottom/><diagonal/></border>`+
		`<border><left/><right/><top/><bottom style="thin"><color rgb="FF808080"/></bottom><diagonal/></border></borders>`+
		`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>`...)
	formats := cellFormats()
	b = fmt.Appendf(b, `<cellXfs count="%d">`, len(formats))
	for _, f := range formats {
		b = f.append(b)
	}
	b = append(b, `</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>`+
		`<dxfs count="0"/></styleSheet>`...)
	return part{"xl/styles.xml", b}
}

// cellFormat is one xf of cellXfs.
type cellFormat struct {
	number, font, fill, border int
	vertical                   string // empty for the format that cells without one have
	wrap                       bool
}

func cellFormats() []cellFormat {
	formats := []cellFormat{{}}
	for _, fill := range []int{fillNone, fillShaded} {
		formats = append(formats,
			cellFormat{number: formatText, fill: fill, vertical: "top"},
			cellFormat{number: formatText, fill: fill, vertical: "top", wrap: true},
			cellFormat{number: formatGeneral, fill: fill, vertical: "top"},
			cellFormat{number: formatInteger, fill: fill, vertical: "top"},
			cellFormat{number: formatDate, fill: fill, vertical: "top"},
			cellFormat{number: formatDateTime, fill: fill, vertical: "top"})
	}
	return append(formats,
		cellFormat{number: formatText, font: fontBold, fill: fillHead, border: 1, vertical: "center", wrap: true},
		cellFormat{number: formatText, font: fontBold, fill: fillShadeHead, border: 1, vertical: "center", wrap: true},
		cellFormat{number: formatText, vertical: "top", wrap: true},
		cellFormat{number: formatText, font: fontBold, fill: fillHead, border: 1, vertical: "center", wrap: true},
		cellFormat{number: formatText, font: fontTitle, vertical: "center"})
}

func (f cellFormat) append(b []byte) []byte {
	for _, a := range []struct {
		name  string
		value int
	}{{`<xf numFmtId="`, f.number}, {`" fontId="`, f.font}, {`" fillId="`, f.fill}, {`" borderId="`, f.border}} {
		b = append(b, a.name...)
		b = strconv.AppendInt(b, int64(a.value), 10)
	}
	if f.vertical == "" {
		return append(b, `" xfId="0"/>`...)
	}
	b = append(b, `" xfId="0" applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1"><alignment vertical="`...)
	b = append(b, f.vertical...)
	if f.wrap {
		b = append(b, `" wrapText="1`...)
	}
	return append(b, `"/></xf>`...)
}
