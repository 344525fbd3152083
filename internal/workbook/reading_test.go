package workbook

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf16"
)

// row1 is a row 1 of these cells.
func row1(cells string) string { return `<row r="1">` + cells + `</row>` }

func TestF5_CellsAreReadAsTheyAreShown(t *testing.T) {
	tests := []struct{ name, rows, want string }{
		{"a shared string", row1(`<c r="A1" t="s"><v>1</v></c>`), "1|one|"},
		{"an inline string", row1(`<c r="A1" t="inlineStr"><is><t>x &amp; y</t></is></c>`), "1|x & y|"},
		{"rich text is its runs, one after the other", row1(`<c r="A1" t="inlineStr"><is><r><rPr><b/></rPr><t xml:space="preserve">a </t></r><r><t>b</t></r></is></c>`), "1|a b|"},
		{"phonetic runs are left out", row1(`<c r="A1" t="inlineStr"><is><t>漢字</t><rPh sb="0" eb="2"><t>カンジ</t></rPh><phoneticPr fontId="1"/></is></c>`), "1|漢字|"},
		{"white space around a text is layout unless it says otherwise", row1(`<c r="A1" t="inlineStr"><is><t> a </t></is></c><c r="B1" t="inlineStr"><is><t xml:space="preserve"> b </t></is></c>`), "1|a| b |"},
		{"escapes of characters that XML forbids", row1(`<c r="A1" t="inlineStr"><is><t>a_x000D_b_x005F_x0041_c_x41_</t></is></c>`), "1|a\rb_x0041_c_x41_|"},
		{"escapes of a surrogate pair, and of half of one", row1(`<c r="A1" t="inlineStr"><is><t>_xD842__xDFB7_野_xD842_家</t></is></c>`), "1|𠮷野\ufffd家|"},
		{"CDATA and comments in a text", row1(`<c r="A1" t="inlineStr"><is><t>a<!-- x --><![CDATA[<b>]]></t></is></c>`), "1|a<b>|"},
		{"the result of a formula that is a text", row1(`<c r="A1" t="str"><f>"a"&amp;"b"</f><v>ab </v></c>`), "1|ab |"},
		{"the result of a formula that is a number", row1(`<c r="A1"><f>1+1</f><v>2</v></c>`), "1|n:2|"},
		{"a formula that was never calculated is an error, not a blank", row1(`<c r="A1"><f>1+1</f></c>`), "1|e:#CALC!|"},
		{"a formula whose result is the empty text is blank", row1(`<c r="A1" t="str"><f>""</f><v></v></c><c r="B1"><v>1</v></c>`), "1||n:1|"},
		{"booleans", row1(`<c r="A1" t="b"><v>1</v></c><c r="B1" t="b"><v>0</v></c>`), "1|b:TRUE|b:FALSE|"},
		{"errors", row1(`<c r="A1" t="e"><v>#N/A</v></c>`), "1|e:#N/A|"},
		{"numbers without a type", row1(`<c r="A1"><v>42</v></c><c r="B1" t="n"><v>-1.5</v></c>`), "1|n:42|n:-1.5|"},
		{"a cell of type d", row1(`<c r="A1" t="d"><v>2026-04-01</v></c><c r="B1" t="d"><v>2026-04-01T10:30:00Z</v></c><c r="C1" t="d"><v>2026-04-01T00:00:00.000</v></c><c r="D1" t="d"><v>10:30:00</v></c>`), "1|d:2026-04-01|d:2026-04-01T10:30:00|d:2026-04-01|d:10:30:00|"},
		{"sparse cells keep their column", row1(`<c r="C1"><v>1</v></c><c r="AB1"><v>2</v></c>`), "1|||n:1|" + strings.Repeat("|", 24) + "n:2|"},
		{"the last column of all", row1(`<c r="XFD1"><v>1</v></c>`), "1|" + strings.Repeat("|", 16383) + "n:1|"},
		{"cells without r follow each other", row1(`<c><v>1</v></c><c r="C1"><v>3</v></c><c><v>4</v></c>`), "1|n:1||n:3|n:4|"},
		{"rows without r follow each other", `<row><c><v>1</v></c></row><row r="4"><c r="A4"><v>4</v></c></row><row><c r="A5"><v>5</v></c></row>`, "1|n:1|\n4|n:4|\n5|n:5|"},
		{"references in small letters", row1(`<c r="b1"><v>1</v></c>`), "1||n:1|"},
		{"blank and trailing styled cells are cut off", row1(`<c r="A1"><v>1</v></c><c r="B1" s="1"/><c r="C1" s="1"></c><c r="D1" t="s"><v></v></c>`), "1|n:1|"},
		{"blank and trailing styled rows are left out", `<row r="1" s="1"/><row r="2"><c r="A2"><v>2</v></c></row><row r="3" s="1" customFormat="1"><c r="A3" s="1"/></row><row r="1048576" s="1"><c r="A1048576" s="1"/></row>`, "2|n:2|"},
		{"hidden rows are read", `<row r="1" hidden="1"><c r="A1"><v>1</v></c></row>`, "1|n:1|"},
		{"merged cells have their text at the top left", row1(`<c r="A1"><v>1</v></c><c r="B1"/>`) + `</sheetData><mergeCells count="1"><mergeCell ref="A1:B1"/></mergeCells><sheetData xmlns="urn:other">`, "1|n:1|"},
		{"attributes in any order, in any quotes, with others between", `<row spans="9:9" r='1'><c t='s' x="" r = "B1" s="0" ><v >1</v ></c ></row>`, "1||one|"},
		{"elements of extensions are passed over", row1(`<c r="A1"><v>1</v><extLst><ext><c r="B1"><v>2</v></c></ext></extLst></c>`) + `<ext xmlns="urn:x"><row r="9"><c/></row></ext>`, "1|n:1|"},
		{"a fallback takes the place of its choice", row1(`<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice Requires="x"><c r="A1"><v>1</v></c></mc:Choice><mc:Fallback><c r="A1"><v>2</v></c></mc:Fallback></mc:AlternateContent>`), "1|n:2|"},
		{"numbers beyond 15 digits are as Excel shows them", row1(`<c><v>123456789012345</v></c><c><v>1234567890123456</v></c><c><v>1.2300000000000000E+3</v></c><c><v>0.30000000000000004</v></c><c><v>-0</v></c>`), "1|n:123456789012345|n:1.23456789012346E+15|n:1230|n:0.3|n:0|"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := read(t, bookOf(tt.rows, nil).zipped(t))
			if want := tt.want + "\n"; err != nil || got != want {
				t.Errorf("%q, %v; want %q", got, err, want)
			}
		})
	}
}

func TestF5_ShortAndLongWayAreTheSame(t *testing.T) {
	rows := `<row r="1"><c r="A1" t="s"><v>1</v></c><c r="B1" t="inlineStr"><is><t> a_x0041_</t></is></c><c r="C1" t="inlineStr"><is><t xml:space="preserve"> b </t></is></c>` +
		`<c r="D1"><v> 12 </v></c><c r="E1" t="b"><v>1</v></c><c r="F1" s="0"/><c r="G1" t="str"><v>あ</v></c></row>`
	want, err := read(t, bookOf(rows, nil).zipped(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(string) string{
		"comments everywhere": func(s string) string { return strings.ReplaceAll(s, "><", "><!-- c --><") },
		"prefixes":            prefixed,
		"prefixes, comments":  func(s string) string { return strings.ReplaceAll(prefixed(s), "><", "><!-- c --><") },
		"single quotes":       func(s string) string { return strings.ReplaceAll(s, `"`, `'`) },
		"line breaks":         func(s string) string { return strings.ReplaceAll(s, "><", ">\r\n  <") },
	} {
		sheet := change(sheetOf(rows))
		got, err := read(t, bookOf("", parts{"xl/worksheets/sheet1.xml": sheet}).zipped(t))
		if err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", name, got, err, want)
		}
	}
}

func TestF5_SharedStringsHaveAShortAndALongWay(t *testing.T) {
	strings := []string{
		`<si><t> a_x0041_</t></si>`, `<si><t xml:space="preserve"> b </t></si>`, `<si><t> c </t><phoneticPr fontId="1"/></si>`,
		`<si><t>山田</t><rPh sb="0" eb="2"><t>ヤマダ</t></rPh></si>`, `<si><t>山</t><rPh sb="0" eb="1"><t>ヤマ</t></rPh><rPh sb="1" eb="2"><t>ダ</t></rPh><phoneticPr fontId="1" type="Hiragana" alignment="center"/></si>`,
		`<si><t></t></si>`,
	}
	for i, si := range strings {
		want, err := readShared(t, sstOf(`<si><!-- c -->`+si[len("<si>"):]))
		if err != nil {
			t.Fatal(err)
		}
		for _, same := range []string{sstOf(si), prefixed(sstOf(si))} {
			if got, err := readShared(t, same); err != nil || got != want {
				t.Errorf("%d: %s: %q, %v; want %q", i, same, got, err, want)
			}
		}
	}
	for _, bad := range []string{
		`<si><t>a</t><phoneticPr fontId="1" fontId="1"/></si>`, `<si><t>a</t><rPh sb="0" sb="1"><t>b</t></rPh></si>`, `<si><t>a</t><rPh><t>b</rPh></t></si>`,
		`<si><t>a</t><phoneticPr fontId="1></si>`, `<si><t>a</t><rPh eb="1"sb="1"><t>b</t></rPh></si>`, `<si><t>a</t></sj>`,
	} {
		for _, same := range []string{sstOf(bad), prefixed(sstOf(bad))} {
			if got, err := readShared(t, same); coded(err).Values["reason"] != reasonXML {
				t.Errorf("%s: %q, %v; want it refused", same, got, err)
			}
		}
	}
}

// readShared reads a sheet whose only cell is the first of these shared strings.
func readShared(t *testing.T, table string) (string, error) {
	t.Helper()
	return read(t, bookOf(row1(`<c r="A1" t="s"><v>0</v></c>`), parts{"xl/sharedStrings.xml": table}).zipped(t))
}

func TestF5_APrefixMayStandForSomethingElseInside(t *testing.T) {
	const main, other = "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "urn:other"
	for root, inside := range map[string]string{"": "q:", "p:": "q:"} {
		declare := func(prefix, uri string) string { return strings.TrimSuffix(" xmlns:"+prefix, ":") + `="` + uri + `"` }
		sheet := xmlHead + "<" + root + "worksheet" + declare(root, main) + "><" + root + "sheetData><" +
			inside + "row" + declare(inside, main) + declare(root, other) + ` r="1"><` +
			root + `c r="A1"><` + root + "v>1</" + root + "v></" + root + "c><" + inside + `c r="B1"><` + inside + "v>2</" + inside + "v></" + inside + "c></" + inside + "row><" +
			root + `row r="2"><` + root + `c r="A2"><` + root + "v>3</" + root + "v></" + root + "c></" + root + "row></" + root + "sheetData></" + root + "worksheet>"
		got, err := read(t, bookOf("", parts{"xl/worksheets/sheet1.xml": sheet}).zipped(t))
		if want := "1||n:2|\n2|n:3|\n"; err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", root, got, err, want)
		}
	}
}

// prefixed puts a prefix on every element.
func prefixed(part string) string {
	part = strings.NewReplacer("</", "</p:", "<?", "<?", "<", "<p:").Replace(part)
	return strings.Replace(part, "xmlns=", "xmlns:p=", 1)
}

func TestF5_ShownAsTheFormatSays(t *testing.T) {
	tests := []struct{ format, value, want string }{
		{"General", "45748", "n:45748"},
		{"@", "45748", "n:45748"},
		{"0000", "12", "n:0012"},
		{"0000", "123456", "n:123456"},
		{"0000", "-12", "n:-0012"},
		{"0000", "12.5", "n:12.5"},
		{"000-0000", "1234567", "n:123-4567"},
		{`000\-0000`, "1234567", "n:123-4567"},
		{`000"-"0000`, "10", "n:000-0010"},
		{`"〒"000-0000`, "1000001", "n:〒100-0001"},
		{`〒000-0000`, "1000001", "n:〒100-0001"},
		{`[<=999]000;[<=9999]000\-00;000\-0000`, "123", "n:123"},
		{`[<=999]000;[<=9999]000\-00;000\-0000`, "1234", "n:012-34"},
		{`[<=999]000;[<=9999]000\-00;000\-0000`, "1234567", "n:123-4567"},
		{`[<=99999999]####\-####;\(00\)\ ####\-####`, "12345678", "n:1234-5678"},
		{`[<=99999999]####\-####;\(00\)\ ####\-####`, "312345678", "n:(03) 1234-5678"},
		{`[$-411]000`, "7", "n:007"},
		{`[Red]000`, "7", "n:007"},
		{"0_ ", "7", "n:7"},
		{"#,##0", "1234567", "n:1234567"},
		{"0.00", "1.5", "n:1.5"},
		{"0%", "0.5", "n:0.5"},
		{"0.00E+00", "12345", "n:12345"},
		{`[$¥-411]#,##0`, "100", "n:100"},
		{`"day"0`, "5", "n:day5"},
		{"0;(0)", "-5", "n:(5)"},
		{"yyyy-mm-dd", "46113", "d:2026-04-01"},
		{"yyyy/m/d", "46113.4375", "d:2026-04-01"},
		{"yyyy/m/d h:mm", "46113.4375", "d:2026-04-01T10:30:00"},
		{"yyyy/m/d h:mm", "46113", "d:2026-04-01T00:00:00"},
		{"h:mm", "0.4375", "d:10:30:00"},
		{"h:mm AM/PM", "0.4375", "d:10:30:00"},
		{"h:mm", "46113.4375", "d:2026-04-01T10:30:00"},
		{"mm:ss", "0.0007", "d:00:01:00"},
		{"[h]:mm", "1.25", "d:30:00:00"},
		{"[mm]:ss", "0.5", "d:12:00:00"},
		{"mmm", "46113", "d:2026-04-01"},
		{"aaaa", "46113", "d:2026-04-01"},
		{`[$-411]ggge"年"m"月"d"日"`, "46113", "d:2026-04-01"},
		{`yyyy"年"m"月"d"日";@`, "46113", "d:2026-04-01"},
		{`[$-F800]dddd\,\ mmmm\ dd\,\ yyyy`, "46113", "d:2026-04-01"},
		{"yyyy-mm-dd", "1", "d:1900-01-01"},
		{"yyyy-mm-dd", "59", "d:1900-02-28"},
		{"yyyy-mm-dd", "60", "d:1900-02-29"},
		{"yyyy-mm-dd", "61", "d:1900-03-01"},
		{"yyyy-mm-dd", "0", "d:1900-01-00"},
		{"yyyy-mm-dd", "2958465", "d:9999-12-31"},
		{"yyyy-mm-dd", "2958466", "n:2958466"},
		{"yyyy-mm-dd", "-1", "n:-1"},
		{"yyyy-mm-dd h:mm", "46112.999999", "d:2026-04-01T00:00:00"},
		{"0.0E+0;yyyy", "5", "n:5"},
		{`\y0`, "5", "n:y5"},
	}
	for _, tt := range tests {
		t.Run(tt.format+" of "+tt.value, func(t *testing.T) {
			p := bookOf(row1(`<c r="A1" s="1"><v>`+tt.value+`</v></c>`), parts{"xl/styles.xml": stylesOf(tt.format)})
			got, err := read(t, p.zipped(t))
			if want := "1|" + tt.want + "|\n"; err != nil || got != want {
				t.Errorf("%q, %v; want %q", got, err, want)
			}
		})
	}
}

func TestF5_BuiltInFormatsOfDatesAreKnown(t *testing.T) {
	for id, want := range map[int]string{
		0: "n:46113", 1: "n:46113", 2: "n:46113", 9: "n:46113", 14: "d:2026-04-01", 17: "d:2026-04-01", 22: "d:2026-04-01T00:00:00",
		27: "d:2026-04-01", 31: "d:2026-04-01", 36: "d:2026-04-01", 37: "n:46113", 49: "n:46113", 50: "d:2026-04-01", 57: "d:2026-04-01", 58: "d:2026-04-01", 59: "n:46113",
	} {
		styles := strings.Replace(stylesOf("0"), `<xf numFmtId="164"/>`, fmt.Sprintf(`<xf numFmtId="%d"/>`, id), 1)
		got, err := read(t, bookOf(row1(`<c r="A1" s="1"><v>46113</v></c>`), parts{"xl/styles.xml": styles}).zipped(t))
		if err != nil || got != "1|"+want+"|\n" {
			t.Errorf("format %d: %q, %v; want %s", id, got, err, want)
		}
	}
}

func TestF5_DatesCountFrom1904WhereTheWorkbookSaysSo(t *testing.T) {
	for value, want := range map[string]string{"0": "d:1904-01-01", "60": "d:1904-03-01", "44651": "d:2026-04-01", "2957003": "d:9999-12-31", "2957004": "n:2957004"} {
		p := bookOf(row1(`<c r="A1" s="1"><v>`+value+`</v></c>`), parts{"xl/styles.xml": stylesOf("yyyy-mm-dd")})
		p["xl/workbook.xml"] = strings.Replace(p["xl/workbook.xml"], "<sheets>", `<workbookPr date1904="1"/><sheets>`, 1)
		got, err := read(t, p.zipped(t))
		if err != nil || got != "1|"+want+"|\n" {
			t.Errorf("%s: %q, %v; want %s", value, got, err, want)
		}
	}
}

func TestF5_WorkbooksAreReadHoweverTheyAreWritten(t *testing.T) {
	rows := row1(`<c r="A1" t="s"><v>1</v></c>`)
	move := func(p parts, from, to string) {
		p[to] = p[from]
		delete(p, from)
	}
	tests := []struct {
		name   string
		change func(p parts)
	}{
		{"absolute targets", func(p parts) {
			p["xl/_rels/workbook.xml.rels"] = leadingTo("worksheet", "/xl/worksheets/sheet1.xml", "sharedStrings", "/xl/sharedStrings.xml")
		}},
		{"names in other capitals", func(p parts) {
			move(p, "xl/worksheets/sheet1.xml", "XL/Worksheets/Sheet1.XML")
			move(p, "xl/sharedStrings.xml", "xl/SharedStrings.xml")
		}},
		{"names with backslashes", func(p parts) {
			move(p, "xl/worksheets/sheet1.xml", `xl\worksheets\sheet1.xml`)
			move(p, "_rels/.rels", `_rels\.rels`)
		}},
		{"names with a leading slash", func(p parts) { move(p, "xl/worksheets/sheet1.xml", "/xl/worksheets/sheet1.xml") }},
		{"targets with backslashes and dots", func(p parts) {
			p["xl/_rels/workbook.xml.rels"] = leadingTo("worksheet", `..\xl\.\worksheets\sheet1.xml`, "sharedStrings", "sharedStrings.xml")
		}},
		{"targets with percents", func(p parts) {
			move(p, "xl/worksheets/sheet1.xml", "xl/worksheets/sheet 1.xml")
			p["xl/_rels/workbook.xml.rels"] = leadingTo("worksheet", `worksheets/sheet%201.xml`, "sharedStrings", "sharedStrings.xml")
		}},
		{"the workbook elsewhere", func(p parts) {
			move(p, "xl/workbook.xml", "book/b.xml")
			move(p, "xl/_rels/workbook.xml.rels", "book/_rels/b.xml.rels")
			p["book/_rels/b.xml.rels"] = leadingTo("worksheet", "../xl/worksheets/sheet1.xml", "sharedStrings", "../xl/sharedStrings.xml")
			p["_rels/.rels"] = leadingTo("extended-properties", "x", "officeDocument", "/book/b.xml")
		}},
		{"prefixes in every part", func(p parts) {
			for _, name := range []string{"xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml", "xl/_rels/workbook.xml.rels", "_rels/.rels"} {
				p[name] = prefixed(p[name])
			}
		}},
		{"strict OOXML", func(p parts) {
			for name, text := range p {
				text = strings.ReplaceAll(text, "http://schemas.openxmlformats.org/spreadsheetml/2006/main", strictMain)
				p[name] = strings.ReplaceAll(text, transitional, "http://purl.oclc.org/ooxml/officeDocument/relationships")
			}
		}},
		{"UTF-16 in every part", func(p parts) {
			for name, text := range p {
				var b strings.Builder
				for _, u := range utf16.Encode([]rune("\ufeff" + strings.Replace(text, "UTF-8", "UTF-16", 1))) {
					b.Write([]byte{byte(u), byte(u >> 8)})
				}
				p[name] = b.String()
			}
		}},
		{"no styles", func(p parts) {
			delete(p, "xl/styles.xml")
			p["xl/_rels/workbook.xml.rels"] = leadingTo("worksheet", "worksheets/sheet1.xml", "sharedStrings", "sharedStrings.xml")
		}},
		{"a wrong dimension and wrong counts", func(p parts) {
			p["xl/worksheets/sheet1.xml"] = strings.Replace(p["xl/worksheets/sheet1.xml"], "<sheetData>", `<dimension ref="Z99:A1"/><sheetData>`, 1)
			p["xl/sharedStrings.xml"] = strings.Replace(p["xl/sharedStrings.xml"], "<sst ", `<sst count="0" uniqueCount="99999999999" `, 1)
		}},
		{"macros and what else is in the archive", func(p parts) {
			p["xl/vbaProject.bin"] = "\x00\x01"
			p["xl/media/"] = ""
			p["[Content_Types].xml"] = "not looked at"
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := bookOf(rows, nil)
			tt.change(p)
			got, err := read(t, p.zipped(t))
			if err != nil || got != "1|one|\n" {
				t.Errorf("%q, %v %v", got, err, coded(err).Values)
			}
		})
	}
}

func TestF5_SheetsAreListedInTheirOrderWithTheirStates(t *testing.T) {
	p := bookOf("", nil)
	p["xl/workbook.xml"] = `<workbook ` + mainNS + ` xmlns:q="` + transitional + `"><sheets>` +
		`<sheet name="a&amp;b" sheetId="7" q:id="rId2"/><sheet name="x" state="hidden" q:id="rId1"/><sheet name="chart" q:id="rId3"/><sheet name="_x0041_" state="veryHidden" q:id="rId4"/>` +
		`</sheets></workbook>`
	p["xl/_rels/workbook.xml.rels"] = leadingTo("worksheet", "worksheets/sheet1.xml", "worksheet", "worksheets/sheet2.xml", "chartsheet", "chartsheets/sheet1.xml", "worksheet", "worksheets/sheet3.xml")
	p["xl/worksheets/sheet2.xml"] = sheetOf(row1(`<c><v>2</v></c>`))
	p["xl/worksheets/sheet3.xml"] = sheetOf("")
	b, err := openBook(t, p.zipped(t))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range b.Sheets() {
		got = append(got, fmt.Sprint(s.Name, s.Hidden))
	}
	if want := "[a&bfalse xtrue Atrue]"; fmt.Sprint(got) != want {
		t.Errorf("sheets = %v, want %s", got, want)
	}
	if rows, err := shown(b, 0); err != nil || rows != "1|n:2|\n" {
		t.Errorf("first sheet: %q, %v", rows, err)
	}
}

func TestF5_RowsCanBeReadAgainAndLeft(t *testing.T) {
	b, err := openBook(t, bookOf(`<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="A2"><v>2</v></c></row>`, nil).zipped(t))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		for row, err := range b.Rows(context.Background(), 0) {
			if err != nil || row.Number != 1 || row.Offset <= 0 || row.Offset > b.size {
				t.Errorf("row %d, offset %d of %d, %v", row.Number, row.Offset, b.size, err)
			}
			break
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, err := range b.Rows(ctx, 0) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error = %v, want the context's", err)
		}
	}
	for _, err := range b.Rows(context.Background(), 1) {
		if err == nil {
			t.Error("a sheet that is not there has rows")
		}
	}
}

func TestF11_ManySharedStringsGoToAFileAndComeBack(t *testing.T) {
	const n = 5_000
	random := rand.New(rand.NewPCG(1, 2))
	var pool strings.Builder
	for range 100_000 {
		pool.WriteRune(rune(0x4e00 + random.IntN(5000)))
	}
	text := func(i int) string { return pool.String()[i*7%90_000*3:][:i%7*i%6000/3*3] }
	var items, rows strings.Builder
	for i := range n {
		fmt.Fprintf(&items, "<si><t>%s</t></si>", text(i))
		fmt.Fprintf(&rows, `<row r="%d"><c r="A%d" t="s"><v>%d</v></c><c r="B%d" t="s"><v>%d</v></c><c r="C%d"><v>1</v></c></row>`, i+1, i+1, i, i+1, i*7919%n, i+1)
	}
	b, err := openBook(t, bookOf(rows.String(), parts{"xl/sharedStrings.xml": sstOf(items.String())}).zipped(t))
	if err != nil {
		t.Fatal(err)
	}
	b.strings = &sharedStrings{max: 1 << 18}
	if err := b.strings.load(b.c, b.parts["sharedStrings"]); err != nil {
		t.Fatal(err)
	}
	i := 0
	for row, err := range b.Rows(context.Background(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		for k, at := range []int{i, i * 7919 % n} {
			if row.Texts[k] != text(at) {
				t.Fatalf("row %d, text %d: %.20q, want %.20q", row.Number, k, row.Texts[k], text(at))
			}
		}
		i++
	}
	if b.strings.file == nil || i != n {
		t.Errorf("%d rows, in a file: %v", i, b.strings.file != nil)
	}
}
