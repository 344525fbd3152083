package admin_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"meibo/internal/plan"
)

// TestF11_RowsThatTheWholeFileRejectsTakeNoMemory plans files in which every
// second row repeats an earlier one, or every row makes a primary owner.
// MEIBO_TEST_MILLION=1 makes the 60,000 rows 500,000.
func TestF11_RowsThatTheWholeFileRejectsTakeNoMemory(t *testing.T) {
	rows := int64(60_000)
	if os.Getenv("MEIBO_TEST_MILLION") != "" {
		rows = 500_000
	}
	files := t.TempDir()
	tests := []struct {
		name, header string
		row          func(i int64) string
		counts       plan.Counts
	}{
		{"every second row repeats one", "email,name", func(i int64) string { return fmt.Sprintf("u%d@x.example,U%d", i%(rows/2), i) },
			plan.Counts{plan.Create: rows / 2, plan.Reject: rows / 2}},
		{"every row makes a primary owner", "email,name,system_role", func(i int64) string { return fmt.Sprintf("u%d@x.example,U%d,primary_owner", i, i) },
			plan.Counts{plan.Reject: rows}},
	}
	for i, tt := range tests {
		path := filepath.Join(files, fmt.Sprint(i))
		write(t, path, tt.header, rows, tt.row)
		t.Run(tt.name, func(t *testing.T) {
			founded.Each(t, func(t *testing.T, url string) {
				h := open(t, url)
				got := h.deliver(tt.name, errand{Database: url, Files: filepath.Join(t.TempDir(), "files"), Do: "plan", File: path})
				if got.Outcome.Counts != tt.counts {
					t.Errorf("counts = %v, want %v", got.Outcome.Counts, tt.counts)
				}
			})
		})
	}
}

// write writes a file of n rows.
func write(t testing.TB, path, header string, n int64, row func(i int64) string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, header)
	for i := range n {
		fmt.Fprintln(w, row(i))
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}
