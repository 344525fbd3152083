package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"meibo/internal/member"
)

// The condition builder shows the tree of a filter as rows in a form. It knows no
// syntax: rows become a tree, the tree its text ([member.Filter.String]), and text
// comes back through the one parser.

// A branch is a group of conditions: all of them, any of them, none of them, or
// not all of them.
type branch struct {
	Join string // one of joins
	Rows []row
}

// joins are the words of a branch: And, Or, not Or, not And.
var joins = []string{"all", "any", "none", "notall"}

// A row is one condition of a branch, or a branch inside of it.
type row struct {
	Branch    *branch // nil: a condition
	Attribute string
	Op        string // of member.Op, or hasNone
	Value     string // as typed; of a relative date nothing

	// Of dates: from where it is counted, "date" for a date in Value, "moment" for a
	// moment in Value; and how far from there.
	Anchor, Distance, Unit string
}

// hasNone is the operator of a row that asks for no value at all: eq null.
const hasNone = "null"

const (
	exactDate   = "date"
	exactMoment = "moment"
)

// mostRows bounds what a form of rows may have: an expression of 10,000
// characters has no more.
const mostRows = 1000

// A builder turns rows into trees and back, for an organisation's fields.
type builder struct {
	fields map[string]member.Field // by identifier
	rows   int                     // read so far
}

func newBuilder(fields []member.Field) *builder {
	b := &builder{fields: map[string]member.Field{}}
	for _, f := range fields {
		b.fields[f.Identifier] = f
	}
	return b
}

// empty is what building begins with.
func (b *builder) empty() *branch {
	return &branch{Join: "all", Rows: []row{b.fresh()}}
}

// fresh is a row that nothing was chosen in yet.
func (b *builder) fresh() row {
	return row{Attribute: member.Name.String(), Op: string(member.Contains)}
}

// read takes a branch from a form. Names are those that the page gives: root.0.attr.
func (b *builder) read(form url.Values, path string, depth int) *branch {
	br := &branch{Join: form.Get(path + ".join")}
	if !slices.Contains(joins, br.Join) {
		br.Join = "all"
	}
	for i := 0; depth < member.FilterMaxDepth && b.rows < mostRows; i++ {
		at := path + "." + strconv.Itoa(i)
		switch {
		case form.Has(at + ".join"):
			br.Rows = append(br.Rows, row{Branch: b.read(form, at, depth+1)})
		case form.Has(at + ".attr"):
			b.rows++
			br.Rows = append(br.Rows, b.fitting(row{Attribute: form.Get(at + ".attr"), Op: form.Get(at + ".op"), Value: form.Get(at + ".value"),
				Anchor: form.Get(at + ".anchor"), Distance: member.Trim(form.Get(at + ".distance")), Unit: form.Get(at + ".unit")}))
		default:
			return br
		}
	}
	return br
}

// fitting gives a row whose attribute was chosen anew what fits it; what was typed stays.
func (b *builder) fitting(r row) row {
	t, ok := member.FilterTypeOf(r.Attribute, b.fields)
	if !ok {
		return r
	}
	if ops := opsOf(t); !slices.Contains(ops, r.Op) {
		r.Op = ops[0]
	}
	switch {
	case t != member.FilterDate && t != member.FilterDateTime:
		r.Anchor = ""
	case r.Anchor == "" || r.Anchor == exactMoment && t == member.FilterDate:
		r.Anchor = exactDate
	}
	return r
}

// opsOf are the operators of a row, in the order in which they are offered.
func opsOf(t member.FilterType) []string {
	var ops []string
	for _, op := range t.Ops() {
		ops = append(ops, string(op))
	}
	return append(ops, hasNone)
}

// node is the tree of a branch; nil if nothing in it is complete. open is how many
// rows have no value yet: they are not in it.
func (b *builder) node(br *branch) (n member.Node, open int) {
	var terms []member.Node
	for _, r := range br.Rows {
		term, missing := b.term(r)
		open += missing
		if term != nil {
			terms = append(terms, term)
		}
	}
	if len(terms) == 0 {
		return nil, open
	}
	n = terms[0]
	switch {
	case len(terms) == 1:
	case br.Join == "all" || br.Join == "notall":
		n = member.And{Terms: terms}
	default:
		n = member.Or{Terms: terms}
	}
	if br.Join == "none" || br.Join == "notall" {
		n = member.Not{Term: n}
	}
	return n, open
}

func (b *builder) term(r row) (member.Node, int) {
	if r.Branch != nil {
		return b.node(r.Branch)
	}
	value, ok := b.value(r)
	if !ok {
		return nil, 1
	}
	op := member.Op(r.Op)
	if r.Op == hasNone {
		op = member.Equal
	}
	return member.Comparison{Attribute: r.Attribute, Op: op, Value: value}, 0
}

// value is the right side of a row; ok is false if there is none yet.
func (b *builder) value(r row) (v member.FilterValue, ok bool) {
	switch {
	case r.Op == string(member.Present):
		return v, true
	case r.Op == hasNone:
		return member.FilterValue{Kind: member.NullValue, Text: "null"}, true
	}
	t, _ := member.FilterTypeOf(r.Attribute, b.fields)
	if t == member.FilterDate || t == member.FilterDateTime {
		return dateValue(r)
	}
	text := strings.ReplaceAll(r.Value, "\r\n", "\n")
	switch t {
	case member.FilterGroups:
		if strings.Trim(text, "0123456789") == "" {
			return member.FilterValue{Kind: member.NumberValue, Text: text}, text != ""
		}
	case member.FilterInteger, member.FilterNumber:
		text = strings.ToLower(member.Trim(text))
		return member.FilterValue{Kind: member.NumberValue, Text: text}, text != ""
	case member.FilterBoolean:
		return member.FilterValue{Kind: member.BooleanValue, Text: text}, text != ""
	}
	return member.FilterValue{Kind: member.TextValue, Text: text}, text != ""
}

func dateValue(r row) (member.FilterValue, bool) {
	switch {
	case r.Anchor == exactDate || r.Anchor == exactMoment:
		text := member.Trim(r.Value)
		return member.FilterValue{Kind: member.TextValue, Text: text}, text != ""
	case r.Distance == "":
		return member.FilterValue{Kind: member.DateValue, Text: r.Anchor}, r.Anchor != ""
	}
	distance := r.Distance
	if distance[0] != '-' && distance[0] != '+' {
		distance = "+" + distance
	}
	return member.FilterValue{Kind: member.DateValue, Text: r.Anchor + distance + r.Unit}, true
}

// branchOf shows a filter as rows; fits is false if rows cannot say just that.
func (b *builder) branchOf(f member.Filter) (br *branch, fits bool) {
	if f.Root == nil {
		return b.empty(), true
	}
	r, ok := b.rowOf(f.Root)
	if !ok {
		return nil, false
	}
	if br = r.Branch; br == nil {
		br = &branch{Join: "all", Rows: []row{r}}
	}
	root, open := b.node(br)
	return br, open == 0 && member.Filter{Root: root}.String() == f.String()
}

func (b *builder) rowOf(n member.Node) (row, bool) {
	switch n := n.(type) {
	case member.Comparison:
		return b.condition(n)
	case member.And:
		return b.rowsOf("all", n.Terms)
	case member.Or:
		return b.rowsOf("any", n.Terms)
	case member.Not:
		switch term := n.Term.(type) {
		case member.And:
			return b.rowsOf("notall", term.Terms)
		case member.Or:
			return b.rowsOf("none", term.Terms)
		}
		return b.rowsOf("none", []member.Node{n.Term})
	}
	return row{}, false
}

func (b *builder) rowsOf(join string, terms []member.Node) (row, bool) {
	br := &branch{Join: join}
	for _, term := range terms {
		r, ok := b.rowOf(term)
		if !ok {
			return row{}, false
		}
		br.Rows = append(br.Rows, r)
	}
	return row{Branch: br}, true
}

func (b *builder) condition(c member.Comparison) (row, bool) {
	t, known := member.FilterTypeOf(c.Attribute, b.fields)
	r := row{Attribute: c.Attribute, Op: string(c.Op), Value: c.Value.Text}
	switch {
	case !known:
		return r, false
	case c.Value.Kind == member.NullValue:
		r.Op, r.Value = hasNone, ""
		return b.fitting(r), c.Op == member.Equal
	case c.Op == member.Present || t != member.FilterDate && t != member.FilterDateTime:
		return b.fitting(r), true
	}
	if anchor, distance, unit, relative := member.SplitRelative(c.Value.Text); relative {
		r.Anchor, r.Distance, r.Unit, r.Value = anchor, distance, unit, ""
		return r, true
	}
	r.Anchor = exactDate
	if _, err := time.Parse(time.RFC3339, c.Value.Text); err == nil {
		r.Anchor = exactMoment
	}
	return r, true
}

// change does what a button of the form asks for: add:root.1 adds a row to a
// branch, nest:root.1 a branch, remove:root.1 takes a row away. It returns where
// the reader goes on, as a path; empty for nowhere.
func (b *builder) change(root *branch, do string) (focus string) {
	verb, path, _ := strings.Cut(do, ":")
	switch verb {
	case "add", "nest":
		br := root.at(path)
		if br == nil {
			return ""
		}
		r := b.fresh()
		focus = path + "." + strconv.Itoa(len(br.Rows))
		if verb == "nest" {
			r = row{Branch: &branch{Join: "any", Rows: []row{b.fresh()}}}
			focus += ".0"
		}
		br.Rows = append(br.Rows, r)
		return focus
	case "remove":
		dot := strings.LastIndexByte(path, '.')
		br := root.at(path[:max(0, dot)])
		if i, err := strconv.Atoi(path[dot+1:]); br != nil && err == nil && 0 <= i && i < len(br.Rows) {
			br.Rows = slices.Delete(br.Rows, i, i+1)
			return path[:dot]
		}
	}
	return ""
}

// at finds a branch by its path; nil if there is none.
func (br *branch) at(path string) *branch {
	parts := strings.Split(path, ".")
	if parts[0] != rootPath {
		return nil
	}
	for _, part := range parts[1:] {
		i, err := strconv.Atoi(part)
		if err != nil || i < 0 || i >= len(br.Rows) || br.Rows[i].Branch == nil {
			return nil
		}
		br = br.Rows[i].Branch
	}
	return br
}

// rootPath is what the names of all inputs of the builder begin with.
const rootPath = "root"
