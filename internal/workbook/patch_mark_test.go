package workbook

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

var (
	xfPattern   = regexp.MustCompile(`(?s)<(?:\w+:)?cellXfs[ >].*</(?:\w+:)?cellXfs>`)
	fillPattern = regexp.MustCompile(`(?s)<(?:\w+:)?fill>.*?</(?:\w+:)?fill>`)
	fillID      = regexp.MustCompile(`<(?:\w+:)?xf [^>]*?fillId="(\d+)"|<(?:\w+:)?xf `)
	foreground  = regexp.MustCompile(`fgColor rgb="FF(\w{6})"`)
)

// fillOf returns the colour of the fill of a cell on the first sheet; empty for
// none. (The oracle knows no colours in workbooks without a theme.)
func fillOf(t testing.TB, file []byte, cell string) string {
	t.Helper()
	found := regexp.MustCompile(`<(?:\w+:)?c (?:r="` + cell + `"[^>]* s="(\d+)"|[^>]*r="` + cell + `")`).FindStringSubmatch(partOf(t, file, "xl/worksheets/sheet1.xml"))
	if found == nil || found[1] == "" {
		return ""
	}
	styles := partOf(t, file, "xl/styles.xml")
	style, _ := strconv.Atoi(found[1])
	fill, _ := strconv.Atoi(fillID.FindAllStringSubmatch(xfPattern.FindString(styles), -1)[style][1])
	if colour := foreground.FindStringSubmatch(fillPattern.FindAllString(styles, -1)[fill]); colour != nil {
		return colour[1]
	}
	return ""
}

// notesOf lists the notes of a sheet: cell, author, text without our name.
func notesOf(t testing.TB, f *excelize.File, sheet string) string {
	t.Helper()
	notes, err := f.GetComments(sheet)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, n := range notes {
		text := n.Text
		for _, p := range n.Paragraph {
			text += p.Text
		}
		text = strings.TrimPrefix(text, signature("Meibo"))
		fmt.Fprintf(&out, "%s %s: %s\n", n.Cell, strings.TrimSpace(n.Author), text)
	}
	return out.String()
}

// styledPeople is a sheet with fills, a note of a person, and number formats.
func styledPeople(t testing.TB) []byte {
	return book(t, func(f *excelize.File) {
		setRows(t, f, "Sheet1", []any{"email", "name", "age"}, []any{"ann@x.jp", "Ann", 41}, []any{"bob", "Bob", 7.5}, []any{"eve@x.jp", "Eve", "old"})
		yellow, err := f.NewStyle(&excelize.Style{NumFmt: 2, Font: &excelize.Font{Bold: true}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"FFFF00"}}})
		if err == nil {
			err = f.SetCellStyle("Sheet1", "A2", "C4", yellow)
		}
		if err == nil {
			err = f.AddComment("Sheet1", excelize.Comment{Cell: "A3", Author: "Ann", Text: "ask Bob"})
		}
		if err != nil {
			t.Fatal(err)
		}
	})
}

const markColour = "FFCCD1"

func TestA5_BadCellsAreFilledAndKeepTheRestOfTheirStyle(t *testing.T) {
	out := patched(t, styledPeople(t), annotation(),
		Mark{Line: 3, Bad: []Bad{{0, "no address"}, {2, "no age"}, {7, "not there"}}}, Mark{Line: 4, Bad: []Bad{{2, "too old"}, {2, "and no number"}}})
	f := asOracle(t, out)
	for cell, want := range map[string]string{"A2": "FFFF00", "A3": markColour, "B3": "FFFF00", "C3": markColour, "H3": markColour, "C4": markColour, "A4": "FFFF00", "I3": ""} {
		if got := fillOf(t, out, cell); got != want {
			t.Errorf("fill of %s = %q, want %q", cell, got, want)
		}
	}
	if style := styleOf(t, f, "Sheet1", "C3"); style.NumFmt != 2 || !style.Font.Bold {
		t.Errorf("style of a bad cell = %+v, want number format 2 in bold", style)
	}
	want := "A3 Ann: ask Bob\nC3 Meibo: no age\nH3 Meibo: not there\nC4 Meibo: too old\nand no number\n"
	if got := notesOf(t, f, "Sheet1"); got != want {
		t.Errorf("notes:\n%swant:\n%s", got, want)
	}
}

func TestA5_CellsThatAreGoodNowGetTheirFillBack(t *testing.T) {
	before := styledPeople(t)
	first := patched(t, before, annotation(), Mark{Line: 3, Bad: []Bad{{0, "x"}, {1, "y"}}}, Mark{Line: 4, Bad: []Bad{{1, "z"}}})
	second := patched(t, first, annotation(), Mark{Line: 3, Bad: []Bad{{1, "y again"}}})
	f := asOracle(t, second)
	for cell, want := range map[string]string{"A3": "FFFF00", "B3": markColour, "B4": "FFFF00"} {
		if got := fillOf(t, second, cell); got != want {
			t.Errorf("fill of %s = %q, want %q", cell, got, want)
		}
	}
	if got, want := notesOf(t, f, "Sheet1"), "A3 Ann: ask Bob\nB3 Meibo: y again\n"; got != want {
		t.Errorf("notes:\n%swant:\n%s", got, want)
	}
	boxes := partOf(t, second, "xl/drawings/vmlDrawing1.vml")
	if got := strings.Count(boxes, `ObjectType="Note"`); got != 2 {
		t.Errorf("shapes = %d, want 2: %s", got, boxes)
	}
	third := patched(t, second, annotation(), Mark{Line: 3, Bad: []Bad{{1, "y again"}}})
	sameParts(t, partsOf(t, second), partsOf(t, third))
	if got, want := partOf(t, third, "xl/styles.xml"), partOf(t, first, "xl/styles.xml"); got != want {
		t.Errorf("styles grow: %s\nwant %s", got, want)
	}
	clean := patched(t, third, annotation())
	g := asOracle(t, clean)
	if got, want := notesOf(t, g, "Sheet1"), "A3 Ann: ask Bob\n"; got != want {
		t.Errorf("notes at the end:\n%swant:\n%s", got, want)
	}
	if got, want := cellStyles(partOf(t, clean, "xl/worksheets/sheet1.xml")), cellStyles(partOf(t, patched(t, before, annotation()), "xl/worksheets/sheet1.xml")); got != want {
		t.Errorf("cells at the end: %s\nwant %s", got, want)
	}
}

// cellStyles is the part of a sheet with its rows.
func cellStyles(sheet string) string {
	_, rows, _ := strings.Cut(sheet, "<sheetData>")
	rows, _, _ = strings.Cut(rows, "</sheetData>")
	return rows
}

func TestA5_FillsOfEveryColourComeBack(t *testing.T) {
	styles := xmlHead + `<styleSheet ` + mainNS + `><fills count="5"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>` +
		`<fill><patternFill patternType="solid"><fgColor theme="4" tint="0.5"/><bgColor indexed="64"/></patternFill></fill>` +
		`<fill><patternFill patternType="solid"><fgColor rgb="FFFFC7CE"/></patternFill></fill>` +
		`<fill><gradientFill degree="90"><stop position="0"><color rgb="FF000000"/></stop></gradientFill></fill></fills>` +
		`<cellXfs count="6"><xf numFmtId="0"/><xf numFmtId="0" fillId="2" applyFill="1"/><xf numFmtId="49" fillId="3"><alignment wrapText="1"/></xf>` +
		`<xf numFmtId="0" fillId="4"/><xf numFmtId="0" fillId="0" applyProtection="1"><protection locked="0"/></xf></cellXfs></styleSheet>`
	rows := `<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row><row r="2"><c r="A2" s="1"/><c r="B2" s="2"/><c r="C2"/><c r="D2" s="4"/><c r="E2" s="3"/><c r="F2" s="77"/></row>`
	file := bookOf(rows, parts{"xl/styles.xml": styles}).zipped(t)
	o := annotation()
	o.Header = nil
	first := patched(t, file, o, Mark{Line: 2, Bad: []Bad{{0, ""}, {1, ""}, {2, ""}, {3, ""}, {4, ""}, {5, ""}}})
	if got, want := cellStyles(partOf(t, first, "xl/worksheets/sheet1.xml")), `<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row>`+
		`<row r="2"><c r="A2" s="5"/><c r="B2" s="6"/><c r="C2" s="7"/><c r="D2" s="8"/><c r="E2" s="9"/><c r="F2" s="77"/></row>`; got != want {
		t.Errorf("bad cells: %s\nwant %s", got, want)
	}
	got := cellStyles(partOf(t, patched(t, first, o), "xl/worksheets/sheet1.xml"))
	// A gradient cannot be told by one colour: that cell comes back without a fill.
	want := strings.NewReplacer(`<c r="C2"/>`, `<c r="C2" s="0"/>`, `<c r="E2" s="3"/>`, `<c r="E2" s="0"/>`).Replace(rows)
	if got != want {
		t.Errorf("good cells: %s\nwant %s", got, want)
	}
}

func TestA5_AWorkbookWithoutStylesGetsThem(t *testing.T) {
	file := bookOf(`<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row><row r="2"><c r="A2"><v>1</v></c></row>`, nil)
	delete(file, "xl/styles.xml")
	file["xl/_rels/workbook.xml.rels"] = leadingTo("worksheet", "worksheets/sheet1.xml")
	out := patched(t, file.zipped(t), annotation(), Mark{Line: 2, Bad: []Bad{{0, "no"}}})
	if got := fillOf(t, out, "A2"); got != markColour {
		t.Errorf("fill = %q, want %q", got, markColour)
	}
}

func TestA5_MissingCellsAreFilledInTheStyleOfTheirRowOrColumn(t *testing.T) {
	rows := `<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row><row r="2"/><row r="3" s="2" customFormat="1"><c r="B3"/></row>`
	file := bookOf(rows, parts{"xl/styles.xml": stylesOf("0000", "@")})
	file["xl/worksheets/sheet1.xml"] = strings.Replace(file["xl/worksheets/sheet1.xml"], "<sheetData>", `<cols><col min="1" max="9" style="1"/></cols><sheetData>`, 1)
	out := patched(t, file.zipped(t), annotation(), Mark{Line: 2, Bad: []Bad{{0, "x"}}}, Mark{Line: 3, Bad: []Bad{{0, "x"}}})
	f := asOracle(t, out)
	for cell, want := range map[string]string{"A2": "0000", "A3": "@"} {
		style := styleOf(t, f, "Sheet1", cell)
		if got := style.CustomNumFmt; got == nil || *got != want {
			t.Errorf("number format of %s = %v, want %s", cell, got, want)
		}
	}
}

func TestA5_NotesBeyondTheLimitGoToASheetOfProblems(t *testing.T) {
	const rows, bad = 5000, 20_000
	file := made(t, sevenColumns(rows), manyRows(rows)...)
	var marks []Mark
	for i := range rows {
		m := Mark{Line: i + 2, Cells: []string{"rejected", "four reasons"}}
		for c := range bad / rows {
			m.Bad = append(m.Bad, Bad{c, fmt.Sprintf("reason %d of row %d", c, i+2)})
		}
		marks = append(marks, m)
	}
	out := patched(t, file, annotation(), marks...)
	f := asOracle(t, out)
	notes, err := f.GetComments("Members")
	if err != nil || len(notes) != 5000 {
		t.Fatalf("notes = %d, %v; want 5000", len(notes), err)
	}
	problems, err := f.GetRows("問題一覧")
	if err != nil || len(problems) != 1+bad-5000 {
		t.Fatalf("rows of problems = %d, %v; want %d", len(problems), err, 1+bad-5000)
	}
	if got, want := fmt.Sprint(problems[0], problems[1], problems[len(problems)-1]), "[行 セル 問題] [1252 A1252 reason 0 of row 1252] [5001 D5001 reason 3 of row 5001]"; got != want {
		t.Errorf("problems = %s, want %s", got, want)
	}
	if got := fillOf(t, out, "D5001"); got != markColour {
		t.Errorf("fill of the last bad cell = %q, want %q", got, markColour)
	}

	fewer := patched(t, out, annotation(), marks[:1300]...)
	g := asOracle(t, fewer)
	if got := g.GetSheetList(); len(got) != 2 {
		t.Errorf("sheets = %q, want the same two", got)
	}
	if problems, err := g.GetRows("問題一覧"); err != nil || len(problems) != 1+1300*4-5000 {
		t.Errorf("rows of problems the second time = %d, %v; want %d", len(problems), err, 1+1300*4-5000)
	}
	none := patched(t, fewer, annotation(), marks[:10]...)
	if got := asOracle(t, none).GetSheetList(); len(got) != 1 {
		t.Errorf("sheets = %q, want only the person's", got)
	}
	for name := range partsOf(t, none) {
		if strings.Contains(name, "sheet2") {
			t.Errorf("%s is left over", name)
		}
	}
}

func manyRows(n int) [][]string {
	rows := make([][]string, n)
	for i := range rows {
		rows[i] = make([]string, 7)
		memberTexts(rows[i], i)
	}
	return rows
}

func TestA5_ASheetThatIsNotOursIsNeverTouched(t *testing.T) {
	before := book(t, func(f *excelize.File) {
		setRows(t, f, "Sheet1", []any{"email"}, []any{"bob"}, []any{"eve"})
		for _, name := range []string{"問題一覧", "Problems", "After"} {
			if _, err := f.NewSheet(name); err != nil {
				t.Fatal(err)
			}
			setRows(t, f, name, []any{"my", "own", "sheet"}, []any{1, 2, 3})
		}
	})
	o := annotation()
	o.Notes = 0
	out := patched(t, before, o, Mark{Line: 2, Bad: []Bad{{0, "x"}}})
	if got, want := fmt.Sprint(asOracle(t, out).GetSheetList()), "[Sheet1 問題一覧 Problems After 問題一覧 (2)]"; got != want {
		t.Errorf("sheets = %s, want %s", got, want)
	}
	was, is := partsOf(t, before), partsOf(t, out)
	for _, n := range []string{"2", "3", "4"} {
		if name := "xl/worksheets/sheet" + n + ".xml"; was[name] != is[name] {
			t.Errorf("%s changed", name)
		}
	}
	again := patched(t, out, o)
	if got, want := fmt.Sprint(asOracle(t, again).GetSheetList()), "[Sheet1 問題一覧 Problems After]"; got != want {
		t.Errorf("sheets the second time = %s, want %s", got, want)
	}
	o.Overflow.Name = "Problems"
	o.Overflow.Drop = func(name string) bool { return name == "問題一覧" }
	other := patched(t, out, o, Mark{Line: 3, Bad: []Bad{{0, "y"}}})
	if got, want := rowsOf(t, other, 4), "1|行|セル|問題|\n2|n:3|A3|y|\n"; got != want {
		t.Errorf("in another language: %s, want %s", got, want)
	}
}

func TestA5_ASheetOfProblemsThatWasMovedKeepsItsHeadingOnly(t *testing.T) {
	o := annotation()
	o.Notes = 0
	first := partsOf(t, patched(t, people(t), o, marksOfPeople...))
	list := first["xl/workbook.xml"]
	a, b := strings.Index(list, "<sheet name"), strings.Index(list, "</sheets>")
	one, two, _ := strings.Cut(list[a:b], "</sheet>")
	first["xl/workbook.xml"] = list[:a] + two + one + "</sheet>" + list[b:]
	again := patched(t, first.zipped(t), PatchOptions{Sheet: 1, HeaderLine: 1, Author: o.Author, Overflow: o.Overflow})
	if got, want := rowsOf(t, again, 0), "1|行|セル|問題|\n"; got != want {
		t.Errorf("problems = %s, want %s", got, want)
	}
}
