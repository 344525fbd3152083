package workbook

import (
	"strconv"
	"strings"
)

// A format is what a number format says that matters here: whether a number is
// a date, a time or a mask of digits. The zero format is General.
type format struct {
	date, time bool // the parts of a moment that it shows
	elapsed    bool // hours, minutes or seconds beyond a day: [h]:mm
	masks      []mask
}

func (f *format) isMoment() bool { return f.date || f.time || f.elapsed }

func (f *format) isGeneral() bool { return !f.isMoment() && len(f.masks) == 0 }

// parseFormat reads the code of a number format. Codes that show decimals,
// percents, currencies and the like are General.
func parseFormat(code string) *format {
	f := &format{}
	sections := splitSections(code)
	if first := strings.TrimSpace(sections[0]); first == "" || strings.EqualFold(first, "general") {
		return f
	}
	f.readMoment(sections[0])
	if f.isMoment() {
		return f
	}
	for _, section := range sections[:min(len(sections), 3)] { // the fourth is for texts
		m := parseMask(section)
		if !m.ok && section != "" {
			return &format{} // one section that is no mask: then none is
		}
		f.masks = append(f.masks, m)
	}
	return f
}

// splitSections splits a code at the semicolons that are not quoted or escaped.
func splitSections(code string) []string {
	var sections []string
	begin := 0
	for i := 0; i < len(code); i++ {
		switch code[i] {
		case '\\', '_', '*', '!':
			i++
		case '"':
			i += closing(code[i+1:], '"')
		case '[':
			i += closing(code[i+1:], ']')
		case ';':
			sections = append(sections, code[begin:i])
			begin = i + 1
		}
	}
	return append(sections, code[min(begin, len(code)):])
}

// closing returns how many bytes of code lead up to and include c; all, if it is
// missing.
func closing(code string, c byte) int {
	if i := strings.IndexByte(code, c); i >= 0 {
		return i + 1
	}
	return len(code)
}

// readMoment looks for the letters of dates and times outside of quotes and
// escapes. m is a month, unless it stands behind hours or before seconds.
func (f *format) readMoment(section string) {
	s := strings.ToLower(section)
	before := byte(0) // the last letter that stands for a part of a moment
	month := false    // an m that may still turn out to be minutes
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch c {
		case '\\', '_', '*', '!':
			i++
			continue
		case '"':
			i += closing(s[i+1:], '"')
			continue
		case '[':
			n := closing(s[i+1:], ']')
			if unit := strings.TrimSuffix(s[i+1:i+1+n], "]"); unit != "" && strings.Trim(unit, unit[:1]) == "" && strings.Contains("hms", unit[:1]) {
				f.elapsed, before = true, unit[0]
			}
			i += n
			continue
		case 'e':
			if i+1 < len(s) && (s[i+1] == '+' || s[i+1] == '-') {
				return // an exponent
			}
			f.date = true
		case 'y', 'd', 'g', 'b':
			f.date = true
		case 'a':
			i += f.readA(s[i:])
		case 'h':
			f.time = true
		case 's':
			f.time, month = true, month && before != 'm'
		case 'm':
			if before == 'h' {
				f.time = true
			} else if before != 'm' {
				f.date, month = f.date || month, true
			}
		default:
			continue
		}
		before = c
	}
	f.date = f.date || month
}

// readA tells AM/PM from the days of the week, aaa and aaaa. It returns how many
// letters behind the a belong to it.
func (f *format) readA(s string) int {
	for _, half := range []string{"am/pm", "a/p"} {
		if strings.HasPrefix(s, half) {
			f.time = true
			return len(half) - 1
		}
	}
	f.date = f.date || strings.HasPrefix(s, "aaa")
	return 0
}

// A mask is one section of a number format that shows nothing but digits and
// signs between them: 000-0000.
type mask struct {
	ok        bool
	condition byte // '<', '>', '=', 'l' (<=), 'g' (>=), 'n' (<>); 0 if none
	bound     float64
	items     []maskItem
	digits    int // items that stand for a digit
}

// A maskItem is '0' (a digit, or 0), '#' (a digit, or nothing), or a literal.
type maskItem struct {
	digit   byte
	literal string
}

// parseMask reads one section. Whatever else numbers can be shown as is not ok.
func parseMask(section string) mask {
	var m mask
	for i := 0; i < len(section); i++ {
		switch c := section[i]; {
		case c == '0' || c == '#':
			if c == '#' && m.padded() {
				c = '0'
			}
			m.items = append(m.items, maskItem{digit: c})
			m.digits++
		case c == '\\' || c == '!':
			n := runeLen(section[min(i+1, len(section)):])
			m.items = append(m.items, maskItem{literal: section[i+1 : i+1+n]})
			i += n
		case c == '"':
			n := closing(section[i+1:], '"')
			m.items = append(m.items, maskItem{literal: strings.TrimSuffix(section[i+1:i+1+n], `"`)})
			i += n
		case c == '[':
			n := closing(section[i+1:], ']')
			if !m.readBracket(strings.TrimSuffix(section[i+1:i+1+n], "]")) {
				return mask{}
			}
			i += n
		case strings.IndexByte("-+() ~{}&^'", c) >= 0 || c >= 0x80:
			m.items = append(m.items, maskItem{literal: section[i : i+1]})
		default:
			return mask{}
		}
	}
	m.ok = m.digits > 0
	return m
}

// padded reports whether a 0 stands to the left: then every place to its right
// is shown.
func (m *mask) padded() bool {
	for _, item := range m.items {
		if item.digit == '0' {
			return true
		}
	}
	return false
}

func runeLen(s string) int {
	for i := range s {
		if i > 0 {
			return i
		}
	}
	return len(s)
}

// readBracket reads a condition. Colours and languages change no digit;
// currencies do.
func (m *mask) readBracket(s string) bool {
	for _, c := range []struct {
		sign string
		code byte
	}{{"<=", 'l'}, {">=", 'g'}, {"<>", 'n'}, {"<", '<'}, {">", '>'}, {"=", '='}} {
		if number, ok := strings.CutPrefix(s, c.sign); ok {
			bound, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
			m.condition, m.bound = c.code, bound
			return err == nil
		}
	}
	return !strings.HasPrefix(s, "$") || strings.HasPrefix(s, "$-")
}

func (m *mask) holds(v float64) bool {
	switch m.condition {
	case '<':
		return v < m.bound
	case '>':
		return v > m.bound
	case '=':
		return v == m.bound
	case 'l':
		return v <= m.bound
	case 'g':
		return v >= m.bound
	}
	return v != m.bound
}
