package workbook

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"meibo/internal/problem"
)

func TestF12_TextsAreEscapedAsTheFormatHasIt(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`a <b> & "c"`, `a &lt;b&gt; &amp; &quot;c&quot;`},
		{"tab\tand\nline", "tab\tand\nline"},
		{"\x00\x1f\r", "_x0000__x001F__x000D_"},
		{"\uFFFE\uFFFF\uFFFDＡ", "_xFFFE__xFFFF_\uFFFDＡ"},
		{"_x0041_", "_x005F_x0041_"},
		{"_X00aF_", "_x005F_X00aF_"},
		{"_x0041_x0042_", "_x005F_x0041_x005F_x0042_"},
		{"_x0041\x01", "_x005F_x0041_x0001_"},
		{"_x0041\uFFFF", "_x005F_x0041_xFFFF_"},
		{"_x0041", "_x0041"},
		{"_x00G1_ __ _x_ snake_case", "_x00G1_ __ _x_ snake_case"},
		{"=1+1", "=1+1"},
	} {
		if got := string(appendEscaped(nil, c.text)); got != c.want {
			t.Errorf("%q is written %q, want %q", c.text, got, c.want)
		}
	}
}

func TestF12_WhiteSpaceThatCountsIsKept(t *testing.T) {
	for text, want := range map[string]bool{
		"": false, "a": false, "a b": false, " a": true, "a ": true, "a  b": true, "a\nb": true, "a\tb": true, "\n": true, "\u3000a": false,
	} {
		if got := strings.Contains(string(appendT(nil, text)), "preserve"); got != want {
			t.Errorf("%q: xml:space = %v, want %v", text, got, want)
		}
	}
}

func TestE3_TextThatNoCellCanHoldIsRefusedWithItsPlaceAndNeverCut(t *testing.T) {
	longest := strings.Repeat("😀", maxText/2) + "x"
	for name, c := range map[string]struct {
		text string
		ok   bool
	}{
		"32,767 letters":                  {strings.Repeat("a", maxText), true},
		"32,767 Japanese characters":      {strings.Repeat("あ", maxText), true},
		"32,767 units of pairs":           {longest, true},
		"32,768 letters":                  {strings.Repeat("a", maxText+1), false},
		"32,768 units, half as many read": {longest + "y", false},
	} {
		o := WriterOptions{Sheet: "S", Rows: 2, Columns: []Column{{Header: "a"}, {Header: "remarks"}}}
		w, err := NewWriter(new(strings.Builder), o)
		if err != nil {
			t.Fatal(err)
		}
		err = errors.Join(w.Write([]string{"1", ""}), w.Write([]string{"", c.text}))
		if c.ok {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if got, err := asOracle(t, made(t, o, []string{"1", ""}, []string{"", c.text})).GetCellValue("S", "B3"); got != c.text || err != nil {
				t.Errorf("%s: came back with %d bytes, %v", name, len(got), err)
			}
			continue
		}
		p, _ := errors.AsType[problem.Problem](err)
		if p.Code != problem.CellTooLong || p.Place != (problem.Place{Sheet: "S", Line: 3, Column: "B", Header: "remarks"}) {
			t.Errorf("%s: %v at %+v, want CellTooLong in B3", name, err, p.Place)
		}
	}
}

func TestE3_HeadersNotesChoicesAndPagesAreJudgedBeforeTheFirstByte(t *testing.T) {
	long := strings.Repeat("a", maxText+1)
	for name, o := range map[string]WriterOptions{
		"header": {Columns: []Column{{Header: long}}},
		"note":   {Columns: []Column{{Header: "h", Note: long}}},
		"choice": {Columns: []Column{{Header: "h", Choices: []string{long}}}},
		"page":   {Columns: []Column{{Header: "h"}}, Pages: []Page{{Rows: [][]string{{long}}}}},
	} {
		if _, err := NewWriter(new(strings.Builder), o); !errors.Is(err, problem.New(problem.CellTooLong)) {
			t.Errorf("%s: %v, want CellTooLong", name, err)
		}
	}
	for name, o := range map[string]WriterOptions{
		"header": {Columns: []Column{{Header: "\xff"}}},
		"choice": {Columns: []Column{{Header: "h", Choices: []string{"\xff"}}}},
	} {
		if _, err := NewWriter(new(strings.Builder), o); !errors.Is(err, errNotUTF8) {
			t.Errorf("%s that is no UTF-8: %v", name, err)
		}
	}
}

// FuzzWriteText holds every text against the oracle: it comes back as it was, in
// a cell of text and in one of a number and a date.
func FuzzWriteText(f *testing.F) {
	for _, s := range []string{"=1+1", "_x0041_", "\x00\r\n", " a ", "日本語😀", "\uFFFE", "0012", "2026-04-01", "-0.5", "a\u2028b\u0085", "]]>", "'"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o := WriterOptions{Sheet: "S", Rows: 1, Columns: []Column{{Header: "t"}, {Header: "n", Kind: Number}, {Header: "d", Kind: Date}}}
		w, err := NewWriter(new(strings.Builder), o)
		if err != nil {
			t.Fatal(err)
		}
		if !utf8.ValidString(s) || utf16Len(s) > maxText {
			if w.Write([]string{s, s, s}) == nil {
				t.Error("taken, although no cell can hold it")
			}
			return
		}
		file := asOracle(t, made(t, o, []string{s, s, s}))
		for _, cell := range []string{"A2", "B2"} {
			got, err := file.GetCellValue("S", cell)
			if got != s || err != nil {
				t.Errorf("%s = %q, want %q (%v)", cell, got, s, err)
			}
			if formula, err := file.GetCellFormula("S", cell); formula != "" || err != nil {
				t.Errorf("%s is a formula: %q %v", cell, formula, err)
			}
		}
	})
}
