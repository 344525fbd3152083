package member

import (
	"errors"
	"strings"
	"testing"

	"meibo/internal/problem"
)

func TestATitleIsOneLineOfAtMost200Characters(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"spaces around it go", " 人事　", "人事"},
		{"all digits are allowed: it is no group", "123", "123"},
		{"200 characters", strings.Repeat("名", 200), strings.Repeat("名", 200)},
		{"blank", "　", ""},
		{"201 characters", strings.Repeat("名", 201), ""},
		{"two lines", "a\nb", ""},
		{"a control character", "a\x07", ""},
	} {
		got, err := ParseTitle(tt.in)
		if got != tt.want || (err != nil) != (tt.want == "") || err != nil && !errors.Is(err, problem.Problem{Code: problem.TitleInvalid}) {
			t.Errorf("%s: %q, %v, want %q", tt.name, got, err, tt.want)
		}
	}
}

func TestADescriptionHasLinesAndAnEnd(t *testing.T) {
	if got, err := ParseDescription(" a\r\nb "); got != "a\nb" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := ParseDescription(strings.Repeat("名", MaxDescription+1)); !errors.Is(err, problem.Problem{Code: problem.TextTooLong}) {
		t.Errorf("error = %v, want %s", err, problem.TextTooLong)
	}
}
