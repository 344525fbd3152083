package workbook

import (
	"bytes"
	"strings"
	"testing"
)

// TestA5_LibreOfficeOpensWhatIsGivenBack has copies opened and saved in its own
// format, which says what LibreOffice understood of them.
func TestA5_LibreOfficeOpensWhatIsGivenBack(t *testing.T) {
	strict := plainBook(t)
	for name, part := range strict {
		if name != "[Content_Types].xml" {
			strict[name] = strictly(part)
		}
	}
	tests := []struct {
		name  string
		file  []byte
		notes int
	}{
		{"with all that people put in", rich(t), 4}, // two of theirs, one of them on another sheet
		{"strict", strict.zipped(t), 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := annotation()
			o.Notes = 2
			marks := append(marksOfPeople[:2:2], Mark{Line: 4, Cells: []string{"拒否", "数ではありません。"}, Bad: []Bad{{2, "数ではありません。"}, {0, "余り"}}})
			flat := string(converted(t, patched(t, tt.file, o, marks...), "fods", "fods"))
			if got := strings.Count(flat, "<office:annotation "); got != tt.notes {
				t.Errorf("notes = %d, want %d", got, tt.notes)
			}
			for _, text := range []string{">結果<", ">理由<", ">住所ではありません。<", ">ann@x.jp<", `table:name="問題一覧"`, ">余り<"} {
				if !strings.Contains(flat, text) {
					t.Errorf("LibreOffice does not show %s", text)
				}
			}
			if got := strings.Count(flat, `fo:background-color="#`+strings.ToLower(markColour)+`"`); got == 0 {
				t.Errorf("no cell is filled")
			}
		})
	}
}

// TestA5_ACopyThatLibreOfficeSavedComesBackClean is the round that a person makes:
// the copy is corrected and saved by another program, and brought again.
func TestA5_ACopyThatLibreOfficeSavedComesBackClean(t *testing.T) {
	o := annotation()
	o.Notes = 2
	first := patched(t, styledPeople(t), o, Mark{Line: 2, Cells: []string{"拒否", "x"}, Bad: []Bad{{0, "a"}, {1, "b"}, {2, "c"}}}, Mark{Line: 3, Cells: []string{"拒否", "y"}, Bad: []Bad{{1, "d"}}})
	saved := converted(t, first, "xlsx:Calc MS Excel 2007 XML", "xlsx")
	again := patched(t, saved, o)
	f := asOracle(t, again)
	if got, want := notesOf(t, f, "Sheet1"), "A3 : ask Bob\n"; got != want { // LibreOffice forgets who a note is by
		t.Errorf("notes:\n%swant:\n%s", got, want)
	}
	if got := f.GetSheetList(); len(got) != 1 {
		t.Errorf("sheets = %q, want only the person's", got)
	}
	for _, cell := range []string{"A2", "B2", "C2", "B3", "A3"} {
		if got, want := fillOf(t, again, cell), "FFFF00"; got != want {
			t.Errorf("fill of %s = %q, want %q", cell, got, want)
		}
	}
	if bytes.Contains([]byte(partOf(t, again, "xl/worksheets/sheet1.xml")), []byte("拒否")) {
		t.Error("an old result is left")
	}
	want := "1|email|name|age|結果|理由|\n2|ann@x.jp|Ann|n:41|\n3|bob|Bob|n:7.5|\n4|eve@x.jp|Eve|old|\n"
	if got := rowsOf(t, again, 0); got != want {
		t.Errorf("rows:\n%s\nwant:\n%s", got, want)
	}
}
