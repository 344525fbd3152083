package workbook

import (
	"strings"
	"testing"

	"meibo/internal/problem"
)

// secret is what may be nowhere in a copy.
const secret = "S3cret-pass"

func blankedBook(t testing.TB, rows string, more parts) parts {
	t.Helper()
	file := bookOf(`<row r="1"><c r="A1" t="inlineStr"><is><t>email</t></is></c><c r="B1" t="inlineStr"><is><t>password</t></is></c><c r="C1" t="inlineStr"><is><t>x</t></is></c></row>`+rows, more)
	out := partsOf(t, patched(t, file.zipped(t), PatchOptions{HeaderLine: 1, Blank: []int{1}}))
	for name, part := range out {
		if strings.Contains(part, secret) {
			t.Errorf("%s still holds the password: %s", name, part)
		}
	}
	return out
}

func TestP6_PasswordsAreEmptiedWhereverTheyStand(t *testing.T) {
	const others = `<c r="C2" t="s"><v>1</v></c>`
	tests := []struct{ name, cell, want string }{
		{"a shared string", `<c r="B2" s="0" t="s"><v>2</v></c>`, `<c r="B2" s="0"/>`},
		{"an inline string", `<c r="B2" t="inlineStr"><is><t>` + secret + `</t></is></c>`, `<c r="B2"/>`},
		{"runs of text", `<c r="B2" t="inlineStr" s="0"><is><r><t>` + secret + `</t></r><rPh sb="0" eb="1"><t>` + secret + `</t></rPh></is></c>`, `<c r="B2" s="0"/>`},
		{"a formula's result, and the formula", `<c r="B2" t="str"><f>"` + secret + `"</f><v>` + secret + `</v></c>`, `<c r="B2"/>`},
		{"a number", `<c r="B2"><v>12345678</v></c>`, `<c r="B2"/>`},
		{"a moment", `<c r="B2" t="d"><v>2026-04-01</v></c>`, `<c r="B2"/>`},
		{"a formula for cells of its column", `<c r="B2" t="str"><f t="array" ref="B2:B3">"` + secret + `"</f><v>` + secret + `</v></c>`, `<c r="B2"/>`},
		{"the result of a formula for other columns too", `<c r="B2" t="str" cm="1"><f t="shared" si="0" ref="B2:C3">A2&amp;"x"</f><v>` + secret + `</v></c>`, `<c r="B2"><f t="shared" si="0" ref="B2:C3">A2&amp;"x"</f></c>`},
		{"in CDATA", `<c r="B2" t="str"><v><![CDATA[` + secret + `]]></v></c>`, `<c r="B2"/>`},
		{"nothing", `<c r="B2" s="0"/>`, `<c r="B2" s="0"/>`},
	}
	strs := parts{"xl/sharedStrings.xml": sstOf("<si><t>zero</t></si><si><t>one</t></si><si><t>" + secret + "</t><rPh sb='0' eb='1'><t>x</t></rPh></si><si><t>three</t></si>")}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.name != "a shared string" {
				strs = nil
			}
			out := blankedBook(t, `<row r="2"><c r="A2" t="s"><v>0</v></c>`+tt.cell+others+`</row>`, strs)
			if sheet := out["xl/worksheets/sheet1.xml"]; !strings.Contains(sheet, `<v>0</v></c>`+tt.want+others+`</row>`) {
				t.Errorf("sheet = %s\nwant the cell %s", sheet, tt.want)
			}
			if strs == nil {
				return
			}
			if got, want := out["xl/sharedStrings.xml"], sstOf("<si><t>zero</t></si><si><t>one</t></si><si><t/></si><si><t>three</t></si>"); got != want {
				t.Errorf("shared strings = %s\nwant %s", got, want)
			}
		})
	}
}

func TestP6_TextsThatOtherCellsShowStay(t *testing.T) {
	file := bookOf(`<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>`+
		`<row r="2"><c r="A2" t="s"><v>2</v></c><c r="B2" t="s"><v>2</v></c></row><row r="3"><c r="B3" t="s"><v>1</v></c></row><row r="4"><c r="B4" t="s"><v>3</v></c></row><row r="5"><c r="B5" t="s"><v>4</v></c></row>`, parts{
		"xl/sharedStrings.xml":       sstOf("<si><t>email</t></si><si><t>password</t></si><si><t>ann</t></si><si><t>other</t></si><si><t>" + secret + "</t></si>"),
		"xl/worksheets/sheet2.xml":   sheetOf(`<row><c t="s"><v>3</v></c></row>`),
		"xl/_rels/workbook.xml.rels": leadingTo("worksheet", "worksheets/sheet1.xml", "worksheet", "worksheets/sheet2.xml", "sharedStrings", "sharedStrings.xml"),
		"xl/workbook.xml":            xmlHead + `<workbook ` + mainNS + ` xmlns:r="` + transitional + `"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/><sheet name="Sheet2" sheetId="2" r:id="rId2"/></sheets></workbook>`,
	})
	out := patched(t, file.zipped(t), PatchOptions{HeaderLine: 1, Blank: []int{1}})
	if got, want := rowsOf(t, out, 0)+rowsOf(t, out, 1), "1|email|password|\n2|ann|\n1|other|\n"; got != want {
		t.Errorf("rows = %s, want %s", got, want)
	}
	if got := partOf(t, out, "xl/sharedStrings.xml"); strings.Contains(got, secret) || !strings.Contains(got, "other") {
		t.Errorf("shared strings = %s", got)
	}
}

func TestP6_LinksAndPicturesOfPasswordsGo(t *testing.T) {
	sheet := strings.Replace(sheetOf(`<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="B2" t="inlineStr"><is><t>`+secret+`</t></is></c></row>`), "</sheetData>",
		`</sheetData><hyperlinks xmlns:r="`+transitional+`"> <hyperlink ref="B2" r:id="rId7" display="`+secret+`"/>@</hyperlinks>`, 1)
	rels := `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">%<Relationship Id="rId7" Type="` + transitional + `/hyperlink" Target="mailto:` + secret + `" TargetMode="External"/></Relationships>`
	const mine, mineRel = `<hyperlink ref="A1" r:id="rId8"/>`, `<Relationship Id="rId8" Type="x/relationships/hyperlink" Target="http://x" TargetMode="External"/>`
	for name, tt := range map[string]struct{ link, rel string }{"all": {"", ""}, "one of two": {mine, mineRel}} {
		t.Run(name, func(t *testing.T) {
			out := blankedBook(t, "", parts{
				"xl/worksheets/sheet1.xml":            strings.Replace(sheet, "@", tt.link, 1),
				"xl/worksheets/_rels/sheet1.xml.rels": strings.Replace(rels, "%", tt.rel, 1),
				"docProps/thumbnail.jpeg":             secret,
				"_rels/.rels":                         strings.Replace(leadingTo("officeDocument", "xl/workbook.xml"), "</Rel", `<Relationship Id="t" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/thumbnail" Target="docProps/thumbnail.jpeg"/></Rel`, 1),
			})
			if got := out["xl/worksheets/sheet1.xml"]; strings.Contains(got, "<hyperlinks") != (tt.link != "") || !strings.Contains(got, tt.link) {
				t.Errorf("sheet = %s", got)
			}
			if got := out["xl/worksheets/_rels/sheet1.xml.rels"]; !strings.Contains(got, tt.rel) {
				t.Errorf("relations = %s", got)
			}
			if got := out["_rels/.rels"]; strings.Contains(got, "thumbnail") {
				t.Errorf("relations = %s", got)
			}
		})
	}
}

func TestP6_TheOrderOfCalculationGoesWithAFormulaThatGoes(t *testing.T) {
	out := blankedBook(t, `<row r="2"><c r="B2" t="str"><f>"`+secret+`"</f><v>`+secret+`</v></c></row>`, parts{
		"xl/calcChain.xml":           xmlHead + `<calcChain ` + mainNS + `><c r="B2" i="1"/></calcChain>`,
		"xl/_rels/workbook.xml.rels": leadingTo("worksheet", "worksheets/sheet1.xml", "calcChain", "calcChain.xml"),
	})
	if _, ok := out["xl/calcChain.xml"]; ok || strings.Contains(out["xl/_rels/workbook.xml.rels"], "calcChain") {
		t.Error("the order of calculation names a formula that is gone")
	}
}

func TestP6_AWorkbookThatKeepsPasswordsElsewhereIsNotGivenBack(t *testing.T) {
	pivot := func(sheet string) parts {
		return parts{"xl/pivotCache/pivotCacheDefinition1.xml": `<pivotCacheDefinition ` + mainNS + `><cacheSource type="worksheet"><worksheetSource ref="A1:B3" sheet="` + sheet + `"/></cacheSource></pivotCacheDefinition>`}
	}
	rows := `<row r="1"><c r="B1"><v>1</v></c></row><row r="2"><c r="B2"><v>1</v></c></row>`
	o := PatchOptions{HeaderLine: 1, Blank: []int{1}}
	for name, more := range map[string]parts{"a list of changes": {"xl/revisions/revisionLog1.xml": "<x/>"}, "a pivot table": pivot("Sheet1")} {
		_, err := tryPatch(t, bookOf(rows, more).zipped(t), o)
		if got := coded(err); got.Code != problem.WorkbookOnlyTable || got.Values["reason"] != "history" {
			t.Errorf("%s: error = %v %v", name, err, got.Values)
		}
	}
	patched(t, bookOf(rows, pivot("Sheet2")).zipped(t), o)
}
