package store

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
	"pgregory.net/rapid"

	"meibo/internal/member"
)

// reference says which members of roll are in f, slowly and without SQL.
func reference(f member.Filter, roll []member.Member) []int64 {
	var ids []int64
	for _, m := range roll {
		if f.Root == nil || isIn(f.Root, m) {
			ids = append(ids, m.ID)
		}
	}
	return ids
}

func isIn(n member.Node, m member.Member) bool {
	in := func(n member.Node) bool { return isIn(n, m) }
	switch n := n.(type) {
	case member.Not:
		return !in(n.Term)
	case member.And:
		return !slices.ContainsFunc(n.Terms, func(n member.Node) bool { return !in(n) })
	case member.Or:
		return slices.ContainsFunc(n.Terms, in)
	}
	c := n.(member.Comparison)
	if c.Op == member.NotEqual {
		c.Op = member.Equal
		return !in(c)
	}
	values := valuesOf(m, c.Attribute)
	blank := c.Value.Kind == member.NullValue || c.Value.Kind == member.TextValue && c.Value.Text == ""
	switch {
	case c.Op == member.Present:
		return len(values) > 0
	case blank && c.Op == member.Equal:
		return len(values) == 0
	}
	return slices.ContainsFunc(values, func(v string) bool { return fitsReference(c, v) })
}

// valuesOf returns all values, without empty ones: a group is there by its name
// and by its ID, a choice by its key and by its label.
func valuesOf(m member.Member, attribute string) []string {
	var values []string
	switch attribute {
	case "member_id":
		values = []string{strconv.FormatInt(m.ID, 10)}
	case "login_id":
		values = []string{m.LoginID}
	case "email":
		values = []string{m.Email}
	case "name":
		values = []string{m.Name}
	case "login_allowed":
		values = []string{strconv.FormatBool(m.LoginAllowed)}
	case "login_until":
		values = []string{m.LoginUntil}
	case "groups":
		for _, id := range m.Groups {
			values = append(values, filterGroups[id-1], strconv.FormatInt(id, 10))
		}
	case "system_role":
		values = []string{m.Role.String()}
	case "system_permission":
		values = []string{m.Permission.String()}
	case "brand_policy":
		values = codeOf(filterPolicies, m.PolicyID)
	case "role":
		values = codeOf(filterRoles, m.RoleID)
	case "remarks":
		values = []string{m.Remarks}
	case "display_order":
		if m.DisplayOrder != 0 {
			values = []string{strconv.FormatInt(m.DisplayOrder, 10)}
		}
	case "created_at":
		values = []string{time.UnixMicro(m.CreatedAt).Format(time.RFC3339Nano)}
	default:
		values = fieldValues(m, filterFields[attribute])
	}
	return slices.DeleteFunc(values, func(v string) bool { return v == "" })
}

func codeOf(names []string, id int64) []string {
	if id == 0 {
		return nil
	}
	return []string{names[id-1]}
}

func fieldValues(m member.Member, f member.Field) []string {
	v := m.Fields[f.Identifier]
	switch f.Type {
	case member.Boolean:
		return []string{map[string]string{"1": "true", "0": "false"}[v]}
	case member.Select, member.Checkbox:
		values := strings.Split(v, "|")
		for _, c := range f.Choices {
			if slices.Contains(values, c.Key) {
				values = append(values, c.Label)
			}
		}
		return values
	}
	return []string{v}
}

// fitsReference compares one value that is there. A group's ID is equal or nothing.
func fitsReference(c member.Comparison, v string) bool {
	text := c.Value.Text
	switch c.Attribute {
	case "member_id", "display_order", "height":
		a, _ := strconv.ParseFloat(v, 64)
		b, _ := strconv.ParseFloat(text, 64)
		return orderFits(c.Op, cmp.Compare(a, b))
	case "login_until", "joined":
		return orderFits(c.Op, strings.Compare(v, dayOf(text)))
	case "created_at", "seen":
		at, _ := time.Parse(time.RFC3339, v)
		if instant, err := time.Parse(time.RFC3339, text); err == nil {
			return orderFits(c.Op, at.Compare(instant))
		}
		return orderFits(c.Op, strings.Compare(at.In(filterZone).Format(time.DateOnly), dayOf(text)))
	case "groups":
		if _, err := strconv.Atoi(v); err == nil && c.Op != member.Equal {
			return false
		}
	case "email", "login_id", "name":
		v, text = strings.ToLower(norm.NFC.String(width.Fold.String(v))), strings.ToLower(norm.NFC.String(width.Fold.String(text)))
	}
	return textFitsReference(c.Op, asciiLower(v), asciiLower(text))
}

func textFitsReference(op member.Op, v, text string) bool {
	switch op {
	case member.Contains:
		return strings.Contains(v, text)
	case member.StartsWith:
		return strings.HasPrefix(v, text)
	case member.EndsWith:
		return strings.HasSuffix(v, text)
	}
	return orderFits(op, strings.Compare(v, text))
}

func orderFits(op member.Op, order int) bool {
	switch op {
	case member.Greater:
		return order > 0
	case member.GreaterOrEqual:
		return order >= 0
	case member.Less:
		return order < 0
	case member.LessOrEqual:
		return order <= 0
	}
	return order == 0
}

func asciiLower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c | 0x20
		}
	}
	return string(b)
}

// The relative dates of the tests at filterNow in filterZone, by hand.
var relativeDays = map[string]string{
	"today": "2026-11-23", "today-30d": "2026-10-24", "end-of-month": "2026-11-30",
	"start-of-next-month": "2026-12-01", "end-of-next-month": "2026-12-31", "start-of-year": "2026-01-01",
}

func dayOf(text string) string {
	if day, ok := relativeDays[text]; ok {
		return day
	}
	return text
}

// What members hold and filters ask for, so small that they meet.
var (
	someTexts = []string{"", "a", "A", "b", "ab", "aB%", "a_b", `a\b`, "a|b", "É", "é", "İ", "ａ", "Ａb", "東京", "ｱ", "ア", "京", "%", "_", `\`, "'", `"; --`, "a\nb", "ſ", "K", "😀"}
	someKeys  = []string{"", "a", "A", "b", "ab", "aB%", "a_b", `a\b`, "'"} // ASCII, as the grammar of addresses is
	someDates = []string{"", "2026-10-24", "2026-11-22", "2026-11-23", "2026-11-30", "2026-12-01", "2026-12-31", "2026-01-01"}
	someTimes = []string{"2026-11-22T14:59:59Z", "2026-11-22T15:00:00Z", "2026-11-23T14:59:59Z", "2026-11-23T15:00:00Z", "2026-01-01T00:00:00Z"}
	someReals = []string{"", "0", "1", "-1", "1.5", "10", "9", "123456789012345", "0.1", "-0.25"}
)

func drawMember(t *rapid.T) member.Member {
	draw := func(from []string) string { return rapid.SampledFrom(from).Draw(t, "value") }
	m := member.Member{
		Email: draw(someKeys), LoginID: draw(someKeys), Name: draw(someTexts), Remarks: draw(someTexts),
		LoginAllowed: rapid.Bool().Draw(t, "allowed"), LoginUntil: draw(someDates),
		Role: member.RoleType(rapid.IntRange(1, 3).Draw(t, "role")), Permission: member.Permission(rapid.IntRange(1, 2).Draw(t, "permission")),
		PolicyID: rapid.Int64Range(0, 2).Draw(t, "policy"), RoleID: rapid.Int64Range(0, 2).Draw(t, "role"),
		DisplayOrder: rapid.Int64Range(-2, 2).Draw(t, "order"),
		Groups:       rapid.SliceOfNDistinct(rapid.Int64Range(1, int64(len(filterGroups))), 0, 3, rapid.ID).Draw(t, "groups"),
		CreatedAt:    microseconds(draw(someTimes)) + rapid.Int64Range(-1, 1).Draw(t, "created"),
		Fields:       map[string]string{},
	}
	for _, field := range []struct {
		identifier string
		values     []string
	}{
		{"city", someTexts}, {"height", someReals}, {"vip", []string{"", "0", "1"}}, {"joined", someDates}, {"seen", append(someTimes, "")},
		{"area", []string{"", "tk", "os"}}, {"colours", []string{"", "red", "blue", "red|blue", "dark_blue", "red|dark_blue"}},
	} {
		if v := draw(field.values); v != "" {
			m.Fields[field.identifier] = v
		}
	}
	return m
}

// drawFilter draws a filter that fits filterFields.
func drawFilter(t *rapid.T, height int) member.Node {
	if kind := rapid.IntRange(0, 3).Draw(t, "kind"); height > 0 && kind > 0 {
		a, b := drawFilter(t, height-1), drawFilter(t, height-1)
		return []member.Node{member.Not{Term: a}, member.And{Terms: []member.Node{a, b}}, member.Or{Terms: []member.Node{a, b, a}}}[kind-1]
	}
	attribute := rapid.SampledFrom(member.FilterAttributes(filterFields)).Draw(t, "attribute")
	kind, _ := member.FilterTypeOf(attribute, filterFields)
	c := member.Comparison{Attribute: attribute, Op: rapid.SampledFrom(kind.Ops()).Draw(t, "op")}
	switch {
	case c.Op == member.Present:
	case c.Op == member.Equal && rapid.IntRange(0, 9).Draw(t, "null") == 0:
		c.Value = member.FilterValue{Kind: member.NullValue, Text: "null"}
	default:
		c.Value = drawFilterValue(t, c, kind)
	}
	return c
}

func drawFilterValue(t *rapid.T, c member.Comparison, kind member.FilterType) member.FilterValue {
	draw := func(kind member.ValueKind, from ...string) member.FilterValue {
		return member.FilterValue{Kind: kind, Text: rapid.SampledFrom(from).Draw(t, "value")}
	}
	whole := c.Op == member.Equal || c.Op == member.NotEqual
	switch kind {
	case member.FilterInteger:
		return draw(member.NumberValue, "-2", "-1", "0", "1", "2", "3")
	case member.FilterNumber:
		return draw(member.NumberValue, append(someReals[1:], "1.0", "1e1", "15e-1", "-0", "0.10")...)
	case member.FilterBoolean:
		return draw(member.BooleanValue, "true", "false")
	case member.FilterDate, member.FilterDateTime:
		switch n := rapid.IntRange(0, 2).Draw(t, "form"); {
		case n == 0:
			return draw(member.DateValue, "today", "today-30d", "end-of-month", "start-of-next-month", "end-of-next-month", "start-of-year")
		case n == 1 && kind == member.FilterDateTime:
			return draw(member.TextValue, append(someTimes, "2026-11-22T14:59:59.5Z", "2026-11-23T00:00:00+09:00", "2026-11-22T15:00:00.0000005Z")...)
		}
		return draw(member.TextValue, someDates[1:]...)
	case member.FilterWord:
		if words := member.FilterWords(c.Attribute); whole {
			return draw(member.TextValue, words...)
		}
		return draw(member.TextValue, "owner", "OW", "m", "r", "x", "")
	case member.FilterGroups:
		return draw(member.TextValue, append([]string{"1", "2", "東京", "sales", "SALES_", "50%", "京"}, someTexts...)...)
	case member.FilterChoices:
		return draw(member.TextValue, append([]string{"red", "Blue", "blau", "赤", "tk", "東京", "os", "red|blue", "dark_"}, someTexts...)...)
	}
	return draw(member.TextValue, append([]string{"tokyo", "editor", "all_", "view"}, someTexts...)...)
}

// replaceTexts puts text in the place of every text that may be any text.
func replaceTexts(n member.Node, text string) member.Node {
	all := func(terms []member.Node) []member.Node {
		out := make([]member.Node, len(terms))
		for i, term := range terms {
			out[i] = replaceTexts(term, text)
		}
		return out
	}
	switch n := n.(type) {
	case member.Not:
		return member.Not{Term: replaceTexts(n.Term, text)}
	case member.And:
		return member.And{Terms: all(n.Terms)}
	case member.Or:
		return member.Or{Terms: all(n.Terms)}
	case member.Comparison:
		kind, _ := member.FilterTypeOf(n.Attribute, filterFields)
		if n.Value.Kind == member.TextValue && kind == member.FilterText {
			n.Value.Text = text
		}
		return n
	}
	return nil
}
