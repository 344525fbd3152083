package workbook

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

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
