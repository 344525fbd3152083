package member

import (
	"strings"

	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"
)

// Limits of a filter. Longer and deeper ones are problems, never cut.
const (
	FilterMaxLength = 10_000 // characters, as typed and in canonical form; SQLite's LIKE takes 50,000 bytes
	FilterMaxDepth  = 50     // parentheses inside of parentheses; a page with rows of conditions needs three
)

// A Filter is a condition on members (SPEC G4), parsed from an expression in
// the syntax of RFC 7644, section 3.4.2.2, extended by relative dates. The zero
// Filter has no condition: everybody matches.
//
// Whether its attributes exist and its values fit them is not known before
// [Filter.Check].
type Filter struct {
	Root Node // nil if there is no condition
}

// A Node is a [Comparison], an [And], an [Or] or a [Not].
type Node interface{ write(b *strings.Builder) }

// A Comparison compares one attribute with one value.
type Comparison struct {
	Attribute string // lower case; an identifier of M1, created_at, or of a field
	Op        Op
	Value     FilterValue // of kind NoValue with Present
	Position  int         // 1-based character of the expression where the attribute begins
}

// And matches who matches all of its terms, of which there are two or more.
type And struct{ Terms []Node }

// Or matches who matches at least one of its terms, of which there are two or more.
type Or struct{ Terms []Node }

// Not matches who does not match its term: also a member without a value.
type Not struct{ Term Node }

// An Op is an operator, in the lower-case word of RFC 7644, table 3.
type Op string

// The operators. Strings are ordered by the bytes of their folded text.
const (
	Equal          Op = "eq"
	NotEqual       Op = "ne" // everybody who is not Equal, also those without a value
	Contains       Op = "co"
	StartsWith     Op = "sw"
	EndsWith       Op = "ew"
	Present        Op = "pr" // takes no value
	Greater        Op = "gt"
	GreaterOrEqual Op = "ge"
	Less           Op = "lt"
	LessOrEqual    Op = "le"
)

var ops = map[string]Op{
	"eq": Equal, "ne": NotEqual, "co": Contains, "sw": StartsWith, "ew": EndsWith, "pr": Present,
	"gt": Greater, "ge": GreaterOrEqual, "lt": Less, "le": LessOrEqual,
}

// A ValueKind says what was written on the right of an operator.
type ValueKind uint8

// The kinds of values. A relative date in quotes is a TextValue.
const (
	NoValue      ValueKind = iota
	TextValue              // a JSON string
	NumberValue            // a JSON number
	BooleanValue           // true or false
	NullValue              // null: no value, like not … pr
	DateValue              // a relative date as a bare word, see [ResolveDate]
)

// A FilterValue is the right side of a comparison.
type FilterValue struct {
	Kind ValueKind
	Text string // unescaped for TextValue; otherwise as typed, words in lower case
}

// String returns f in its canonical form: single spaces, operators and
// attributes in lower case, no parentheses but the needed ones. It parses to
// the same tree, positions apart.
func (f Filter) String() string {
	if f.Root == nil {
		return ""
	}
	var b strings.Builder
	f.Root.write(&b)
	return b.String()
}

func (c Comparison) write(b *strings.Builder) {
	b.WriteString(c.Attribute)
	b.WriteByte(' ')
	b.WriteString(string(c.Op))
	switch c.Value.Kind {
	case NoValue:
	case TextValue:
		b.WriteByte(' ')
		writeQuoted(b, c.Value.Text)
	default:
		b.WriteByte(' ')
		b.WriteString(c.Value.Text)
	}
}

func (a And) write(b *strings.Builder) {
	for i, term := range a.Terms {
		if i > 0 {
			b.WriteString(" and ")
		}
		writeTerm(b, term)
	}
}

func (o Or) write(b *strings.Builder) {
	for i, term := range o.Terms {
		if i > 0 {
			b.WriteString(" or ")
		}
		if and, ok := term.(And); ok { // and binds tighter
			and.write(b)
			continue
		}
		writeTerm(b, term)
	}
}

func (n Not) write(b *strings.Builder) {
	b.WriteString("not (")
	n.Term.write(b)
	b.WriteByte(')')
}

// writeTerm writes a term of an And or Or. An And inside of an And keeps its
// parentheses: a person grouped it so.
func writeTerm(b *strings.Builder, term Node) {
	switch term.(type) {
	case And, Or:
		b.WriteByte('(')
		term.write(b)
		b.WriteByte(')')
	default:
		term.write(b)
	}
}

// Comparisons calls yield for each comparison of f from left to right until
// yield returns false. It is an iter.Seq.
func (f Filter) Comparisons(yield func(Comparison) bool) {
	if f.Root != nil {
		walk(f.Root, yield)
	}
}

func walk(n Node, yield func(Comparison) bool) bool {
	var terms []Node
	switch n := n.(type) {
	case Comparison:
		return yield(n)
	case Not:
		return walk(n.Term, yield)
	case And:
		terms = n.Terms
	case Or:
		terms = n.Terms
	}
	for _, term := range terms {
		if !walk(term, yield) {
			return false
		}
	}
	return true
}

// FoldText brings text into the form in which names are compared: full-width
// folded to half-width (half-width katakana to full-width), composed (NFC: ﾎﾞ is
// two characters), lower case.
func FoldText(s string) string {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return strings.ToLower(norm.NFC.String(width.Fold.String(s)))
		}
	}
	return strings.ToLower(s) // allocates only if something changes
}
