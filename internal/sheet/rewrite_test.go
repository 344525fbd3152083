package sheet

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"strings"
	"testing"

	"meibo/internal/problem"
)

func marksOf(marks ...Mark) iter.Seq2[Mark, error] {
	return func(yield func(Mark, error) bool) {
		for _, m := range marks {
			if !yield(m, nil) {
				return
			}
		}
	}
}

func rewrite(t testing.TB, f *File, o RewriteOptions, marks ...Mark) (string, error) {
	t.Helper()
	var b bytes.Buffer
	err := f.Rewrite(context.Background(), &b, o, marksOf(marks...))
	return b.String(), err
}

var resultHeader = []string{"結果", "理由"}

func TestA5_GivesTheFileBack(t *testing.T) {
	both := RewriteOptions{Header: resultHeader}
	again := RewriteOptions{Header: resultHeader, Drop: []string{"Result", "結果", "Reason", "理由"}}
	tests := []struct {
		name    string
		file    string
		options RewriteOptions
		marks   []Mark
		want    string
	}{
		{"result and reason behind each row", "a,b\n1,2\n3,4\n", both,
			[]Mark{{Line: 2, Cells: []string{"作成", ""}}, {Line: 3, Cells: []string{"却下", "メールがありません"}}},
			"a,b,結果,理由\n1,2,作成,\n3,4,却下,メールがありません\n"},
		{"rows without a mark get empty cells", "a,b\n1,2\n3,4\n", both,
			[]Mark{{Line: 3, Cells: []string{"却下"}}}, "a,b,結果,理由\n1,2,,\n3,4,却下,\n"},
		{"quotes, line ends, blank lines, spaces and marks of the file stay", "\xef\xbb\xbf\r\n\"a\";b\r\n\"1\"; 2\r\n\r\n;\r\n\"x\r\n\"\"\";4", both,
			[]Mark{{Line: 6, Cells: []string{"ok", "x;y"}}},
			"\xef\xbb\xbf\r\n\"a\";b;結果;理由\r\n\"1\"; 2;;\r\n\r\n;\r\n\"x\r\n\"\"\";4;ok;\"x;y\""},
		{"the line sep= stays", "sep=;\r\na;b\r\n1;2\r\n", both,
			[]Mark{{Line: 3, Cells: []string{"ok", ""}}}, "sep=;\r\na;b;結果;理由\r\n1;2;ok;\r\n"},
		{"short rows are filled up, so that the columns line up", "a,b,c\n1\n", both,
			[]Mark{{Line: 2, Cells: []string{"却下", "短い"}}}, "a,b,c,結果,理由\n1,,,却下,短い\n"},
		{"surplus cells come after", "a,b\n1,2,3,\n", both,
			[]Mark{{Line: 2, Cells: []string{"却下", "長い"}}}, "a,b,結果,理由\n1,2,却下,長い,3,\n"},
		{"a reason is one line, guarded and quoted", "a\n1\n", both,
			[]Mark{{Line: 2, Cells: []string{"=1", "x\r\ny, \"z\""}}}, "a,結果,理由\n1,'=1,\"x y, \"\"z\"\"\"\n"},
		{"columns of an earlier copy are replaced", "a,結果 ,b,ＲＥＡＳＯＮ\n1,却下,2,\"x\ny\"\n", again,
			[]Mark{{Line: 2, Cells: []string{"作成", ""}}}, "a,b,結果,理由\n1,2,作成,\n"},
		{"a short row without those columns", "a,b,結果,理由\n1\n", again,
			[]Mark{{Line: 2, Cells: []string{"却下", "短い"}}}, "a,b,結果,理由\n1,,却下,短い\n"},
		{"columns may only be dropped", "a,結果\n1,ok\n", RewriteOptions{Drop: []string{"結果"}}, nil, "a\n1\n"},
		{"passwords are emptied below the header", "a,password\n1,\"se\"\"cret\"\n2,x\n3\n", RewriteOptions{Blank: []int{1}}, nil,
			"a,password\n1,\n2,\n3\n"},
		{"a password pushed aside by a surplus cell too", "name,password,b\nIto, Ann,secret,1\n", RewriteOptions{Blank: []int{1}}, nil,
			"name,password,b\nIto,,,1\n"},
		{"and the row stays too long", "name,password\nIto, Ann,secret,\n", RewriteOptions{Blank: []int{1}}, nil,
			"name,password\nIto,,***,\n"},
		{"behind a stray quote anything may be one, and the row stays a bad one",
			"name,b,password\nAnn,5\" disk,secret\n\"Ito,1,secret\n\"Bob\",2,secret\n", RewriteOptions{Blank: []int{2}}, nil,
			"name,b,password\nAnn,*\",\n*\",,\n"},
		{"but not for the sake of surplus blank cells", "name,password,b\nAnn,secret,1,,\n", RewriteOptions{Blank: []int{1}}, nil,
			"name,password,b\nAnn,,1,,\n"},
		{"a quote that never closes", "a,b\n1,\"x\n2,3\n", both, nil, "a,b,結果,理由\n1,\"x\n2,3\n"},
		{"rows above the header line stay", "title\na,b\n1,2\n", RewriteOptions{HeaderLine: 2, Header: resultHeader},
			[]Mark{{Line: 3, Cells: []string{"ok", ""}}}, "title\na,b,結果,理由\n1,2,ok,\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := rewrite(t, open(t, tt.file, Options{}), tt.options, tt.marks...)
			if err != nil {
				t.Fatal(err)
			}
			if got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestA5_GivesTheFileBackInItsCharset(t *testing.T) {
	const file = "名前,b\r\n\"山田\",ソ\r\n表,\r\n"
	const want = "名前,b,結果,理由\r\n\"山田\",ソ,却下,メール～\r\n表,,,\r\n"
	for _, charset := range Charsets() {
		if charset == big5Name || charset == eucKRName || charset == cp1252Name || charset == gb18030Name {
			continue // cannot hold ～ or kana
		}
		t.Run(charset, func(t *testing.T) {
			f := open(t, encode(t, charset, file), Options{Charset: charset})
			got, err := rewrite(t, f, RewriteOptions{Header: resultHeader}, Mark{Line: 2, Cells: []string{"却下", "メール～"}})
			if err != nil {
				t.Fatal(err)
			}
			if got != encode(t, charset, want) {
				t.Errorf("got %q", got)
			}
		})
	}
}

func TestA5_FallsBackToEnglishCellByCell(t *testing.T) {
	f := open(t, "id,name\n1,Jos\xe9\n", Options{Charset: "windows-1252"})
	got, err := rewrite(t, f, RewriteOptions{Header: []string{"結果", "Grund"}, HeaderFallback: []string{"Result", "Reason"}},
		Mark{Line: 2, Cells: []string{"José", "理由"}, Fallback: []string{"rejected", "why"}})
	if err != nil {
		t.Fatal(err)
	}
	if want := "id,name,Result,Grund\n1,Jos\xe9,Jos\xe9,why\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestA5_ISO2022JPGoesBackToASCIIBeforeWhatIsAdded(t *testing.T) {
	f := open(t, "a,b\n1,\x1b$B$\"\n", Options{})
	got, err := rewrite(t, f, RewriteOptions{Header: []string{"r"}}, Mark{Line: 2, Cells: []string{"ok"}})
	if err != nil {
		t.Fatal(err)
	}
	if want := "a,b,r\n1,\x1b$B$\"\x1b(B,ok\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestA5_DamagedBytesAreCopied(t *testing.T) {
	for charset, file := range map[string]string{
		"utf-8":       "a,b\n\xff,\"\xfe\"x\n",
		"shift_jis":   "a,b\n\x80,\x83\n",
		"utf-16le":    "\xff\xfea\x00,\x00b\x00\n\x00\x00\xd8,\x00b\x00x",
		"iso-2022-jp": "a,b\n\x1b$Z,\x1b$B\x21\n",
	} {
		f := open(t, file, Options{Charset: charset})
		if got, err := rewrite(t, f, RewriteOptions{}); err != nil || got != file {
			t.Errorf("%s: got %q, want %q (%v)", charset, got, file, err)
		}
	}
}

func TestA5_HalfAUnitOfUTF16IsNoPartOfWhatIsAdded(t *testing.T) {
	f := open(t, "\xff\xfe"+encode(t, "utf-16le", "a,b\n1,2")+"x", Options{})
	got, err := rewrite(t, f, RewriteOptions{Header: []string{"r"}}, Mark{Line: 2, Cells: []string{"却下"}})
	if want := "\xff\xfe" + encode(t, "utf-16le", "a,b,r\n1,2,却下"); got != want || err != nil {
		t.Errorf("got %q, want %q (%v)", got, want, err)
	}
}

func TestA5_WhatWasGivenBackComesInCleanly(t *testing.T) {
	f := open(t, "a;b\r\n1;\"x\"\r\n\r\n2;y\r\n", Options{})
	o := RewriteOptions{Header: resultHeader, Drop: resultHeader}
	once, err := rewrite(t, f, o, Mark{Line: 2, Cells: []string{"却下", "a;b\nc"}})
	if err != nil {
		t.Fatal(err)
	}
	g := open(t, once, Options{})
	if p := problemsOf(t, g); p != nil {
		t.Errorf("problems = %q", p)
	}
	back, err := rewrite(t, g, RewriteOptions{Drop: resultHeader})
	if want := "a;b\r\n1;\"x\"\r\n\r\n2;y\r\n"; back != want || err != nil {
		t.Errorf("got %q, want %q (%v)", back, want, err)
	}
}

func TestRewrite_RefusesMarksThatFitNoRow(t *testing.T) {
	for name, marks := range map[string][]Mark{
		"the header":     {{Line: 1}},
		"a blank line":   {{Line: 3}},
		"behind the end": {{Line: 9}},
		"twice":          {{Line: 2}, {Line: 2}},
		"backwards":      {{Line: 4}, {Line: 2}},
	} {
		f := open(t, "a\n1\n\n2\n", Options{})
		if _, err := rewrite(t, f, RewriteOptions{Header: resultHeader}, marks...); err == nil {
			t.Errorf("a mark for %s is lost silently", name)
		}
	}
}

func TestRewrite_PassesOnErrors(t *testing.T) {
	f, broken := open(t, "a\n1\n", Options{}), errors.New("broken")
	marks := func(yield func(Mark, error) bool) { yield(Mark{}, broken) }
	if err := f.Rewrite(context.Background(), &bytes.Buffer{}, RewriteOptions{Header: resultHeader}, marks); !errors.Is(err, broken) {
		t.Errorf("err = %v", err)
	}
	if err := f.Rewrite(context.Background(), brokenWriter{broken}, RewriteOptions{}, nil); !errors.Is(err, broken) {
		t.Errorf("err = %v", err)
	}
}

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

// A password behind a quote that never closes cannot be found, so that the file
// must not be kept.
func TestP6_RefusesToBlankBehindAnUnclosedQuote(t *testing.T) {
	f := open(t, "a,password\n\"1,secret\n2,secret\n", Options{})
	_, err := rewrite(t, f, RewriteOptions{Blank: []int{1}})
	if !errors.Is(err, problem.New(problem.QuoteUnclosed)) {
		t.Errorf("err = %v", err)
	}
}

func TestF11_RecordsTooLargeAreRefusedInBoundedMemory(t *testing.T) {
	tests := []struct {
		name string
		end  string
		code problem.Code
		line int
	}{
		{"a quote that never closes is named where it opened", "", problem.QuoteUnclosed, 3},
		{"a row of many megabytes is refused", "\"\n3,4\n", problem.RowTooLong, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := "a,b\n\"\n\",\"" + strings.Repeat("xyz\r\n", maxRecord/5+1) + tt.end
			f := open(t, text, Options{})
			var err error
			r := f.reader()
			for err == nil {
				_, err = r.read(context.Background())
			}
			p := problem.Problem{}
			if !errors.As(err, &p) || p.Code != tt.code || p.Place.Line != tt.line {
				t.Errorf("err = %v, want %s on line %d", err, tt.code, tt.line)
			}
			if cap(r.scan.raw) > 2*maxRecord {
				t.Errorf("window = %d bytes", cap(r.scan.raw))
			}
		})
	}
}
