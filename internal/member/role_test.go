package member

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"meibo/internal/problem"
)

func TestG1_GroupNames(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", "東京", "東京"},
		{"trimmed", "\u3000東京 ", "東京"},
		{"digits and more", "2026年度", "2026年度"},
		{"a sign inside", "A+B", "A+B"},
		{"a comma", "Sales, East", "Sales, East"},
		{"200 characters", strings.Repeat("組", 200), strings.Repeat("組", 200)},
		{"201 characters", strings.Repeat("組", 201), ""},
		{"blank", " ", ""},
		{"all digits", "123", ""},
		{"all digits, full-width, which an ID could be too", "１２３", ""},
		{"a |", "A|B", ""},
		{"a newline", "A\nB", ""},
		{"an opening brace", "{clear", ""},
		{"a closing brace", "a}", ""},
		{"a plus first", "+A", ""},
		{"a minus first", "-A", ""},
		{"an apostrophe first", "'A", ""},
		{"a control character", "A\x07", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseGroupName(tt.in)
			if got != tt.want || (tt.want == "") != (codeOf(t, err) == problem.NameInvalid) {
				t.Errorf("ParseGroupName(%q) = %q, %v, want %q", tt.in, got, err, tt.want)
			}
			if valid := ValidGroupName(tt.in); valid != (tt.want == tt.in) {
				t.Errorf("ValidGroupName(%q) = %t", tt.in, valid)
			}
		})
	}
}

func TestG5G6_Codes(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"letters, digits, dot, underscore, hyphen", "Brand-1.a_b", "Brand-1.a_b"},
		{"full-width is folded", "ＢＲ１", "BR1"},
		{"64", strings.Repeat("a", 64), strings.Repeat("a", 64)},
		{"65", strings.Repeat("a", 65), ""},
		{"blank", "", ""},
		{"a hyphen first, a formula to a spreadsheet", "-1", ""},
		{"a space", "a b", ""},
		{"a |", "a|b", ""},
		{"letters beyond ASCII", "銀座", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := ParseCode(tt.in); got != tt.want || (tt.want == "") != (codeOf(t, err) == problem.CodeInvalid) {
				t.Errorf("ParseCode(%q) = %q, %v, want %q", tt.in, got, err, tt.want)
			}
		})
	}
}

func TestG5_Access(t *testing.T) {
	a, err := ParseAccess([]string{"imports", " Members "}, []string{"members"})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		area  Area
		level Level
	}{
		{"read is read", ImportsArea, ReadAccess},
		{"write wins over read", MembersArea, WriteAccess},
		{"what is not named is closed", ExportsArea, NoAccess},
		{"what does not exist is closed", "seats", NoAccess},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := a.Level(tt.area); got != tt.level {
				t.Errorf("Level(%s) = %s, want %s", tt.area, got, tt.level)
			}
		})
	}
	if !a.Allows(MembersArea, ReadAccess) {
		t.Error("write does not include read")
	}
	if a.Allows(ImportsArea, WriteAccess) {
		t.Error("read includes write")
	}
}

func TestG5_AccessRefusesAnUnknownArea(t *testing.T) {
	_, err := ParseAccess(nil, []string{"members", "seats"})
	var p problem.Problem
	if !errors.As(err, &p) || p.Code != problem.RightUnknown || p.Values["value"] != "seats" {
		t.Fatalf("error = %v, want %s about seats", err, problem.RightUnknown)
	}
	if known := strings.Split(p.Values["known"], "\n"); len(known) != 12 || known[0] != "members" {
		t.Errorf("known = %q, want the 12 areas", known)
	}
	var a Access
	for _, in := range []string{`{"seats":"read"}`, `{"members":"admin"}`, `["members"]`} {
		if err := json.Unmarshal([]byte(in), &a); err == nil || a != 0 {
			t.Errorf("Unmarshal(%s) = %v, %v, want an error and nothing", in, a, err)
		}
	}
}

func TestG5_AccessSurvivesWordsAndJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a Access
		for _, area := range Areas() {
			a = a.With(area, Level(rapid.IntRange(0, 2).Draw(t, string(area))))
		}
		if back, err := ParseAccess(a.Words()); err != nil || back != a {
			t.Fatalf("words: %b came back as %b, %v", a, back, err)
		}
		data, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var back Access
		if err := json.Unmarshal(data, &back); err != nil || back != a {
			t.Fatalf("JSON %s: %b came back as %b, %v", data, a, back, err)
		}
		if !FullAccess.Covers(a) || !a.Covers(0) || !a.Covers(a) {
			t.Fatalf("%b is not covered by all, or covers not itself", a)
		}
	})
}

func TestG7_AccessCoversOnlyWhatItOpens(t *testing.T) {
	read := Access(0).With(MembersArea, ReadAccess)
	write := read.With(MembersArea, WriteAccess)
	if !write.Covers(read) || read.Covers(write) || write.Covers(Access(0).With(GroupsArea, ReadAccess)) {
		t.Error("somebody could give what they do not have")
	}
}

func TestG5_AreasAreStoredInThisOrder(t *testing.T) {
	want := []Area{"members", "groups", "fields", "filters", "brands", "policies", "roles", "invitations", "imports", "exports", "history", "settings"}
	if got := Areas(); !slices.Equal(got, want) {
		t.Errorf("areas = %v, want %v: the order is that of stored bits", got, want)
	}
	for _, area := range want {
		if FullAccess.Level(area) != WriteAccess {
			t.Errorf("full access does not write %s", area)
		}
	}
}
