package member

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"meibo/internal/problem"
)

// ParseFilter reads an expression:
//
//	filter     = term *( "or" term )
//	term       = factor *( "and" factor )
//	factor     = "(" filter ")" / "not" "(" filter ")" / comparison
//	comparison = attribute "pr" / attribute op value
//	op         = "eq" / "ne" / "co" / "sw" / "ew" / "gt" / "ge" / "lt" / "le"
//	value      = JSON string / JSON number / "true" / "false" / "null" / relative date
//	attribute  = ALPHA *62( ALPHA / DIGIT / "_" )
//
// Words are compared without regard to case. White space of any kind, the
// ideographic space included, stands between words. Relative dates are those of
// [ResolveDate].
//
// It reports filter-syntax with the 1-based character at which the leftmost
// mistake begins, filter-too-long and filter-too-deep.
func ParseFilter(expr string) (Filter, error) {
	if tooLong(expr) {
		return Filter{}, filterTooLong()
	}
	p := filterParser{expr: expr, ts: tokens(expr)}
	root, err := p.or()
	if err != nil {
		return Filter{}, err
	}
	if p.ts[0].kind != endToken {
		return Filter{}, syntaxProblem(expr, p.ts[0])
	}
	f := Filter{Root: root}
	if tooLong(f.String()) { // "a(" becomes "a (": what we print must parse again
		return Filter{}, filterTooLong()
	}
	return f, nil
}

// HasOperator reports whether a text compares anything. Without that it is no
// expression, but may be the name of one.
func HasOperator(text string) bool {
	return slices.ContainsFunc(tokens(text), func(t token) bool {
		_, ok := ops[strings.ToLower(t.text)]
		return ok && t.kind == wordToken
	})
}

func tooLong(expr string) bool { return utf8.RuneCountInString(expr) > FilterMaxLength }

func filterTooLong() error {
	return problem.Of(problem.TooLarge, problem.FilterTooLong, "limit", strconv.Itoa(FilterMaxLength))
}

// A filterParser reads ts from the front. Its last token is never taken.
type filterParser struct {
	expr  string
	ts    []token
	depth int
}

func (p *filterParser) or() (Node, error) {
	terms, err := p.list("or", p.and)
	if err != nil || len(terms) == 1 {
		return first(terms), err
	}
	return Or{terms}, nil
}

func (p *filterParser) and() (Node, error) {
	terms, err := p.list("and", p.factor)
	if err != nil || len(terms) == 1 {
		return first(terms), err
	}
	return And{terms}, nil
}

// first returns the first of terms, or nil.
func first(terms []Node) Node {
	if len(terms) == 0 {
		return nil
	}
	return terms[0]
}

// list reads terms with word between them.
func (p *filterParser) list(word string, term func() (Node, error)) ([]Node, error) {
	var terms []Node
	for {
		n, err := term()
		if err != nil {
			return nil, err
		}
		terms = append(terms, n)
		if !p.ts[0].is(word) {
			return terms, nil
		}
		p.ts = p.ts[1:]
	}
}

func (p *filterParser) factor() (Node, error) {
	t := p.ts[0]
	switch {
	case t.kind == openToken:
		return p.group()
	case t.is("not") && p.ts[1].kind == openToken: // a field may be called not
		p.ts = p.ts[1:]
		n, err := p.group()
		if err != nil {
			return nil, err
		}
		return Not{n}, nil
	}
	return p.comparison()
}

// group reads a filter in parentheses; the opening one comes first.
func (p *filterParser) group() (Node, error) {
	if p.depth++; p.depth > FilterMaxDepth {
		return nil, problem.Of(problem.TooLarge, problem.FilterTooDeep, "limit", strconv.Itoa(FilterMaxDepth))
	}
	p.ts = p.ts[1:]
	n, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.ts[0].kind != closeToken {
		return nil, syntaxProblem(p.expr, p.ts[0])
	}
	p.ts = p.ts[1:]
	p.depth--
	return n, nil
}

func (p *filterParser) comparison() (Node, error) {
	t := p.ts[0]
	c := Comparison{Attribute: strings.ToLower(t.text), Position: position(p.expr, t)}
	if t.kind != wordToken || !isIdentifier(c.Attribute) {
		return nil, syntaxProblem(p.expr, t)
	}
	t = p.ts[1]
	op, ok := ops[strings.ToLower(t.text)]
	if t.kind != wordToken || !ok {
		return nil, syntaxProblem(p.expr, t)
	}
	c.Op, p.ts = op, p.ts[2:]
	if op == Present {
		return c, nil
	}
	t = p.ts[0]
	if c.Value, ok = filterValue(t); !ok {
		return nil, syntaxProblem(p.expr, t)
	}
	p.ts = p.ts[1:]
	return c, nil
}

// filterValue returns the value that t is; false if it is none.
func filterValue(t token) (FilterValue, bool) {
	if t.kind == textToken {
		return FilterValue{TextValue, t.text}, true
	}
	if t.kind != wordToken {
		return FilterValue{}, false
	}
	word := strings.ToLower(t.text)
	if _, ok := parseRelative(word); ok {
		return FilterValue{DateValue, word}, true
	}
	switch {
	case word == "true" || word == "false":
		return FilterValue{BooleanValue, word}, true
	case word == "null":
		return FilterValue{NullValue, word}, true
	case strings.Contains("-0123456789", word[:1]) && json.Valid([]byte(word)):
		return FilterValue{NumberValue, word}, true
	}
	return FilterValue{}, false
}

// is reports whether t is the word, in any case.
func (t token) is(word string) bool {
	return t.kind == wordToken && strings.EqualFold(t.text, word)
}

// isIdentifier reports whether s has the grammar of a field's identifier
// (SPEC G3), which every attribute has too.
func isIdentifier(s string) bool {
	if s == "" || len(s) > 63 || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return true
}
