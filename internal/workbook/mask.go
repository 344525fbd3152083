package workbook

import (
	"math"
	"strconv"
)

// appendMasked appends a whole number as the mask shows it that is for it. ok is
// false where General must do: for fractions, for numbers beyond what a double
// holds exactly, and where the section for it shows no digit.
func (f *format) appendMasked(dst []byte, v float64) (out []byte, ok bool) {
	if len(f.masks) == 0 || v != math.Trunc(v) || math.Abs(v) >= 1e15 {
		return dst, false
	}
	i := f.section(v)
	if i < 0 || !f.masks[i].ok {
		return dst, false
	}
	m := &f.masks[i]
	// The second section of a format without conditions brings its own sign.
	if v < 0 && (i == 0 || m.condition != 0 || f.masks[0].condition != 0) {
		dst = append(dst, '-')
	}
	return m.append(dst, math.Abs(v)), true
}

// section returns which mask is for v; -1 if none is. Without conditions the
// first is for positive numbers, the second for negative ones, the third for
// zero, and those that are missing leave theirs to the first.
func (f *format) section(v float64) int {
	if f.masks[0].condition == 0 {
		switch {
		case v < 0 && len(f.masks) > 1:
			return 1
		case v == 0 && len(f.masks) > 2:
			return 2
		}
		return 0
	}
	for i := range f.masks {
		if m := &f.masks[i]; m.condition == 0 || m.holds(v) {
			return i
		}
	}
	return -1
}

// append fills the places of the mask from the right. Digits for which there is
// no place stand at the first one.
func (m *mask) append(dst []byte, v float64) []byte {
	var room [24]byte
	digits := room[:0]
	if v != 0 {
		digits = strconv.AppendInt(digits, int64(v), 10)
	}
	first, left := true, m.digits
	for _, item := range m.items {
		if item.digit == 0 {
			dst = append(dst, item.literal...)
			continue
		}
		if first && len(digits) > left {
			dst, digits = append(dst, digits[:len(digits)-left]...), digits[len(digits)-left:]
		}
		first = false
		switch {
		case len(digits) == left:
			dst, digits = append(dst, digits[0]), digits[1:]
		case item.digit == '0':
			dst = append(dst, '0')
		}
		left--
	}
	return dst
}
