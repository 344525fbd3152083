package workbook

import (
	"bytes"
	"context"
	"encoding/csv"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// converted has LibreOffice open a workbook and save it in another format; it
// returns what was saved.
func converted(t *testing.T, file []byte, format, extension string) []byte {
	t.Helper()
	soffice, err := exec.LookPath("soffice")
	if err != nil {
		t.Skip("LibreOffice is missing: install the package libreoffice-calc-nogui to have workbooks opened by it")
	}
	dir := t.TempDir()
	from := filepath.Join(dir, "book.xlsx")
	if err := os.WriteFile(from, file, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	run := exec.CommandContext(ctx, soffice, "-env:UserInstallation=file://"+dir+"/profile", "--headless",
		"--convert-to", format, "--outdir", filepath.Join(dir, "out"), from)
	said, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("soffice: %v\n%s", err, said)
	}
	got, err := filepath.Glob(filepath.Join(dir, "out", "*."+extension))
	if err != nil || len(got) != 1 {
		t.Fatalf("LibreOffice did not open the workbook: %v %v\n%s", got, err, said)
	}
	b, err := os.ReadFile(got[0])
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// asCSV: comma, quotes, UTF-8, from line 1 on, cells as they are shown, and the
// sheet of that number.
func asCSV(sheet int) string {
	return "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false," + strconv.Itoa(sheet)
}

func TestL1_LibreOfficeReadsTheWorkbookBackEqual(t *testing.T) {
	o := invitation("ja", -1)
	o.Columns = append(o.Columns, Column{Header: "number", Kind: Number}, Column{Header: "date", Kind: Date})
	var want [][]string
	for i, text := range []string{
		"山田 太郎", "=1+1", "+1", "-1", "@SUM(A1)", "0012", "1234567890123456789", "1.23E+15", "2026-04-01", "TRUE",
		"_x0041_", "a_x000D_b", `"quoted", 'too'`, "  spaces  ", "two\nlines", "tab\tin it", "<b>&amp;</b>", "😀𠮟", "\u3000", "'apostrophe",
	} {
		row := append(memberRow(text, "a"+strconv.Itoa(i)+"@example.jp"), strconv.Itoa(i*1_000_003), "2026-04-"+strconv.Itoa(10+i%20))
		want = append(want, row)
	}
	file := made(t, o, want...)
	r := csv.NewReader(bytes.NewReader(converted(t, file, asCSV(1), "csv")))
	got, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got[1:]); diff != "" {
		t.Errorf("rows differ (-want +got):\n%s", diff)
	}
}

// TestL1_LibreOfficeKeepsWhatTheWorkbookHas has the workbook opened and saved,
// and looks for notes, drop-downs and hidden things in what was saved: what
// LibreOffice did not understand is missing there. (Frozen panes always are: it
// has no view without a window.)
func TestL1_LibreOfficeKeepsWhatTheWorkbookHas(t *testing.T) {
	o := invitation("ja", int64(len(members)))
	f := asOracle(t, converted(t, made(t, o, members...), "xlsx", "xlsx"))
	if got, want := f.GetSheetList(), []string{"メンバー招待", "説明", "Lists"}; !slices.Equal(got, want) {
		t.Errorf("sheets = %q, want %q", got, want)
	}
	if visible, err := f.GetSheetVisible("Lists"); visible || err != nil {
		t.Errorf("the sheet of choices is visible (%v)", err)
	}
	if visible, err := f.GetColVisible("メンバー招待", "H"); visible || err != nil {
		t.Errorf("the hidden column is visible (%v)", err)
	}
	notes, err := f.GetComments("メンバー招待")
	if err != nil || len(notes) != 4 {
		t.Errorf("notes = %d, %v; want 4", len(notes), err)
	}
	validations, err := f.GetDataValidations("メンバー招待")
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range validations {
		if v.Type != "list" || v.ErrorStyle == nil || *v.ErrorStyle != "warning" {
			t.Errorf("validation of %s is %s, want a list that warns", v.Sqref, v.Type)
		}
	}
	if len(validations) != 5 {
		t.Errorf("validations = %d, want 5", len(validations))
	}
	if style := styleOf(t, f, "メンバー招待", "A900"); style.CustomNumFmt == nil || *style.CustomNumFmt != "@" || style.Fill.Pattern != 1 {
		t.Errorf("an empty cell of column A: number format %v, fill %+v; want shaded text", style.CustomNumFmt, style.Fill)
	}
}
