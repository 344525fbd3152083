package workbook

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"meibo/internal/problem"
)

// parts are the parts of a workbook by their names.
type parts map[string]string

const (
	transitional = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	xmlHead      = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
)

func leadingTo(pairs ...string) string {
	var b strings.Builder
	b.WriteString(xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`)
	for i := 0; i < len(pairs); i += 2 {
		fmt.Fprintf(&b, `<Relationship Id="rId%d" Type="%s/%s" Target="%s"/>`, i/2+1, transitional, pairs[i], pairs[i+1])
	}
	return b.String() + `</Relationships>`
}

// bookOf is a workbook of one sheet with these rows, and what else is given.
func bookOf(rows string, more parts) parts {
	p := parts{
		"_rels/.rels":                leadingTo("officeDocument", "xl/workbook.xml"),
		"xl/_rels/workbook.xml.rels": leadingTo("worksheet", "worksheets/sheet1.xml", "sharedStrings", "sharedStrings.xml", "styles", "styles.xml"),
		"xl/workbook.xml":            xmlHead + `<workbook ` + mainNS + ` xmlns:r="` + transitional + `"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/worksheets/sheet1.xml":   sheetOf(rows),
		"xl/sharedStrings.xml":       sstOf("<si><t>zero</t></si><si><t>one</t></si>"),
		"xl/styles.xml":              stylesOf(),
	}
	maps.Copy(p, more)
	return p
}

func sheetOf(rows string) string {
	return xmlHead + `<worksheet ` + mainNS + `><sheetData>` + rows + `</sheetData></worksheet>`
}

func sstOf(items string) string { return xmlHead + `<sst ` + mainNS + `>` + items + `</sst>` }

// stylesOf has one cell format for each number format, from 1 on.
func stylesOf(codes ...string) string {
	var formats, xfs strings.Builder
	for i, code := range codes {
		escaped := strings.NewReplacer("&", "&amp;", "<", "&lt;", `"`, "&quot;").Replace(code)
		fmt.Fprintf(&formats, `<numFmt numFmtId="%d" formatCode="%s"/>`, 164+i, escaped)
		fmt.Fprintf(&xfs, `<xf numFmtId="%d"/>`, 164+i)
	}
	return xmlHead + `<styleSheet ` + mainNS + `><numFmts>` + formats.String() + `</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/>` +
		xfs.String() + `</cellXfs><dxfs><dxf><numFmt numFmtId="164" formatCode="yyyy"/></dxf></dxfs></styleSheet>`
}

// zipped packs the parts, in the order of their names.
func (p parts) zipped(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(p)) {
		f, err := w.Create(name)
		if err == nil {
			_, err = io.WriteString(f, p[name])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// openBook opens a file with the limits of SPEC F11.
func openBook(t testing.TB, file []byte) (*Book, error) {
	t.Helper()
	b, err := Open(bytes.NewReader(file), int64(len(file)), DefaultLimits())
	if err == nil {
		t.Cleanup(func() {
			if err := b.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	return b, err
}

// shown writes the rows of a sheet, each with its number and its texts between
// bars, kinds that are not Text behind a letter: 2|ann|n:12|.
func shown(b *Book, sheet int) (string, error) {
	var out strings.Builder
	for row, err := range b.Rows(context.Background(), sheet) {
		if err != nil {
			return out.String(), err
		}
		fmt.Fprintf(&out, "%d|", row.Number)
		for i, text := range row.Texts {
			out.WriteString([]string{"", "n:", "d:", "b:", "e:"}[row.Kinds[i]] + text + "|")
		}
		out.WriteByte('\n')
	}
	return out.String(), nil
}

// read opens a file and shows its first sheet.
func read(t testing.TB, file []byte) (string, error) {
	t.Helper()
	b, err := openBook(t, file)
	if err != nil {
		return "", err
	}
	return shown(b, 0)
}

// coded returns the problem that err is; the zero one if it is none.
func coded(err error) problem.Problem {
	p := problem.Problem{}
	errors.As(err, &p)
	return p
}
