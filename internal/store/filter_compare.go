package store

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"meibo/internal/member"
)

var comparators = map[member.Op]string{
	member.Equal: " = ", member.Greater: " > ", member.GreaterOrEqual: " >= ",
	member.Less: " < ", member.LessOrEqual: " <= ",
}

// order compares expr with value; a NULL is neither before nor behind.
func (c *filterCompiler) order(expr string, op member.Op, value any) string {
	return there(expr, expr+comparators[op]+c.bind(value))
}

// there makes a condition on expr that is NULL where expr is, and false there. Most rows
// do not fulfil the condition: it comes first, so that expr is seldom looked at twice.
func there(expr, condition string) string { return "(" + condition + " AND " + expr + " IS NOT NULL)" }

// text compares the folded text expr with the folded value. Texts are in the
// order of their bytes.
func (c *filterCompiler) text(expr string, op member.Op, value string) string {
	pattern := likeEscapes.Replace(value)
	switch op {
	case member.Contains:
		if c.dialect == sqlite {
			return there(expr, "has_text("+expr+", "+c.bind(value)+")")
		}
		return c.like(expr, "%"+pattern+"%")
	case member.StartsWith:
		return c.like(expr, pattern+"%")
	case member.EndsWith:
		return c.like(expr, "%"+pattern)
	case member.Equal:
		return c.order(expr, op, value)
	}
	return "(" + c.bytewise(expr) + comparators[op] + c.bind(value) + " AND " + hasText(expr) + ")"
}

// key is text for a column with an index, whose order is that of bytes: how it
// begins is a range of the index, which LIKE is not for SQLite.
func (c *filterCompiler) key(column string, op member.Op, value string) string {
	if op != member.StartsWith || value == "" {
		return c.text(column, op, value)
	}
	from := column + " >= " + c.bind(value)
	if end := behind(value); end != "" {
		from += " AND " + column + " < " + c.bind(end)
	}
	return there(column, from)
}

// behind returns the first text, in the order of bytes, that is behind all that
// begin with s; empty if there is none.
func behind(s string) string {
	runes := []rune(s)
	for i := len(runes) - 1; i >= 0; i-- {
		switch r := runes[i]; {
		case r == utf8.MaxRune: // nothing is behind it: the one before moves
		case r == 0xd7ff: // the surrogates behind it are no characters
			return string(runes[:i]) + "\ue000"
		default:
			return string(runes[:i]) + string(r+1)
		}
	}
	return ""
}

var likeEscapes = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// like is alike on both databases because expr is folded: SQLite's LIKE
// disregards the case of ASCII letters, PostgreSQL's does not.
func (c *filterCompiler) like(expr, pattern string) string {
	return there(expr, expr+" LIKE "+c.bind(pattern)+` ESCAPE '\'`)
}

// foldASCII is what lower(x COLLATE "C") and SQLite's lower(x) do.
func foldASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// attributeText compares a text: one of the key columns, which are folded when
// they are written, or a text of which ASCII letters are folded here.
func (c *filterCompiler) attributeText(cmp member.Comparison) string {
	switch cmp.Attribute {
	case member.Email.String():
		return c.key("m.email_key", cmp.Op, member.FoldText(cmp.Value.Text))
	case member.LoginID.String():
		return c.key("m.login_key", cmp.Op, member.FoldText(cmp.Value.Text))
	case member.Name.String():
		return c.text("m.name_key", cmp.Op, member.FoldText(cmp.Value.Text))
	}
	value := foldASCII(cmp.Value.Text)
	switch cmp.Attribute {
	case member.Remarks.String():
		return c.text(c.lower("m.remarks"), cmp.Op, value)
	case member.BrandPolicy.String():
		return "EXISTS (SELECT 1 FROM policy p WHERE p.org_id = m.org_id AND p.id = m.policy_id AND " +
			c.text(c.lower("p.code"), cmp.Op, value) + ")"
	case member.Role.String():
		return "EXISTS (SELECT 1 FROM role r WHERE r.org_id = m.org_id AND r.id = m.role_id AND " +
			c.text(c.lower("r.code"), cmp.Op, value) + ")"
	}
	return c.text(c.lower(c.shownText(cmp.Attribute)), cmp.Op, value)
}

// shownText is the text of a field as people see it: of a file its name, which
// stands at a fixed place in what is stored.
func (c *filterCompiler) shownText(identifier string) string {
	if c.fields[identifier].Type == member.FileType {
		return "substr(" + c.dialect.field(identifier) + ", " + strconv.Itoa(member.FileNameAt) + ")"
	}
	return c.dialect.field(identifier)
}

// groups asks whether one of the member's groups fits: by ID if the value is
// all digits, which no name is (SPEC G1), otherwise by name.
func (c *filterCompiler) groups(cmp member.Comparison) string {
	if cmp.Op == member.Equal && isDigits(cmp.Value.Text) {
		id, err := strconv.ParseInt(cmp.Value.Text, 10, 64)
		if err != nil { // more than 64 bits: nobody's
			return "FALSE"
		}
		return "EXISTS (SELECT 1 FROM " + memberships + " AND ms.group_id = " + c.bind(id) + ")"
	}
	return "EXISTS (SELECT 1 FROM org_group g, " + memberships + " AND g.org_id = m.org_id AND g.id = ms.group_id AND " +
		c.text(c.lower("g.name"), cmp.Op, foldASCII(cmp.Value.Text)) + ")"
}

func isDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// word asks for the stored numbers of the words that fit.
func (c *filterCompiler) word(cmp member.Comparison) string {
	column := "m." + cmp.Attribute // system_role or system_permission
	var fits []string
	for _, word := range member.FilterWords(cmp.Attribute) {
		if textFits(word, cmp.Op, cmp.Value.Text) {
			fits = append(fits, "("+column+" = "+c.bind(wordNumber(word))+")")
		}
	}
	return anyOf(fits)
}

// wordNumber returns how a word of a system role or permission is stored.
func wordNumber(word string) int64 {
	if role, ok := member.ParseRoleType(word); ok {
		return int64(role)
	}
	permission, _ := member.ParsePermission(word)
	return int64(permission)
}

// anyOf is true if one of terms is; there may be none.
func anyOf(terms []string) string {
	if len(terms) == 0 {
		return "FALSE"
	}
	return balanced(terms, " OR ")
}

// textFits is [filterCompiler.text] for what Go knows already: words and labels.
func textFits(text string, op member.Op, value string) bool {
	text, value = foldASCII(text), foldASCII(value)
	switch op {
	case member.Contains:
		return strings.Contains(text, value)
	case member.StartsWith:
		return strings.HasPrefix(text, value)
	case member.EndsWith:
		return strings.HasSuffix(text, value)
	}
	return text == value
}

// choices asks whether one of the chosen keys fits, or its label does. A
// checkbox holds its keys with | between them, which no key contains; one key of
// select and radio is the same with one key.
func (c *filterCompiler) choices(cmp member.Comparison) string {
	expr := "('|' || " + c.lower(c.dialect.field(cmp.Attribute)) + " || '|')"
	var fits []string
	for _, choice := range c.fields[cmp.Attribute].Choices {
		if textFits(choice.Label, cmp.Op, cmp.Value.Text) && !textFits(choice.Key, cmp.Op, cmp.Value.Text) {
			fits = append(fits, c.text(expr, member.Contains, "|"+foldASCII(choice.Key)+"|"))
		}
	}
	if key := foldASCII(cmp.Value.Text); !strings.Contains(key, "|") {
		switch cmp.Op {
		case member.Equal:
			key = "|" + key + "|"
		case member.StartsWith:
			key = "|" + key
		case member.EndsWith:
			key += "|"
		}
		fits = append(fits, c.text(expr, member.Contains, key))
	}
	return anyOf(fits)
}

func (c *filterCompiler) boolean(attribute string, want bool) string {
	switch {
	case attribute != member.LoginAllowed.String():
		return c.order(c.dialect.field(attribute), member.Equal, map[bool]string{true: "1", false: "0"}[want])
	case want:
		return "m.login_allowed"
	}
	return "(NOT m.login_allowed)"
}

// moment compares an instant with another, or with a whole day of the
// organisation's calendar: eq is within it, lt before its first instant, gt behind
// its last.
func (c *filterCompiler) moment(cmp member.Comparison) string {
	expr, bound := c.bytewise(c.dialect.field(cmp.Attribute)), storedMoment
	if cmp.Attribute == member.CreatedAt {
		expr, bound = "m.created_at", storedMicroseconds
	}
	from, until := c.interval(cmp.Value.Text)
	switch cmp.Op {
	case member.Equal:
		return "(" + c.order(expr, member.GreaterOrEqual, bound(from)) + " AND " + c.order(expr, member.Less, bound(until)) + ")"
	case member.Greater:
		return c.order(expr, member.GreaterOrEqual, bound(until))
	case member.LessOrEqual:
		return c.order(expr, member.Less, bound(until))
	}
	return c.order(expr, cmp.Op, bound(from)) // Less, GreaterOrEqual
}

// interval returns the first instant that text means, and the first behind it.
// Check has seen that text means one.
func (c *filterCompiler) interval(text string) (from, until time.Time) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, t.Add(1)
	}
	date, _ := member.ResolveDate(text, c.now, c.zone)
	from, until, _ = member.DayBounds(date, c.zone)
	return from, until
}

// storedMicroseconds returns the first stored instant that is not before t.
func storedMicroseconds(t time.Time) any { return t.Add(time.Microsecond - 1).UnixMicro() }

// storedMoment returns the first instant of a date-time field that is not
// before t, as text; fields hold whole seconds of the years up to 9999.
func storedMoment(t time.Time) any {
	t = t.Add(time.Second - 1).UTC()
	if t.Year() > 9999 {
		return "9999-12-31T23:59:60Z" // in the order of text behind all of them
	}
	return t.Format(time.RFC3339)
}
