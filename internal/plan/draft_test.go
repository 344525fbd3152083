package plan

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"meibo/internal/member"
	"meibo/internal/sheet"
)

// FuzzCellText: what an export writes of any stored text comes back as it is,
// and never as the word that clears (F10, F12).
func FuzzCellText(f *testing.F) {
	for _, s := range []string{"", "{clear}", "'{clear}", "''{clear}", "=1+1", "'=1", "'t Hooft", "-5", "@x", "＝1", "a\nb", "'"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		stored, err := member.Normalise(s)
		if err != nil || stored == "" {
			return
		}
		for _, format := range []sheet.Format{sheet.CSV, sheet.XLSX} {
			text, clear := CellText(CellOf(format, stored, false))
			if text != stored || clear {
				t.Errorf("%s: %q is written as %q and read as %q, clear %v", format, stored, CellOf(format, stored, false), text, clear)
			}
		}
	})
}

func TestF10_CellsAsPeopleWriteThem(t *testing.T) {
	for _, tt := range []struct {
		cell, text string
		clear      bool
	}{
		{"{clear}", "", true},
		{" {clear} ", "", true},
		{"'{clear}", "{clear}", false},
		{"{Clear}", "{Clear}", false},
		{"", "", false},
		{"\u3000", "", false},
		{"'=1+1", "=1+1", false},
		{"'t Hooft", "'t Hooft", false},
		{"a\r\nb", "a\nb", false},
	} {
		if text, clear := CellText(tt.cell); text != tt.text || clear != tt.clear {
			t.Errorf("cell %q = %q, clear %v, want %q, %v", tt.cell, text, clear, tt.text, tt.clear)
		}
	}
}

func TestP7_OnlyDifferencesOfGroupsAreStored(t *testing.T) {
	ids := rapid.SliceOf(rapid.Int64Range(1, 12))
	rapid.Check(t, func(t *rapid.T) {
		now, wanted := sorted(ids.Draw(t, "now")), sorted(ids.Draw(t, "wanted"))
		got := slices.Clone(now)
		for _, op := range difference(now, wanted) {
			if slices.Contains(got, op.ID) == op.Adds {
				t.Fatalf("%+v does nothing to %v", op, got)
			}
			if got = append(got, op.ID); !op.Adds {
				got = slices.DeleteFunc(got, func(id int64) bool { return id == op.ID })
			}
		}
		if !slices.Equal(sorted(got), wanted) {
			t.Fatalf("%v became %v, want %v", now, got, wanted)
		}
	})
}
