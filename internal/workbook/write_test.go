package workbook

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"meibo/internal/problem"
)

// asOracle opens a workbook with the oracle.
func asOracle(t testing.TB, file []byte) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// partOf is a part of a workbook as text.
func partOf(t testing.TB, file []byte, name string) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	r, err := z.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var members = [][]string{
	memberRow("山田 太郎", "taro@example.jp"),
	memberRow("", "blank@example.jp"),
	memberRow("=1+1", "0012345678901234567890@example.jp"),
	memberRow(" ends \t with space ", "line\nbreak@example.jp"),
}

func TestL1_InvitationWorkbookIsReadBackEqual(t *testing.T) {
	for _, lang := range []string{"ja", "en"} {
		f := asOracle(t, made(t, invitation(lang, 4), members...))
		rows, err := f.GetRows("メンバー招待")
		if err != nil {
			t.Fatal(err)
		}
		want := [][]string{nil}
		for _, c := range invitation(lang, 4).Columns {
			want[0] = append(want[0], c.Header)
		}
		if diff := cmp.Diff(append(want, members...), rows); diff != "" {
			t.Errorf("%s: rows differ (-want +got):\n%s", lang, diff)
		}
		if got, want := f.GetSheetList(), []string{"メンバー招待", "説明", "Lists"}; !slices.Equal(got, want) {
			t.Errorf("sheets = %q, want %q", got, want)
		}
		pages, err := f.GetRows("説明")
		if diff := cmp.Diff(invitation(lang, 4).Pages[0].Rows, pages); diff != "" || err != nil {
			t.Errorf("%s: the page differs (-want +got):\n%s %v", lang, diff, err)
		}
	}
}

func TestL1_HeaderIsFrozenFilteredBoldAndNoted(t *testing.T) {
	f := asOracle(t, made(t, invitation("ja", 1), members[0]))
	panes, err := f.GetPanes("メンバー招待")
	if err != nil || !panes.Freeze || panes.YSplit != 1 || panes.TopLeftCell != "A2" {
		t.Errorf("panes = %+v, %v; want the first row frozen", panes, err)
	}
	style := styleOf(t, f, "メンバー招待", "B1")
	if !style.Font.Bold || style.Font.Family != "Yu Gothic" || style.Fill.Type != "pattern" {
		t.Errorf("header's font = %+v, fill = %+v; want bold Yu Gothic on a colour", style.Font, style.Fill)
	}
	comments, err := f.GetComments("メンバー招待")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, c := range comments {
		text := c.Text
		for _, run := range c.Paragraph {
			text += run.Text
		}
		got[c.Cell] = text
	}
	want := map[string]string{}
	for i, c := range invitation("ja", 1).Columns {
		if c.Note != "" {
			want[Letters(i)+"1"] = c.Note
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("notes differ (-want +got):\n%s", diff)
	}
}

func styleOf(t *testing.T, f *excelize.File, sheet, cell string) *excelize.Style {
	t.Helper()
	id, err := f.GetCellStyle(sheet, cell)
	if err != nil {
		t.Fatal(err)
	}
	style, err := f.GetStyle(id)
	if err != nil {
		t.Fatal(err)
	}
	return style
}

func TestL1_EmptyCellsOfTextColumnsAreTextAndShadedWhereTheColumnIs(t *testing.T) {
	f := asOracle(t, made(t, invitation("ja", 4), members...))
	for _, cell := range []string{"A2", "A3", "A900", "B900", "F2"} {
		style := styleOf(t, f, "メンバー招待", cell)
		if style.NumFmt != formatText {
			t.Errorf("%s has number format %d, want that of text (%d)", cell, style.NumFmt, formatText)
		}
		if shaded := style.Fill.Pattern == 1; shaded != strings.HasPrefix(cell, "A") {
			t.Errorf("%s shaded = %v", cell, shaded)
		}
	}
	if visible, err := f.GetColVisible("メンバー招待", "H"); visible || err != nil {
		t.Errorf("the hidden column is visible (%v)", err)
	}
	if visible, err := f.GetColVisible("メンバー招待", "G"); !visible || err != nil {
		t.Errorf("another column is hidden (%v)", err)
	}
}

func TestL1_ChoicesAreDropDownsToTheLastRow(t *testing.T) {
	f := asOracle(t, made(t, invitation("ja", 0)))
	validations, err := f.GetDataValidations("メンバー招待")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, v := range validations {
		got[v.Sqref] = v.Formula1
		if !v.AllowBlank || !v.ShowErrorMessage || v.Type != "list" {
			t.Errorf("%s: %+v, want a list that allows blank cells and warns", v.Sqref, v)
		}
	}
	want := map[string]string{
		"C2:C1048576": `"owner,admin,member"`,
		"D2:D1048576": `"read,write"`,
		"E2:E1048576": "choices_5", // a comma and quotes
		"F2:F1048576": "choices_6", // more than 255 characters
		"G2:G1048576": `"true,false"`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("validations differ (-want +got):\n%s", diff)
	}
	if visible, err := f.GetSheetVisible("Lists"); visible || err != nil {
		t.Errorf("the sheet of choices is visible (%v)", err)
	}
	names := map[string]string{}
	for _, n := range f.GetDefinedName() {
		names[n.Name] = n.RefersTo
	}
	if names["choices_5"] != "'Lists'!$A$1:$A$3" || names["choices_6"] != "'Lists'!$B$1:$B$60" {
		t.Errorf("names = %v", names)
	}
	lists, err := f.GetCols("Lists")
	if diff := cmp.Diff([][]string{invitation("ja", 0).Columns[4].Choices, invitation("ja", 0).Columns[5].Choices}, trimmed(lists)); diff != "" || err != nil {
		t.Errorf("the lists differ (-want +got):\n%s %v", diff, err)
	}
}

// trimmed takes off the blank cells at the end of each column.
func trimmed(columns [][]string) [][]string {
	for i := range columns {
		for n := len(columns[i]); n > 0 && columns[i][n-1] == ""; n-- {
			columns[i] = columns[i][:n-1]
		}
	}
	return columns
}

func TestL1_ListOf255CharactersStaysInTheCellAndOf256GoesToItsSheet(t *testing.T) {
	for length, formula := range map[int]string{255: `"`, 256: "choices_1"} {
		o := WriterOptions{Columns: []Column{{Header: "h", Choices: []string{"", strings.Repeat("あ", 200), strings.Repeat("b", length-201)}}}}
		v, err := asOracle(t, made(t, o)).GetDataValidations("Sheet")
		if err != nil || len(v) != 1 || !strings.HasPrefix(v[0].Formula1, formula) {
			t.Errorf("list of %d: %v %v, want %s", length, v, err, formula)
		}
	}
}

func TestL1_NoteThatIsTooLongForAHintIsOnlyANote(t *testing.T) {
	o := invitation("ja", 0)
	o.Columns[3].Note = "read & \"write\"\nnext line"
	sheet := partOf(t, made(t, o), "xl/worksheets/sheet1.xml")
	for _, hint := range []string{`prompt="owner, admin or member"`, `prompt="read &amp; &quot;write&quot;_x000A_next line"`} {
		if !strings.Contains(sheet, hint) {
			t.Errorf("no %s", hint)
		}
	}
	if strings.Contains(sheet, `prompt="長い`) {
		t.Error("a note of more than 255 characters is a hint: the file would be called damaged")
	}
}

func TestE3_DimensionIsTrueOrMissing(t *testing.T) {
	for rows, want := range map[int64]string{4: `<dimension ref="A1:H5"/>`, -1: ""} {
		sheet := partOf(t, made(t, invitation("en", rows), members...), "xl/worksheets/sheet1.xml")
		if got := regexp.MustCompile(`<dimension[^>]*>`).FindString(sheet); got != want {
			t.Errorf("rows %d: dimension = %q, want %q", rows, got, want)
		}
		if !strings.Contains(sheet, `<autoFilter ref="A1:H5"/>`) {
			t.Errorf("rows %d: the filter is not over the rows that are there", rows)
		}
	}
}

func TestE3_NumbersAndDatesAreWrittenAsSuchWhereTheyComeBackTheSame(t *testing.T) {
	for _, c := range []struct {
		kind  Kind
		text  string
		value string // empty: it is a text cell
	}{
		{Number, "0", "0"},
		{Number, "42", "42"},
		{Number, "-7", "-7"},
		{Number, "4901234567894", "4901234567894"},
		{Number, "-0.5", "-0.5"},
		{Number, "123456789012345", "123456789012345"},
		{Number, "1234567890123456", ""},
		{Number, "0.000123", "0.000123"},
		{Number, "0.0000123", ""},
		{Number, "12345678.1234567", "12345678.1234567"},
		{Number, "12345678.12345678", ""},
		{Number, "007", ""},
		{Number, "-0", ""},
		{Number, "1.50", ""},
		{Number, "1.", ""},
		{Number, ".5", ""},
		{Number, "+1", ""},
		{Number, "1e3", ""},
		{Number, "１", ""},
		{Number, "=1", ""},
		{Date, "2026-04-01", "46113"},
		{Date, "2026-04-01T06:00:00", "46113.25"},
		{Date, "1900-03-01", "61"},
		{Date, "9999-12-31", "2958465"},
		{Date, "1900-02-28", ""},
		{Date, "2026-04-01T00:00:00", ""},
		{Date, "2026-02-30", ""},
		{Date, "2026-4-1", ""},
		{Date, "2026-04-01 10:00:00", ""},
		{Date, "2026-04-01T10:30:00Z", ""},
		{Date, "来週", ""},
		{Text, "42", ""},
		{Bool, "TRUE", ""},
	} {
		o := WriterOptions{Sheet: "S", Rows: 1, Columns: []Column{{Header: "h", Kind: c.kind}}}
		sheet := partOf(t, made(t, o, []string{c.text}), "xl/worksheets/sheet1.xml")
		got := ""
		if m := regexp.MustCompile(`<v>(.*?)</v>`).FindStringSubmatch(sheet); m != nil {
			got = m[1]
		}
		if got != c.value {
			t.Errorf("%q in a column of kind %d: value %q, want %q", c.text, c.kind, got, c.value)
		}
	}
}

func TestE3_LongNumbersAndDateTimesAreSeenAsTheyAre(t *testing.T) {
	o := WriterOptions{Sheet: "S", Rows: 1, Columns: []Column{{Header: "n", Kind: Number}, {Header: "d", Kind: Date, Shaded: true}}}
	f := asOracle(t, made(t, o, []string{"4901234567894", "2026-04-01T10:30:00"}))
	rows, err := f.GetRows("S")
	if want := []string{"4901234567894", "2026-04-01 10:30:00"}; err != nil || !slices.Equal(rows[1], want) {
		t.Errorf("shown = %q, want %q (%v)", rows[1], want, err)
	}
	if width, err := f.GetColWidth("S", "B"); width < 19 || err != nil {
		t.Errorf("width of dates = %v, %v; a narrower column than 19 shows ####", width, err)
	}
}

func TestE3_SameInputGivesSameBytes(t *testing.T) {
	a, b := made(t, invitation("ja", 4), members...), made(t, invitation("ja", 4), members...)
	if !bytes.Equal(a, b) {
		t.Error("two files of the same rows differ")
	}
}

func TestE3_EveryPartIsWellFormedAndNamed(t *testing.T) {
	file := made(t, invitation("ja", 4), members...)
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	types := partOf(t, file, "[Content_Types].xml")
	for _, f := range z.File {
		d := xml.NewDecoder(strings.NewReader(partOf(t, file, f.Name)))
		for err = nil; err == nil; {
			_, err = d.Token()
		}
		if !errors.Is(err, io.EOF) {
			t.Errorf("%s: %v", f.Name, err)
		}
		if !strings.Contains(types, `PartName="/`+f.Name+`"`) && !strings.HasSuffix(f.Name, ".rels") && !strings.HasSuffix(f.Name, ".vml") && f.Name != "[Content_Types].xml" {
			t.Errorf("%s has no content type", f.Name)
		}
	}
	if len(z.File) != 12 {
		t.Errorf("parts = %d, want 12", len(z.File))
	}
}

// TestE3_ElementsStandInTheOrderOfTheSchema holds the sheets against
// CT_Worksheet: Excel calls a file damaged whose elements stand otherwise.
func TestE3_ElementsStandInTheOrderOfTheSchema(t *testing.T) {
	order := []string{
		"sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr", "sheetProtection",
		"protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate", "customSheetViews", "mergeCells",
		"phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks", "printOptions", "pageMargins", "pageSetup",
		"headerFooter", "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors", "smartTags", "drawing", "legacyDrawing",
	}
	file := made(t, invitation("ja", 4), members...)
	for i := range 3 {
		var sheet struct {
			Elements []struct{ XMLName xml.Name } `xml:",any"`
		}
		if err := xml.Unmarshal([]byte(partOf(t, file, sheetPart(i))), &sheet); err != nil {
			t.Fatal(err)
		}
		at := -1
		for _, e := range sheet.Elements {
			next := slices.Index(order, e.XMLName.Local)
			if next <= at {
				t.Errorf("sheet %d: %s at place %d after one of place %d", i+1, e.XMLName.Local, next, at)
			}
			at = next
		}
	}
}

func TestE3_NamesOfSheetsAreValidAndUnique(t *testing.T) {
	o := WriterOptions{
		Sheet: "営業/東京 [2026]:*?\\", Columns: []Column{{Header: "h"}},
		Pages: []Page{
			{Name: "history"}, {Name: "'quoted'"}, {Name: ""}, {Name: "SHEET"}, {Name: "ｓｈｅｅｔ"},
			{Name: strings.Repeat("長", 40)}, {Name: strings.Repeat("長", 40)}, {Name: strings.Repeat("a", 30) + "😀"}, {Name: "a\x00b\n"},
		},
	}
	want := []string{
		"営業-東京 -2026-----", "history (2)", "quoted", "Sheet", "SHEET (2)", "ｓｈｅｅｔ (3)",
		strings.Repeat("長", 31), strings.Repeat("長", 27) + " (2)", strings.Repeat("a", 30), "a b",
	}
	if got := asOracle(t, made(t, o)).GetSheetList(); !slices.Equal(got, want) {
		t.Errorf("names = %q\nwant    %q", got, want)
	}
}

func TestE3_WhatNoSheetCanHoldIsRefusedByName(t *testing.T) {
	wide := WriterOptions{Columns: make([]Column, maxSheetColumns+1)}
	if _, err := NewWriter(io.Discard, wide); !errors.Is(err, problem.New(problem.FileColumnsTooMany)) {
		t.Errorf("16,385 columns: %v", err)
	}
	long := WriterOptions{Columns: []Column{{Header: "h"}}, Rows: maxSheetRows}
	if _, err := NewWriter(io.Discard, long); !errors.Is(err, problem.New(problem.FileRowsTooMany)) {
		t.Errorf("1,048,576 rows below a header: %v", err)
	}
	long.Rows = -1
	w, err := NewWriter(io.Discard, long)
	if err != nil {
		t.Fatal(err)
	}
	for range maxSheetRows - 1 {
		if err := w.Write([]string{""}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Write([]string{""}); !errors.Is(err, problem.New(problem.FileRowsTooMany)) {
		t.Errorf("row 1,048,577: %v", err)
	}
	if _, err := NewWriter(io.Discard, WriterOptions{}); err == nil {
		t.Error("no columns: no error")
	}
}

func TestL1_NotesHaveShapesOfTheirOwnAndFitTheirText(t *testing.T) {
	o := WriterOptions{Lang: "en"}
	for i := range 1100 {
		o.Columns = append(o.Columns, Column{Header: fmt.Sprint(i), Note: "note", Hidden: i%7 == 0})
	}
	vml := partOf(t, made(t, o), drawingPart)
	ids := regexp.MustCompile(`_x0000_s(\d+)"`).FindAllStringSubmatch(vml, -1)
	seen := map[string]bool{}
	for _, id := range ids {
		seen[id[1]] = true
	}
	if len(ids) != 1100 || len(seen) != 1100 || !seen["1025"] || !seen["2124"] {
		t.Errorf("shapes = %d, different = %d; want 1,100 from 1025 on", len(ids), len(seen))
	}
	if !strings.Contains(vml, `data="1,2"`) {
		t.Error("the numbers of the shapes are not those that idmap tells")
	}
	_, short := noteSize("one line")
	_, long := noteSize(strings.Repeat("長い説明です。", 30))
	if short >= long || short > 60 {
		t.Errorf("heights = %d and %d pixels, want each as high as its text", short, long)
	}
}
