package workbook

import (
	"fmt"
	"io"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// sevenColumns are the columns of the figures: seven, one of them with choices.
func sevenColumns(rows int64) WriterOptions {
	o := WriterOptions{Sheet: "Members", Rows: rows, Lang: "en"}
	for _, header := range []string{"member_id", "email", "name", "system_role", "groups", "remarks", "_base"} {
		o.Columns = append(o.Columns, Column{Header: header})
	}
	o.Columns[0].Kind = Number
	o.Columns[3].Choices = []string{"owner", "admin", "member"}
	return o
}

// memberTexts fills row with the texts of member i.
func memberTexts(row []string, i int) {
	id := strconv.Itoa(i)
	row[0], row[1], row[2] = id, "user"+id+"@example.jp", "山田 太郎"+id
	row[3], row[4], row[5], row[6] = "member", "東京|営業", "入会 <2024> & later", "bAbCdEfGhIjKlMn"+id
}

func writeOurs(tb testing.TB, to io.Writer, rows int) {
	w, err := NewWriter(to, sevenColumns(int64(rows)))
	if err != nil {
		tb.Fatal(err)
	}
	row := make([]string, 7)
	for i := range rows {
		memberTexts(row, i)
		if err := w.Write(row); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		tb.Fatal(err)
	}
}

func writeExcelize(tb testing.TB, to io.Writer, rows int) {
	f := excelize.NewFile()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		tb.Fatal(err)
	}
	style, err := f.NewStyle(&excelize.Style{NumFmt: formatText})
	if err != nil {
		tb.Fatal(err)
	}
	row, cells := make([]string, 7), make([]any, 7)
	for i := range rows {
		memberTexts(row, i)
		for k, text := range row {
			cells[k] = excelize.Cell{StyleID: style, Value: text}
		}
		if err := w.SetRow(fmt.Sprintf("A%d", i+1), cells); err != nil {
			tb.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		tb.Fatal(err)
	}
	if err := f.Write(to); err != nil {
		tb.Fatal(err)
	}
	if err := f.Close(); err != nil {
		tb.Fatal(err)
	}
}

// BenchmarkWrite sets the writer beside excelize's StreamWriter.
func BenchmarkWrite(b *testing.B) {
	paired(b, func() { writeOurs(b, io.Discard, *benchRows) }, func() { writeExcelize(b, io.Discard, *benchRows) })
}

// peakHeap runs f and returns by how many bytes the heap grew at most while it
// ran, as seen every few milliseconds.
func peakHeap(f func()) uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	before, peak := m.HeapAlloc, m.HeapAlloc
	done, seen := make(chan struct{}), make(chan uint64)
	go func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapAlloc)
			case <-done:
				seen <- peak
				return
			}
		}
	}()
	f()
	close(done)
	return <-seen - before
}
