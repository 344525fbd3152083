package sheet

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// collected reads a file of the collection of real files: from testdata, or, for
// the larger ones, from ../shared/corpora beside the repository.
func collected(t *testing.T, name string) []byte {
	t.Helper()
	for _, dir := range []string{"testdata", "../../../shared/corpora"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil {
			return data
		}
		if !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	t.Skipf("%s is neither in testdata nor in ../shared/corpora", name)
	return nil
}

func TestF3_ReadsFilesOfTheWorld(t *testing.T) {
	tests := []struct {
		rule string
		file string
		want []string
	}{
		{"comma within quotes", "csv-spectrum/csvs/comma_in_quotes.csv",
			[]string{`1 ["first" "last" "address" "city" "zip"]`, `2 ["John" "Doe" "120 any st." "Anytown, WW" "08123"]`}},
		{"two quotes are one", "csv-spectrum/csvs/escaped_quotes.csv",
			[]string{`1 ["a" "b"]`, `2 ["1" "ha \"ha\" ha"]`, `3 ["3" "4"]`}},
		{"JSON in a cell", "csv-spectrum/csvs/json.csv",
			[]string{`1 ["key" "val"]`, `2 ["1" "{\"type\": \"Point\", \"coordinates\": [102.0, 0.5]}"]`}},
		{"a line end within quotes", "csv-spectrum/csvs/newlines_crlf.csv",
			[]string{`1 ["a" "b" "c"]`, `2 ["1" "2" "3"]`, `3 ["Once upon \na time" "5" "6"]`, `5 ["7" "8" "9"]`}},
		{"quotes and line ends in one cell", "csv-spectrum/csvs/quotes_and_newlines.csv",
			[]string{`1 ["a" "b"]`, `2 ["1" "ha \n\"ha\" \nha"]`, `5 ["3" "4"]`}},
		{"UTF-8", "csv-spectrum/csvs/utf8.csv", []string{`1 ["a" "b" "c"]`, `2 ["1" "2" "3"]`, `3 ["4" "5" "ʤ"]`}},
		{"quoted and unquoted empty cells", "csv-spectrum/csvs/empty_crlf.csv",
			[]string{`1 ["a" "b" "c"]`, `2 ["1" "" ""]`, `3 ["2" "3" "4"]`}},
		{"byte order mark", "openspout/csv/csv_with_utf8_bom.csv",
			[]string{`1 ["csv--11" "csv--12" "csv--13"]`, `2 ["csv--21" "csv--22" "csv--23"]`, `3 ["csv--31" "csv--32" "csv--33"]`}},
		{"UTF-16LE", "openspout/csv/csv_with_utf16le_bom.csv",
			[]string{`1 ["csv--11" "csv--12" "csv--13"]`, `2 ["csv--21" "csv--22" "csv--23"]`, `3 ["csv--31" "csv--32" "csv--33"]`}},
		{"CR alone", "openspout/csv/csv_with_CR_EOL.csv",
			[]string{`1 ["csv--11" "csv--12" "csv--13"]`, `2 ["csv--21" "csv--22" "csv--23"]`, `3 ["csv--31" "csv--32" "csv--33"]`}},
		{"rows of different length are not shifted", "openspout/csv/csv_with_different_cells_number.csv",
			[]string{`1 ["csv--11" "csv--12" "csv--13"]`, `2 ["csv--21" "csv--22"]`, `3 ["csv--31"]`}},
		{"sep=", "phpspreadsheet/CSV/sep.csv", []string{`2 ["A" "1"]`, `3 ["2" "3"]`}},
		{"semicolon", "phpspreadsheet/CSV/semicolon_separated.csv",
			[]string{`1 ["This" "Are" "Headers"]`, `2 ["Cell A2" "Number with comma" "25,5"]`, `3 ["Two colons and a comma" "B|3" ":,:"]`}},
		{"Latin-1", "django-import-export/books-ISO-8859-1.csv",
			[]string{`1 ["id" "name" "author_email"]`, `2 ["1" "Merci à toi" "test@example.com"]`}},
	}
	for _, tt := range tests {
		t.Run(tt.rule, func(t *testing.T) {
			f := open(t, string(collected(t, tt.file)), Options{})
			got, err := rowsOf(t, f)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestF3_MultiLineCellsWithQuotes(t *testing.T) {
	f := open(t, string(collected(t, "phpspreadsheet/CSV/line_break_in_enclosure_with_escaped_quotes.csv")), Options{})
	got, err := rowsOf(t, f)
	if err != nil || len(got) != 5 {
		t.Fatalf("rows = %d, %v", len(got), err)
	}
	if want := `2 ["Test" "This is a \"test csv file\"\nwith both \"line breaks\"\nand \"escaped\nquotes\" that breaks\nthe delimiters" "http://google.com"]`; got[1] != want {
		t.Errorf("got %s", got[1])
	}
}

func TestF3_SpacesAroundQuotesAreStray(t *testing.T) {
	got := problemsOf(t, open(t, string(collected(t, "commons-csv/CSVFileParser/test.csv")), Options{}))
	want := []string{
		"row 7: 7:2 quote-stray map[]", "row 7: 7:3 quote-stray map[]", "row 7: 7:4 quote-stray map[]",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestF2_DecodesAsItsReference(t *testing.T) {
	tests := []struct{ charset, file, reference string }{
		{"shift_jis", "encoding_rs/shift_jis_in.txt", "encoding_rs/shift_jis_in_ref.txt"},
		{"iso-2022-jp", "encoding_rs/iso_2022_jp_in.txt", "encoding_rs/iso_2022_jp_in_ref.txt"},
		{"shift_jis", "cpython-cjkencodings/shift_jis.txt", "cpython-cjkencodings/shift_jis-utf8.txt"},
		{"euc-jp", "cpython-cjkencodings/euc_jp.txt", "cpython-cjkencodings/euc_jp-utf8.txt"},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			lines := bytes.Split(collected(t, tt.file), []byte("\n"))
			want := strings.Split(string(collected(t, tt.reference)), "\n")
			if len(lines) != len(want) {
				t.Fatalf("lines = %d, want %d", len(lines), len(want))
			}
			for i, line := range lines {
				text, bad, _ := decoderOf(tt.charset).decode(nil, line)
				isDamage := strings.ContainsRune(want[i], '\ufffd')
				if isDamage != (bad >= 0) || !isDamage && string(text) != want[i] {
					t.Errorf("line %d: % x is %q (bad at %d), want %q", i+1, line, text, bad, want[i])
				}
			}
		})
	}
}

func TestF2_DetectsTextsOfTheWorld(t *testing.T) {
	for file, charset := range map[string]string{
		"cpython-cjkencodings/shift_jis.txt":        "shift_jis",
		"cpython-cjkencodings/euc_jp.txt":           "euc-jp",
		"cpython-cjkencodings/gb18030.txt":          "gb18030",
		"cpython-cjkencodings/euc_jp-utf8.txt":      "utf-8",
		"encoding_rs/iso_2022_jp_in.txt":            "iso-2022-jp",
		"django-import-export/books-ISO-8859-1.csv": "windows-1252",
		"openspout/csv/csv_with_utf16le_bom.csv":    "utf-16le",
		"openspout/csv/csv_with_utf8_bom.csv":       "utf-8",
	} {
		t.Run(file, func(t *testing.T) {
			if f := open(t, string(collected(t, file)), Options{}); f.Charset != charset {
				t.Errorf("charset = %s, want %s", f.Charset, charset)
			}
		})
	}
}

// The characters that WHATWG's encoder of Shift_JIS can write.
func TestF12_ShiftJISHoldsAllItHas(t *testing.T) {
	text := string(collected(t, "encoding_rs/shift_jis_out.txt"))
	e := encoderOf("shift_jis")
	for line := range strings.SplitSeq(text, "\n") {
		if !e.Holds(line) || e.RoundTrip(line) != line {
			t.Errorf("%q comes back as %q", line, e.RoundTrip(line))
		}
	}
}
