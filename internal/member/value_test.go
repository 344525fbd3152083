package member

import (
	"errors"
	"slices"
	"testing"

	"meibo/internal/problem"
)

// codeOf returns the code of an error that must be a problem without a place,
// or empty for none.
func codeOf(t *testing.T, err error) problem.Code {
	t.Helper()
	if err == nil {
		return ""
	}
	var p problem.Problem
	if !errors.As(err, &p) {
		t.Fatalf("error is no problem: %v", err)
	}
	if p.Place != (problem.Place{}) {
		t.Errorf("problem %s has a place: %v", p.Code, p.Place)
	}
	return p.Code
}

func TestF7_Normalise(t *testing.T) {
	tests := []struct {
		name, in, want string
		code           problem.Code
	}{
		{"clean text stays", "Ann Smith", "Ann Smith", ""},
		{"blank is blank", "", "", ""},
		{"only white space is blank", " \u3000\t\u00a0\u200b", "", ""},
		{"ASCII spaces and a leading tab go", "\t Ann \n", "Ann", ""},
		{"U+3000 goes at both ends", "\u3000佐藤\u3000花子\u3000", "佐藤\u3000花子", ""},
		{"NBSP goes", "\u00a0Ann\u00a0", "Ann", ""},
		{"zero-width characters go at the ends", "\ufeff\u200bAnn\u200d\u2060\u200c", "Ann", ""},
		{"zero-width characters stay inside", "A\u200dB", "A\u200dB", ""},
		{"a space hidden behind a zero-width character goes", "Ann \u200b", "Ann", ""},
		{"CRLF becomes LF", "a\r\nb", "a\nb", ""},
		{"CR becomes LF", "a\rb\r\rc", "a\nb\n\nc", ""},
		{"a newline inside stays", "a\nb", "a\nb", ""},
		{"no Unicode normalisation: NFD stays", "が", "が", ""},
		{"no Unicode normalisation: half-width katakana stays", "ｶﾞ①㈱", "ｶﾞ①㈱", ""},
		{"a tab inside is refused", "a\tb", "", problem.ControlCharacter},
		{"NUL is refused", "a\x00b", "", problem.ControlCharacter},
		{"DEL is refused", "a\x7fb", "", problem.ControlCharacter},
		{"a control character at the end is refused, not trimmed", "ab\x01", "", problem.ControlCharacter},
		{"a C1 control character is refused", "a\u0086b", "", problem.ControlCharacter},
		{"bytes that are not UTF-8 are damage", "a\xffb", "", problem.DamagedReplacement},
		{"U+FFFD that a member already has is text", "a\ufffdb", "a\ufffdb", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Normalise(tt.in)
			if got != tt.want || codeOf(t, err) != tt.code {
				t.Errorf("Normalise(%q) = %q, %v, want %q, %q", tt.in, got, err, tt.want, tt.code)
			}
		})
	}
}

func FuzzNormalise(f *testing.F) {
	f.Add(" a\r\n\u3000b\u200b")
	f.Fuzz(func(t *testing.T, s string) {
		once, err := Normalise(s)
		if err != nil {
			return
		}
		if twice, err := Normalise(once); err != nil || twice != once {
			t.Errorf("Normalise(%q) = %q, again %q, %v", s, once, twice, err)
		}
	})
}

func TestF6_Damage(t *testing.T) {
	tests := []struct {
		name, in   string
		anywhere   problem.Code // Damage
		identifier problem.Code // DamagedIdentifier
	}{
		{"ordinary text is sound", "Ann", "", ""},
		{"blank is sound", "", "", ""},
		{"#N/A is a spreadsheet's error", "#N/A", problem.DamagedError, problem.DamagedError},
		{"#REF! is a spreadsheet's error", "#REF!", problem.DamagedError, problem.DamagedError},
		{"a text that only begins like one is sound", "#N/A in Japan", "", ""},
		{"U+FFFD is lost text", "佐\ufffd\ufffd", problem.DamagedReplacement, problem.DamagedReplacement},
		{"an exponent is damage in an identifier only", "1.23E+15", "", problem.DamagedNumber},
		{"an exponent without a fraction", "1E+15", "", problem.DamagedNumber},
		{"full-width digits are digits", "１.２３E+１５", "", problem.DamagedNumber},
		{"16 digits are more than a spreadsheet keeps", "1234567890123450", "", problem.DamagedNumber},
		{"15 digits are sound", "123456789012345", "", ""},
		{"16 letters and digits are sound", "a123456789012345", "", ""},
		{"E without a sign is a login ID", "12E5", "", ""},
		{"an exponent needs digits after its sign", "1E+", "", ""},
		{"an exponent needs digits before it", "E+15", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if p, damaged := Damage(tt.in); p.Code != tt.anywhere || damaged != (tt.anywhere != "") {
				t.Errorf("Damage = %q, %t, want %q", p.Code, damaged, tt.anywhere)
			}
			if p, damaged := DamagedIdentifier(tt.in); p.Code != tt.identifier || damaged != (tt.identifier != "") {
				t.Errorf("DamagedIdentifier = %q, %t, want %q", p.Code, damaged, tt.identifier)
			}
		})
	}
}

func TestF9_SplitValues(t *testing.T) {
	tests := []struct {
		name, in string
		want     []string
	}{
		{"blank has no values", " \n | ", nil},
		{"one value", "東京", []string{"東京"}},
		{"separated by |", "東京|大阪", []string{"東京", "大阪"}},
		{"separated by a newline", "東京\n大阪\r\n京都", []string{"東京", "大阪", "京都"}},
		{"trimmed, empty ones dropped", " 東京\u3000|| 大阪 |", []string{"東京", "大阪"}},
		{"a repetition is dropped, the order stays", "b|a|b", []string{"b", "a"}},
		{"a comma belongs to the value", "Smith, Ltd", []string{"Smith, Ltd"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := SplitValues(tt.in); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestF10_ParseValues(t *testing.T) {
	tests := []struct {
		name, in             string
		edit                 bool
		replace, add, remove []string
		code                 problem.Code
	}{
		{"values without signs replace", "A|B", false, []string{"A", "B"}, nil, nil, ""},
		{"blank replaces with nothing", "", false, nil, nil, nil, ""},
		{"signs add and remove", "+A|-B|+ C", true, nil, []string{"A", "C"}, []string{"B"}, ""},
		{"lines are values too", "+A\n-B", true, nil, []string{"A"}, []string{"B"}, ""},
		{"with and without signs is a problem", "+A|B", false, nil, nil, nil, problem.ValuesMixed},
		{"the same added and removed is a problem", "+A|-A", false, nil, nil, nil, problem.ValuesMixed},
		{"a sign alone is a value", "-", false, []string{"-"}, nil, nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseValues(tt.in)
			if codeOf(t, err) != tt.code || got.Edit != tt.edit {
				t.Errorf("edit = %t, %v, want %t, %q", got.Edit, err, tt.edit, tt.code)
			}
			if !slices.Equal(got.Replace, tt.replace) || !slices.Equal(got.Add, tt.add) || !slices.Equal(got.Remove, tt.remove) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestF7_CleanTextCostsNoAllocation(t *testing.T) {
	for name, f := range map[string]func(){
		"Normalise ASCII":    func() { _, _ = Normalise("Ann Smith-Ito") },
		"Normalise Japanese": func() { _, _ = Normalise("佐藤 花子") },
		"ParseEmail":         func() { _, _ = ParseEmail("ann.smith@mail.acme.example") },
		"ParseLoginID":       func() { _, _ = ParseLoginID("ann.smith_01") },
		"ParseName":          func() { _, _ = ParseName("佐藤 花子") },
		"ParseMemberID":      func() { _, _ = ParseMemberID("1234567") },
		"ParseBoolean":       func() { _, _ = ParseBoolean("TRUE") },
		"ParseDate":          func() { _, _ = ParseDate("2026-04-01") },
		"Damage":             func() { _, _ = Damage("佐藤 花子") },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations, want none: it runs for every cell of a million rows", name, n)
		}
	}
}

func BenchmarkNormalise(b *testing.B) {
	for _, s := range []string{"Ann Smith-Ito", "佐藤 花子"} {
		b.Run(s, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, _ = Normalise(s)
			}
		})
	}
}
