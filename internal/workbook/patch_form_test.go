package workbook

import (
	"encoding/binary"
	"regexp"
	"strings"
	"testing"
	"unicode/utf16"

	"meibo/internal/problem"
)

// plainBook is a workbook of parts that every program opens.
func plainBook(t testing.TB) parts {
	file := partsOf(t, people(t))
	delete(file, "docProps/app.xml")
	delete(file, "docProps/core.xml")
	file["_rels/.rels"] = leadingTo("officeDocument", "xl/workbook.xml")
	return file
}

var bareTag = regexp.MustCompile(`<(/?)([A-Za-z]\w*)([ />])`)

// withPrefix gives every element of a part that has none the prefix pre.
func withPrefix(part string) string {
	return strings.Replace(bareTag.ReplaceAllString(part, "<${1}pre:$2$3"), ` xmlns="`, ` xmlns:pre="`, 1)
}

func wide(part string) string {
	part = strings.Replace(part, `encoding="UTF-8"`, `encoding="UTF-16"`, 1)
	b := []byte{}
	for _, u := range utf16.Encode([]rune("\ufeff" + part)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return string(b)
}

// strictly turns a transitional part into a strict one.
func strictly(part string) string {
	return strings.NewReplacer("http://schemas.openxmlformats.org/spreadsheetml/2006/main", strictMain, transitional, strictRelations).Replace(part)
}

func TestA5_WorkbooksOfEveryFormAreGivenBack(t *testing.T) {
	xml := func(change func(string) string) func(parts) {
		return func(p parts) {
			for name, part := range p {
				if name != "[Content_Types].xml" {
					p[name] = change(part)
				}
			}
		}
	}
	tests := []struct {
		name   string
		change func(parts)
	}{
		{"as most are", func(parts) {}},
		{"prefixed", xml(withPrefix)},
		{"prefixed types", func(p parts) { p["[Content_Types].xml"] = withPrefix(p["[Content_Types].xml"]) }},
		{"strict", xml(strictly)},
		{"strict and prefixed", xml(func(part string) string { return withPrefix(strictly(part)) })},
		{"in UTF-16", xml(wide)},
		{"with a byte order mark", xml(func(part string) string { return "\ufeff" + part })},
		{"with entries in backslashes and capitals", func(p parts) {
			for name, part := range p {
				if strings.HasPrefix(name, "xl/") {
					delete(p, name)
					p[strings.ToUpper(strings.ReplaceAll(name, "/", `\`))] = part
				}
			}
		}},
		{"with absolute targets", func(p parts) {
			const rels = "xl/_rels/workbook.xml.rels"
			p[rels] = strings.NewReplacer(`Target="worksheets`, `Target="/xl/worksheets`, `Target="styles`, `Target="/xl/styles`).Replace(p[rels])
		}},
		{"with an extension behind the rows", func(p parts) {
			const sheet = "xl/worksheets/sheet1.xml"
			p[sheet] = strings.Replace(p[sheet], "</worksheet>", `<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice Requires="x14"><controls/></mc:Choice></mc:AlternateContent><extLst><ext uri="x"/></extLst></worksheet>`, 1)
		}},
	}
	want := "1|email|name|age|結果|理由|\n2|ann@x.jp|Ann|n:41|更新|\n3|bob|Bob|n:7|拒否|住所ではありません。|\n4|eve@x.jp|Eve|old|拒否|数ではありません。|\n"
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := plainBook(t)
			tt.change(file)
			before := file.zipped(t)
			out := patched(t, before, annotation(), marksOfPeople...)
			if got := rowsOf(t, out, 0); got != want {
				t.Errorf("rows:\n%s\nwant:\n%s", got, want)
			}
			all := partsOf(t, out)
			wellFormed(t, all)
			if got := len(all); got != len(file)+3 {
				t.Errorf("parts = %d, want three more than %d", got, len(file))
			}
			o := annotation()
			o.Header = nil
			clean := patched(t, out, o)
			if got, want := rowsOf(t, clean, 0), rowsOf(t, before, 0); got != want {
				t.Errorf("rows without results:\n%s\nwant:\n%s", got, want)
			}
			wellFormed(t, partsOf(t, clean))
			again := patched(t, clean, annotation(), marksOfPeople...)
			if got := rowsOf(t, again, 0); got != want {
				t.Errorf("rows the third time:\n%s\nwant:\n%s", got, want)
			}
			if first, third := all["xl/worksheets/sheet1.xml"], partsOf(t, again)["xl/worksheets/sheet1.xml"]; strings.Count(first, "legacyDrawing") != strings.Count(third, "legacyDrawing") {
				t.Errorf("the third time: %s\nwant %s", third, first)
			}
		})
	}
}

// wellFormed checks that every part of a workbook is XML.
func wellFormed(t testing.TB, all parts) {
	t.Helper()
	for name, part := range all {
		if _, err := outline(strings.NewReader(part)); err != nil {
			t.Errorf("%s: %v\n%s", name, err, part)
		}
	}
}

func TestA5_OnlyPartsThatChangeAreWrittenInAnotherEncoding(t *testing.T) {
	file := plainBook(t)
	for _, name := range []string{"xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml", "xl/theme/theme1.xml"} {
		file[name] = wide(file[name])
	}
	out := partsOf(t, patched(t, file.zipped(t), annotation(), marksOfPeople...))
	for _, name := range []string{"xl/workbook.xml", "xl/theme/theme1.xml"} {
		if out[name] != file[name] {
			t.Errorf("%s changed", name)
		}
	}
	for _, name := range []string{"xl/worksheets/sheet1.xml", "xl/styles.xml"} {
		if !strings.HasPrefix(out[name], `<?xml version="1.0" encoding="UTF-8"`) {
			t.Errorf("%s begins %.60q", name, out[name])
		}
	}
}

func TestA5_WhatCannotBeGivenBackSaysSo(t *testing.T) {
	const row = `<row r="1"><c r="A1"><v>1</v></c></row>`
	tests := []struct{ name, rows, reason string }{
		{"rows for some programs only", `<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Fallback>` + row + `</mc:Fallback></mc:AlternateContent>`, "alternate"},
		{"no room behind the last column", `<row r="1"><c r="A1"><v>1</v></c><c r="XFD1"><v>1</v></c></row>`, "columns"},
		{"room for one column only", `<row r="1"><c r="A1"><v>1</v></c><c r="XFC1"><v>1</v></c></row>`, "columns"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tryPatch(t, bookOf(tt.rows, nil).zipped(t), annotation())
			if got := coded(err); got.Code != problem.WorkbookOnlyTable || got.Values["reason"] != tt.reason {
				t.Errorf("error = %v %v, want %s", err, got.Values, tt.reason)
			}
		})
	}
}

func TestA5_DamagedSheetsAreAProblem(t *testing.T) {
	const row = `<row r="1"><c r="A1"><v>1</v></c></row>`
	tests := []struct{ name, rows, reason string }{
		{"a row twice", row + row, reasonOrder},
		{"a cell twice", `<row r="1"><c r="A1"><v>1</v></c><c r="A1"/></row>`, reasonOrder},
		{"another row's cell", `<row r="1"><c r="A2"/></row>`, reasonReference},
		{"a row that no sheet has", row + `<row r="1048577"/>`, reasonReference},
		{"a column that no sheet has", `<row r="1"><c r="XFE1"/></row>`, reasonReference},
		{"no place", `<row r="1"><c r="1"/></row>`, reasonReference},
		{"a row that does not end", `<row r="1">`, reasonXML},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tryPatch(t, bookOf(tt.rows, nil).zipped(t), annotation())
			if got := coded(err); got.Code != problem.WorkbookDamaged || got.Values["reason"] != tt.reason {
				t.Errorf("error = %v %v, want %s", err, got.Values, tt.reason)
			}
		})
	}
}

func TestA5_DrawingsThatAreNoXMLStayAndNotesGoToTheSheetOfProblems(t *testing.T) {
	file := partsOf(t, styledPeople(t))
	const boxes = "xl/drawings/vmlDrawing1.vml"
	file[boxes] = strings.Replace(file[boxes], "<v:textbox", "<br><v:textbox", 1)
	out := patched(t, file.zipped(t), annotation(), marksOfPeople...)
	if got := partOf(t, out, boxes); got != file[boxes] {
		t.Errorf("the drawing changed: %s", got)
	}
	if got, want := rowsOf(t, out, 1), "1|行|セル|問題|\n2|n:4|C4|数ではありません。|\n"; got != want {
		t.Errorf("problems = %s, want %s", got, want)
	}
}
