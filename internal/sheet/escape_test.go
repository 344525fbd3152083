package sheet

import (
	"testing"

	"pgregory.net/rapid"
)

func TestF12_Guard(t *testing.T) {
	tests := []struct {
		name, text, want string
	}{
		{"a formula", "=1+1", "'=1+1"},
		{"plus", "+81 3", "'+81 3"},
		{"minus", "-", "'-"},
		{"at", "@SUM(A1)", "'@SUM(A1)"},
		{"tab", "\t=1", "'\t=1"},
		{"CR", "\r=1", "'\r=1"},
		{"LF", "\n=1", "'\n=1"},
		{"full-width forms, which some programs run", "＝cmd|'/c calc'!A0", "'＝cmd|'/c calc'!A0"},
		{"an apostrophe, so that it comes back", "'t Hooft", "''t Hooft"},
		{"a formula behind an apostrophe", "'=1", "''=1"},
		{"text is left alone", "a=b", "a=b"},
		{"nothing is left alone", "", ""},
		{"long vowel marks and dashes are text", "ー―〜", "ー―〜"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Guard(tt.text); got != tt.want {
				t.Errorf("Guard(%q) = %q, want %q", tt.text, got, tt.want)
			}
		})
	}
}

func TestF12_Unguard(t *testing.T) {
	tests := []struct {
		name, text, want string
	}{
		{"a guarded formula", "'=1", "=1"},
		{"a guarded apostrophe", "''t Hooft", "'t Hooft"},
		{"only one is taken off", "''=1", "'=1"},
		{"a hand-written apostrophe stays", "'t Hooft", "'t Hooft"},
		{"one alone stays", "'", "'"},
		{"in the middle it stays", "O'=Brien", "O'=Brien"},
		{"the word for clearing is not ours", "'{clear}", "'{clear}"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Unguard(tt.text); got != tt.want {
				t.Errorf("Unguard(%q) = %q, want %q", tt.text, got, tt.want)
			}
		})
	}
}

// guardable draws texts that begin like what is guarded more often than chance would.
func guardable() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		begin := rapid.StringOfN(rapid.RuneFrom([]rune("'=+-@\t\r\n＝＋－＠ \u3000\u200ba")), 0, 4, -1)
		return begin.Draw(t, "begin") + rapid.String().Draw(t, "rest")
	})
}

func TestF12_UnguardGivesBackEveryText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := guardable().Draw(t, "text")
		if got := Unguard(Guard(s)); got != s {
			t.Errorf("Unguard(Guard(%q)) = %q", s, got)
		}
	})
}

// What is stored was trimmed. On import a cell is trimmed, unguarded and
// normalised, which trims again: it must come out as it was.
func TestF12_TrimmedTextsSurviveTrimUnguardTrim(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := trim(guardable().Draw(t, "text"))
		if got := trim(Unguard(trim(Guard(s)))); got != s {
			t.Errorf("%q came back as %q", s, got)
		}
	})
}
