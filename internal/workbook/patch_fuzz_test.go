package workbook

import (
	"bytes"
	"context"
	"encoding/csv"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// allRows reads the first sheet of a file, or says why it cannot be read.
func allRows(t *testing.T, file []byte) (map[int][]string, error) {
	t.Helper()
	b, err := Open(bytes.NewReader(file), int64(len(file)), fuzzLimits)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	all := map[int][]string{}
	for row, err := range b.Rows(t.Context(), 0) {
		if err != nil {
			return nil, err
		}
		all[row.Number] = slices.Clone(row.Texts)
	}
	return all, nil
}

// marksFor gives every row below the header a result, and bad cells in some of
// its columns and behind them.
func marksFor(rows map[int][]string, header int) []Mark {
	var marks []Mark
	for line, row := range rows {
		if line <= header {
			continue
		}
		m := Mark{Line: line, Cells: []string{"拒否", "<x>&\n" + row[len(row)-1]}}
		for column := line % 3; column < len(row)+2 && column < maxColumns; column += 3 {
			m.Bad = append(m.Bad, Bad{column, "悪い"})
		}
		marks = append(marks, m)
	}
	slices.SortFunc(marks, func(a, b Mark) int { return a.Line - b.Line })
	return marks
}

// withResults are the rows as a copy with those marks must have them; at is the
// column of the first result.
func withResults(rows map[int][]string, header, at int, marks []Mark) map[int][]string {
	all := map[int][]string{}
	for line, row := range rows {
		all[line] = slices.Clone(row)
	}
	put := func(line int, cells []string) {
		row := append(all[line], make([]string, max(0, at+len(cells)-len(all[line])))...)
		copy(row[at:], cells)
		all[line] = row
	}
	put(header, annotation().Header)
	for _, m := range marks {
		put(m.Line, m.Cells)
	}
	return all
}

func firstLine(rows map[int][]string) int {
	first := 0
	for line := range rows {
		if first == 0 || line < first {
			first = line
		}
	}
	return first
}

func patchedBy(t *testing.T, file []byte, o PatchOptions, marks []Mark) ([]byte, error) {
	t.Helper()
	b, err := Open(bytes.NewReader(file), int64(len(file)), fuzzLimits)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	var out bytes.Buffer
	err = b.Patch(context.Background(), &out, o, sequence(marks...))
	return out.Bytes(), err
}

// FuzzPatch gives back a workbook with any text in the place of what stands before
// its rows, its rows, its shared strings and its number format: what can be read
// can be given back as a workbook of XML parts that has the same rows and their
// results, and from which these can be taken again; or the answer is a problem.
func FuzzPatch(f *testing.F) {
	f.Add(`<dimension ref="A1:B2"/><cols><col min="1" max="3" width="9"/></cols>`, row1(`<c r="A1" t="s"><v>1</v></c>`)+`<row r="2" spans="1:2"><c r="B2" s="1"><v>7</v></c></row>`, `<si><t>a</t></si><si><t>b</t></si>`, "0000", ``)
	f.Add(``, `<row><c t="inlineStr"><is><t>x</t></is></c></row><row><c t="b"><v>1</v></c></row><row/><row r="9"><c/><c/><c r="E9"><f>A1</f><v>2</v></c></row>`, ``, "yyyy-mm-dd", `<mergeCells count="1"><mergeCell ref="A9:B9"/></mergeCells>`)
	f.Add(`<sheetViews><sheetView workbookViewId="0"/></sheetViews>`, row1(`<c r="XFC1" t="str"><v>h</v></c>`)+`<row r="1048576"><c r="A1048576"><v>1</v></c></row>`, ``, ``, `<pageMargins/><extLst/>`)
	f.Add(``, row1(`<c r="A1" t="str"><v>理由</v></c><c r="B1" t="str"><v>結果</v></c>`)+`<row r="2"><c r="A2"><v>1</v></c></row>`, ``, ``, `<legacyDrawing r:id="rId9" xmlns:r="`+transitional+`"/>`)
	f.Fuzz(func(t *testing.T, before, rows, items, code, behind string) {
		sheet := xmlHead + `<worksheet ` + mainNS + `>` + before + `<sheetData>` + rows + `</sheetData>` + behind + `</worksheet>`
		file := bookOf("", parts{"xl/worksheets/sheet1.xml": sheet, "xl/sharedStrings.xml": sstOf(items), "xl/styles.xml": stylesOf(code), "[Content_Types].xml": contentTypes}).zipped(t)
		were, err := allRows(t, file)
		if err != nil || len(were) == 0 {
			return
		}
		comesBack(t, file, were)
	})
}

const contentTypes = xmlHead + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>`

// comesBack patches a file that has those rows, twice, and compares.
func comesBack(t *testing.T, file []byte, were map[int][]string) {
	t.Helper()
	header := firstLine(were)
	marks := marksFor(were, header)
	o := annotation()
	o.HeaderLine = header
	out, err := patchedBy(t, file, o, marks)
	if err != nil {
		if !isBadNews(err) {
			t.Fatal(err)
		}
		return
	}
	wellFormed(t, partsOf(t, out))
	got, err := allRows(t, out)
	if err != nil {
		t.Fatalf("the copy cannot be read: %v %v", err, coded(err).Values)
	}
	at := slices.Index(got[header], o.Header[0])
	if at < 0 {
		t.Fatalf("no result in the header %q", got[header])
	}
	if slices.ContainsFunc(were[header], addedHeaders) {
		return // what stood there is replaced
	}
	if diff := cmp.Diff(withResults(were, header, at, marks), got); diff != "" {
		t.Fatalf("rows with results (-want +got):\n%s", diff)
	}
	o.Header = nil
	clean, err := patchedBy(t, out, o, nil)
	if err != nil {
		t.Fatalf("the copy cannot be given back: %v %v", err, coded(err).Values)
	}
	if got, err := allRows(t, clean); err != nil || !cmp.Equal(were, got) {
		t.Fatalf("without results, %v (-want +got):\n%s", err, cmp.Diff(were, got))
	}
}

func TestA5_GeneratedWorkbooksAreGivenBackAsExcelizeReadsThem(t *testing.T) {
	for seed := range uint64(8) {
		s := newSheet(rand.New(rand.NewPCG(seed, 7)), 60)
		for _, streaming := range []bool{false, true} {
			file := s.written(t, streaming)
			were := ourRows(t, file)
			comesBack(t, file, were)
			out, want := annotated(t, file, s.texts(shows))
			f, err := excelize.OpenReader(bytes.NewReader(out))
			if err != nil {
				t.Fatal(err)
			}
			rows, err := f.GetRows("Sheet1")
			if err != nil {
				t.Fatal(err)
			}
			f.Close()
			if diff := cmp.Diff(want, theirRows(rows)); diff != "" {
				t.Errorf("seed %d: excelize, streaming %v (-want +got):\n%s", seed, streaming, diff)
			}
		}
	}
}

// annotated gives a file back with marks; want is what programs show of the copy
// if they show shown of the file.
func annotated(t *testing.T, file []byte, shown map[int][]string) (out []byte, want map[int][]string) {
	t.Helper()
	header := firstLine(shown)
	marks := marksFor(shown, header)
	o := annotation()
	o.HeaderLine = header
	out, err := patchedBy(t, file, o, marks)
	if err != nil {
		t.Fatal(err)
	}
	return out, withResults(shown, header, slices.Index(ourRows(t, out)[header], o.Header[0]), marks)
}

func TestA5_LibreOfficeShowsGeneratedWorkbooksThatAreGivenBack(t *testing.T) {
	s := newSheet(rand.New(rand.NewPCG(5, 6)), 300)
	out, want := annotated(t, s.written(t, true), s.texts(shows))
	r := csv.NewReader(bytes.NewReader(converted(t, out, asShown, "csv")))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, theirRows(atLines(s.lines(), rows))); diff != "" {
		t.Errorf("LibreOffice (-want +got):\n%s", diff)
	}
}
