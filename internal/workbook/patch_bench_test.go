package workbook

import (
	"context"
	"errors"
	"io"
	"iter"
	"runtime"
	"testing"
	"time"

	"github.com/klauspost/compress/flate"
)

const patchRows = 300_000

// everyRow marks every row of a big book; each bad-th has a bad cell.
func everyRow(rows, bad int) iter.Seq2[Mark, error] {
	return func(yield func(Mark, error) bool) {
		kept, rejected := []string{"変更なし", ""}, []string{"拒否", "メールアドレスではありません。"}
		for i := range rows - 1 {
			m := Mark{Line: i + 2, Cells: kept}
			if bad > 0 && i%bad == 0 {
				m.Cells, m.Bad = rejected, []Bad{{0, "メールアドレスではありません。"}}
			}
			if !yield(m, nil) {
				return
			}
		}
	}
}

// BenchmarkPatch gives a workbook of 300,000 rows back, with results beside each
// and 5,000 bad cells. Its floor is unpacking the sheet and packing it again.
func BenchmarkPatch(b *testing.B) {
	for _, as := range writings {
		b.Run(as.name, func(b *testing.B) {
			book := openFile(b, bigBook(b, patchRows, as))
			deflate, err := flate.NewWriter(io.Discard, packing)
			if err != nil {
				b.Fatal(err)
			}
			paired(b, func() {
				if err := book.Patch(context.Background(), io.Discard, annotation(), everyRow(patchRows, 60)); err != nil {
					b.Fatal(err)
				}
			}, func() { repack(b, book, deflate) })
		})
	}
}

func repack(b *testing.B, book *Book, deflate *flate.Writer) {
	r, err := book.c.open(book.sheets[0].part)
	if err != nil {
		b.Fatal(err)
	}
	deflate.Reset(io.Discard)
	if _, err := io.Copy(deflate, r); err != nil {
		b.Fatal(err)
	}
	if err := errors.Join(deflate.Close(), r.Close()); err != nil {
		b.Fatal(err)
	}
}

func TestA5_AMillionRowsAreGivenBackWithinTheMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("writes and gives back a million rows; without -short it does")
	}
	tests := []struct {
		name string
		as   writing
		bad  int
		o    PatchOptions
	}{
		{"a bad cell in each row", inline, 1, annotation()},
		{"a column emptied", shared, 0, PatchOptions{HeaderLine: 1, Blank: []int{1}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := bigBook(t, 1_000_000, tt.as)
			marks := everyRow(1_000_000, tt.bad)
			if tt.bad == 0 {
				marks = nil
			}
			runtime.GC()
			begin := time.Now()
			got := peak(func() {
				if err := openFile(t, path).Patch(t.Context(), io.Discard, tt.o, marks); err != nil {
					t.Error(err)
				}
			})
			t.Logf("%v, %d MB", time.Since(begin).Round(10*time.Millisecond), got>>20)
			if got > 128<<20 {
				t.Errorf("%d MB of memory, want at most 128", got>>20)
			}
		})
	}
}

// TestA5_ARowThatIsGivenBackTakesFewAllocations counts them, whoever wrote the
// workbook: none for a cell that stays.
func TestA5_ARowThatIsGivenBackTakesFewAllocations(t *testing.T) {
	const rows = 20_000
	for _, as := range writings {
		book := openFile(t, bigBook(t, rows, as))
		got := testing.AllocsPerRun(1, func() {
			if err := book.Patch(context.Background(), io.Discard, annotation(), everyRow(rows, 0)); err != nil {
				t.Error(err)
			}
		})
		if most := 1.5*rows + 1000; got > most {
			t.Errorf("%s: %.0f allocations for %d rows, want at most %.0f", as.name, got, rows, most)
		}
	}
}
