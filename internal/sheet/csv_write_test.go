package sheet

import (
	"errors"
	"strings"
	"testing"

	"meibo/internal/problem"
)

func TestE3_WritesCSV(t *testing.T) {
	tests := []struct {
		name    string
		options WriterOptions
		rows    [][]string
		want    string
	}{
		{"UTF-8 begins with a byte order mark, lines end CRLF", WriterOptions{}, [][]string{{"a", "名"}}, "\xef\xbb\xbfa,名\r\n"},
		{"UTF-16LE too", WriterOptions{Charset: "utf-16le"}, [][]string{{"a"}}, "\xff\xfea\x00\r\x00\n\x00"},
		{"UTF-16BE too", WriterOptions{Charset: "utf-16be"}, [][]string{{"a"}}, "\xfe\xff\x00a\x00\r\x00\n"},
		{"Shift_JIS has none", WriterOptions{Charset: "sjis"}, [][]string{{"表"}}, "\x95\\\r\n"},
		{"ISO-2022-JP goes back to ASCII", WriterOptions{Charset: "iso-2022-jp"}, [][]string{{"あ", "b"}}, "\x1b$B$\"\x1b(B,b\r\n"},
		{"cells are quoted where they need it", WriterOptions{Charset: "sjis"},
			[][]string{{"x,y", "p\"q", "1\n2", "a;b", " s", "t ", "plain text", ""}},
			"\"x,y\",\"p\"\"q\",\"1\n2\",\"a;b\",\" s\",\"t \",plain text,\r\n"},
		{"a row of one empty cell is no blank line", WriterOptions{Charset: "sjis"}, [][]string{{""}, {"", ""}}, "\"\"\r\n,\r\n"},
		{"Excel takes no file for SYLK", WriterOptions{Charset: "sjis"}, [][]string{{"ID", "ID"}}, "\"ID\",ID\r\n"},
		{"delimiter", WriterOptions{Charset: "sjis", Delimiter: ';'}, [][]string{{"a", "b"}}, "a;b\r\n"},
		{"no rows", WriterOptions{}, nil, "\xef\xbb\xbf"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			w, err := NewWriter(&b, tt.options)
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range tt.rows {
				if err := w.Write(row); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			if b.String() != tt.want {
				t.Errorf("got %q, want %q", b.String(), tt.want)
			}
		})
	}
}

func TestF13_CountsLossyCells(t *testing.T) {
	var b strings.Builder
	w, err := NewWriter(&b, WriterOptions{Charset: "shift_jis"})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range [][]string{{"é", "あ"}, {"〜", "😀😀"}} {
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if w.Lossy() != 2 {
		t.Errorf("lossy = %d, want 2", w.Lossy())
	}
}

func TestNewWriter_RefusesWhatItCannotWrite(t *testing.T) {
	if _, err := NewWriter(nil, WriterOptions{Charset: "koi8-r"}); !errors.Is(err, problem.New(problem.CharsetUnknown)) {
		t.Errorf("err = %v", err)
	}
	if _, err := NewWriter(nil, WriterOptions{Delimiter: '|'}); !errors.Is(err, problem.New(problem.DelimiterUnknown)) {
		t.Errorf("err = %v", err)
	}
}

func TestWriter_PassesOnErrors(t *testing.T) {
	broken := errors.New("broken")
	w, err := NewWriter(brokenWriter{broken}, WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	_ = w.Write([]string{"a"}) // may be held back
	if err := w.Flush(); !errors.Is(err, broken) {
		t.Errorf("err = %v", err)
	}
}
