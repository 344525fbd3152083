package workbook

import (
	"fmt"
	"strconv"

	"meibo/internal/problem"
)

const (
	relationships   = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	opcNamespace    = "http://schemas.openxmlformats.org/package/2006/"
	spreadsheetType = "application/vnd.openxmlformats-officedocument.spreadsheetml."
)

const (
	commentsPart = "xl/comments1.xml"
	drawingPart  = "xl/drawings/vmlDrawing1.vml"
)

// sheetPart names the part of a sheet, from 0.
func sheetPart(i int) string { return fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1) }

// frontParts are the parts before the first sheet. All that can be wrong with
// the options is found here, before the first byte.
func frontParts(o WriterOptions, t tabs) ([]part, error) {
	if err := checkColumns(o, t); err != nil {
		return nil, err
	}
	pages, err := pageParts(o, t)
	if err != nil {
		return nil, err
	}
	notes := noteParts(o)
	parts := []part{
		contentTypesPart(len(t.all()), notes != nil),
		relationsPart("_rels/.rels", []relation{
			{relationships + "/officeDocument", "xl/workbook.xml"},
			{relationships + "/extended-properties", "docProps/app.xml"},
		}),
		{"docProps/app.xml", []byte(xmlDeclaration + `<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">` +
			`<Application>Meibo</Application></Properties>`)},
		bookRelations(len(t.all())),
		stylesPart(o.Lang),
	}
	return append(append(parts, notes...), pages...), nil
}

// checkColumns judges the texts that columns bring along.
func checkColumns(o WriterOptions, t tabs) error {
	for i, c := range o.Columns {
		for _, text := range append([]string{c.Header, c.Note}, c.Choices...) {
			if err := checkText(text); err != nil {
				return placed(err, problem.Place{Sheet: t.first, Line: 1, Column: Letters(i), Header: c.Header})
			}
		}
	}
	return nil
}

func contentTypesPart(sheets int, notes bool) part {
	s := xmlDeclaration + `<Types xmlns="` + opcNamespace + `content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/xml"/>`
	if notes {
		s += `<Default Extension="vml" ContentType="application/vnd.openxmlformats-officedocument.vmlDrawing"/>`
	}
	override := func(name, contentType string) {
		s += `<Override PartName="/` + name + `" ContentType="` + contentType + `"/>`
	}
	override("xl/workbook.xml", spreadsheetType+"sheet.main+xml")
	for i := range sheets {
		override(sheetPart(i), spreadsheetType+"worksheet+xml")
	}
	override("xl/styles.xml", spreadsheetType+"styles+xml")
	if notes {
		override(commentsPart, spreadsheetType+"comments+xml")
	}
	override("docProps/app.xml", "application/vnd.openxmlformats-officedocument.extended-properties+xml")
	return part{"[Content_Types].xml", []byte(s + `</Types>`)}
}

// relation is one relationship; its ID is rId and its number, from 1.
type relation struct{ kind, target string }

func relationsPart(name string, relations []relation) part {
	s := xmlDeclaration + `<Relationships xmlns="` + opcNamespace + `relationships">`
	for i, r := range relations {
		s += fmt.Sprintf(`<Relationship Id="rId%d" Type="%s" Target="%s"/>`, i+1, r.kind, r.target)
	}
	return part{name, []byte(s + `</Relationships>`)}
}

func bookRelations(sheets int) part {
	var relations []relation
	for i := range sheets {
		relations = append(relations, relation{relationships + "/worksheet", fmt.Sprintf("worksheets/sheet%d.xml", i+1)})
	}
	relations = append(relations, relation{relationships + "/styles", "styles.xml"})
	return relationsPart("xl/_rels/workbook.xml.rels", relations)
}

// bookPart is the workbook itself. It comes last: the name of the filtered range
// tells how many rows there are.
func bookPart(o WriterOptions, t tabs, rows int64) part {
	b := append([]byte(nil), xmlDeclaration...)
	b = append(b, `<workbook xmlns="`+mainNamespace+`" xmlns:r="`+relationships+`">`+
		`<bookViews><workbookView activeTab="0"/></bookViews><sheets>`...)
	for i, name := range t.all() {
		b = append(b, `<sheet name="`...)
		b = appendEscaped(b, name)
		b = append(b, `" sheetId="`...)
		b = strconv.AppendInt(b, int64(i+1), 10)
		if name == t.lists {
			b = append(b, `" state="hidden`...)
		}
		b = append(b, `" r:id="rId`...)
		b = strconv.AppendInt(b, int64(i+1), 10)
		b = append(b, `"/>`...)
	}
	b = append(b, `</sheets><definedNames><definedName name="_xlnm._FilterDatabase" localSheetId="0" hidden="1">`...)
	b = appendEscaped(b, quoteTab(t.first))
	b = fmt.Appendf(b, "!$A$1:$%s$%d</definedName>", Letters(len(o.Columns)-1), rows+1)
	b = append(b, `<definedName name="_xlnm.Print_Titles" localSheetId="0">`...)
	b = appendEscaped(b, quoteTab(t.first))
	b = append(b, `!$1:$1</definedName>`...)
	b = appendListNames(b, o.Columns, t)
	return part{"xl/workbook.xml", append(b, `</definedNames></workbook>`...)}
}
