package workbook

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"testing"
)

func TestE5_FirstBytesLeaveBeforeTheLastRow(t *testing.T) {
	var b bytes.Buffer
	w, err := NewWriter(&b, invitation("ja", -1))
	if err != nil {
		t.Fatal(err)
	}
	if b.Len() != 0 {
		t.Error("bytes were written before the first row: a refusal could no longer be told")
	}
	for i := range 3 {
		before := b.Len()
		if err := errors.Join(w.Write(members[i]), w.Flush()); err != nil {
			t.Fatal(err)
		}
		if b.Len() == before {
			t.Errorf("row %d was kept back by Flush", i+1)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if rows, err := asOracle(t, b.Bytes()).GetRows("メンバー招待"); len(rows) != 4 || err != nil {
		t.Errorf("rows = %d, %v; want 4", len(rows), err)
	}
}

func TestE5_BrokenOffFileIsNeverWhole(t *testing.T) {
	for name, end := range map[string]func(w *Writer) error{
		"without Close":                 func(w *Writer) error { return errors.Join(w.Flush(), errors.New("gone")) },
		"after a row of another length": func(w *Writer) error { return errors.Join(w.Write([]string{"a"}), w.Close()) },
		"after a text that is no UTF-8": func(w *Writer) error { return errors.Join(w.Write(memberRow("\xff", "")), w.Close()) },
		"with fewer rows than told":     func(w *Writer) error { return w.Close() },
		"with more rows than told": func(w *Writer) error {
			return errors.Join(w.Write(members[1]), w.Write(members[2]), w.Close())
		},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			w, err := NewWriter(&b, invitation("ja", 2))
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Write(members[0]); err != nil {
				t.Fatal(err)
			}
			if end(w) == nil {
				t.Error("no error")
			}
			if _, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len())); err == nil {
				t.Error("the file is an archive: it looks complete")
			}
		})
	}
}

func TestE5_ErrorOfTheStreamIsToldAndFinal(t *testing.T) {
	w, err := NewWriter(failAfter(1), invitation("ja", 1))
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(w.Write(members[0]), w.Flush())
	if !errors.Is(err, errFull) {
		t.Errorf("error = %v, want that of the stream", err)
	}
	if err := w.Close(); !errors.Is(err, errFull) {
		t.Errorf("Close after it = %v, want the same error", err)
	}
}

var errFull = errors.New("disk full")

// A failer is a stream that fails after so many writes.
type failer int

func failAfter(writes int) *failer { f := failer(writes); return &f }

func (f *failer) Write(b []byte) (int, error) {
	if *f--; *f < 0 {
		return 0, errFull
	}
	return len(b), nil
}

func TestE5_ClosedWriterTakesNothing(t *testing.T) {
	w, err := NewWriter(io.Discard, invitation("ja", -1))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if w.Write(members[0]) == nil || w.Flush() == nil || w.Close() == nil {
		t.Error("a closed writer took a row, a flush or a second Close")
	}
}

// TestE5_MemoryIsConstant writes a million rows. The texts are the caller's; the
// writer itself may take no memory per row at all.
func TestE5_MemoryIsConstant(t *testing.T) {
	row := []string{"1234567", "user@example.jp", "山田 太郎", "member", "東京|営業", "a <b> & c", "bAbCdEfGhIjKlMn"}
	grown := peakHeap(func() {
		w, err := NewWriter(io.Discard, sevenColumns(1_000_000))
		if err != nil {
			t.Fatal(err)
		}
		for range 1_000_000 {
			if err := w.Write(row); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	})
	if grown > 8<<20 {
		t.Errorf("the heap grew by %d bytes, want at most 8 MB", grown)
	}
}
