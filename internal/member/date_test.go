package member

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"meibo/internal/problem"
)

func TestF8_ParseDate(t *testing.T) {
	tests := []struct {
		name, in, want string
		code           problem.Code
	}{
		{"YYYY-MM-DD", "2026-04-01", "2026-04-01", ""},
		{"YYYY/M/D", "2026/4/1", "2026-04-01", ""},
		{"YYYY/MM/DD", "2026/04/01", "2026-04-01", ""},
		{"full-width is folded", "２０２６／４／１", "2026-04-01", ""},
		{"an ISO date-time gives its day", "2026-04-01T09:30:00", "2026-04-01", ""},
		{"whatever the offset", "2026-04-01T23:30:00.5-11:00", "2026-04-01", ""},
		{"a space for the T", "2026/4/1 0:00", "2026-04-01", ""},
		{"29 February of a leap year", "2024-02-29", "2024-02-29", ""},
		{"29 February of 2000", "2000-02-29", "2000-02-29", ""},
		{"29 February of 1900", "1900-02-29", "", problem.DateMalformed},
		{"29 February of another year", "2026-02-29", "", problem.DateMalformed},
		{"31 April", "2026-04-31", "", problem.DateMalformed},
		{"month 13", "2026-13-01", "", problem.DateMalformed},
		{"day 0", "2026-04-00", "", problem.DateMalformed},
		{"year 0", "0000-04-01", "", problem.DateMalformed},
		{"the day first", "01/04/2026", "", problem.DateMalformed},
		{"one digit with hyphens", "2026-4-1", "", problem.DateMalformed},
		{"two marks", "2026/04-01", "", problem.DateMalformed},
		{"without marks", "20260401", "", problem.DateMalformed},
		{"text behind", "2026-04-01x", "", problem.DateMalformed},
		{"hour 24", "2026-04-01T24:00", "", problem.DateMalformed},
		{"an offset that is none", "2026-04-01T09:30+9", "", problem.DateMalformed},
		{"blank", "", "", problem.DateMalformed},
		{"a day number (F6)", "46113", "", problem.DateSerial},
		{"a day number with a time (F6)", "46113.5", "", problem.DateSerial},
		{"a number of six digits is no day number", "461130", "", problem.DateMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := ParseDate(tt.in); got != tt.want || codeOf(t, err) != tt.code {
				t.Errorf("ParseDate(%q) = %q, %v, want %q, %q", tt.in, got, err, tt.want, tt.code)
			}
		})
	}
}

func FuzzParseDate(f *testing.F) {
	for _, s := range []string{"2026-04-01", "2026/4/1", "2026-04-01T09:30:00Z", "46113", "2024-02-29"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := ParseDate(s)
		if err != nil {
			return
		}
		if _, err := time.Parse(time.DateOnly, got); err != nil {
			t.Errorf("ParseDate(%q) = %q, which the calendar does not have", s, got)
		}
		if again, err := ParseDate(got); err != nil || again != got {
			t.Errorf("ParseDate(%q) = %q, again %q, %v", s, got, again, err)
		}
	})
}

func TestF8_PlainDatesAreWhatTheCalendarHas(t *testing.T) {
	for d := time.Date(1899, 12, 25, 0, 0, 0, 0, time.UTC); d.Year() < 1905; d = d.AddDate(0, 0, 1) {
		if s := d.Format(time.DateOnly); mustDate(t, s) != s || mustDate(t, d.Format("2006/1/2")) != s {
			t.Errorf("%s is not read as itself", s)
		}
	}
}

func mustDate(t *testing.T, s string) string {
	t.Helper()
	got, err := ParseDate(s)
	if err != nil {
		t.Fatalf("ParseDate(%q): %v", s, err)
	}
	return got
}

func TestF8_ParseDateTime(t *testing.T) {
	tokyo := zoneNamed(t, "Asia/Tokyo")
	tests := []struct {
		name, in, want string
		code           problem.Code
	}{
		{"an offset counts", "2026-04-01T09:30:00+05:30", "2026-04-01T04:00:00Z", ""},
		{"Z is UTC", "2026-04-01T09:30:00Z", "2026-04-01T09:30:00Z", ""},
		{"without an offset it is the zone's", "2026-04-01T09:30:00", "2026-04-01T00:30:00Z", ""},
		{"without seconds", "2026-04-01T09:30", "2026-04-01T00:30:00Z", ""},
		{"as spreadsheets write it", "2026/4/1 9:30", "2026-04-01T00:30:00Z", ""},
		{"a day is its first moment", "2026-04-01", "2026-03-31T15:00:00Z", ""},
		{"an offset without a colon", "2026-04-01T09:30:00-0330", "2026-04-01T13:00:00Z", ""},
		{"an offset of hours", "2026-04-01T09:30:00+09", "2026-04-01T00:30:00Z", ""},
		{"a fraction is dropped", "2026-04-01T09:30:59.999Z", "2026-04-01T09:30:59Z", ""},
		{"second 60", "2026-04-01T09:30:60Z", "", problem.DateTimeMalformed},
		{"minute 60", "2026-04-01T09:60Z", "", problem.DateTimeMalformed},
		{"a point without a fraction", "2026-04-01T09:30:00.Z", "", problem.DateTimeMalformed},
		{"a time alone", "09:30", "", problem.DateTimeMalformed},
		{"before the year 1 in UTC", "0001-01-01T00:00:00+09:00", "", problem.DateTimeMalformed},
		{"blank", "", "", problem.DateTimeMalformed},
		{"a day number (F6)", "46113.395833", "", problem.DateSerial},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := ParseDateTime(tt.in, tokyo); got != tt.want || codeOf(t, err) != tt.code {
				t.Errorf("ParseDateTime(%q) = %q, %v, want %q, %q", tt.in, got, err, tt.want, tt.code)
			}
		})
	}
	if got, err := ParseDateTime("2026-04-01 09:30", nil); got != "2026-04-01T09:30:00Z" || err != nil {
		t.Errorf("without a zone: %q, %v", got, err)
	}
}

func TestG3_DateTimeIsShownInTheZoneOfTheOrganisation(t *testing.T) {
	f := Field{Type: DateTime}
	tests := []struct{ name, zone, in, want string }{
		{"with its offset", "Asia/Tokyo", "2026-04-01T00:30:00Z", "2026-04-01T09:30:00+09:00"},
		{"in winter", "America/New_York", "2026-11-01T06:30:00Z", "2026-11-01T01:30:00-05:00"},
		{"the same hour in summer differs by its offset", "America/New_York", "2026-11-01T05:30:00Z", "2026-11-01T01:30:00-04:00"},
		{"an offset with seconds cannot be written: UTC", "Asia/Tokyo", "1880-01-01T00:00:00Z", "1880-01-01T00:00:00Z"},
		{"a year beyond 9999 cannot be written: UTC", "Asia/Tokyo", "9999-12-31T23:00:00Z", "9999-12-31T23:00:00Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := f.Show(tt.in, zoneNamed(t, tt.zone)); got != tt.want {
				t.Errorf("Show(%s) = %s, want %s", tt.in, got, tt.want)
			}
		})
	}
}

func zoneNamed(t interface {
	Helper()
	Fatal(...any)
}, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestF8_ProblemsDoNotTellTheCellInTheirText(t *testing.T) {
	if _, err := ParseDate("secret"); strings.Contains(err.Error(), "secret") {
		t.Errorf("the error tells the cell: %v", err)
	}
}
