package member

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"meibo/internal/problem"
)

func TestG4_FiltersHaveACanonicalForm(t *testing.T) {
	tests := []struct{ name, expr, want string }{
		{"the example of the specification is canonical",
			`groups eq "東京" and (login_until lt "2026-04-01" or not (email co "@example.com"))`,
			`groups eq "東京" and (login_until lt "2026-04-01" or not (email co "@example.com"))`},
		{"operators and attributes are case-insensitive", `Email EQ "A" AND Name Pr`, `email eq "A" and name pr`},
		{"and binds tighter than or", `(a pr and b pr) or c pr`, `a pr and b pr or c pr`},
		{"or inside of and keeps its parentheses", `a pr and (b pr or c pr)`, `a pr and (b pr or c pr)`},
		{"a group of the same kind stays a group", `(a pr and b pr) and c pr`, `(a pr and b pr) and c pr`},
		{"parentheses for nothing go", `((a pr))`, `a pr`},
		{"not binds to its parentheses", `not(a pr)and b pr`, `not (a pr) and b pr`},
		{"not keeps one pair", `not ((a pr or b pr))`, `not (a pr or b pr)`},
		{"fields may be called like words of the language", `not eq "x" and and pr or or pr`, `not eq "x" and and pr or or pr`},
		{"escapes of JSON are undone", `a eq "\u6771\"\\\/\ud83d\ude00"`, `a eq "東\"\\/😀"`},
		{"control characters stay escaped", `a eq "\n\u001f\b"`, `a eq "\u000a\u001f\u0008"`},
		{"numbers stay as typed", `a gt -1.50E3`, `a gt -1.50e3`},
		{"true, false and null", `a eq TRUE or a eq false or a ne null`, `a eq true or a eq false or a ne null`},
		{"relative dates are bare words", `a ge Today-30D and a le end-of-next-month`, `a ge today-30d and a le end-of-next-month`},
		{"a quoted relative date stays quoted", `a ge "today"`, `a ge "today"`},
		{"white space of any kind stands between words", "a\tpr\r\nand\u3000b\u00a0pr ", `a pr and b pr`},
		{"white space around strings and parentheses may be left out", `(a eq"x")or(b eq"y")`, `a eq "x" or b eq "y"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := ParseFilter(tt.expr)
			if err != nil {
				t.Fatalf("ParseFilter: %v", err)
			}
			if got := f.String(); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestG4_SyntaxProblemsTellWhere(t *testing.T) {
	tests := []struct {
		name, expr string
		position   string
		near       string
	}{
		{"nothing at all", ``, "1", ""},
		{"only white space", "  ", "3", ""},
		{"no operator", `email`, "6", ""},
		{"an unknown operator", `email like "x"`, "7", "like"},
		{"no value", `email eq`, "9", ""},
		{"a word in place of a value", `email eq ann`, "10", "ann"},
		{"a relative date that is none", `a lt today-30`, "6", "today-30"},
		{"characters are counted, not bytes", `name eq "東京" ant a pr`, "14", "ant"},
		{"characters beyond the basic plane count once", `name eq "😀😀" ?`, "14", "?"},
		{"two comparisons without a word between", `a pr b pr`, "6", "b"},
		{"a word without a second comparison", `a pr and`, "9", ""},
		{"nothing in parentheses", `()`, "2", ")"},
		{"an unclosed parenthesis", `(a pr`, "6", ""},
		{"a parenthesis too many", `a pr)`, "5", ")"},
		{"not without parentheses is an attribute", `not email pr`, "5", "email"},
		{"an unclosed string begins at its quote", `a eq "x`, "6", `"x`},
		{"the leftmost mistake counts", `a is "x`, "3", "is"},
		{"an unknown escape", `a eq "x\y"`, "8", `\y`},
		{"half a surrogate pair", `a eq "\ud83d"`, "7", `\u`},
		{"two halves that do not fit", `a eq "\ud83d\u0041"`, "7", `\u`},
		{"a character that no database holds", `a eq "\u0000"`, "7", `\u`},
		{"an escape cut off", `a eq "\`, "7", `\`},
		{"a raw control character", "a eq \"x\ny\"", "8", "\n"},
		{"bytes that are no UTF-8 in a string", "a eq \"x\xff\"", "8", "\ufffd"},
		{"bytes that are no UTF-8 in a word", "a\xff pr", "2", "\ufffd"},
		{"a number with a leading zero", `a eq 01`, "6", "01"},
		{"a number cut off", `a eq 1.`, "6", "1."},
		{"sub-attributes", `name.family eq "x"`, "1", "name.family"},
		{"value paths", `emails[type eq "work"]`, "1", "emails[type"},
		{"an attribute that is text", `"email" eq "x"`, "1", `"email"`},
		{"an attribute that begins with a digit", `1a eq "x"`, "1", "1a"},
		{"an attribute of 64 characters", strings.Repeat("a", 64) + ` pr`, "1", strings.Repeat("a", 20) + "…"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseFilter(tt.expr)
			var p problem.Problem
			if !errors.As(err, &p) || p.Code != problem.FilterSyntax {
				t.Fatalf("error = %v, want %s", err, problem.FilterSyntax)
			}
			if p.Values["position"] != tt.position || p.Values["near"] != tt.near {
				t.Errorf("position %s near %q, want %s near %q", p.Values["position"], p.Values["near"], tt.position, tt.near)
			}
		})
	}
}

func TestG4_LimitsOfAFilterAreTold(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("(", n) + "a pr" + strings.Repeat(")", n) }
	long := func(n int) string { return `a eq "` + strings.Repeat("京", n-len(`a eq ""`)) + `"` }
	wide := strings.TrimPrefix(strings.Repeat(` or a eq"b"`, FilterMaxLength/11), " or ")
	tests := []struct {
		name, expr string
		code       problem.Code // empty if it is no problem
	}{
		{"the greatest depth", deep(FilterMaxDepth), ""},
		{"one deeper", deep(FilterMaxDepth + 1), problem.FilterTooDeep},
		{"depth is not the number of groups", strings.TrimPrefix(strings.Repeat(" or (a pr)", 2*FilterMaxDepth), " or "), ""},
		{"the greatest length, in characters", long(FilterMaxLength), ""},
		{"one longer", long(FilterMaxLength + 1), problem.FilterTooLong},
		{"what would be too long in canonical form", wide, problem.FilterTooLong},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseFilter(tt.expr)
			if tt.code == "" && err != nil || tt.code != "" && !errors.Is(err, problem.New(tt.code)) {
				t.Errorf("error = %v, want %q", err, tt.code)
			}
		})
	}
}

func TestG4_ComparisonsKnowTheirPosition(t *testing.T) {
	f, err := ParseFilter(`名 pr`)
	if err == nil {
		t.Fatalf("a label is no attribute, got %v", f)
	}
	f, err = ParseFilter(`a eq "東京" and (b pr or not (c lt 1))`)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for c := range f.Comparisons {
		got = append(got, c.Attribute+strconv.Itoa(c.Position))
	}
	if want := []string{"a1", "b16", "c29"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for range f.Comparisons {
		break // must not panic
	}
}

func TestG4_TheZeroFilterHasNoCondition(t *testing.T) {
	var f Filter
	if err := f.Check(nil); err != nil || f.String() != "" {
		t.Errorf("got %v and %q", err, f.String())
	}
}

var filterFields = map[string]Field{
	"city":    {Identifier: "city", Type: Text},
	"height":  {Identifier: "height", Type: Number},
	"vip":     {Identifier: "vip", Type: Boolean},
	"joined":  {Identifier: "joined", Type: Date},
	"seen":    {Identifier: "seen", Type: DateTime},
	"colours": {Identifier: "colours", Type: Checkbox},
	"photo":   {Identifier: "photo", Type: FileType},
}

func TestG4_CheckSaysWhatFits(t *testing.T) {
	const (
		order = "eq\nne\ngt\nge\nlt\nle\npr"
		part  = "eq\nne\nco\nsw\new\npr"
	)
	tests := []struct{ name, expr, expected string }{ // expected is empty if it fits
		{"text compares in every way", `city eq "a" or city ne "a" or city co "a" or city sw "a" or city ew "a" or city gt "a" or city le "a"`, ""},
		{"text is no number", `name eq 1`, "text"},
		{"null is equal or not", `email eq null or login_until ne null`, ""},
		{"null has no order", `login_until lt null`, "date"},
		{"presence fits everything", `login_allowed pr and colours pr and height pr and groups pr and system_role pr`, ""},
		{"a role is one of its words", `system_role eq "Owner"`, ""},
		{"and no other", `system_role eq "boss"`, "primary_owner\nowner\nmember"},
		{"a part of its words", `system_role ew "owner"`, ""},
		{"roles have no order", `system_permission lt "write"`, part},
		{"a permission is a word", `system_permission eq 1`, "admin\nwrite"},
		{"groups by name or ID", `groups eq "東京" or groups eq 12 or groups co "京"`, ""},
		{"groups have no order", `groups gt "a"`, part},
		{"a group's ID is whole", `groups eq 1.5`, "text"},
		{"IDs are integers", `member_id eq 12 and display_order ge -3`, ""},
		{"of 64 bits", `member_id lt 9223372036854775808`, "integer"},
		{"without a point", `display_order gt 1.0`, "integer"},
		{"and not text", `member_id eq "12"`, "integer"},
		{"numbers have parts and powers", `height gt 1.5e2`, ""},
		{"numbers are finite", `height lt 1e999`, "number"},
		{"numbers have no beginning", `height sw 1`, order},
		{"booleans are true or false", `login_allowed eq true and vip ne false`, ""},
		{"booleans are not 1", `login_allowed eq 1`, "boolean"},
		{"booleans have no order", `vip gt false`, "eq\nne\npr"},
		{"dates are text or words", `login_until lt "2026-04-01" and joined ge today-30d and joined le "End-Of-Month"`, ""},
		{"dates are dates of the calendar", `login_until lt "2026-02-29"`, "date"},
		{"dates have one form", `login_until lt "2026/04/01"`, "date"},
		{"dates are not instants", `joined eq "2026-04-01T00:00:00Z"`, "date"},
		{"instants compare with days and instants", `created_at lt "2026-04-01" and seen ge today and seen lt "2026-04-01T09:00:00+09:00"`, ""},
		{"instants need their zone", `created_at lt "2026-04-01T09:00:00"`, "datetime"},
		{"text is no relative date", `name eq today`, "text"},
		{"choices are text", `colours eq "red"`, ""},
		{"choices have no order", `colours gt "red"`, part},
		{"file fields are asked for their name", `photo ew ".png"`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := mustFilter(t, tt.expr).Check(filterFields)
			if tt.expected == "" {
				if err != nil {
					t.Errorf("error = %v", err)
				}
				return
			}
			var p problem.Problem
			if !errors.As(err, &p) || p.Code != problem.FilterType || p.Values["expected"] != tt.expected {
				t.Errorf("error = %v %q, want %q", err, p.Values, tt.expected)
			}
		})
	}
}

func TestG4_ATypeProblemRepeatsTheComparison(t *testing.T) {
	err := mustFilter(t, `city eq "東" and  VIP  GT  TRUE`).Check(filterFields)
	var p problem.Problem
	if !errors.As(err, &p) {
		t.Fatal(err)
	}
	if p.Values["attribute"] != "vip" || p.Values["near"] != "gt true" || p.Values["position"] != "18" {
		t.Errorf("values = %q", p.Values)
	}
}

func TestG4_UnknownAttributesAreListedWithTheKnown(t *testing.T) {
	for _, name := range []string{"nickname", "password", "password_hash", "delete", "fields"} {
		err := mustFilter(t, `email pr or `+name+` pr`).Check(filterFields)
		var p problem.Problem
		if !errors.As(err, &p) || p.Code != problem.FilterAttributeUnknown {
			t.Fatalf("%s: error = %v", name, err)
		}
		if p.Values["name"] != name || p.Values["position"] != "13" {
			t.Errorf("%s: values = %q", name, p.Values)
		}
		const known = "brand_policy\ncity\ncolours\ncreated_at\ndisplay_order\nemail\ngroups\nheight\njoined\nlogin_allowed\n" +
			"login_id\nlogin_until\nmember_id\nname\nphoto\nremarks\nrole\nseen\nsystem_permission\nsystem_role\nvip"
		if p.Values["known"] != known {
			t.Errorf("known = %q, want %q", p.Values["known"], known)
		}
	}
}

func TestNamesFoldWidthAndCase(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"lower case", "Ann", "ann"},
		{"full-width letters", "Ａｎｎ　１", "ann 1"},
		{"half-width katakana", "ｱﾝ", "アン"},
		{"half-width katakana with a mark of its own", "ﾎﾞﾌﾞ", "ボブ"},
		{"decomposed kana, as some file systems write them", "か\u3099", "が"},
		{"letters beyond ASCII", "ÉTÉ", "été"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := FoldText(tt.in); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	if n := testing.AllocsPerRun(10, func() { FoldText("ann example") }); n != 0 {
		t.Errorf("folded ASCII allocates %v times", n)
	}
}

func mustFilter(t *testing.T, expr string) Filter {
	t.Helper()
	f, err := ParseFilter(expr)
	if err != nil {
		t.Fatalf("%s: %v", expr, err)
	}
	return f
}

// unplaced returns n without positions, for comparing by canonical trees.
func unplaced(n Node) Node {
	all := func(terms []Node) []Node {
		out := make([]Node, len(terms))
		for i, term := range terms {
			out[i] = unplaced(term)
		}
		return out
	}
	switch n := n.(type) {
	case Comparison:
		n.Position = 0
		return n
	case And:
		return And{all(n.Terms)}
	case Or:
		return Or{all(n.Terms)}
	case Not:
		return Not{unplaced(n.Term)}
	}
	return nil
}

// drawNode draws any tree up to the given height.
func drawNode(t *rapid.T, height int) Node {
	kind := 0
	if height > 0 {
		kind = rapid.IntRange(0, 3).Draw(t, "kind")
	}
	switch kind {
	case 1:
		return Not{drawNode(t, height-1)}
	case 2, 3:
		terms := make([]Node, rapid.IntRange(2, 4).Draw(t, "terms"))
		for i := range terms {
			terms[i] = drawNode(t, height-1)
		}
		if kind == 2 {
			return And{terms}
		}
		return Or{terms}
	}
	c := Comparison{
		Attribute: rapid.OneOf(rapid.StringMatching(`[a-z][a-z0-9_]{0,8}`), rapid.SampledFrom([]string{"and", "or", "not", "pr"})).Draw(t, "attribute"),
		Op:        rapid.SampledFrom(textOps).Draw(t, "op"),
	}
	if c.Op != Present {
		c.Value = rapid.OneOf(
			rapid.Map(rapid.String(), func(s string) FilterValue { return FilterValue{TextValue, strings.ReplaceAll(s, "\x00", "")} }),
			rapid.Map(rapid.Int(), func(n int) FilterValue { return FilterValue{NumberValue, strconv.Itoa(n)} }),
			rapid.SampledFrom([]FilterValue{{BooleanValue, "true"}, {NullValue, "null"}, {DateValue, "end-of-month-3m"}, {NumberValue, "-1.5e+3"}}),
		).Draw(t, "value")
	}
	return c
}

func TestG4_TheCanonicalFormParsesToTheSameTree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := Filter{Root: drawNode(t, 3)}
		expr := f.String()
		if tooLong(expr) {
			return // longer than a filter may be
		}
		again, err := ParseFilter(expr)
		if err != nil {
			t.Fatalf("%s: %v", expr, err)
		}
		if !equalNodes(unplaced(again.Root), f.Root) {
			t.Fatalf("%s becomes %s", expr, again)
		}
	})
}

func equalNodes(a, b Node) bool {
	switch a := a.(type) {
	case Comparison:
		b, ok := b.(Comparison)
		return ok && a == b
	case Not:
		b, ok := b.(Not)
		return ok && equalNodes(a.Term, b.Term)
	case And:
		b, ok := b.(And)
		return ok && slices.EqualFunc(a.Terms, b.Terms, equalNodes)
	case Or:
		b, ok := b.(Or)
		return ok && slices.EqualFunc(a.Terms, b.Terms, equalNodes)
	}
	return a == b
}

func FuzzParseFilter(f *testing.F) {
	for _, seed := range []string{
		`groups eq "東京" and (login_until lt "2026-04-01" or not (email co "@example.com"))`,
		`a eq "\ud83d\ude00\u0000" or b gt -1.5e3`, `not(a pr)`, `((((`, `a eq today+9999y`, "a\xff", `a eq"`, `not not pr`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, expr string) {
		parsed, err := ParseFilter(expr)
		if err != nil {
			checkFilterProblem(t, expr, err)
			return
		}
		again, err := ParseFilter(parsed.String())
		if err != nil {
			t.Fatalf("the canonical form does not parse: %v", err)
		}
		if !equalNodes(unplaced(again.Root), unplaced(parsed.Root)) {
			t.Fatalf("%q becomes %q", parsed, again)
		}
	})
}

// checkFilterProblem checks that err is a problem and points into expr.
func checkFilterProblem(t *testing.T, expr string, err error) {
	var p problem.Problem
	if !errors.As(err, &p) {
		t.Fatalf("%v is no problem", err)
	}
	if p.Code != problem.FilterSyntax {
		return
	}
	if at, err := strconv.Atoi(p.Values["position"]); err != nil || at < 1 || at > utf8.RuneCountInString(expr)+1 {
		t.Errorf("position %q is outside of the expression", p.Values["position"])
	}
	if !utf8.ValidString(p.Values["near"]) {
		t.Errorf("near is no UTF-8: %q", p.Values["near"])
	}
}
