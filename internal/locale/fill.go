package locale

import (
	"strconv"
	"strings"
)

// fill puts values into a message. A value that is missing leaves {name}, so
// that it is seen; it is never an error.
func (p *Printer) fill(m message, values map[string]string) string {
	var b strings.Builder
	p.write(&b, m, values)
	return b.String()
}

func (p *Printer) write(b *strings.Builder, m message, values map[string]string) {
	for _, part := range m {
		value, ok := values[part.name]
		switch {
		case part.name == "":
			b.WriteString(part.text)
		case part.form == "said":
			b.WriteString(strings.TrimRight(p.Say(part.name), ".。")) // it stands in the middle of another
		case !ok:
			b.WriteString("{" + part.name + "}")
		case part.cases != nil:
			p.write(b, p.choose(part, value), values)
		default:
			b.WriteString(p.show(part.form, value))
		}
	}
}

// choose returns the case of a value. English has one and other, Japanese only
// other (CLDR's cardinal rules, for integers).
func (p *Printer) choose(part part, value string) message {
	if part.form == "select" {
		if value == "" {
			value = "empty"
		}
		if m, ok := part.cases[value]; ok {
			return m
		}
		return part.cases["other"]
	}
	if m, ok := part.cases["="+value]; ok {
		return m
	}
	if m, ok := part.cases["one"]; ok && value == "1" && p.lang == "en" {
		return m
	}
	return part.cases["other"]
}

func (p *Printer) show(form, value string) string {
	switch form {
	case "number":
		return grouped(value)
	case "bytes":
		return size(value)
	case "list":
		return p.list(strings.Split(value, "\n"))
	case "attributes":
		items := strings.Split(value, "\n")
		for i, item := range items {
			items[i] = p.Attribute(item)
		}
		return p.list(items)
	case "ids":
		return "#" + strings.ReplaceAll(value, "\n", ", #")
	case "label":
		return p.label(value)
	case "attribute":
		if strings.Contains(value, "\n") {
			return p.label(value) // a field's
		}
		return p.Attribute(value)
	case "action":
		return p.Action(value)
	}
	return value
}

// label returns the line of the reader's language. A value of one line is what
// everybody calls it.
func (p *Printer) label(value string) string {
	english, japanese, both := strings.Cut(value, "\n")
	if both && p.lang == "ja" {
		return japanese
	}
	return english
}

// list quotes items and puts them in a row.
func (p *Printer) list(items []string) string {
	if p.lang == "ja" {
		return "「" + strings.Join(items, "」「") + "」"
	}
	return "“" + strings.Join(items, "”, “") + "”"
}

// grouped puts a comma after each three digits of an integer. Other text, such
// as what a person typed, is returned as it is.
func grouped(value string) string {
	digits := strings.TrimPrefix(value, "-")
	if _, err := strconv.ParseUint(digits, 10, 64); err != nil {
		return value
	}
	sign := value[:len(value)-len(digits)]
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// size writes a number of bytes in the largest unit that divides it. Limits are
// round numbers, some in powers of ten and some of two; both are called MB, as
// the people who read them call them. Other text is returned as it is.
func size(value string) string {
	n, err := strconv.ParseUint(value, 10, 64)
	if err != nil {
		return value
	}
	units := []struct {
		name     string
		ten, two uint64
	}{{"GB", 1e9, 1 << 30}, {"MB", 1e6, 1 << 20}, {"KB", 1e3, 1 << 10}}
	for _, u := range units {
		for _, unit := range []uint64{u.ten, u.two} {
			if n > 0 && n%unit == 0 {
				return grouped(strconv.FormatUint(n/unit, 10)) + " " + u.name
			}
		}
	}
	return grouped(value) + " B"
}
