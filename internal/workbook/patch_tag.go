package workbook

import "strconv"

// A setting is an attribute, without a prefix, as a tag shall have it.
type setting struct {
	name  string
	value string // as it stands between the quotes
	gone  bool   // it is taken out instead
}

func set(name, value string) setting { return setting{name: name, value: value} }

func setInt(name string, value int) setting { return set(name, strconv.Itoa(value)) }

func unset(name string) setting { return setting{name: name, gone: true} }

// at returns where piece, which is a part of the token's raw, begins in it: both
// are cut from one buffer, and reach as far.
func (t *token) at(piece []byte) int { return cap(t.raw) - cap(piece) }

// A tagEnd says how a tag that is written anew ends.
type tagEnd uint8

const (
	asItWas tagEnd = iota
	opened         // as a start tag
	closed         // as an empty tag
)

// appendTag appends a start tag or empty tag with some attributes set: where they
// stand, or else behind the others. Everything else stays as it is.
func appendTag(dst []byte, t *token, end tagEnd, settings ...setting) []byte {
	done := 0                          // so much of raw is dealt with
	last := t.at(t.name) + len(t.name) // where the attribute before ends
	found := 0
	for i := range t.attrs {
		a := &t.attrs[i]
		begin, value := last, t.at(a.value)
		last = value + len(a.value) + 1
		if a.space != noSpace {
			continue
		}
		for k := range settings {
			if settings[k].name != string(a.name) {
				continue
			}
			found |= 1 << k
			if settings[k].gone {
				dst = append(dst, t.raw[done:begin]...)
				done = last
				break
			}
			dst = append(append(dst, t.raw[done:value]...), settings[k].value...)
			done = last - 1
		}
	}
	dst = append(dst, t.raw[done:last]...)
	for k, s := range settings {
		if found&(1<<k) == 0 && !s.gone {
			dst = append(append(append(append(append(dst, ' '), s.name...), `="`...), s.value...), '"')
		}
	}
	switch {
	case end == opened && t.kind == emptyTag:
		return append(dst, '>')
	case end == closed && t.kind == startTag:
		return append(dst, '/', '>')
	}
	return append(dst, t.raw[last:]...)
}

// qualified is the name of the tag as it stands in the part.
func (t *token) qualified() string {
	return string(t.raw[t.at(t.name)-prefixLength(t.prefix) : t.at(t.name)+len(t.name)])
}

func prefixLength(prefix []byte) int {
	if len(prefix) == 0 {
		return 0
	}
	return len(prefix) + 1
}

// prefixOf is the prefix of the tag with its colon, for tags that are put beside
// it; empty without one.
func prefixOf(t *token) string {
	if len(t.prefix) == 0 {
		return ""
	}
	return string(t.prefix) + ":"
}

// number reads a whole number that is not negative; -1 if value is none.
func number(value []byte) int {
	if len(value) == 0 || len(value) > 9 {
		return -1
	}
	n := 0
	for _, c := range value {
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	return n
}

// A cellRef is the place of a cell: column from 0, row from 1.
type cellRef struct{ row, column int }

func (c cellRef) String() string { return Letters(c.column) + strconv.Itoa(c.row) }

// parseRef reads a reference such as AB12, with $ signs or without.
func parseRef(s []byte) (c cellRef, ok bool) {
	column, i := 0, 0
	for ; i < len(s) && i < 5; i++ {
		letter := s[i] | 0x20
		if s[i] == '$' {
			continue
		}
		if letter < 'a' || letter > 'z' {
			break
		}
		column = column*26 + int(letter-'a') + 1
	}
	c = cellRef{number(s[i:]), column - 1}
	return c, column > 0 && column <= maxColumns && c.row > 0 && c.row <= maxRows
}
