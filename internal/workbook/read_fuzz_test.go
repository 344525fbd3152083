package workbook

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"meibo/internal/problem"
)

// fuzzLimits are small, so that the fuzzer finds what goes beyond them.
var fuzzLimits = Limits{Entries: 50, Inflated: 1 << 20, Ratio: 200, Depth: 16}

// isBadNews reports whether err is what a file may be answered with.
func isBadNews(err error) bool {
	p := problem.Problem{}
	return err == nil || errors.As(err, &p) && p.Code != ""
}

// FuzzZip gives any bytes as a file. Whatever they are, the answer is rows in
// order or a problem.
func FuzzZip(f *testing.F) {
	f.Add(bookOf(row1(`<c r="A1" t="s"><v>1</v></c>`), nil).zipped(f))
	f.Add(directory(3, 3, true))
	f.Add(directory(3, 65536+3, false))
	for _, name := range []string{"calamine/date_1904.xlsx", "openspout/xlsx/attack_billion_laughs.xlsx", "tealeg-xlsx/googleDocsTest.xlsx"} {
		file, err := os.ReadFile(filepath.Join("testdata", filepath.FromSlash(name)))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		b, err := Open(bytes.NewReader(file), int64(len(file)), fuzzLimits)
		if err == nil {
			defer b.Close()
			err = rowsInOrder(t, b)
		}
		if !isBadNews(err) {
			t.Fatalf("%v", err)
		}
	})
}

// rowsInOrder reads the first sheet and holds its rows against what Rows
// promises.
func rowsInOrder(t *testing.T, b *Book) error {
	t.Helper()
	before := 0
	for row, err := range b.Rows(t.Context(), 0) {
		if err != nil {
			return err
		}
		if row.Number <= before || row.Number > maxRows {
			t.Fatalf("row %d after %d", row.Number, before)
		}
		before = row.Number
		n := len(row.Texts)
		if n == 0 || n > maxColumns || n != len(row.Kinds) || row.Texts[n-1] == "" || row.Offset < 0 || row.Offset > b.size {
			t.Fatalf("row %d: %d texts, %d kinds, offset %d", row.Number, n, len(row.Kinds), row.Offset)
		}
		for _, text := range row.Texts {
			if !utf8.ValidString(text) || len(text) > maxCellText {
				t.Fatalf("row %d has a text that is none", row.Number)
			}
		}
	}
	return nil
}

// FuzzXML reads any bytes as a part, token by token: what comes out is the part,
// or the beginning of it before a problem.
func FuzzXML(f *testing.F) {
	for _, part := range []string{
		sheetOf(row1(`<c r="A1" t="s"><v>1</v></c>`)), prefixed(stylesOf("0", "yyyy")), "\xff\xfe<\x00a\x00/\x00>\x00",
		`<a b='1' c = "2"><!-- --><![CDATA[]]]]><?x y?>&lt;&#x41;</a>`, `<!DOCTYPE a><a/>`, `<a xmlns="u" xmlns:b="v"><b:c b:d=""/></a>`,
	} {
		f.Add([]byte(part))
	}
	f.Fuzz(func(t *testing.T, part []byte) {
		s, err := newScanner(bytes.NewReader(part), "part", 16)
		if err != nil {
			t.Fatal(err)
		}
		var all []byte
		for {
			tok, err := s.next()
			if errors.Is(err, io.EOF) {
				if s.depth() != 0 {
					t.Fatal("it ends inside of an element")
				}
				break
			}
			if !isBadNews(err) {
				t.Fatal(err)
			}
			if err != nil {
				return
			}
			if len(tok.raw) == 0 || tok.offset != int64(len(all)) {
				t.Fatalf("token of %d bytes at %d, want %d", len(tok.raw), tok.offset, len(all))
			}
			all = append(all, tok.raw...)
		}
		if !s.wide && !bytes.Equal(all, bytes.TrimPrefix(part, []byte("\xef\xbb\xbf"))) {
			t.Fatal("what comes out is not what went in")
		}
	})
}

// FuzzSheet puts any text in the place of rows, shared strings and a number
// format.
func FuzzSheet(f *testing.F) {
	f.Add(row1(`<c r="A1" s="1"><v>46113.5</v></c><c t="s"><v>0</v></c>`), `<si><t>a_x0041_</t></si>`, "yyyy-mm-dd")
	f.Add(`<row><c t="inlineStr"><is><r><t> x</t></r></is></c><c t="b"><v>1</v></c></row>`, `<si><r><t>a</t></r><rPh><t>b</t></rPh></si>`, `[<=999]000;"x"0;0`)
	f.Add(`<row r="3" hidden="1"><c r="XFD3" t="d"><v>2026-04-01T10:00:00</v></c></row>`, ``, `[h]:mm`)
	f.Fuzz(func(t *testing.T, rows, items, code string) {
		if strings.Contains(rows+items+code, "\x00") {
			return
		}
		var b bytes.Buffer
		w := zip.NewWriter(&b)
		for name, text := range bookOf(rows, parts{"xl/sharedStrings.xml": sstOf(items), "xl/styles.xml": stylesOf(code)}) {
			e, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
			if err == nil {
				_, err = io.WriteString(e, text)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		book, err := Open(bytes.NewReader(b.Bytes()), int64(b.Len()), fuzzLimits)
		if err == nil {
			defer book.Close()
			err = rowsInOrder(t, book)
		}
		if !isBadNews(err) {
			t.Fatal(err)
		}
	})
}
