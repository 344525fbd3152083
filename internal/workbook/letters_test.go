package workbook

import "testing"

func TestF5_ColumnsAreNamedByLetters(t *testing.T) {
	for _, tt := range []struct {
		index   int
		letters string
	}{{0, "A"}, {25, "Z"}, {26, "AA"}, {701, "ZZ"}, {702, "AAA"}, {16383, "XFD"}} {
		if got := Letters(tt.index); got != tt.letters {
			t.Errorf("column %d is called %q, want %q", tt.index, got, tt.letters)
		}
		if got := Index(tt.letters); got != tt.index {
			t.Errorf("%s is column %d, want %d", tt.letters, got, tt.index)
		}
	}
	for _, wrong := range []string{"", "a", "A1", "XFE", "AAAA", "ZZZZZZZZZZZZZZZZZZZZ", "あ"} {
		if got := Index(wrong); got != -1 {
			t.Errorf("%q is column %d, and names none", wrong, got)
		}
	}
}
