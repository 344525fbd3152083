package workbook

import (
	"bytes"
	"math"
	"strconv"
	"time"
)

const day = 24 * 60 * 60 // seconds

// Beyond these serials Excel shows no date: 9999-12-31 is the last one.
const (
	end1900 = 2958466
	end1904 = 2957004
)

// appendMoment appends the moment that a serial number of days stands for, as
// its format shows it: a date, a time, or both. ok is false beyond what has a
// date. Seconds are rounded.
//
// The system of 1900 has a day that never was, 60, and a day 0, which Excel
// shows as the 29th of February and the 0th of January; so do we, and nobody
// takes them for dates.
func (f *format) appendMoment(dst []byte, serial float64, date1904 bool) (out []byte, ok bool) {
	end := float64(end1900)
	if date1904 {
		end = end1904
	}
	if serial < 0 || serial >= end {
		return dst, false
	}
	seconds := int64(math.Round(serial * day))
	if !f.time && !f.elapsed {
		seconds = int64(serial) * day // a date shows its day, however late
	}
	days, seconds := seconds/day, seconds%day
	switch {
	case float64(days) >= end:
		return dst, false
	case f.elapsed && !f.date:
		return appendTime(dst, days*day+seconds), true
	case !f.date && days == 0:
		return appendTime(dst, seconds), true
	}
	dst = appendDay(dst, days, date1904)
	if f.time || f.elapsed {
		dst = appendTime(append(dst, 'T'), seconds)
	}
	return dst, true
}

func appendDay(dst []byte, days int64, date1904 bool) []byte {
	switch {
	case date1904:
		days += 1462
	case days == 0:
		return append(dst, "1900-01-00"...)
	case days == 60:
		return append(dst, "1900-02-29"...)
	case days < 60:
		days++
	}
	year, month, date := time.Date(1899, 12, 30+int(days), 0, 0, 0, 0, time.UTC).Date()
	dst = appendTwo(appendTwo(dst, int64(year/100)), int64(year%100)) // a third of what AppendFormat takes
	dst = appendTwo(append(dst, '-'), int64(month))
	return appendTwo(append(dst, '-'), int64(date))
}

// appendTime appends seconds as hours, minutes and seconds.
func appendTime(dst []byte, seconds int64) []byte {
	if hours := seconds / 3600; hours < 100 {
		dst = appendTwo(dst, hours)
	} else {
		dst = strconv.AppendInt(dst, hours, 10)
	}
	dst = appendTwo(append(dst, ':'), seconds/60%60)
	return appendTwo(append(dst, ':'), seconds%60)
}

func appendTwo(dst []byte, n int64) []byte {
	return append(dst, byte('0'+n/10), byte('0'+n%10))
}

// isoLayouts are how cells of the type d may write a moment (ISO 8601).
var isoLayouts = []struct {
	layout     string
	date, time bool
}{
	{"2006-01-02T15:04:05", true, true}, {"2006-01-02", true, false}, {"15:04:05", false, true},
	{"2006-01-02T15:04", true, true}, {"15:04", false, true}, {"T15:04:05", false, true},
}

// appendISO appends the moment of a cell of the type d as its format shows it,
// or as it is written if that is no format of moments.
func (f *format) appendISO(dst, raw []byte) (out []byte, ok bool) {
	text := string(bytes.TrimSuffix(raw, []byte("Z")))
	for _, l := range isoLayouts {
		t, err := time.Parse(l.layout, text)
		if err != nil {
			continue
		}
		date, clock := l.date, l.time
		if date && clock {
			midnight := t.Hour()+t.Minute()+t.Second() == 0
			clock = f.time || f.elapsed || !f.date && !midnight
		}
		if date {
			dst = t.AppendFormat(dst, time.DateOnly)
		}
		if date && clock {
			dst = append(dst, 'T')
		}
		if clock {
			dst = t.Round(time.Second).AppendFormat(dst, time.TimeOnly)
		}
		return dst, true
	}
	return dst, false
}
