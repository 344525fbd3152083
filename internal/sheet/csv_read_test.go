package sheet

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meibo/internal/problem"
)

// rowsOf reads a whole file: each row as its line and its cells, then the error.
func rowsOf(t testing.TB, f *File) ([]string, error) {
	t.Helper()
	var rows []string
	for row, err := range f.Rows(context.Background()) {
		if err != nil {
			return rows, err
		}
		rows = append(rows, fmt.Sprintf("%d %q", row.Line, row.Cells))
	}
	return rows, nil
}

func TestF3_ReadsRows(t *testing.T) {
	tests := []struct {
		name string
		file string
		want []string
	}{
		{"comma, LF", "a,b\n1,2\n", []string{`1 ["a" "b"]`, `2 ["1" "2"]`}},
		{"CRLF is one line end", "a,b\r\n1,2\r\n", []string{`1 ["a" "b"]`, `2 ["1" "2"]`}},
		{"CR alone ends a line", "a,b\r1,2\r3,4", []string{`1 ["a" "b"]`, `2 ["1" "2"]`, `3 ["3" "4"]`}},
		{"line ends may be mixed", "a,b\r1,2\n3,4\r\n5,6", []string{`1 ["a" "b"]`, `2 ["1" "2"]`, `3 ["3" "4"]`, `4 ["5" "6"]`}},
		{"no line end at the end of the file", "a,b\n1,2", []string{`1 ["a" "b"]`, `2 ["1" "2"]`}},
		{"semicolon is found", "a;b\n1;2,5\n", []string{`1 ["a" "b"]`, `2 ["1" "2,5"]`}},
		{"tab is found", "a\tb\n1\t2\n", []string{`1 ["a" "b"]`, `2 ["1" "2"]`}},
		{"commas within quotes do not make it comma", "\"a,b,c\";d\n\"1,2,3\";4\n", []string{`1 ["a,b,c" "d"]`, `2 ["1,2,3" "4"]`}},
		{"one column needs no delimiter", "email\na@x.jp\n", []string{`1 ["email"]`, `2 ["a@x.jp"]`}},
		{"two quotes are one", "a\n\"x\"\"y\"\n\"\"\"\"\n", []string{`1 ["a"]`, `2 ["x\"y"]`, `3 ["\""]`}},
		{"quotes around nothing", "a,b\n\"\",1\n2,\"\"\n", []string{`1 ["a" "b"]`, `2 ["" "1"]`, `3 ["2" ""]`}},
		{"delimiters and line ends within quotes are text, kept as they stand", "a,b\n\"x,\r\ny\n\rz\",2\n3,4\n",
			[]string{`1 ["a" "b"]`, `2 ["x,\r\ny\n\rz" "2"]`, `6 ["3" "4"]`}},
		{"blank rows are left out and their lines counted", "\n\na,b\n\n,\n \u3000,\u200b\n\"\",\"\"\n1,2\n", []string{`3 ["a" "b"]`, `8 ["1" "2"]`}},
		{"spaces stay", "a,b\n 1 ,\t2\n", []string{`1 ["a" "b"]`, `2 [" 1 " "\t2"]`}},
		{"the guard stays", "a,b\n'=1,'t\n", []string{`1 ["a" "b"]`, `2 ["'=1" "'t"]`}},
		{"rows of any length", "a,b\n1\n1,2,3\n", []string{`1 ["a" "b"]`, `2 ["1"]`, `3 ["1" "2" "3"]`}},
		{"a byte order mark before a quoted header", "\xef\xbb\xbf\"a\",b\n1,2\n", []string{`1 ["a" "b"]`, `2 ["1" "2"]`}},
		{"only one byte order mark is taken", "\xef\xbb\xbf\ufeffa,b\n", []string{`1 ["\ufeffa" "b"]`}},
		{"sep= names the delimiter and is no row", "sep=;\r\na;b\r\n1;2,3,4\r\n", []string{`2 ["a" "b"]`, `3 ["1" "2,3,4"]`}},
		{"sep= in quotes", "\"sep=;\"\na;b\n", []string{`2 ["a" "b"]`}},
		{"sep= behind a byte order mark", "\xef\xbb\xbfsep=\t\na\tb\n", []string{`2 ["a" "b"]`}},
		{"SEP= in capitals", "SEP=;\na;b\n", []string{`2 ["a" "b"]`}},
		{"sep= further down is a row", "a\nsep=;\n", []string{`1 ["a"]`, `2 ["sep=;"]`}},
		{"the SUB of DOS at the end is no row", "a,b\r\n1,2\r\n\x1a", []string{`1 ["a" "b"]`, `2 ["1" "2"]`}},
		{"UTF-16LE", "\xff\xfe" + encode(t, "utf-16le", "a,b\r\n\"x\"\"\r\n,\",ā,\n𠮷;\"\"\n"), []string{`1 ["a" "b"]`, `2 ["x\"\r\n," "ā" ""]`, `4 ["𠮷;\"\""]`}},
		{"UTF-16BE", "\xfe\xff" + encode(t, "utf-16be", "sep=;\na;\"b\"\n∢;਍\n"), []string{`2 ["a" "b"]`, "3 [\"∢\" \"\\u0a0d\"]"}},
		{"ISO-2022-JP, in which comma and quote are part of characters", encode(t, "iso-2022-jp", "a,b\nあ,\"、あ\"\"い\"\nﾌ｢,2\n"),
			[]string{`1 ["a" "b"]`, `2 ["あ" "、あ\"い"]`, `3 ["ﾌ｢" "2"]`}},
		{"ISO-2022-JP that leaves it to the line end to go back", "a\n1,\x1b$B$\"\n2,\x1b$@$$\r\n", []string{`1 ["a"]`, `2 ["1" "あ"]`, `3 ["2" "い"]`}},
		{"Shift_JIS, in which a backslash is part of characters", encode(t, "shift_jis", "名前,b\n\"ソ\",能\n表,予\n"), []string{`1 ["名前" "b"]`, `2 ["ソ" "能"]`, `3 ["表" "予"]`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := rowsOf(t, open(t, tt.file, Options{}))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

// problemsOf reads a whole file and gives its problems as line, column and code.
func problemsOf(t testing.TB, f *File) []string {
	t.Helper()
	var found []string
	tell := func(p problem.Problem) string {
		return fmt.Sprintf("%d:%s %s %v", p.Place.Line, p.Place.Column, p.Code, p.Values)
	}
	for row, err := range f.Rows(context.Background()) {
		for _, p := range row.Problems {
			found = append(found, fmt.Sprintf("row %d: ", row.Line)+tell(p))
		}
		if p := (problem.Problem{}); errors.As(err, &p) {
			found = append(found, "file: "+tell(p))
		} else if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

func TestF3_NamesProblemsOfRows(t *testing.T) {
	tests := []struct {
		name    string
		file    string
		options Options
		want    []string
	}{
		{"a quote within a cell", "a,b\n1,5\" disk\n3,4\n", Options{}, []string{"row 2: 2:2 quote-stray map[]"}},
		{"text behind a closing quote", "a,b\n\"x\"y,2\n", Options{}, []string{"row 2: 2:1 quote-stray map[]"}},
		{"a space behind a closing quote", "a,b\n\"x\" ,2\n", Options{}, []string{"row 2: 2:1 quote-stray map[]"}},
		{"a quote behind a space", "a,b\n \"x\",2\n", Options{}, []string{"row 2: 2:1 quote-stray map[]"}},
		{"on the line where the quote is", "a,b\n\"x\ny\",p\"q\n", Options{}, []string{"row 2: 3:2 quote-stray map[]"}},
		{"the rows after it are read", "a,b\n\"x\"y\n\"z\"w,1\n", Options{}, []string{"row 2: 2:1 quote-stray map[]", "row 3: 3:1 quote-stray map[]"}},
		{"a quote that never closes, where it opened", "a,b\n1,2\n\"x\ny\",\"z\n3,4\n", Options{}, []string{"file: 4:2 quote-unclosed map[]"}},
		{"a quote that opens at the very end", "a,b\n1,\"", Options{}, []string{"file: 2:2 quote-unclosed map[]"}},
		{"bytes that UTF-8 cannot have", "a,b\n1,\"x\n\xff\"\n", Options{Charset: "utf-8"},
			[]string{"row 2: 3:2 charset-invalid map[bytes:ff charset:utf-8 offset:9]"}},
		{"a surrogate in UTF-8", "a\n\xed\xa0\x80\n", Options{Charset: "utf-8"},
			[]string{"row 2: 2:1 charset-invalid map[bytes:ed charset:utf-8 offset:2]"}},
		{"a lone 0x80 in Shift_JIS", "a\n\x80\n", Options{Charset: "sjis"},
			[]string{"row 2: 2:1 charset-invalid map[bytes:80 charset:shift_jis offset:2]"}},
		{"a lead byte before the delimiter in Shift_JIS", "a,b\n\x83,\x83\x41\n", Options{Charset: "cp932"},
			[]string{"row 2: 2:1 charset-invalid map[bytes:83 charset:shift_jis offset:4]"}},
		{"an undefined byte in Windows-1252", "a\nx\x81\n", Options{Charset: "latin1"},
			[]string{"row 2: 2:1 charset-invalid map[bytes:81 charset:windows-1252 offset:3]"}},
		{"half a surrogate pair in UTF-16", "\xff\xfea\x00\n\x00\x00\xd8", Options{},
			[]string{"row 2: 2:1 charset-invalid map[bytes:00d8 charset:utf-16le offset:6]"}},
		{"half a unit of UTF-16", "\xff\xfea\x00\n\x00b", Options{},
			[]string{"row 2: 2:1 charset-invalid map[bytes:62 charset:utf-16le offset:6]"}},
		{"an unknown escape in ISO-2022-JP", "a\nx\x1b$Zb\n", Options{Charset: "iso-2022-jp"},
			[]string{"row 2: 2:1 charset-invalid map[bytes:1b charset:iso-2022-jp offset:3]"}},
		{"each cell once", "a,b\n\xff\xff\"\xff,\xfe\n", Options{Charset: "utf-8"}, []string{
			"row 2: 2:1 charset-invalid map[bytes:ff charset:utf-8 offset:4]",
			"row 2: 2:1 quote-stray map[]",
			"row 2: 2:2 charset-invalid map[bytes:fe charset:utf-8 offset:9]"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := problemsOf(t, open(t, tt.file, tt.options))
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestF3_ProblemNamesTheHeader(t *testing.T) {
	f := open(t, "email,名前\na,\xff\n", Options{Charset: "utf-8"})
	header := ""
	for row := range f.Rows(context.Background()) {
		for _, p := range row.Problems {
			header += p.Place.Header
		}
	}
	if header != "名前" {
		t.Errorf("header = %q", header)
	}
}

func TestF2_DamagedCellShowsReplacement(t *testing.T) {
	got, err := rowsOf(t, open(t, "a,b\nx\xffy,\x82\xa0\n", Options{Charset: "shift_jis"}))
	if err != nil {
		t.Fatal(err)
	}
	if want := `2 ["x�y" "あ"]`; got[1] != want {
		t.Errorf("row = %s, want %s", got[1], want)
	}
}

func TestF11_LimitsAreRefusedByName(t *testing.T) {
	tests := []struct {
		name   string
		file   string
		limits Limits
		want   []string
	}{
		{"rows, without the header", "a\n1\n2\n", Limits{Rows: 2}, nil},
		{"one row too many", "a\n1\n2\n\n3\n4\n", Limits{Rows: 2}, []string{"file: 5: file-rows-too-many map[limit:2]"}},
		{"columns", "a,b\n1,2,3\n", Limits{Columns: 2}, []string{"file: 2: file-columns-too-many map[limit:2]"}},
		{"columns that are blank do not count", "a,b,\n1,2,,,,\n", Limits{Columns: 2}, nil},
		{"characters of a cell", "a\nああああ\n", Limits{CellRunes: 3}, []string{"file: 2:1 cell-too-long map[limit:3]"}},
		{"characters, not bytes", "a\nあああ\n", Limits{CellRunes: 3}, nil},
		{"cells, whatever the limit", "a\n" + strings.Repeat(",", maxCells) + "\n", Limits{}, []string{"file: 2: file-columns-too-many map[limit:32768]"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := problemsOf(t, open(t, tt.file, Options{Limits: tt.limits}))
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestRows_CanBeReadAgainAndStopped(t *testing.T) {
	f := open(t, "a\n1\n2\n", Options{})
	for range f.Rows(context.Background()) {
		break
	}
	for range 2 {
		if got, _ := rowsOf(t, f); len(got) != 3 {
			t.Errorf("rows = %q", got)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, err := range f.Rows(ctx) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("err = %v", err)
		}
	}
}

func TestRows_MayBeReadBySeveralAtOnce(t *testing.T) {
	f := open(t, encode(t, "shift_jis", "名前\n山田\n佐藤\n"), Options{})
	a, stopA := iter.Pull2(f.Rows(context.Background()))
	defer stopA()
	b, stopB := iter.Pull2(f.Rows(context.Background()))
	defer stopB()
	for _, want := range []string{"名前", "山田", "佐藤"} {
		x, _, _ := a()
		y, _, _ := b()
		if x.Cells[0] != want || y.Cells[0] != want {
			t.Errorf("got %q and %q, want %q", x.Cells, y.Cells, want)
		}
	}
}

func TestRows_StringsStayValid(t *testing.T) {
	var kept []string
	for row := range open(t, "a\n\"x\"\"1\"\n\"x\"\"2\"\n", Options{}).Rows(context.Background()) {
		kept = append(kept, row.Cells[0])
	}
	if want := []string{"a", "x\"1", "x\"2"}; !slices.Equal(kept, want) {
		t.Errorf("kept %q, want %q", kept, want)
	}
}

func TestOpen_ReadsNoFurtherThanTheSize(t *testing.T) {
	f, err := Open(strings.NewReader("a\n1\n2\n"), 4, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := rowsOf(t, f); len(got) != 2 || err != nil {
		t.Errorf("rows = %q (%v)", got, err)
	}
}

// torn is a file that cannot be read from some byte on.
type torn struct {
	text string
	at   int64
	err  error
}

func (r torn) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) <= r.at {
		return strings.NewReader(r.text).ReadAt(p, off)
	}
	n, _ := strings.NewReader(r.text[:r.at]).ReadAt(p, off)
	return n, r.err
}

func TestRows_AReadErrorIsNoEnd(t *testing.T) {
	broken := errors.New("broken")
	text := "a\n" + strings.Repeat("1234567\n", window)
	if _, err := Open(torn{text, 10, broken}, int64(len(text)), Options{}); !errors.Is(err, broken) {
		t.Errorf("open: %v", err)
	}
	f := open(t, text, Options{})
	f.src = torn{text, 3 * window, broken}
	rows, err := rowsOf(t, f)
	if !errors.Is(err, broken) || len(rows) == 0 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	if _, err := rewrite(t, f, RewriteOptions{}); !errors.Is(err, broken) {
		t.Errorf("rewrite: %v", err)
	}
}
