package workbook

import (
	"bytes"
	"math"
	"strconv"
)

// parseNumber reads the number of a cell: decimal digits, as XML Schema writes
// doubles. NaN, infinities and what else strconv knows are none.
func parseNumber(raw []byte) (float64, bool) {
	if n := atoi(raw); n >= 0 {
		return float64(n), true
	}
	const longest = 400
	if len(raw) == 0 || len(raw) > longest {
		return 0, false
	}
	for _, c := range raw {
		if (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E' {
			return 0, false
		}
	}
	v, err := strconv.ParseFloat(string(raw), 64)
	return v, err == nil
}

// isPlain reports whether a number is written as General shows it: up to 15
// digits, without needless zeros.
func isPlain(raw []byte) bool {
	digits := raw
	if len(digits) > 0 && digits[0] == '-' {
		digits = digits[1:]
	}
	if len(digits) == 0 || len(digits) > 15 || digits[0] == '0' && len(raw) > 1 {
		return false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// appendGeneral appends a number as General shows it where there is room: 15
// significant digits at most, plainly from 0.000000001 up to 999999999999999,
// and otherwise as 1.23456789012346E+15.
func appendGeneral(dst []byte, v float64) []byte {
	if v == 0 {
		return append(dst, '0')
	}
	if v < 0 {
		dst, v = append(dst, '-'), -v
	}
	var room [32]byte
	text := strconv.AppendFloat(room[:0], v, 'e', 14, 64) // d.dddddddddddddde±xx
	e := bytes.IndexByte(text, 'e')
	exponent, _ := strconv.Atoi(string(text[e+1:]))
	digits := append(text[:1:1], text[2:e]...)
	digits = bytes.TrimRight(digits, "0")
	switch {
	case exponent >= 15 || exponent < -9:
		return appendScientific(dst, digits, exponent)
	case exponent < 0:
		dst = append(dst, "0."...)
		for range -exponent - 1 {
			dst = append(dst, '0')
		}
		return append(dst, digits...)
	}
	for i := range max(len(digits), exponent+1) {
		if i == exponent+1 {
			dst = append(dst, '.')
		}
		if i < len(digits) {
			dst = append(dst, digits[i])
		} else {
			dst = append(dst, '0')
		}
	}
	return dst
}

func appendScientific(dst, digits []byte, exponent int) []byte {
	dst = append(dst, digits[0])
	if len(digits) > 1 {
		dst = append(append(dst, '.'), digits[1:]...)
	}
	sign := byte('+')
	if exponent < 0 {
		sign = '-'
	}
	dst = append(dst, 'E', sign)
	if n := int(math.Abs(float64(exponent))); n < 10 {
		dst = append(dst, '0', byte('0'+n))
	} else {
		dst = strconv.AppendInt(dst, int64(n), 10)
	}
	return dst
}
