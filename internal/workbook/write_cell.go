package workbook

import (
	"strconv"
	"strings"
	"time"
)

// cellAt says where a cell stands: its column, from 0, and its row's number in
// digits.
type cellAt struct {
	column int
	row    []byte
}

// appendCell appends a cell of the column. text is not empty and was checked.
func appendCell(b []byte, c *Column, at cellAt, text string) []byte {
	switch c.Kind {
	case Number:
		if isPlainNumber(text) {
			return appendValue(b, at, styled(numberStyle(text), c.Shaded), text)
		}
	case Date:
		if day, seconds, ok := dateSerial(text); ok && seconds == 0 {
			return appendValue(b, at, styled(styleDate, c.Shaded), strconv.Itoa(day))
		} else if ok {
			serial := float64(day) + float64(seconds)/secondsOfDay
			return appendValue(b, at, styled(styleDateTime, c.Shaded), strconv.FormatFloat(serial, 'f', -1, 64))
		}
	}
	style := styleText
	if strings.IndexByte(text, '\n') >= 0 {
		style = styleLines
	}
	return appendTextCell(b, at, styled(style, c.Shaded), text)
}

// shownByGeneral is how many digits of an integer General shows before it turns
// to 1.23457E+11.
const shownByGeneral = 11

// numberStyle is the format in which a plain number is seen as it is.
func numberStyle(number string) int {
	if len(number) > shownByGeneral && strings.IndexByte(number, '.') < 0 {
		return styleLongNumber
	}
	return styleNumber
}

// appendTextCell appends an inline string: no table of shared strings has to be
// kept in memory, and programs make one when they save the file.
func appendTextCell(b []byte, at cellAt, style int, text string) []byte {
	b = appendCellOpen(b, at, style)
	b = append(b, ` t="inlineStr"><is>`...)
	b = appendT(b, text)
	return append(b, `</is></c>`...)
}

// appendValue appends a number; value is its digits.
func appendValue(b []byte, at cellAt, style int, value string) []byte {
	b = appendCellOpen(b, at, style)
	b = append(b, `><v>`...)
	b = append(b, value...)
	return append(b, `</v></c>`...)
}

func appendCellOpen(b []byte, at cellAt, style int) []byte {
	b = append(b, `<c r="`...)
	b = appendLetters(b, at.column)
	b = append(b, at.row...)
	b = append(b, `" s="`...)
	b = strconv.AppendInt(b, int64(style), 10)
	return append(b, '"')
}

func appendLetters(b []byte, column int) []byte {
	if column < 26 {
		return append(b, 'A'+byte(column))
	}
	return append(b, Letters(column)...)
}

// maxDigits is how many significant digits spreadsheet programs keep.
const maxDigits = 15

// isPlainNumber reports whether s is a number in the very form in which General
// shows it: no sign but a minus, no needless zeros, no exponent, and not so
// small that General would show one.
func isPlainNumber(s string) bool {
	s, minus := strings.CutPrefix(s, "-")
	if minus && s == "0" {
		return false
	}
	whole, fraction, pointed := strings.Cut(s, ".")
	if !isDigits(whole) || len(whole) > 1 && whole[0] == '0' {
		return false
	}
	if !pointed {
		return len(whole) <= maxDigits
	}
	if !isDigits(fraction) || fraction[len(fraction)-1] == '0' {
		return false
	}
	if whole == "0" {
		significant := strings.TrimLeft(fraction, "0")
		return len(fraction)-len(significant) <= 3 && len(significant) <= maxDigits
	}
	return len(whole)+len(fraction) <= maxDigits
}

func isDigits(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != ""
}

const secondsOfDay = 24 * 60 * 60

// The days that all programs number alike. Before March 1900 Excel counts a
// 29th of February that there was not; there is no day after 9999.
var (
	dayZero  = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	firstDay = time.Date(1900, 3, 1, 0, 0, 0, 0, time.UTC)
)

// dateSerial returns the number of the day (1900 date system) and the seconds
// of 2026-04-01 or 2026-04-01T10:30:00; ok is false for any other form. Midnight
// with a time is none: it would be read as the day alone.
func dateSerial(s string) (day, seconds int, ok bool) {
	layout := time.DateOnly
	if len(s) == len("2006-01-02T15:04:05") {
		layout = "2006-01-02T15:04:05"
	}
	t, err := time.Parse(layout, s)
	if err != nil || t.Before(firstDay) || len(s) != len(layout) {
		return 0, 0, false
	}
	since := t.Unix() - dayZero.Unix()
	day, seconds = int(since/secondsOfDay), int(since%secondsOfDay)
	return day, seconds, (seconds != 0) == (layout != time.DateOnly)
}
