package member

import (
	"strconv"
	"strings"
	"time"
)

// dateLayout is how dates are stored and written in filters.
const dateLayout = "2006-01-02"

// relative is an anchor and a distance from it.
type relative struct {
	anchor string
	count  int  // negative towards the past
	unit   byte // d, w, m or y
}

// anchors of relative dates, each from the date of today. Day 0 of a month is
// the last one of the month before.
var anchors = map[string]func(y int, m time.Month, d int) (int, time.Month, int){
	"today":     func(y int, m time.Month, d int) (int, time.Month, int) { return y, m, d },
	"yesterday": func(y int, m time.Month, d int) (int, time.Month, int) { return y, m, d - 1 },
	"tomorrow":  func(y int, m time.Month, d int) (int, time.Month, int) { return y, m, d + 1 },

	"start-of-last-month": func(y int, m time.Month, _ int) (int, time.Month, int) { return y, m - 1, 1 },
	"start-of-month":      func(y int, m time.Month, _ int) (int, time.Month, int) { return y, m, 1 },
	"start-of-next-month": func(y int, m time.Month, _ int) (int, time.Month, int) { return y, m + 1, 1 },
	"end-of-last-month":   func(y int, m time.Month, _ int) (int, time.Month, int) { return y, m, 0 },
	"end-of-month":        func(y int, m time.Month, _ int) (int, time.Month, int) { return y, m + 1, 0 },
	"end-of-next-month":   func(y int, m time.Month, _ int) (int, time.Month, int) { return y, m + 2, 0 },

	"start-of-last-year": func(y int, _ time.Month, _ int) (int, time.Month, int) { return y - 1, 1, 1 },
	"start-of-year":      func(y int, _ time.Month, _ int) (int, time.Month, int) { return y, 1, 1 },
	"start-of-next-year": func(y int, _ time.Month, _ int) (int, time.Month, int) { return y + 1, 1, 1 },
	"end-of-last-year":   func(y int, _ time.Month, _ int) (int, time.Month, int) { return y - 1, 12, 31 },
	"end-of-year":        func(y int, _ time.Month, _ int) (int, time.Month, int) { return y, 12, 31 },
	"end-of-next-year":   func(y int, _ time.Month, _ int) (int, time.Month, int) { return y + 1, 12, 31 },
}

// distanceDigits bounds the number in a relative date: nobody means more, and
// time.AddDate does not overflow.
const distanceDigits = 4

// parseRelative reads a relative date in lower case:
//
//	relative = anchor [ ("+" / "-") 1*4DIGIT ("d" / "w" / "m" / "y") ]
func parseRelative(s string) (relative, bool) {
	if anchors[s] != nil {
		return relative{anchor: s, unit: 'd'}, true
	}
	at := strings.LastIndexAny(s, "+-")
	if at < 0 || anchors[s[:at]] == nil || len(s) > at+distanceDigits+2 {
		return relative{}, false
	}
	r := relative{anchor: s[:at], unit: s[len(s)-1]}
	n, err := strconv.ParseUint(s[at+1:max(at+1, len(s)-1)], 10, 16)
	if err != nil || strings.IndexByte("dwmy", r.unit) < 0 {
		return relative{}, false
	}
	r.count = int(n)
	if s[at] == '-' {
		r.count = -r.count
	}
	return r, true
}

// SplitRelative takes a relative date, in lower case, apart: today-30d into today,
// -30 and d. Distance and unit are empty for an anchor alone; ok is false if the
// text is no relative date.
func SplitRelative(s string) (anchor, distance, unit string, ok bool) {
	r, ok := parseRelative(s)
	rest := strings.TrimPrefix(s, r.anchor)
	if !ok || rest == "" {
		return r.anchor, "", "", ok
	}
	return r.anchor, rest[:len(rest)-1], rest[len(rest)-1:], true
}

// RelativeAnchors lists what a relative date may begin with, as pages list them.
func RelativeAnchors() []string {
	all := []string{"today", "yesterday", "tomorrow"}
	for _, of := range []string{"month", "year"} {
		for _, edge := range []string{"start", "end"} {
			for _, which := range []string{"", "last-", "next-"} {
				all = append(all, edge+"-of-"+which+of)
			}
		}
	}
	return all
}

// ResolveDate returns the date YYYY-MM-DD that a filter's text means at now in
// zone; false if it means none. The text is a date in that form, or one of
//
//	today yesterday tomorrow
//	start-of-month start-of-last-month start-of-next-month end-of-…
//	start-of-year start-of-last-year start-of-next-year end-of-…
//
// in any case, with a distance behind it or not: today-30d, today+2w,
// end-of-month-3m, today-1y (days, weeks, months, years; up to 9999). Months
// and years keep the day, or take the last day of a shorter month. The result
// stays within the years 1 to 9999.
func ResolveDate(text string, now time.Time, zone *time.Location) (string, bool) {
	r, ok := parseRelative(strings.ToLower(text))
	if !ok {
		t, err := time.Parse(dateLayout, text)
		return text, err == nil && t.Year() >= 1
	}
	y, m, d := anchors[r.anchor](now.In(zone).Date())
	day := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	switch r.unit {
	case 'd':
		day = day.AddDate(0, 0, r.count)
	case 'w':
		day = day.AddDate(0, 0, 7*r.count)
	case 'm':
		day = addMonths(day, r.count)
	case 'y':
		day = addMonths(day, 12*r.count)
	}
	switch y := day.Year(); {
	case y < 1:
		return "0001-01-01", true
	case y > 9999:
		return "9999-12-31", true
	}
	return day.Format(dateLayout), true
}

// addMonths adds months; where time.AddDate would run over into the month
// after (31 January + 1 month), it stops at the last day.
func addMonths(day time.Time, months int) time.Time {
	y, m, d := day.Date()
	last := time.Date(y, m+time.Month(months)+1, 0, 0, 0, 0, 0, time.UTC)
	return last.AddDate(0, 0, min(d, last.Day())-last.Day())
}

// DayBounds returns the first instant of date (YYYY-MM-DD) in zone and the
// first one of the day after. A day need not begin at midnight, nor last 24
// hours: zones change their offset.
func DayBounds(date string, zone *time.Location) (from, until time.Time, err error) {
	day, err := time.Parse(dateLayout, date)
	if err != nil {
		return from, until, err
	}
	return dayStart(day, zone), dayStart(day.AddDate(0, 0, 1), zone), nil
}

// dayStart returns the first instant at which the calendar in zone shows day,
// or a later one if it jumps over the day, as Samoa's did.
func dayStart(day time.Time, zone *time.Location) time.Time {
	y, m, d := day.Date()
	t := time.Date(y, m, d, 0, 0, 0, 0, zone)
	if t.Day() != d { // midnight is skipped: the day begins behind the gap
		start, end := t.ZoneBounds()
		if t.Format(dateLayout) < day.Format(dateLayout) {
			return end
		}
		return start
	}
	// Where clocks go back to midnight it comes twice; time.Date chose one.
	if start, _ := t.ZoneBounds(); !start.IsZero() {
		_, before := start.Add(-1).Zone()
		_, after := t.Zone()
		if early := t.Add(time.Duration(after-before) * time.Second); early.Before(start) && early.Day() == d {
			return early
		}
	}
	return t
}
