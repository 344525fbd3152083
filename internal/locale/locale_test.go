package locale

import (
	"math"
	"testing"
	"time"

	"meibo/internal/problem"
)

func TestMatchTakesTheFirstLanguageUnderstood(t *testing.T) {
	tests := []struct {
		name       string
		candidates []string
		want       string
	}{
		{"nothing is English", nil, "en"},
		{"empty candidates are skipped", []string{"", "ja"}, "ja"},
		{"a language of ours", []string{"ja"}, "ja"},
		{"a tag with a region", []string{"ja-JP"}, "ja"},
		{"a tag in capitals", []string{"JA"}, "ja"},
		{"a value of LANG", []string{"ja_JP.UTF-8"}, "ja"},
		{"a value of LANG without a region", []string{"ja.UTF-8"}, "ja"},
		{"the first understood wins", []string{"de_DE", "en_GB", "ja"}, "en"},
		{"C is nobody's language", []string{"C.UTF-8", "ja"}, "ja"},
		{"a longer language code is another language", []string{"jav"}, "en"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Match(tt.candidates...); got != tt.want {
				t.Errorf("Match(%q) = %q, want %q", tt.candidates, got, tt.want)
			}
		})
	}
}

func TestNewSpeaksTheLanguageItWasAskedFor(t *testing.T) {
	for lang, want := range map[string]string{"ja_JP.UTF-8": "ja", "en": "en", "fr": "en", "": "en"} {
		if got := New(lang).Lang(); got != want {
			t.Errorf("New(%q).Lang() = %q, want %q", lang, got, want)
		}
	}
}

func TestWhatIsMissingIsShownAndNeverPanics(t *testing.T) {
	p := New("en")
	if got := p.Problem(problem.New("no-such-code")); got != "no-such-code" {
		t.Errorf("unknown code: %q", got)
	}
	if got := p.Say("no.such.key", "n"); got != "no.such.key" {
		t.Errorf("unknown key: %q", got)
	}
	if got := p.Attribute("city"); got != "city" {
		t.Errorf("a field's identifier: %q", got)
	}
	if got := p.Action("dance"); got != "dance" {
		t.Errorf("unknown action: %q", got)
	}
}

func TestNumbersAreGrouped(t *testing.T) {
	tests := []struct {
		n    int64
		want string
	}{
		{0, "0"}, {999, "999"}, {1000, "1,000"}, {-1000, "-1,000"}, {-100, "-100"}, {1234567, "1,234,567"},
		{math.MaxInt64, "9,223,372,036,854,775,807"}, {math.MinInt64, "-9,223,372,036,854,775,808"},
	}
	for _, tt := range tests {
		for _, lang := range languages {
			if got := New(lang).Number(tt.n); got != tt.want {
				t.Errorf("%s: Number(%d) = %q, want %q", lang, tt.n, got, tt.want)
			}
		}
	}
}

func TestTimesAreInTheZoneOfTheTime(t *testing.T) {
	late := time.Date(2026, 11, 22, 15, 31, 59, 0, time.UTC).In(time.FixedZone("JST", 9*60*60))
	p := New("ja")
	if got := p.Date(late); got != "2026-11-23" {
		t.Errorf("Date = %q", got)
	}
	if got := p.Time(late); got != "2026-11-23 00:31" {
		t.Errorf("Time = %q", got)
	}
}
