package sheet

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"meibo/internal/problem"
)

var fuzzSeeds = []string{
	"a,b\r\n1,2\r\n", "a;b\n\"x;\n\"\"y\";2\n\n3;4", "sep=\t\ra\tb\r1\t2\r", "\xef\xbb\xbf\"a\"\n=1\n",
	"\xff\xfea\x00,\x00b\x00\n\x001\x00,\x00\xd8\x00", "\xfe\xff\x00a\x00\r\x00\n\x00\"\x00x\x00\"",
	"a,b\n1,\x1b$B$\"\x1b(B\n\x1b(I1,2\n", "\x96\xbc\x91\x4f\n\x8e\x52\x93\x63\n", "\x81\n\x80,\xff\n", "a,\"b\n1,2\n",
	"\xb1\xe8\xc3\xb6\n", "\xa4\xd5\n", "a\"b\n\"c\"d,e\n", "\xe9t\xe9\n", "a\n\x1a", ",,\n,\n\n", "\x8f\xa2\xaf\n", "sep=\"\r0", "\x81\x30\x81\x30\n",
}

var fuzzCharsets = append([]string{""}, Charsets()...)

// Whatever a file is, reading it ends, its rows are in order and valid text, and
// it is given back byte for byte.
func FuzzCSV(f *testing.F) {
	for i, s := range fuzzSeeds {
		f.Add([]byte(s), uint8(i), uint8(i))
	}
	f.Fuzz(func(t *testing.T, data []byte, charset, delim uint8) {
		file, err := Open(bytes.NewReader(data), int64(len(data)), Options{
			Charset:   fuzzCharsets[int(charset)%len(fuzzCharsets)],
			Delimiter: []rune{0, ',', ';', '\t'}[delim%4],
		})
		if err != nil {
			mustBeProblem(t, err)
			return
		}
		lines := checkRows(t, file)
		if got, err := rewrite(t, file, RewriteOptions{}); err != nil || got != string(data) {
			t.Fatalf("given back as %q (%v)", got, err)
		}
		checkAddAndDrop(t, file, data, lines)
	})
}

func mustBeProblem(t *testing.T, err error) {
	t.Helper()
	if p := (problem.Problem{}); !errors.As(err, &p) {
		t.Fatalf("not a problem: %v", err)
	}
}

// checkRows returns the lines of rows; nil if one of them is shorter or longer
// than the header, or if the file as a whole is bad.
func checkRows(t *testing.T, file *File) []int {
	t.Helper()
	var lines []int
	width, isEven, last := 0, true, 0
	for row, err := range file.Rows(context.Background()) {
		if err != nil {
			mustBeProblem(t, err)
			return nil
		}
		if row.Line <= last || row.Offset >= file.size {
			t.Fatalf("line %d at %d after line %d", row.Line, row.Offset, last)
		}
		for _, cell := range row.Cells {
			if !utf8.ValidString(cell) {
				t.Fatalf("line %d: %q is no text", row.Line, cell)
			}
			if foldHeader(cell) == "zz" {
				isEven = false // may be a column of the same name
			}
		}
		if width == 0 {
			width = len(row.Cells)
		}
		isEven = isEven && len(row.Cells) == width
		last = row.Line
		lines = append(lines, row.Line)
	}
	if !isEven {
		return nil
	}
	return lines
}

// checkAddAndDrop adds a column and takes it off again.
func checkAddAndDrop(t *testing.T, file *File, data []byte, lines []int) {
	t.Helper()
	if len(lines) == 0 {
		return
	}
	var marks []Mark
	for _, line := range lines[1:] {
		marks = append(marks, Mark{Line: line, Cells: []string{"=x,\"y\"\n"}})
	}
	added, err := rewrite(t, file, RewriteOptions{Header: []string{"zz"}}, marks...)
	if err != nil {
		t.Fatal(err)
	}
	again := *file
	again.src, again.size = strings.NewReader(added), int64(len(added))
	back, err := rewrite(t, &again, RewriteOptions{Drop: []string{"ＺＺ"}})
	if err != nil {
		t.Fatal(err)
	}
	if file.Charset == utf16leName || file.Charset == utf16beName {
		data = data[:len(data)&^1]
	}
	// The escape that ISO-2022-JP needs before an added cell stays.
	if back != string(data) && file.Charset != iso2022JPName {
		t.Fatalf("given back as %q by way of %q", back, added)
	}
}

// Whatever the bytes are, detection ends with one of the charsets or a problem,
// and what is no guess is right.
func FuzzDetect(f *testing.F) {
	for _, s := range fuzzSeeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		known := func(s string) bool { return strings.Contains(s, "a") }
		file, err := Open(bytes.NewReader(data), int64(len(data)), Options{KnownHeader: known})
		if err != nil {
			mustBeProblem(t, err)
			return
		}
		if !slices.Contains(Charsets(), file.Charset) || !isDelimiter(file.Delimiter) || len(file.Sample) > 5 {
			t.Fatalf("%+v", file)
		}
		if !file.CharsetGuessed && !file.BOM && !utf8.Valid(data) && len(data) < sampleSize {
			t.Fatalf("%s is a guess", file.Charset)
		}
	})
}

// What a charset holds comes back as RoundTrip says, and once there is the same
// for ever.
func FuzzEncoderRoundTrip(f *testing.F) {
	for i, s := range []string{"山田", "ﾔﾏﾀﾞ〜", "é", "𠮷\xff", "김", "\x1b$B", "王伟", "\ufffd", "¥", "\u0080"} {
		f.Add(s, uint8(i))
	}
	f.Fuzz(func(t *testing.T, s string, which uint8) {
		e := encoderOf(Charsets()[int(which)%len(Charsets())])
		b, lossy := e.Append(nil, s)
		if lossy == e.Holds(s) {
			t.Fatalf("lossy %v", lossy)
		}
		text, bad, _ := decoderOf(e.charset).decode(nil, b)
		if bad >= 0 || string(text) != e.RoundTrip(s) {
			t.Fatalf("% x is read as %q (bad at %d)", b, text, bad)
		}
		if !e.Holds(string(text)) || e.RoundTrip(string(text)) != string(text) {
			t.Fatalf("%q becomes %q", text, e.RoundTrip(string(text)))
		}
		if !lossy && foldTwins(string(text)) != foldTwins(s) {
			t.Fatalf("%q comes back as %q", s, text)
		}
	})
}

// foldTwins makes alike what Japanese charsets do not tell apart.
func foldTwins(s string) string {
	return strings.Map(func(r rune) rune {
		if same, ok := sameInJapan[r]; ok {
			return same
		}
		return r
	}, s)
}
