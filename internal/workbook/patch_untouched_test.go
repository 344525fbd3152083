package workbook

import (
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// pieces are the tokens of a part, without what a patch may change in tags.
func pieces(t testing.TB, part string) []string {
	t.Helper()
	s, err := newScanner(strings.NewReader(part), "part", 0)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for {
		tok, err := s.next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		raw := string(tok.raw)
		if tok.kind == startTag || tok.kind == emptyTag {
			raw = changing.ReplaceAllString(raw, "")
		}
		if (tok.is("row") || tok.is("c")) && tok.kind == emptyTag {
			raw = strings.TrimSuffix(raw, "/>") + ">"
		}
		if s.wide && tok.offset == 0 {
			continue // the declaration of an encoding
		}
		all = append(all, raw)
	}
}

var changing = regexp.MustCompile(` (s|t|spans|ref|count|uniqueCount|data)=("[^"]*"|'[^']*')`)

// onlyInserted reports the first token of before that is not in after, in order.
func onlyInserted(before, after []string) (missing string, ok bool) {
	i := 0
	for _, piece := range after {
		if i < len(before) && before[i] == piece {
			i++
		}
	}
	if i < len(before) {
		return before[i], false
	}
	return "", true
}

// touched are the parts that a copy with results may change, and only by putting
// something in.
var touched = regexp.MustCompile(`^(\[Content_Types\]\.xml|xl/styles\.xml|xl/workbook\.xml|xl/_rels/workbook\.xml\.rels|xl/worksheets/_rels/.*|xl/comments\d*\.xml|xl/drawings/vmlDrawing\d+\.vml)$`)

// untouched checks that the copy holds everything of the original, byte for byte.
func untouched(t testing.TB, before, after parts, sheet string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(before)) {
		got, ok := after[name]
		switch {
		case !ok:
			t.Errorf("%s is missing", name)
		case got == before[name]:
		case name != sheet && !touched.MatchString(name):
			t.Errorf("%s is not what it was", name)
		default:
			if missing, ok := onlyInserted(pieces(t, before[name]), pieces(t, got)); !ok {
				t.Errorf("%s lost %s:\n%.1000s\nwas\n%.1000s", name, missing, got, before[name])
			}
		}
	}
}

// badEverywhere marks the first cell of every row below the header, and one that
// is not there.
func badEverywhere(t testing.TB, b *Book, sheet int) (header int, marks []Mark) {
	t.Helper()
	for row, err := range b.Rows(t.Context(), sheet) {
		if err != nil {
			t.Fatal(err)
		}
		if header == 0 {
			header = row.Number
			continue
		}
		marks = append(marks, Mark{Line: row.Number, Cells: []string{"拒否", "理由 <" + row.Texts[0] + ">"}, Bad: []Bad{{0, "先頭"}, {40, "ない"}}})
	}
	return header, marks
}

// giveBack patches every sheet of a workbook that has a header, checks that
// nothing was lost, and that the copy of the copy with nothing bad shows what the
// workbook showed.
func giveBack(t *testing.T, file []byte) {
	b, err := openBook(t, file)
	if err != nil {
		t.Fatal(err)
	}
	for i := range b.Sheets() {
		header, marks := badEverywhere(t, b, i)
		if header == 0 {
			continue
		}
		o := annotation()
		o.Sheet, o.HeaderLine = i, header
		out := patched(t, file, o, marks...)
		untouched(t, partsOf(t, file), partsOf(t, out), b.c.find(b.sheets[i].part).Name)
		asOracle(t, out)
		for j := range b.Sheets() {
			was, is := rowsOf(t, file, j), rowsOf(t, out, j)
			if j == i {
				is = withoutResults(is)
			}
			if was != is {
				t.Errorf("sheet %d, patched %d:\n%s\nwant\n%s", j, i, is, was)
			}
		}
		o.Header = nil
		clean := patched(t, out, o)
		if got, want := rowsOf(t, clean, i), rowsOf(t, file, i); got != want {
			t.Errorf("sheet %d cleaned:\n%s\nwant\n%s", i, got, want)
		}
		untouched(t, partsOf(t, file), partsOf(t, clean), b.c.find(b.sheets[i].part).Name)
	}
}

var resultCells = regexp.MustCompile(`(?m)\|*(結果\|理由|拒否\|理由 <.*>)\|$`)

func withoutResults(rows string) string { return resultCells.ReplaceAllString(rows, "|") }

func TestA5_RealWorkbooksAreGivenBackWithEverythingInThem(t *testing.T) {
	for _, tt := range real {
		if tt.code != "" {
			continue
		}
		t.Run(tt.file, func(t *testing.T) {
			found := false
			for _, dir := range corpora {
				file, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(tt.file)))
				if os.IsNotExist(err) {
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				found = true
				giveBack(t, file)
			}
			if !found {
				t.Skip("needs ../shared/corpora beside the repository: this file is not copied to testdata")
			}
		})
	}
}

// rich is a workbook with much of what people put into theirs.
func rich(t testing.TB) []byte {
	return book(t, func(f *excelize.File) {
		if _, err := f.NewSheet("Other"); err != nil {
			t.Fatal(err)
		}
		setRows(t, f, "Sheet1", []any{"email", "name", "age"}, []any{"ann@x.jp", "Ann", 41}, []any{"bob", "Bob", 7.5}, []any{"eve@x.jp", "Eve", "old"})
		setRows(t, f, "Other", []any{"x", 1}, []any{"y", 2})
		red, err := f.NewConditionalStyle(&excelize.Style{Font: &excelize.Font{Color: "9A0511"}})
		if err != nil {
			t.Fatal(err)
		}
		list := excelize.NewDataValidation(true)
		list.SetSqref("B2:B99")
		yes := true
		for _, err := range []error{
			list.SetDropList([]string{"Ann", "Bob", "Eve"}),
			f.AddDataValidation("Sheet1", list),
			f.SetConditionalFormat("Sheet1", "C2:C9", []excelize.ConditionalFormatOptions{{Type: "cell", Criteria: ">", Format: &red, Value: "6"}}),
			f.AddTable("Sheet1", &excelize.Table{Range: "A1:C4", Name: "people", ShowRowStripes: &yes}),
			f.AddChart("Sheet1", "F2", &excelize.Chart{Type: excelize.Col, Series: []excelize.ChartSeries{{Name: "Other!$A$1", Categories: "Other!$A$1:$A$2", Values: "Other!$B$1:$B$2"}}}),
			f.AddComment("Sheet1", excelize.Comment{Cell: "B2", Author: "Ann", Text: "mine"}),
			f.AddComment("Other", excelize.Comment{Cell: "A1", Author: "Ann", Text: "also mine"}),
			f.AddFormControl("Sheet1", excelize.FormControl{Cell: "G9", Type: excelize.FormControlButton, Text: "press"}),
			f.SetCellFormula("Sheet1", "C4", "SUM(C2:C3)"),
			f.SetCellHyperLink("Sheet1", "A2", "mailto:ann@x.jp", "External"),
			f.MergeCell("Other", "C1", "D2"),
			f.SetColWidth("Sheet1", "A", "C", 22),
			f.SetPanes("Sheet1", &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}),
			f.SetDefinedName(&excelize.DefinedName{Name: "ages", RefersTo: "Sheet1!$C$2:$C$4"}),
			f.ProtectSheet("Other", &excelize.SheetProtectionOptions{Password: "x"}),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestA5_EverythingInAWorkbookStays(t *testing.T) {
	giveBack(t, rich(t))
	f := asOracle(t, patched(t, rich(t), annotation(), marksOfPeople...))
	if got, want := notesOf(t, f, "Sheet1"), "B2 Ann: mine\nA3 Meibo: 住所ではありません。\nC4 Meibo: 数ではありません。\n"; got != want {
		t.Errorf("notes:\n%swant:\n%s", got, want)
	}
	if got, want := notesOf(t, f, "Other"), "A1 Ann: also mine\n"; got != want {
		t.Errorf("notes of another sheet:\n%swant:\n%s", got, want)
	}
	controls, err := f.GetFormControls("Sheet1")
	if err != nil || len(controls) != 1 {
		t.Errorf("buttons = %d, %v; want 1", len(controls), err)
	}
	validations, err := f.GetDataValidations("Sheet1")
	if err != nil || len(validations) != 1 {
		t.Errorf("validations = %d, %v; want 1", len(validations), err)
	}
	tables, err := f.GetTables("Sheet1")
	if err != nil || len(tables) != 1 || tables[0].Range != "A1:C4" {
		t.Errorf("tables = %v, %v; want one", tables, err)
	}
	if formula, err := f.GetCellFormula("Sheet1", "C4"); formula != "SUM(C2:C3)" {
		t.Errorf("formula = %q, %v", formula, err)
	}
}

func TestA5_MacrosStayAndSignaturesGo(t *testing.T) {
	file := partsOf(t, people(t))
	file["xl/vbaProject.bin"] = "\xd0\xcf\x11\xe0 macros"
	file["[Content_Types].xml"] = strings.NewReplacer("spreadsheetml.sheet.main+xml", "ms-excel.sheet.macroEnabled.main+xml", "</Types>",
		`<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/><Default Extension="sigs" ContentType="x/y"/><Override PartName="/_xmlsignatures/sig1.xml" ContentType="x/z"/></Types>`).Replace(file["[Content_Types].xml"])
	file["_xmlsignatures/origin.sigs"], file["_xmlsignatures/sig1.xml"] = "", "<Signature/>"
	file["_rels/.rels"] = strings.Replace(file["_rels/.rels"], "</Relationships>", `<Relationship Id="rIdS" Type="http://schemas.openxmlformats.org/package/2006/relationships/digital-signature/origin" Target="_xmlsignatures/origin.sigs"/></Relationships>`, 1)
	out := partsOf(t, patched(t, file.zipped(t), annotation(), marksOfPeople...))
	if got, want := out["xl/vbaProject.bin"], file["xl/vbaProject.bin"]; got != want {
		t.Errorf("macros = %q, want %q", got, want)
	}
	if !strings.Contains(out["[Content_Types].xml"], "macroEnabled") {
		t.Errorf("content types = %s", out["[Content_Types].xml"])
	}
	for name, part := range out {
		if strings.Contains(name, "sig") || strings.Contains(part, "sig1") || strings.Contains(part, "digital-signature") {
			t.Errorf("%s: a signature is left over", name)
		}
	}
}
