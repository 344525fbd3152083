package workbook

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"meibo/internal/problem"
)

// corpora is where the real files lie: all of them beside the repository, and
// the smallest telling ones in it.
var corpora = []string{filepath.Join("..", "..", "..", "shared", "corpora"), "testdata"}

// real are the workbooks of the corpora and what a correct reader makes of them.
var real = []struct {
	file, rule string
	sheets     string       // names; hidden ones in brackets
	rows       string       // of the first sheet that is not hidden; only its beginning if it ends in …
	code       problem.Code // instead
}{
	{"openspout/xlsx/sheet_with_pronunciation.xlsx", "phonetic runs are dropped", "Sheet1", "1|名前|一二三四|\n", ""},
	{"openspout/xlsx/one_sheet_with_inline_strings.xlsx", "inline strings", "Sheet1", "1|s1 - A1|s1 - B1|s1 - C1|s1 - D1|s1 - E1|\n2|s1 - A2|…", ""},
	{"openspout/xlsx/sheet_without_dimensions_and_empty_cells.xlsx", "sparse cells keep their column without a dimension", "Sheet1", "1|s1--A1|s1--B1|s1--C1|s1--D1|s1--E1|\n2|s1--A2|s1--B2|s1--C2|\n", ""},
	{"poi/spreadsheet/TwoSheetsOneHidden.xlsx", "a hidden sheet says that it is", "[Sheet1], Sheet2", "1|Sheet2A1|\n", ""},
	{"openspout/xlsx/attack_billion_laughs.xlsx", "a document type definition is refused", "Sheet1", "", problem.WorkbookDamaged},
	{"poi/spreadsheet/Booleans.xlsx", "booleans, those of formulas too", "Sheet1, Sheet2, Sheet3", "1|b:TRUE||true from f|\n2|b:TRUE||true from copy|\n4|b:FALSE||false from f|\n5|b:FALSE||false from copy|\n", ""},
	{"poi/spreadsheet/SimpleStrict.xlsx", "strict OOXML", "Sheet1, Sheet Number 2", "1|test||n:1|\n2|test 2||n:2|\n3|||n:3|\n4|||n:4|\n5|||n:5|\n6|||n:6|\n", ""},
	{"poi/openxml4j/ExcelWithHyperlinks.xlsx", "the text of a linked cell is its value", "Sheet1, Sheet2, Sheet3", "1|A1|B1|C1|\n2|n:22.3|Foo|This is a really long cell, with lots of text in it|\n3|n:24.5|Bar|\n4|n:26.7|Foo Foo|Link to http://poi.apache.org/|\n…", ""},
	{"calamine/date_1904.xlsx", "dates that count from 1904", "Sheet1", "1|d:2021-01-01|n:15|\n2|d:2021-01-02|n:16|\n3|d:255:10:10|n:17|\n", ""},
	{"calamine/merge_cells.xlsx", "merged cells have their value at the top left", "Sheet1", "1|Row Merge||Not Merged|\n2|Column Merge|Chunk Merged|\n", ""},
	{"calamine/errors.xlsx", "errors are no texts", "Feuil1, Feuil2, Feuil3", "1|e:#DIV/0!|\n2|e:#NAME?|\n3|e:#VALUE!|\n4|e:#NULL!|\n5|e:#REF!|\n6|e:#NUM!|\n7|e:#N/A|\n", ""},
	{"tealeg-xlsx/googleDocsTest.xlsx", "what Google Sheets writes", "Sheet1", "1|This is a test spreadsheet|It has a couple of columns|\n2|as well as a couple of rows|hello hello|\n", ""},
	{"tealeg-xlsx/macNumbersTest.xlsx", "what Numbers writes, without the 122 styled rows that follow", "主动技能", "1|编号|\n", ""},
	{"tealeg-xlsx/wpsBlankLineTest.xlsx", "what WPS writes, with blank lines between rows", "Sheet1", "1|编号|\n3|编号|\n5|||编号|\n", ""},
	{"excelize/encryptSHA512.xlsx", "a protected workbook is no archive (package sheet says what it is)", "", "", problem.FileUnsupported},
	{"readxl/whitespace-xlsx.xlsx", "spaces and tabs stay where the file keeps them", "whitespace, logical_and_NA", "1| <-space, space-> |\n2| <-space|\n3|space-> |\n4|\t   \t|\n5|\t<-tab, tab->\t|\n6|\t<-tab|\n7|tab->\t|\n", ""},
	{"casdoor/user_test.xlsx", "a peer's workbook of users", "`user`", "1|owner|name|created_time|updated_time|deleted_time|id|external_id|type|…", ""},
}

func TestF5_RealWorkbooksAreReadAsTheirProgramShowsThem(t *testing.T) {
	for _, tt := range real {
		t.Run(tt.rule, func(t *testing.T) {
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
				sheets, rows, err := first(t, file)
				if got := coded(err).Code; got != tt.code || err != nil && got == "" {
					t.Fatalf("%s: error = %v, want code %q", dir, err, tt.code)
				}
				if begin, ok := strings.CutSuffix(tt.rows, "…"); ok {
					rows = rows[:min(len(rows), len(begin))] + "…"
				}
				if sheets != tt.sheets || rows != tt.rows {
					t.Errorf("%s: sheets %s\n%s\nwant %s\n%s", dir, sheets, rows, tt.sheets, tt.rows)
				}
			}
			if !found {
				t.Skip("needs ../shared/corpora beside the repository: this file is not copied to testdata")
			}
		})
	}
}

// first names the sheets and shows the first one that is not hidden.
func first(t *testing.T, file []byte) (sheets, rows string, err error) {
	b, err := openBook(t, file)
	if err != nil {
		return "", "", err
	}
	var names []string
	at := -1
	for i, s := range b.Sheets() {
		name := s.Name
		if s.Hidden {
			name = "[" + name + "]"
		} else if at < 0 {
			at = i
		}
		names = append(names, name)
	}
	rows, err = shown(b, at)
	return strings.Join(names, ", "), rows, err
}

func TestF5_EveryRealWorkbookIsInTheTable(t *testing.T) {
	if _, err := os.Stat(corpora[0]); err != nil {
		t.Skip("needs ../shared/corpora beside the repository")
	}
	err := filepath.WalkDir(corpora[0], func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".xlsx" {
			return err
		}
		rel, err := filepath.Rel(corpora[0], path)
		for _, tt := range real {
			if tt.file == filepath.ToSlash(rel) {
				return err
			}
		}
		t.Errorf("%s is not in the table", rel)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
