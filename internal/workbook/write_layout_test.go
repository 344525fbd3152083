package workbook

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

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

func TestL1_RowsAreAsHighAsTheirWrappedTexts(t *testing.T) {
	o := invitation("ja", 2)
	o.Pages = []Page{{Name: "説明", Widths: []float64{10, 20}, Rows: [][]string{{"題"}, {"1", strings.Repeat("あ", 21)}, {"見出し"}, {"2", "短い"}}, Headings: []int{2}}}
	row := []string{"Ann", "a@x.example", "", "", "", "", "", ""}
	tall := slices.Clone(row)
	tall[1] = "a@x.example\nb@x.example"
	const none = 15 // what excelize says of a row that has no height of its own
	f := asOracle(t, made(t, o, row, tall))
	for _, tt := range []struct {
		sheet string
		row   int
		want  float64
	}{{"メンバー招待", 2, none}, {"メンバー招待", 3, 37.5}, {"説明", 1, 37.5}, {"説明", 2, 56.25}, {"説明", 4, none}} {
		if got, err := f.GetRowHeight(tt.sheet, tt.row); got != tt.want || err != nil {
			t.Errorf("%s, row %d: %g points high (%v), want %g", tt.sheet, tt.row, got, err, tt.want)
		}
	}
	for cell, want := range map[string]bool{"A1": true, "A2": false, "A3": true, "B3": true, "A4": false} {
		if style := styleOf(t, f, "説明", cell); style.Font.Bold != want {
			t.Errorf("%s is bold: %v, want %v", cell, style.Font.Bold, want)
		}
	}
}

func TestE3_APrintedSheetIsAsWideAsAPageAndRepeatsItsHeader(t *testing.T) {
	f := asOracle(t, made(t, invitation("en", 0)))
	page, err := f.GetPageLayout("メンバー招待")
	if err != nil || *page.Orientation != "landscape" || *page.FitToHeight != 0 {
		t.Errorf("page = %+v, %v; want landscape, of any height", page, err)
	}
	if sheet, err := f.GetSheetProps("メンバー招待"); err != nil || !*sheet.FitToPage {
		t.Errorf("the sheet does not fit to the page (%v)", err)
	}
	for _, n := range f.GetDefinedName() {
		if n.Name == "_xlnm.Print_Titles" && n.RefersTo == "'メンバー招待'!$1:$1" {
			return
		}
	}
	t.Errorf("no title to be repeated among %+v", f.GetDefinedName())
}
