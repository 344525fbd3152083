package workbook

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

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

// readBack reads the first sheet with our own reader.
func readBack(t testing.TB, file []byte) [][]string {
	t.Helper()
	b, err := openBook(t, file)
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	for row, err := range b.Rows(t.Context(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, slices.Clone(row.Texts))
	}
	return rows
}

func TestF12_WhatWasWrittenIsReadTheSame(t *testing.T) {
	o := WriterOptions{Sheet: "S", Rows: -1, Columns: []Column{{Header: "t"}, {Header: "n", Kind: Number}, {Header: "d", Kind: Date, Shaded: true}}}
	want := [][]string{{"t", "n", "d"}}
	for _, s := range []string{
		"=1+1", "0", "-0", "-0.5", "0.1", "0.0001", "0.0001234567890123", "0.00001", "99999999999.1234", "999999999999999", "-999999999999999",
		"1000000000000000", "100000", "007", "1.10", "1.23E+15", "1900-02-28", "1900-03-01", "9999-12-31", "9999-12-31T23:59:59",
		"2026-04-01T10:30:00", "2026-04-01T00:00:01", "2026-04-01T00:00:00", "10:30:00", "TRUE", "#N/A", "_x0041_", "\r\n\t\x00", " ", "\u3000", "😀",
	} {
		want = append(want, []string{s, s, s})
	}
	for second := range 24 * 60 * 60 / 37 { // each time of day that is rounded otherwise
		s := time.Date(2026, 4, 1, 0, 0, 37*second+1, 0, time.UTC).Format("2006-01-02T15:04:05")
		want = append(want, []string{s, s, s})
	}
	if diff := cmp.Diff(want, readBack(t, made(t, o, want[1:]...))); diff != "" {
		t.Errorf("rows differ (-want +got):\n%s", diff)
	}
}

func TestL1_InvitationWorkbookIsOneForOurReader(t *testing.T) {
	file := made(t, invitation("ja", 4), members...)
	b, err := openBook(t, file)
	if err != nil {
		t.Fatal(err)
	}
	want := []Sheet{{Name: "メンバー招待"}, {Name: "説明"}, {Name: "Lists", Hidden: true}}
	for i, sheet := range b.Sheets() {
		if i >= len(want) || sheet.Name != want[i].Name || sheet.Hidden != want[i].Hidden {
			t.Errorf("sheet %d = %+v", i, sheet)
		}
	}
	if diff := cmp.Diff(members, readBack(t, file)[1:]); diff != "" {
		t.Errorf("rows differ (-want +got):\n%s", diff)
	}
}

// TestF12_AnyUnicodeTextComesBack is the same for texts that chance makes, many
// in one file.
func TestF12_AnyUnicodeTextComesBack(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[_x0-9A-Fa-f\x00-\x1f\x{fffe}\x{ffff}<&>" ]{1,20}`))
	rapid.Check(t, func(rt *rapid.T) {
		o := WriterOptions{Sheet: "S", Rows: -1, Columns: []Column{{Header: "t"}, {Header: "n", Kind: Number}, {Header: "end"}}}
		want := [][]string{{"t", "n", "end"}}
		for _, s := range rapid.SliceOfN(text, 1, 40).Draw(rt, "texts") {
			want = append(want, []string{s, s, "."})
		}
		file := made(t, o, want[1:]...)
		if diff := cmp.Diff(want, readBack(t, file)); diff != "" {
			rt.Errorf("our reader (-want +got):\n%s", diff)
		}
		rows, err := asOracle(t, file).GetRows("S")
		if diff := cmp.Diff(want, rows); diff != "" || err != nil {
			rt.Errorf("excelize (-want +got):\n%s %v", diff, err)
		}
	})
}

// FuzzWriteText holds every text against the oracle and our own reader: it comes
// back as it was, whatever the kind of the column.
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
		written := made(t, o, []string{s, s, s})
		if got := readBack(t, written); s != "" && !slices.Equal(got[1], []string{s, s, s}) {
			t.Errorf("we read %q, want %q", got[1], s)
		}
		file := asOracle(t, written)
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
