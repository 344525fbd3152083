package workbook

import (
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// openFile opens a workbook on disk for as long as the test runs.
func openFile(t testing.TB, path string) *Book {
	t.Helper()
	b, end := openBig(t, path)
	t.Cleanup(end)
	return b
}

// openBig opens a workbook on disk; end closes it.
func openBig(t testing.TB, path string) (b *Book, end func()) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if b, err = Open(f, info.Size(), DefaultLimits()); err != nil {
		t.Fatal(err)
	}
	return b, func() {
		if err := errors.Join(b.Close(), f.Close()); err != nil {
			t.Error(err)
		}
	}
}

// countRows reads all rows and returns how many there were.
func countRows(t testing.TB, b *Book) int {
	t.Helper()
	n := 0
	for row, err := range b.Rows(context.Background(), 0) {
		if err != nil {
			t.Fatal(err)
		}
		if len(row.Texts) == 7 {
			n++
		}
	}
	return n
}

var benchRows = flag.Int("book-rows", 200_000, "rows of the workbooks that benchmarks read and write")

// BenchmarkRead reads a workbook of rows with seven cells, as several programs
// write it. Its floor is unpacking the same parts and doing nothing with them.
func BenchmarkRead(b *testing.B) {
	for _, as := range writings {
		b.Run(as.name, func(b *testing.B) {
			path := bigBook(b, *benchRows, as)
			paired(b, func() { readBig(b, path) }, func() { inflateBig(b, path) })
		})
	}
}

// BenchmarkReadExcelize reads one beside excelize's Rows, which is spared the
// formatting of dates: that would double what it takes.
func BenchmarkReadExcelize(b *testing.B) {
	path := bigBook(b, *benchRows, inline)
	paired(b, func() { readBig(b, path) }, func() { readExcelize(b, path) })
}

func readBig(b *testing.B, path string) {
	book, end := openBig(b, path)
	defer end()
	if n := countRows(b, book); n != *benchRows {
		b.Fatalf("%d rows, want %d", n, *benchRows)
	}
}

func inflateBig(b *testing.B, path string) {
	book, end := openBig(b, path)
	defer end()
	buf := make([]byte, window)
	for _, name := range []string{book.sheets[0].part, "xl/sharedStrings.xml"} {
		if book.c.find(name) == nil {
			continue
		}
		r, err := book.c.open(name)
		for err == nil {
			_, err = r.Read(buf)
		}
		if !errors.Is(err, io.EOF) {
			b.Fatal(err)
		}
	}
}

func readExcelize(b *testing.B, path string) {
	f, err := excelize.OpenFile(path, excelize.Options{RawCellValue: true})
	if err != nil {
		b.Fatal(err)
	}
	rows, err := f.Rows(f.GetSheetName(0))
	if err != nil {
		b.Fatal(err)
	}
	n := 0
	for ; rows.Next(); n++ {
		if _, err := rows.Columns(); err != nil {
			b.Fatal(err)
		}
	}
	if n != *benchRows {
		b.Fatalf("%d rows, want %d", n, *benchRows)
	}
	if err := errors.Join(rows.Close(), f.Close()); err != nil {
		b.Fatal(err)
	}
}

func TestF11_AMillionRowsAreReadWithinTheMemory(t *testing.T) {
	rows := 1_000_000
	if testing.Short() {
		rows = 100_000
	}
	for _, as := range []writing{inline, shared} {
		path := bigBook(t, rows, as)
		runtime.GC()
		begin := time.Now()
		got := peak(func() {
			if n := countRows(t, openFile(t, path)); n != rows {
				t.Errorf("rows = %d, want %d", n, rows)
			}
		})
		t.Logf("%s: %v, %d MB", as.name, time.Since(begin).Round(10*time.Millisecond), got>>20)
		if got > 128<<20 {
			t.Errorf("%s: %d MB of memory, want at most 128", as.name, got>>20)
		}
	}
}

// TestF11_NothingIsAllocatedForACell counts: a row is one allocation, its texts,
// however the program wrote it.
func TestF11_NothingIsAllocatedForACell(t *testing.T) {
	const rows = 20_000
	for _, as := range writings {
		path := bigBook(t, rows, as)
		got := testing.AllocsPerRun(1, func() {
			book, end := openBig(t, path)
			defer end()
			if n := countRows(t, book); n != rows {
				t.Errorf("%s: rows = %d, want %d", as.name, n, rows)
			}
		})
		if most := 1.05*rows + 500; got > most {
			t.Errorf("%s: %.0f allocations for %d rows, want at most %.0f", as.name, got, rows, most)
		}
	}
}

// TestF11_EveryProgramsCellsAreReadInOneGo counts the tokens that are left for the
// long way: a row has two, a shared string none, but for those at which the
// window ends.
func TestF11_EveryProgramsCellsAreReadInOneGo(t *testing.T) {
	const rows = 2_000
	for _, as := range writings {
		book := openFile(t, bigBook(t, rows, as))
		var c plainCell
		if n := longWay(t, book, book.sheets[0].part, func(s *scanner) bool { return s.hurryCell(&c) }); n > 2*rows+100 {
			t.Errorf("%s: %d tokens in %d rows, want two for each", as.name, n, rows)
		}
		if as.kind != "s" {
			continue
		}
		n := longWay(t, book, "xl/sharedStrings.xml", func(s *scanner) bool { _, _, ok := s.hurryString(); return ok })
		if n > 100 {
			t.Errorf("%s: %d tokens in the shared strings of %d rows, want none", as.name, n, rows)
		}
	}
}

// longWay reads a part and returns how many tokens there were that hurry did not
// read.
func longWay(t *testing.T, b *Book, part string, hurry func(*scanner) bool) (tokens int) {
	t.Helper()
	r, err := b.c.open(part)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	s, err := newScanner(r, part, 0)
	for err == nil {
		if hurry(s) {
			continue
		}
		_, err = s.next()
		tokens++
	}
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	return tokens
}
