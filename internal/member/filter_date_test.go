package member

import (
	"testing"
	"time"
	_ "time/tzdata" // zones of the tests, wherever they run

	"pgregory.net/rapid"
)

func TestG4_RelativeDatesAreDatesOfTheOrganisation(t *testing.T) {
	tests := []struct{ name, now, zone, text, want string }{ // want is empty if the text means no date
		{"today is a date of the organisation's zone", "2026-11-22T16:00:00Z", "Asia/Tokyo", "today", "2026-11-23"},
		{"and not of UTC", "2026-11-22T04:00:00Z", "America/New_York", "today", "2026-11-21"},
		{"yesterday across a year", "2026-01-01T12:00:00Z", "UTC", "yesterday", "2025-12-31"},
		{"tomorrow across a leap day", "2028-02-28T12:00:00Z", "UTC", "tomorrow", "2028-02-29"},
		{"days back", "2026-11-22T00:00:00Z", "UTC", "today-30d", "2026-10-23"},
		{"weeks ahead", "2026-11-22T00:00:00Z", "UTC", "today+2w", "2026-12-06"},
		{"months back", "2026-11-22T00:00:00Z", "UTC", "today-3m", "2026-08-22"},
		{"a shorter month ends earlier", "2026-03-31T00:00:00Z", "UTC", "today-1m", "2026-02-28"},
		{"months across a year", "2026-12-31T00:00:00Z", "UTC", "today+2m", "2027-02-28"},
		{"a year from a leap day", "2028-02-29T00:00:00Z", "UTC", "today+1y", "2029-02-28"},
		{"start of month", "2026-11-22T00:00:00Z", "UTC", "start-of-month", "2026-11-01"},
		{"end of month", "2028-02-10T00:00:00Z", "UTC", "end-of-month", "2028-02-29"},
		{"start of next month", "2026-12-22T00:00:00Z", "UTC", "start-of-next-month", "2027-01-01"},
		{"end of next month", "2026-01-31T00:00:00Z", "UTC", "end-of-next-month", "2026-02-28"},
		{"end of next month across a year", "2026-12-05T00:00:00Z", "UTC", "end-of-next-month", "2027-01-31"},
		{"start of last month", "2026-01-31T00:00:00Z", "UTC", "start-of-last-month", "2025-12-01"},
		{"end of last month", "2026-03-31T00:00:00Z", "UTC", "end-of-last-month", "2026-02-28"},
		{"start of year", "2026-11-22T00:00:00Z", "UTC", "start-of-year", "2026-01-01"},
		{"end of year", "2026-11-22T00:00:00Z", "UTC", "end-of-year", "2026-12-31"},
		{"start of last year", "2026-11-22T00:00:00Z", "UTC", "start-of-last-year", "2025-01-01"},
		{"end of last year", "2026-11-22T00:00:00Z", "UTC", "end-of-last-year", "2025-12-31"},
		{"start of next year", "2026-11-22T00:00:00Z", "UTC", "start-of-next-year", "2027-01-01"},
		{"end of next year", "2026-11-22T00:00:00Z", "UTC", "end-of-next-year", "2027-12-31"},
		{"a distance from an anchor", "2026-11-22T00:00:00Z", "UTC", "end-of-month-7d", "2026-11-23"},
		{"case does not matter", "2026-11-22T00:00:00Z", "UTC", "Today-1D", "2026-11-21"},
		{"the calendar begins in year 1", "2026-11-22T00:00:00Z", "UTC", "today-9999y", "0001-01-01"},
		{"and ends in 9999", "2026-11-22T00:00:00Z", "UTC", "today+9999y", "9999-12-31"},
		{"a date is itself", "2026-11-22T00:00:00Z", "UTC", "2026-04-01", "2026-04-01"},
		{"a date that is none", "2026-11-22T00:00:00Z", "UTC", "2026-04-31", ""},
		{"year 0 is none", "2026-11-22T00:00:00Z", "UTC", "0000-01-01", ""},
		{"no unit", "2026-11-22T00:00:00Z", "UTC", "today-30", ""},
		{"no number", "2026-11-22T00:00:00Z", "UTC", "today-d", ""},
		{"nothing behind the sign", "2026-11-22T00:00:00Z", "UTC", "today+", ""},
		{"two signs", "2026-11-22T00:00:00Z", "UTC", "today--3d", ""},
		{"five digits", "2026-11-22T00:00:00Z", "UTC", "today+10000d", ""},
		{"an unknown unit", "2026-11-22T00:00:00Z", "UTC", "today+3q", ""},
		{"an unknown anchor", "2026-11-22T00:00:00Z", "UTC", "end-of-week", ""},
		{"nothing", "2026-11-22T00:00:00Z", "UTC", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := ResolveDate(tt.text, instant(t, tt.now), zone(t, tt.zone))
			if ok != (tt.want != "") || ok && got != tt.want {
				t.Errorf("got %q %t, want %q", got, ok, tt.want)
			}
		})
	}
}

func TestG4_ADayBeginsWithItsFirstInstant(t *testing.T) {
	tests := []struct{ name, zone, date, from, until string }{
		{"Tokyo is nine hours early", "Asia/Tokyo", "2026-04-01", "2026-03-31T15:00:00Z", "2026-04-01T15:00:00Z"},
		{"a day of 23 hours", "Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"},
		{"a day of 25 hours", "Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"},
		{"midnight is skipped", "America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"},
		{"midnight comes twice", "Asia/Amman", "2021-10-29", "2021-10-28T21:00:00Z", "2021-10-29T22:00:00Z"},
		{"the hour before midnight comes twice", "America/Sao_Paulo", "2019-02-16", "2019-02-16T02:00:00Z", "2019-02-17T03:00:00Z"},
		{"a day that never was has no length", "Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			from, until, err := DayBounds(tt.date, zone(t, tt.zone))
			if err != nil {
				t.Fatal(err)
			}
			if !from.Equal(instant(t, tt.from)) || !until.Equal(instant(t, tt.until)) {
				t.Errorf("got %s to %s, want %s to %s", from.UTC(), until.UTC(), tt.from, tt.until)
			}
		})
	}
	if _, _, err := DayBounds("today", time.UTC); err == nil {
		t.Error("a word has bounds")
	}
}

func TestG4_EveryInstantIsInsideOfItsDay(t *testing.T) {
	zones := []string{"Asia/Tokyo", "America/Sao_Paulo", "Asia/Amman", "America/Havana", "Atlantic/Azores", "Pacific/Apia", "Australia/Lord_Howe"}
	rapid.Check(t, func(rt *rapid.T) {
		z := zone(t, rapid.SampledFrom(zones).Draw(rt, "zone"))
		at := time.Unix(rapid.Int64Range(0, 1<<31).Draw(rt, "seconds"), 0).In(z)
		from, until, err := DayBounds(at.Format(dateLayout), z)
		if err != nil || at.Before(from) || !at.Before(until) {
			rt.Fatalf("%s is not in %s to %s (%v)", at, from, until, err)
		}
	})
}

func instant(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestG4_ARelativeDateIsMadeOfItsParts(t *testing.T) {
	for _, anchor := range RelativeAnchors() {
		for _, rest := range []string{"", "-30d", "+2w", "+007m", "-9999y"} {
			from, distance, unit, ok := SplitRelative(anchor + rest)
			if !ok || from != anchor || distance+unit != rest || len(unit) > 1 {
				t.Errorf("%s%s: %q %q %q %v", anchor, rest, from, distance, unit, ok)
			}
		}
	}
	if len(RelativeAnchors()) != len(anchors) {
		t.Errorf("%d of %d anchors are listed", len(RelativeAnchors()), len(anchors))
	}
	for _, none := range []string{"", "2026-04-01", "today-", "today-30", "todays", "-30d"} {
		if _, _, _, ok := SplitRelative(none); ok {
			t.Errorf("%q is taken for a relative date", none)
		}
	}
}
