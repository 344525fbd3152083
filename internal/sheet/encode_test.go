package sheet

import (
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"pgregory.net/rapid"

	"meibo/internal/problem"
)

func TestF2_UnderstandsNamesAndLabels(t *testing.T) {
	for label, want := range map[string]string{
		"utf-8": "utf-8", "UTF8": "utf-8", " Shift_JIS ": "shift_jis", "sjis": "shift_jis", "windows-31j": "shift_jis",
		"CP932": "shift_jis", "x-euc-jp": "euc-jp", "cp51932": "euc-jp", "csISO2022JP": "iso-2022-jp",
		"gbk": "gb18030", "gb2312": "gb18030", "big5-hkscs": "big5", "ks_c_5601-1987": "euc-kr", "cp949": "euc-kr",
		"latin1": "windows-1252", "ascii": "windows-1252", "utf-16": "utf-16le", "utf-16be": "utf-16be",
	} {
		if got, err := CharsetName(label); got != want || err != nil {
			t.Errorf("CharsetName(%q) = %q, %v, want %q", label, got, err, want)
		}
	}
	for _, label := range []string{"", "auto", "koi8-r", "replacement", "x-user-defined", "utf-7"} {
		if _, err := CharsetName(label); !errors.Is(err, problem.New(problem.CharsetUnknown)) {
			t.Errorf("CharsetName(%q): err = %v", label, err)
		}
	}
}

func TestF13_HoldsWhatWindowsMaps(t *testing.T) {
	tests := []struct {
		charset, text string
		want          string // what a reader sees; empty if it cannot be held
	}{
		{"shift_jis", "〜−‖—¢£¬", "～－∥―￠￡￢"},
		{"euc-jp", "〜−‖—¢£¬", "～－∥―￠￡￢"},
		{"iso-2022-jp", "〜−‖—¢£¬", "～－∥―￠￡￢"},
		{"shift_jis", "～－∥―￠￡￢", "～－∥―￠￡￢"},
		{"shift_jis", "髙﨑①㈱ﾔﾏﾀﾞ\ue000", "髙﨑①㈱ﾔﾏﾀﾞ\ue000"},
		{"shift_jis", "é", ""},
		{"shift_jis", "¥", ""},
		{"shift_jis", "\u00a0", ""},
		{"shift_jis", "𠮷", ""},
		{"shift_jis", "😀", ""},
		{"shift_jis", "\u0080", ""},
		{"shift_jis", "\ufffd", ""},
		{"euc-jp", "é丂", "é丂"},
		{"euc-jp", "𠮷", ""},
		{"iso-2022-jp", "髙①ﾔﾏﾀﾞa", "髙①ﾔﾏﾀﾞa"},
		{"iso-2022-jp", "é", ""},
		{"iso-2022-jp", "\x1b", ""},
		{"gb18030", "é𠮷😀〜\ufffd", "é𠮷😀〜\ufffd"},
		{"big5", "台灣〜", ""},
		{"big5", "台灣", "台灣"},
		{"euc-kr", "김똠", "김똠"},
		{"windows-1252", "é€ž", "é€ž"},
		{"windows-1252", "ē", ""},
		{"windows-1252", "\u0081", ""},
		{"utf-8", "𠮷\ufffd", "𠮷\ufffd"},
		{"utf-8", "\xff", ""},
		{"utf-16le", "𠮷é\ufffd", "𠮷é\ufffd"},
		{"utf-16be", "\xed\xa0\x80", ""},
	}
	for _, tt := range tests {
		t.Run(tt.charset+" "+tt.text, func(t *testing.T) {
			e := encoderOf(tt.charset)
			if got := e.Holds(tt.text); got != (tt.want != "") {
				t.Fatalf("Holds = %v", got)
			}
			if got := e.RoundTrip(tt.text); tt.want != "" && got != tt.want {
				t.Errorf("RoundTrip = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestF13_WritesTheBytesOfWindows(t *testing.T) {
	for text, want := range map[string]string{
		"〜": "\x81\x60", "−": "\x81\x7c", "‖": "\x81\x61", "—": "\x81\x5c", "¬": "\x81\xca",
		"①": "\x87\x40", "Ⅰ": "\x87\x54", "∵": "\x81\xe6", "纊": "\xfa\x5c", "髙": "\xfb\xfc", "ⅰ": "\xfa\x40",
	} {
		if got, _ := encoderOf("shift_jis").Append(nil, text); string(got) != want {
			t.Errorf("%s = % x, want % x", text, got, want)
		}
	}
}

func TestF13_ReplacesByQuestionMarksAndSaysSo(t *testing.T) {
	for charset, want := range map[string]string{
		"shift_jis": "a??b", "iso-2022-jp": "a??b", "utf-16le": "a\x00\xe9\x00?\x00b\x00", "utf-8": "aé?b",
	} {
		got, lossy := encoderOf(charset).Append(nil, "aé\xffb")
		if string(got) != want || !lossy {
			t.Errorf("%s: %q, lossy %v", charset, got, lossy)
		}
	}
}

// Every rune comes back as it was, or as its twin in Japan, or is not held.
func TestF12_EveryRuneSurvivesInEveryCharset(t *testing.T) {
	for _, charset := range Charsets() {
		e, d := encoderOf(charset), decoderOf(charset)
		var b, text []byte
		held := 0
		for r := rune(0); r <= utf8.MaxRune; r++ {
			if !utf8.ValidRune(r) {
				continue
			}
			var lossy bool
			b, lossy = e.Append(b[:0], string(r))
			var bad int
			text, bad, _ = d.decode(text[:0], b)
			if bad >= 0 {
				t.Fatalf("%s: U+%04X is written as % x, which cannot be read", charset, r, b)
			}
			if lossy {
				continue
			}
			held++
			if back, _ := utf8.DecodeRune(text); back != r && back != sameInJapan[r] {
				t.Fatalf("%s: U+%04X comes back as %q", charset, r, text)
			}
		}
		if least := map[string]int{"windows-1252": 251, "iso-2022-jp": 7000, "utf-8": 1112064, "gb18030": 1100000}[charset]; held < max(least, 251) {
			t.Errorf("%s holds only %d", charset, held)
		}
	}
}

// The tables agree with x/text wherever it is strict.
func TestF2_DecodesAsXText(t *testing.T) {
	for charset, enc := range map[string]encoding.Encoding{
		"shift_jis": japanese.ShiftJIS, "euc-jp": japanese.EUCJP, "gb18030": simplifiedchinese.GB18030,
		"big5": traditionalchinese.Big5, "euc-kr": korean.EUCKR, "windows-1252": charmap.Windows1252,
	} {
		for a := 0x80; a < 0x100; a++ {
			for b := 0x20; b < 0x100; b++ {
				src := []byte{byte(a), byte(b), 'x'}
				want, _ := enc.NewDecoder().Bytes(src)
				got, bad, _ := tables[charset]().decode(nil, src)
				isBad := strings.ContainsRune(string(want), utf8.RuneError) || isLoose(charset, byte(a)) || isLoose(charset, byte(b))
				isGaiji := charset == "shift_jis" && (0xf0 <= a && a <= 0xf9 || 0xf0 <= b && b <= 0xf9)
				if isGaiji || bad < 0 && string(got) == string(want) || bad >= 0 && isBad {
					continue
				}
				t.Fatalf("%s: % x is %q (bad at %d), x/text says %q", charset, src, got, bad, want)
			}
		}
	}
}

func TestF2_RefusesWhatXTextLetsThrough(t *testing.T) {
	for charset, bytes := range map[string][]string{
		"shift_jis":    {"\x80", "\xa0", "\xfd", "\xfe", "\xff", "\x81", "\x81\x20", "\x81\x7f", "\x85\x40"},
		"euc-jp":       {"\x80", "\xa0", "\xff", "\x8e", "\x8e\x41", "\x8e\xe0", "\x8f\xa1", "\xa1", "\xa1\x40"},
		"gb18030":      {"\xff", "\x81", "\x81\x20", "\x81\x30\x81", "\xe3\x32\x9a\x36"},
		"big5":         {"\x80", "\xff", "\xa1", "\xa1\x20"},
		"euc-kr":       {"\x80", "\xff", "\xa1", "\xc9\x40"},
		"windows-1252": {"\x81", "\x8d", "\x8f", "\x90", "\x9d"},
		"iso-2022-jp":  {"\x80", "\x1b", "\x1b$B\x21", "\x1b$B\x7f\x7f", "\x1b(I\x60", "\x0e"},
		"utf-8":        {"\x80", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe3\x81"},
		"utf-16le":     {"\x00\xd8", "\x00\xdc", "\x00\xd8a\x00", "a"},
	} {
		for _, b := range bytes {
			if text, bad, size := decoderOf(charset).decode(nil, []byte(b)); bad < 0 || size < 1 || bad+size > len(b) {
				t.Errorf("%s: % x is read as %q", charset, b, text)
			}
		}
	}
}

// anyText draws texts that every charset has something of, without the control
// characters that no text of ours has (SPEC F7).
func anyText() *rapid.Generator[string] {
	return rapid.Map(rapid.OneOf(rapid.String(), rapid.StringOf(rapid.RuneFrom([]rune(
		"aZ09 ,;\t\"\r\n'=|\u3000～〜ー−あアｱﾞ山髙﨑①表ソ能王伟張김é€ñ𠮷😀\ufeff\u200b")))),
		func(s string) string {
			return strings.Map(func(r rune) rune {
				if unicode.IsControl(r) && !strings.ContainsRune("\t\r\n", r) {
					return -1
				}
				return r
			}, s)
		})
}

func TestF12_WrittenFilesReadBackAlike(t *testing.T) {
	for _, charset := range Charsets() {
		t.Run(charset, func(t *testing.T) {
			e := encoderOf(charset)
			rapid.Check(t, func(t *rapid.T) {
				delim := rapid.SampledFrom([]rune{',', ';', '\t'}).Draw(t, "delimiter")
				row := rapid.SliceOfN(anyText(), 1, 5).Draw(t, "row")
				for i := range row {
					row[i] = e.RoundTrip(row[i])
				}
				checkReadsBack(t, WriterOptions{Charset: charset, Delimiter: delim}, append(row, "end"))
			})
		})
	}
}

func checkReadsBack(t *rapid.T, o WriterOptions, row []string) {
	var b strings.Builder
	w, err := NewWriter(&b, o)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := w.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil || w.Lossy() > 0 {
		t.Fatalf("lossy %d, %v", w.Lossy(), err)
	}
	f, err := Open(strings.NewReader(b.String()), int64(b.Len()), Options{Charset: o.Charset, Delimiter: o.Delimiter})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for got, err := range f.Rows(t.Context()) {
		if err != nil || len(got.Problems) > 0 {
			t.Fatalf("%v %v", err, got.Problems)
		}
		if strings.Join(got.Cells, "\x00") != strings.Join(row, "\x00") {
			t.Fatalf("%q came back as %q", row, got.Cells)
		}
		n++
	}
	if n != 2 {
		t.Fatalf("rows = %d", n)
	}
}
