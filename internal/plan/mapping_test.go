package plan

import (
	"testing"

	"meibo/internal/problem"
	"meibo/internal/sheet"
)

func TestF4_HeadersAsPeopleWriteThem(t *testing.T) {
	masters := &Masters{}
	masters.Index()
	for _, tt := range []struct {
		name    string
		header  []string
		warning problem.Code
		problem problem.Code
	}{
		{"identifier, English and Japanese in one file", []string{"member_id", "E-mail", "名前"}, "", ""},
		{"capitals, spaces and full width do not matter", []string{" ＥＭＡＩＬ ", "NAME", "削除フラグ　"}, "", ""},
		{"an unknown header is a warning", []string{"email", "Shoe Size"}, problem.HeaderUnknown, ""},
		{"within an edit of a known one is a problem", []string{"email", "Mame"}, "", problem.HeaderNearMiss},
		{"two edits count from eight letters on", []string{"email", "Delte Flg"}, "", problem.HeaderNearMiss},
		{"two edits of a short one are another word", []string{"email", "Nmea"}, problem.HeaderUnknown, ""},
		{"another word of two characters is another word", []string{"email", "名称"}, problem.HeaderUnknown, ""},
		{"a header twice is a problem", []string{"email", "メールアドレス"}, "", problem.HeaderDuplicate},
		{"no known header is one problem", []string{"Produkt", "Preis"}, "", problem.HeaderNoneKnown},
		{"none of the keys is one problem", []string{"name", "remarks"}, "", problem.HeaderNoKey},
		{"what a report added is read over", []string{"email", "結果", "reason"}, "", ""},
	} {
		_, warnings, problems := MapHeader(sheet.CSV, sheet.Row{Line: 1, Cells: tt.header}, Options{}.ForLayout(Register), masters)
		if got := only(t, tt.name, warnings); got != tt.warning {
			t.Errorf("%s: warning %q, want %q", tt.name, got, tt.warning)
		}
		if got := only(t, tt.name, problems); got != tt.problem {
			t.Errorf("%s: problem %q, want %q", tt.name, got, tt.problem)
		}
	}
}

// only returns the code of the only problem; empty if there is none.
func only(t *testing.T, name string, ps []problem.Problem) problem.Code {
	t.Helper()
	switch len(ps) {
	case 0:
		return ""
	case 1:
		return ps[0].Code
	}
	t.Errorf("%s: %d problems", name, len(ps))
	return ""
}
