package member

import (
	"fmt"
	"time"

	"meibo/internal/problem"
)

// ParseDate reads a day: `YYYY-MM-DD`, `YYYY/M/D` or an ISO 8601 date-time, of
// which it takes the day as written, whatever the offset (SPEC F8). It returns
// YYYY-MM-DD, a day of the calendar in the years 1 to 9999. Problems:
// DateSerial for a spreadsheet's day number, else DateMalformed, also for blank.
func ParseDate(s string) (string, error) {
	v := foldWidth(s)
	d, rest, ok := scanDay(v)
	if ok && rest == "" && len(v) == len("2006-01-02") && v[4] == '-' {
		return v, nil
	}
	if ok && rest != "" {
		_, ok = scanClock(rest)
	}
	if ok {
		return fmt.Sprintf("%04d-%02d-%02d", d.year, d.month, d.day), nil
	}
	if isSerial(v) {
		return "", problem.New(problem.DateSerial, "value", s)
	}
	return "", problem.New(problem.DateMalformed, "value", s)
}

// ParseDateTime reads a moment: an ISO 8601 date-time with an offset, or
// without one, then in the given zone (nil is UTC); a day alone is its first
// moment. The day may be `YYYY/M/D` and a space may stand for the T. It returns
// the moment in UTC as `YYYY-MM-DDTHH:MM:SSZ` (RFC 3339); a fraction of a second
// is dropped, for that is the precision of the field. A time that a change of
// the clocks skips is moved as time.Date does. Problems: DateSerial, else
// DateTimeMalformed, also for blank.
func ParseDateTime(s string, zone *time.Location) (string, error) {
	v := foldWidth(s)
	d, rest, ok := scanDay(v)
	var c clock
	if ok && rest != "" {
		c, ok = scanClock(rest)
	}
	if ok {
		t := d.at(c, zone).UTC()
		if 1 <= t.Year() && t.Year() <= 9999 {
			return t.Format(time.RFC3339), nil
		}
	}
	if isSerial(v) {
		return "", problem.New(problem.DateSerial, "value", s)
	}
	return "", problem.New(problem.DateTimeMalformed, "value", s)
}

// showDateTime writes a canonical moment in the given zone with its offset.
// Where RFC 3339 cannot say that (an offset with seconds, as before standard
// time, or a year beyond 9999) it stays in UTC, so that it can be read back.
func showDateTime(canonical string, zone *time.Location) string {
	t, err := time.Parse(time.RFC3339, canonical)
	if err != nil || zone == nil {
		return canonical
	}
	local := t.In(zone)
	if _, offset := local.Zone(); offset%60 != 0 || local.Year() < 1 || local.Year() > 9999 {
		return canonical
	}
	return local.Format(time.RFC3339)
}

// isSerial reports whether s is a day number of a spreadsheet: five digits
// (from 18 May 1927 to 14 October 2173), perhaps with a fraction for the time.
func isSerial(s string) bool {
	if countDigits(s) != 5 {
		return false
	}
	return len(s) == 5 || s[5] == '.' && len(s) > 6 && countDigits(s[6:]) == len(s)-6
}

type day struct{ year, month, day int }

// at returns the moment of d at c: in c's own offset, or else in zone.
func (d day) at(c clock, zone *time.Location) time.Time {
	if c.zoned {
		zone = time.FixedZone("", c.offset)
	} else if zone == nil {
		zone = time.UTC
	}
	return time.Date(d.year, time.Month(d.month), d.day, 0, 0, c.second, 0, zone)
}

// scanDay reads the day that s begins with, and returns what follows it.
func scanDay(s string) (d day, rest string, ok bool) {
	year, s, ok := scanNumber(s, 4, 4)
	if !ok || s == "" {
		return d, "", false
	}
	mark, least := s[0], 2
	if mark == '/' {
		least = 1
	} else if mark != '-' {
		return d, "", false
	}
	month, s, ok := scanNumber(s[1:], least, 2)
	if !ok || s == "" || s[0] != mark {
		return d, "", false
	}
	n, s, ok := scanNumber(s[1:], least, 2)
	if !ok || year < 1 || month < 1 || month > 12 || n < 1 || n > daysIn(year, month) {
		return d, "", false
	}
	return day{year, month, n}, s, true
}

func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// A clock is a time of day, perhaps with an offset from UTC.
type clock struct {
	second int // of the day
	offset int // seconds east of UTC, if zoned
	zoned  bool
}

// scanClock reads `T09:30`, with seconds, a fraction and an offset if there are
// any; s must end with it. A space may stand for the T and the hour may have one digit.
func scanClock(s string) (c clock, ok bool) {
	if s[0] != 'T' && s[0] != 't' && s[0] != ' ' {
		return c, false
	}
	hour, s, ok := scanNumber(s[1:], 1, 2)
	if !ok || hour > 23 || s == "" || s[0] != ':' {
		return c, false
	}
	minute, s, ok := scanNumber(s[1:], 2, 2)
	if !ok || minute > 59 {
		return c, false
	}
	second := 0
	if s != "" && s[0] == ':' {
		if second, s, ok = scanNumber(s[1:], 2, 2); !ok || second > 59 {
			return c, false
		}
		if s, ok = skipFraction(s); !ok {
			return c, false
		}
	}
	c.second = hour*3600 + minute*60 + second
	if s == "" {
		return c, true
	}
	c.zoned = true
	c.offset, ok = scanOffset(s)
	return c, ok
}

func skipFraction(s string) (rest string, ok bool) {
	if s == "" || s[0] != '.' && s[0] != ',' {
		return s, true
	}
	n := countDigits(s[1:])
	return s[1+n:], n > 0
}

// scanOffset reads Z, ±HH:MM, ±HHMM or ±HH; s must end with it.
func scanOffset(s string) (seconds int, ok bool) {
	if s == "Z" || s == "z" {
		return 0, true
	}
	if s == "" || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	sign := 1
	if s[0] == '-' {
		sign = -1
	}
	hour, s, ok := scanNumber(s[1:], 2, 2)
	if !ok || hour > 23 {
		return 0, false
	}
	if s == "" {
		return sign * hour * 3600, true
	}
	if s[0] == ':' {
		s = s[1:]
	}
	minute, s, ok := scanNumber(s, 2, 2)
	if !ok || minute > 59 || s != "" {
		return 0, false
	}
	return sign * (hour*3600 + minute*60), true
}

// scanNumber reads from least to most digits at the start of s, as many as
// there are.
func scanNumber(s string, least, most int) (n int, rest string, ok bool) {
	digits := min(countDigits(s), most)
	if digits < least {
		return 0, s, false
	}
	for i := range digits {
		n = n*10 + int(s[i]-'0')
	}
	return n, s[digits:], true
}
