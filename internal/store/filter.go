package store

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"meibo/internal/member"
)

// filterEnv is what a filter means beyond its text.
type filterEnv struct {
	now     time.Time // of relative dates
	zone    *time.Location
	fields  map[string]member.Field // the organisation's, by identifier
	dialect dialect
}

// compileFilter turns f into a boolean expression over the alias m of the table
// member, and appends its values to args, with placeholders $n behind those that
// args has already. It says nothing about the organisation or the state of m.
//
// No value becomes part of the text: equal trees with other values of the same
// kinds give the same text. Every comparison is true or false, never NULL, so
// that NOT takes members without a value in, on both databases.
//
// It reports what [member.Filter.Check] reports.
func compileFilter(f member.Filter, env filterEnv, args []any) (sql string, outArgs []any, err error) {
	if err := f.Check(env.fields); err != nil {
		return "", nil, err
	}
	if f.Root == nil {
		return "TRUE", args, nil
	}
	c := filterCompiler{env, slices.Clip(args)}
	sql = c.node(f.Root)
	return sql, c.args, nil
}

type filterCompiler struct {
	filterEnv
	args []any
}

// bind appends value to the arguments and returns its placeholder.
func (c *filterCompiler) bind(value any) string {
	c.args = append(c.args, value)
	return "$" + strconv.Itoa(len(c.args))
}

func (c *filterCompiler) node(n member.Node) string {
	switch n := n.(type) {
	case member.Comparison:
		return c.comparison(n)
	case member.Not:
		return "NOT " + c.node(n.Term)
	case member.And:
		return balanced(c.nodes(n.Terms), " AND ")
	case member.Or:
		return balanced(c.nodes(n.Terms), " OR ")
	}
	panic(fmt.Sprintf("store: a filter with a %T", n))
}

func (c *filterCompiler) nodes(terms []member.Node) []string {
	sqls := make([]string, len(terms))
	for i, term := range terms {
		sqls[i] = c.node(term)
	}
	return sqls
}

// balanced joins terms, of which there is at least one, as a balanced tree:
// SQLite refuses expressions more than 1,000 levels deep, and a row of ORs is as
// deep as it is long.
func balanced(terms []string, word string) string {
	if len(terms) == 1 {
		return terms[0]
	}
	half := len(terms) / 2
	return "(" + balanced(terms[:half], word) + word + balanced(terms[half:], word) + ")"
}

// comparison returns an expression that can stand behind NOT.
func (c *filterCompiler) comparison(cmp member.Comparison) string {
	if cmp.Op == member.NotEqual {
		cmp.Op = member.Equal
		return "NOT " + c.comparison(cmp)
	}
	kind, _ := member.FilterTypeOf(cmp.Attribute, c.fields)
	blank := cmp.Value.Kind == member.TextValue && cmp.Value.Text == ""
	switch {
	case cmp.Op == member.Present:
		return c.present(cmp.Attribute)
	case cmp.Value.Kind == member.NullValue, blank && cmp.Op == member.Equal: // "" is no value, as in files
		return "NOT " + c.present(cmp.Attribute)
	case blank && isPart(cmp.Op): // every text contains nothing
		return c.present(cmp.Attribute)
	}
	switch kind {
	case member.FilterWord:
		return c.word(cmp)
	case member.FilterGroups:
		return c.groups(cmp)
	case member.FilterChoices:
		return c.choices(cmp)
	case member.FilterInteger:
		n, _ := strconv.ParseInt(cmp.Value.Text, 10, 64) // Check has parsed it
		return c.order(integerColumns[cmp.Attribute], cmp.Op, n)
	case member.FilterNumber:
		n, _ := strconv.ParseFloat(cmp.Value.Text, 64) // Check has parsed it
		fits := c.double(c.dialect.field(cmp.Attribute)) + comparators[cmp.Op] + c.bind(n)
		return "coalesce(" + fits + ", FALSE)" // most fit: [there] would read the field twice
	case member.FilterBoolean:
		return c.boolean(cmp.Attribute, cmp.Value.Text == "true")
	case member.FilterDate:
		date, _ := member.ResolveDate(cmp.Value.Text, c.now, c.zone)
		return c.order(c.bytewise(c.dateColumn(cmp.Attribute)), cmp.Op, date)
	case member.FilterDateTime:
		return c.moment(cmp)
	}
	return c.attributeText(cmp)
}

// isPart reports whether op asks for a part of a text.
func isPart(op member.Op) bool {
	return op == member.Contains || op == member.StartsWith || op == member.EndsWith
}

var integerColumns = map[string]string{
	member.MemberID.String():     "m.id",
	member.DisplayOrder.String(): "m.display_order",
}

// presence says when an attribute of M1 has a value. Others are fields.
var presence = map[string]string{
	member.MemberID.String():         "TRUE",
	member.LoginID.String():          hasText("m.login_key"),
	member.Email.String():            hasText("m.email_key"),
	member.Name.String():             hasText("m.name_key"),
	member.LoginAllowed.String():     "TRUE",
	member.LoginUntil.String():       "(m.login_until IS NOT NULL)",
	member.Groups.String():           "EXISTS (SELECT 1 FROM " + memberships + ")",
	member.SystemRole.String():       "TRUE",
	member.SystemPermission.String(): "TRUE",
	member.BrandPolicy.String():      "(m.policy_id IS NOT NULL)",
	member.Role.String():             "(m.role_id IS NOT NULL)",
	member.Remarks.String():          hasText("m.remarks"),
	member.DisplayOrder.String():     "(m.display_order IS NOT NULL)",
	member.CreatedAt:                 "TRUE",
}

const memberships = "membership ms WHERE ms.org_id = m.org_id AND ms.member_id = m.id"

func (c *filterCompiler) present(attribute string) string {
	if sql, ok := presence[attribute]; ok {
		return sql
	}
	return hasText(c.dialect.field(attribute))
}

// hasText says that expr is neither NULL nor empty.
func hasText(expr string) string { return "(coalesce(" + expr + ", '') <> '')" }

func (c *filterCompiler) dateColumn(attribute string) string {
	if attribute == member.LoginUntil.String() {
		return "m.login_until"
	}
	return c.dialect.field(attribute)
}

// bytewise makes expr compare by its bytes, as SQLite does by itself.
func (c *filterCompiler) bytewise(expr string) string {
	if c.dialect == postgres {
		return expr + ` COLLATE "C"`
	}
	return expr
}

// lower folds the ASCII letters of expr, as SQLite's lower does by itself. See
// [foldASCII].
func (c *filterCompiler) lower(expr string) string { return "lower(" + c.bytewise(expr) + ")" }

// double turns the decimal text expr into a number of double precision. Both
// databases then agree on 15 significant digits; SQLite has nothing more precise.
// PostgreSQL would end the query at a text that is no number or too large for one (a
// field never is, but a query should not depend on it), and evaluates AND in any
// order. With a bound on the digits in the pattern it takes three times as long.
func (c *filterCompiler) double(expr string) string {
	if c.dialect == postgres {
		return "(CASE WHEN " + expr + " ~ '^-?[0-9]+([.][0-9]+)?$' AND octet_length(" + expr + ") <= 82 THEN CAST(" + expr + " AS double precision) END)"
	}
	return "CAST(" + expr + " AS REAL)"
}
