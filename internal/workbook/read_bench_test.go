package workbook

import (
	"archive/zip"
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/flate"
	"github.com/xuri/excelize/v2"
)

// bigBook writes a workbook of rows with seven cells: a number, five texts, of
// which two are the same in many rows, and a date. It returns its path.
func bigBook(t testing.TB, rows int, shared bool) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "big.xlsx")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := zip.NewWriter(f)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, 4) })
	p := bookOf("", parts{"xl/styles.xml": stylesOf("yyyy-mm-dd")})
	delete(p, "xl/worksheets/sheet1.xml")
	delete(p, "xl/sharedStrings.xml")
	if !shared {
		p["xl/_rels/workbook.xml.rels"] = leadingTo("worksheet", "worksheets/sheet1.xml", "styles", "styles.xml")
	}
	for name, text := range p {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	writeBigSheet(t, z, rows, shared)
	if shared {
		writeBigStrings(t, z, rows)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// bigTexts are the texts of row i.
func bigTexts(i int) []string {
	return []string{
		fmt.Sprintf("member%07d@example.co.jp", i), fmt.Sprintf("山田 太郎%d", i), fmt.Sprintf("M%09d", i*7919%1_000_000_007),
		[]string{"東京本社", "大阪支社", "福岡営業所"}[i%3], []string{"営業部", "開発部"}[i%2],
	}
}

func writeBigSheet(t testing.TB, z *zip.Writer, rows int, shared bool) {
	t.Helper()
	part, err := z.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriterSize(part, 1<<16)
	fmt.Fprintf(w, xmlHead+`<worksheet `+mainNS+`><sheetData>`)
	for i := range rows {
		n := strconv.Itoa(i + 1)
		w.WriteString(`<row r="` + n + `" spans="1:7"><c r="A` + n + `"><v>` + strconv.Itoa(1_000_000+i) + `</v></c>`)
		for k, text := range bigTexts(i) {
			ref := string(rune('B'+k)) + n
			if shared {
				number := 3*i + k
				if k >= 3 {
					number = 3*rows + []int{i % 3, 3 + i%2}[k-3]
				}
				w.WriteString(`<c r="` + ref + `" t="s"><v>` + strconv.Itoa(number) + `</v></c>`)
			} else {
				w.WriteString(`<c r="` + ref + `" t="inlineStr"><is><t>` + text + `</t></is></c>`)
			}
		}
		w.WriteString(`<c r="G` + n + `" s="1"><v>` + strconv.Itoa(40000+i%6000) + `</v></c></row>`)
	}
	io.WriteString(w, `</sheetData></worksheet>`)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
}

func writeBigStrings(t testing.TB, z *zip.Writer, rows int) {
	t.Helper()
	part, err := z.Create("xl/sharedStrings.xml")
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriterSize(part, 1<<16)
	fmt.Fprintf(w, xmlHead+`<sst `+mainNS+`>`)
	for i := range rows {
		for _, text := range bigTexts(i)[:3] {
			fmt.Fprintf(w, `<si><t>%s</t></si>`, text)
		}
	}
	for _, text := range []string{"東京本社", "大阪支社", "福岡営業所", "営業部", "開発部"} {
		fmt.Fprintf(w, `<si><t>%s</t></si>`, text)
	}
	io.WriteString(w, `</sst>`)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
}

// openFile opens a workbook on disk.
func openFile(t testing.TB, path string) *Book {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	b, err := Open(f, info.Size(), DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
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

const benchRows = 200_000

// BenchmarkRead reads a workbook of 200,000 rows with seven cells. Its floor is
// BenchmarkInflate: unpacking the same parts and doing nothing with them.
func BenchmarkRead(b *testing.B) {
	for _, shared := range []bool{false, true} {
		b.Run(map[bool]string{false: "inline", true: "shared"}[shared], func(b *testing.B) {
			path := bigBook(b, benchRows, shared)
			b.ReportAllocs()
			b.ResetTimer()
			defer processorTime(b)()
			for range b.N {
				book := openFile(b, path)
				if n := countRows(b, book); n != benchRows {
					b.Fatalf("%d rows, want %d", n, benchRows)
				}
				book.Close()
			}
		})
	}
}

// BenchmarkReadExcelize reads the same through excelize's Rows.
func BenchmarkReadExcelize(b *testing.B) {
	path := bigBook(b, benchRows, false)
	b.ResetTimer()
	defer processorTime(b)()
	for range b.N {
		f, err := excelize.OpenFile(path)
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
		if n != benchRows {
			b.Fatalf("%d rows, want %d", n, benchRows)
		}
		if err := errors.Join(rows.Close(), f.Close()); err != nil {
			b.Fatal(err)
		}
	}
}

// processorTime reports what a benchmark takes of the processors: on a machine
// with other work it says more than how long it takes.
func processorTime(b *testing.B) (end func()) {
	spent := func() int64 {
		var r syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
			b.Fatal(err)
		}
		return r.Utime.Nano() + r.Stime.Nano()
	}
	before := spent()
	return func() { b.ReportMetric(float64(spent()-before)/float64(b.N), "cpu-ns/op") }
}

func BenchmarkInflate(b *testing.B) {
	for _, shared := range []bool{false, true} {
		b.Run(map[bool]string{false: "inline", true: "shared"}[shared], func(b *testing.B) {
			book := openFile(b, bigBook(b, benchRows, shared))
			buf := make([]byte, window)
			b.ResetTimer()
			defer processorTime(b)()
			for range b.N {
				for _, name := range []string{book.sheets[0].part, "xl/sharedStrings.xml"} {
					if book.c.find(name) == nil {
						continue
					}
					r, err := book.c.open(name)
					if err != nil {
						b.Fatal(err)
					}
					for err == nil {
						_, err = r.Read(buf)
					}
					if !errors.Is(err, io.EOF) {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

// peak runs f and returns the largest heap meanwhile, in bytes.
func peak(f func()) uint64 {
	stop, done := make(chan bool), make(chan uint64)
	go func() {
		var most uint64
		var m runtime.MemStats
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapInuse+m.StackInuse)
			select {
			case <-stop:
				done <- most
				return
			case <-tick.C:
			}
		}
	}()
	f()
	close(stop)
	return <-done
}

func TestF11_AMillionRowsAreReadWithinTheMemory(t *testing.T) {
	rows := 1_000_000
	if testing.Short() {
		rows = 100_000
	}
	for _, shared := range []bool{false, true} {
		path := bigBook(t, rows, shared)
		runtime.GC()
		begin := time.Now()
		got := peak(func() {
			if n := countRows(t, openFile(t, path)); n != rows {
				t.Errorf("rows = %d, want %d", n, rows)
			}
		})
		t.Logf("shared %v: %v, %d MB", shared, time.Since(begin).Round(10*time.Millisecond), got>>20)
		if got > 128<<20 {
			t.Errorf("shared %v: %d MB of memory, want at most 128", shared, got>>20)
		}
	}
}
