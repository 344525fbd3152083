package workbook

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// addedHeaders are the headers of the two columns, in both languages.
func addedHeaders(header string) bool {
	return slices.Contains([]string{"結果", "理由", "Result", "Reason"}, header)
}

// annotation are the options of a copy with results.
func annotation() PatchOptions {
	return PatchOptions{
		HeaderLine: 1, Header: []string{"結果", "理由"}, Drop: addedHeaders, Author: "Meibo", Notes: 5000,
		Overflow: Overflow{Name: "問題一覧", Header: []string{"行", "セル", "問題"}, Drop: func(name string) bool { return name == "Problems" }},
	}
}

func sequence(marks ...Mark) iter.Seq2[Mark, error] {
	return func(yield func(Mark, error) bool) {
		for _, m := range marks {
			if !yield(m, nil) {
				return
			}
		}
	}
}

// tryPatch patches a workbook, and returns what was written even if there was an
// error.
func tryPatch(t testing.TB, file []byte, o PatchOptions, marks ...Mark) ([]byte, error) {
	t.Helper()
	b, err := openBook(t, file)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	err = b.Patch(context.Background(), &out, o, sequence(marks...))
	return out.Bytes(), err
}

func patched(t testing.TB, file []byte, o PatchOptions, marks ...Mark) []byte {
	t.Helper()
	out, err := tryPatch(t, file, o, marks...)
	if err != nil {
		t.Fatal(err, coded(err).Values)
	}
	return out
}

// partsOf unpacks a workbook: its parts by their names.
func partsOf(t testing.TB, file []byte) parts {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	all := parts{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := all[f.Name]; twice {
			t.Errorf("%s stands twice in the archive", f.Name)
		}
		all[f.Name] = string(b)
	}
	return all
}

// rowsOf shows the sheet of that index.
func rowsOf(t testing.TB, file []byte, sheet int) string {
	t.Helper()
	b, err := openBook(t, file)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := shown(b, sheet)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// book makes a workbook with excelize.
func book(t testing.TB, make func(f *excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	make(f)
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func setRows(t testing.TB, f *excelize.File, sheet string, rows ...[]any) {
	t.Helper()
	for i, row := range rows {
		if err := f.SetSheetRow(sheet, cellRef{i + 1, 0}.String(), &row); err != nil {
			t.Fatal(err)
		}
	}
}

// people is a plain sheet of three people.
func people(t testing.TB) []byte {
	return book(t, func(f *excelize.File) {
		setRows(t, f, "Sheet1", []any{"email", "name", "age"}, []any{"ann@x.jp", "Ann", 41}, []any{"bob", "Bob", 7}, []any{"eve@x.jp", "Eve", "old"})
	})
}

func TestA5_ResultsStandBehindTheLastColumn(t *testing.T) {
	out := patched(t, people(t), annotation(), marksOfPeople...)
	want := "1|email|name|age|結果|理由|\n2|ann@x.jp|Ann|n:41|更新|\n3|bob|Bob|n:7|拒否|住所ではありません。|\n4|eve@x.jp|Eve|old|拒否|数ではありません。|\n"
	if got := rowsOf(t, out, 0); got != want {
		t.Errorf("rows:\n%s\nwant:\n%s", got, want)
	}
	if got := partOf(t, out, "xl/worksheets/sheet1.xml"); !strings.Contains(got, `<dimension ref="A1:E4">`) {
		t.Errorf("the dimension is not true: %.300s", got)
	}
}

// marksOfPeople are for the rows of people: the second and the third are bad.
var marksOfPeople = []Mark{
	{Line: 2, Cells: []string{"更新", ""}},
	{Line: 3, Cells: []string{"拒否", "住所ではありません。"}, Bad: []Bad{{0, "住所ではありません。"}}},
	{Line: 4, Cells: []string{"拒否", "数ではありません。"}, Bad: []Bad{{2, "数ではありません。"}}},
}

func TestA5_RowsOfAnyKindGetTheirResults(t *testing.T) {
	const head = `<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c><c r="B1" t="inlineStr"><is><t>b</t></is></c></row>`
	const both = `<c r="C1" t="inlineStr"><is><t>結果</t></is></c><c r="D1" t="inlineStr"><is><t>理由</t></is></c>`
	const good = `<c r="C2" t="inlineStr"><is><t>ok</t></is></c>`
	tests := []struct{ name, rows, want string }{
		{"a plain row", head + `<row r="2"><c r="A2"><v>1</v></c></row>`, withBoth(head) + `<row r="2"><c r="A2"><v>1</v></c>` + good + `</row>`},
		{"rows and cells without places", `<row><c t="inlineStr"><is><t>a</t></is></c><c t="inlineStr"><is><t>b</t></is></c></row><row><c><v>1</v></c></row>`,
			`<row><c t="inlineStr"><is><t>a</t></is></c><c t="inlineStr"><is><t>b</t></is></c>` + both + `</row><row><c><v>1</v></c>` + good + `</row>`},
		{"an empty row", head + `<row r="2" ht="30" />`, withBoth(head) + `<row r="2" ht="30">` + good + `</row>`},
		{"spans that are too narrow", head + `<row r="2" spans="1:2"><c r="A2"/></row>`, withBoth(head) + `<row r="2" spans="1:3"><c r="A2"/>` + good + `</row>`},
		{"spans that are wide enough", head + `<row r="2" spans='1:9'><c r="A2"/></row>`, withBoth(head) + `<row r="2" spans='1:9'><c r="A2"/>` + good + `</row>`},
		{"a blank styled cell that stands there", head + `<row r="2"><c r="C2" s="0"/><c r="E2" s="0"/></row>`,
			withBoth(head) + `<row r="2"><c r="C2" s="0" t="inlineStr"><is><t>ok</t></is></c><c r="E2" s="0"/></row>`},
		{"an extension behind the cells", head + `<row r="2"><c r="A2"/><extLst><ext uri="x"/></extLst></row>`, withBoth(head) + `<row r="2"><c r="A2"/>` + good + `<extLst><ext uri="x"/></extLst></row>`},
		{"comments, CDATA and layout", "<!-- 1 -->" + head + "\n <row  r='2' >\n<c r='A2' t='str'><v><![CDATA[<&]]></v></c>\n</row>\n", "<!-- 1 -->" + withBoth(head) + "\n <row  r='2' >\n<c r='A2' t='str'><v><![CDATA[<&]]></v></c>\n" + good + "</row>\n"},
		{"a column in use further right", head + `<row r="2"><c r="C2"><v>9</v></c></row>`,
			strings.NewReplacer(`"D1"`, `"E1"`, `"C1"`, `"D1"`).Replace(withBoth(head)) + `<row r="2"><c r="C2"><v>9</v></c>` + strings.Replace(good, "C2", "D2", 1) + `</row>`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out := patched(t, bookOf(tt.rows, nil).zipped(t), annotation(), Mark{Line: 2, Cells: []string{"ok"}})
			sheet := partOf(t, out, "xl/worksheets/sheet1.xml")
			_, got, _ := strings.Cut(sheet, "<sheetData>")
			got, _, _ = strings.Cut(got, "</sheetData>")
			if got != tt.want {
				t.Errorf("rows:\n%s\nwant:\n%s", got, tt.want)
			}
		})
	}
}

// withBoth is a header's row of two columns with the added ones.
func withBoth(head string) string {
	return strings.Replace(head, "</row>", `<c r="C1" t="inlineStr"><is><t>結果</t></is></c><c r="D1" t="inlineStr"><is><t>理由</t></is></c></row>`, 1)
}

func TestA5_MarksThatBelongNowhereAreAnError(t *testing.T) {
	tests := []struct {
		name  string
		marks []Mark
	}{
		{"behind the last row", []Mark{{Line: 9}}},
		{"on a line without a row", []Mark{{Line: 2}, {Line: 3}, {Line: 4}, {Line: 5}}},
		{"on the header", []Mark{{Line: 1}}},
		{"out of order", []Mark{{Line: 3}, {Line: 2}}},
		{"twice for a line", []Mark{{Line: 2}, {Line: 2}}},
		{"for no column", []Mark{{Line: 2, Bad: []Bad{{-1, "x"}}}}},
		{"for a column that no sheet has", []Mark{{Line: 2, Bad: []Bad{{maxColumns, "x"}}}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, err := tryPatch(t, people(t), annotation(), tt.marks...)
			if err == nil {
				t.Error("no error")
			}
			if _, err := zip.NewReader(bytes.NewReader(out), int64(len(out))); err == nil {
				t.Error("what was written opens as an archive")
			}
		})
	}
}

func TestA5_WithoutOptionsNothingChanges(t *testing.T) {
	before := people(t)
	sameParts(t, partsOf(t, before), partsOf(t, patched(t, before, PatchOptions{})))
}

// sameParts compares all parts, but for the named ones.
func sameParts(t testing.TB, before, after parts, but ...string) {
	t.Helper()
	for name, part := range before {
		if !slices.Contains(but, name) && after[name] != part {
			t.Errorf("%s is\n%.2000s\nwant\n%.2000s", name, after[name], part)
		}
	}
	for name := range after {
		if _, ok := before[name]; !ok && !slices.Contains(but, name) {
			t.Errorf("%s is new", name)
		}
	}
}

func TestA5_ColumnsOfAnEarlierCopyAreUsedAgain(t *testing.T) {
	first := patched(t, people(t), annotation(), marksOfPeople...)
	o := annotation()
	o.Header = []string{"Result", "Reason"}
	again := patched(t, first, o, Mark{Line: 2, Cells: []string{"kept", ""}}, Mark{Line: 4, Cells: []string{"rejected", "still no number"}})
	want := "1|email|name|age|Result|Reason|\n2|ann@x.jp|Ann|n:41|kept|\n3|bob|Bob|n:7|\n4|eve@x.jp|Eve|old|rejected|still no number|\n"
	if got := rowsOf(t, again, 0); got != want {
		t.Errorf("rows:\n%s\nwant:\n%s", got, want)
	}
	o.Header = nil
	if got, want := rowsOf(t, patched(t, again, o), 0), rowsOf(t, people(t), 0); got != want {
		t.Errorf("without added columns:\n%s\nwant:\n%s", got, want)
	}
}

func TestA5_OneLeftColumnOfAnEarlierCopyIsUsedForTheFirst(t *testing.T) {
	rows := `<row r="1"><c r="A1" t="inlineStr"><is><t>理由</t></is></c><c r="B1" t="inlineStr"><is><t>a</t></is></c></row><row r="2"><c r="A2"><v>1</v></c><c r="B2"><v>2</v></c></row>`
	out := patched(t, bookOf(rows, nil).zipped(t), annotation(), Mark{Line: 2, Cells: []string{"ok", "why"}})
	if got, want := rowsOf(t, out, 0), "1|結果|a|理由|\n2|ok|n:2|why|\n"; got != want {
		t.Errorf("rows:\n%s\nwant:\n%s", got, want)
	}
}

func TestA5_AddedColumnsAreSeen(t *testing.T) {
	const rows = `<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row>`
	tests := []struct{ name, cols, want string }{
		{"without widths", ``, `<cols><col min="2" max="2" width="14" customWidth="1"/><col min="3" max="3" width="60" customWidth="1"/></cols>`},
		{"behind the others", `<cols><col min="1" max="1" width="9"/></cols>`, `<cols><col min="1" max="1" width="9"/><col min="2" max="2" width="14" customWidth="1"/><col min="3" max="3" width="60" customWidth="1"/></cols>`},
		{"between others", `<cols><col min="3" max="9" width="9"/></cols>`, `<cols><col min="2" max="2" width="14" customWidth="1"/><col min="3" max="9" width="9"/></cols>`},
		{"in a list that is empty", `<cols/>`, `<cols><col min="2" max="2" width="14" customWidth="1"/><col min="3" max="3" width="60" customWidth="1"/></cols>`},
		{"with widths of the person's", `<cols><col min="1" max="16384" width="9"/></cols>`, `<cols><col min="1" max="16384" width="9"/></cols>`},
		{"where the rest is hidden", `<cols><col min="2" max="16384" width="0" hidden="1" customWidth="1" style="4"/></cols>`,
			`<cols><col min="2" max="2" width="14" customWidth="1" style="4"/><col min="3" max="3" width="60" customWidth="1" style="4"/><col min="4" max="16384" width="0" hidden="1" customWidth="1" style="4"/></cols>`},
		{"where everything is hidden", `<cols><col min="1" max="3" width="0" hidden="1"></col></cols>`,
			`<cols><col min="1" max="1" width="0" hidden="1"/><col min="2" max="2" width="14" customWidth="1"/><col min="3" max="3" width="60" customWidth="1"/></cols>`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := bookOf(rows, nil)
			file["xl/worksheets/sheet1.xml"] = strings.Replace(file["xl/worksheets/sheet1.xml"], "<sheetData>", tt.cols+"<sheetData>", 1)
			out := partOf(t, patched(t, file.zipped(t), annotation()), "xl/worksheets/sheet1.xml")
			begin, end := strings.Index(out, "<cols>"), strings.Index(out, "</cols>")
			if begin < 0 || out[begin:end+len("</cols>")] != tt.want {
				t.Errorf("sheet = %s\nwant %s", out, tt.want)
			}
			again := partOf(t, patched(t, patched(t, file.zipped(t), annotation()), annotation()), "xl/worksheets/sheet1.xml")
			if again != out {
				t.Errorf("the second time: %s\nwant %s", again, out)
			}
		})
	}
}
