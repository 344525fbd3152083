package member

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"meibo/internal/problem"
)

// CreatedAt is the name of the one thing that a filter can ask for besides the
// attributes of M1 and the fields: the instant at which the member was made.
const CreatedAt = "created_at"

// A FilterType says how an attribute compares in a filter.
type FilterType uint8

// The types. FilterWord, FilterGroups and FilterChoices have no order.
const (
	FilterText     FilterType = iota + 1 // text, case-insensitive
	FilterWord                           // one of the fixed words of M1
	FilterGroups                         // any of the groups, by name or ID
	FilterChoices                        // any of the chosen keys, by key or label
	FilterInteger                        // 64 bits
	FilterNumber                         // compared as double precision
	FilterBoolean                        // true or false
	FilterDate                           // a date in the organisation's time zone
	FilterDateTime                       // an instant, compared with an instant or with a whole day
)

var attributeFilterTypes = map[string]FilterType{
	MemberID.String():         FilterInteger,
	LoginID.String():          FilterText,
	Email.String():            FilterText,
	Name.String():             FilterText,
	LoginAllowed.String():     FilterBoolean,
	LoginUntil.String():       FilterDate,
	Groups.String():           FilterGroups,
	SystemRole.String():       FilterWord,
	SystemPermission.String(): FilterWord,
	BrandPolicy.String():      FilterText,
	Role.String():             FilterText,
	Remarks.String():          FilterText,
	DisplayOrder.String():     FilterInteger,
	CreatedAt:                 FilterDateTime,
}

var fieldFilterTypes = map[FieldType]FilterType{
	Text: FilterText, Textarea: FilterText, URL: FilterText, FileType: FilterText,
	Number: FilterNumber, Boolean: FilterBoolean, Date: FilterDate, DateTime: FilterDateTime,
	Select: FilterChoices, Radio: FilterChoices, Checkbox: FilterChoices,
}

// filterWords are the words of the attributes of type FilterWord, by which
// they are also listed.
var filterWords = map[string][]string{
	SystemRole.String():       {PrimaryOwner.String(), Owner.String(), Regular.String()},
	SystemPermission.String(): {Admin.String(), Write.String()},
}

// FilterWords returns the words that an attribute of type FilterWord can have;
// nil for others. The slice is not to be changed.
func FilterWords(attribute string) []string { return filterWords[attribute] }

var (
	equalityOps = []Op{Equal, NotEqual, Present}
	partOps     = []Op{Equal, NotEqual, Contains, StartsWith, EndsWith, Present}
	orderOps    = []Op{Equal, NotEqual, Greater, GreaterOrEqual, Less, LessOrEqual, Present}
	textOps     = []Op{
		Equal, NotEqual, Contains, StartsWith, EndsWith, Greater, GreaterOrEqual, Less, LessOrEqual, Present,
	}
)

// Ops returns the operators that fit attributes of type t. The slice is not to
// be changed.
func (t FilterType) Ops() []Op {
	switch t {
	case FilterText:
		return textOps
	case FilterWord, FilterGroups, FilterChoices:
		return partOps
	case FilterBoolean:
		return equalityOps
	}
	return orderOps
}

// String returns the word for a value of the type, as in filter-type.
func (t FilterType) String() string {
	switch t {
	case FilterInteger:
		return "integer"
	case FilterNumber:
		return "number"
	case FilterBoolean:
		return "boolean"
	case FilterDate:
		return "date"
	case FilterDateTime:
		return "datetime"
	}
	return "text"
}

// FilterTypeOf returns how the attribute compares; false if no filter can ask
// for it. fields are the organisation's, by identifier; an attribute goes
// before a field of the same name.
func FilterTypeOf(attribute string, fields map[string]Field) (FilterType, bool) {
	if t, ok := attributeFilterTypes[attribute]; ok {
		return t, true
	}
	if f, ok := fields[attribute]; ok && isIdentifier(attribute) {
		t, ok := fieldFilterTypes[f.Type]
		return t, ok
	}
	return 0, false
}

// FilterAttributes returns what filters can ask for, ascending.
func FilterAttributes(fields map[string]Field) []string {
	known := slices.Collect(maps.Keys(attributeFilterTypes))
	for identifier := range fields {
		if _, ok := attributeFilterTypes[identifier]; !ok && isIdentifier(identifier) {
			known = append(known, identifier)
		}
	}
	slices.Sort(known)
	return known
}

// Check reports the leftmost comparison of f that asks for an unknown attribute
// (filter-attribute-unknown), or whose operator or value does not fit its
// attribute (filter-type).
func (f Filter) Check(fields map[string]Field) error {
	for c := range f.Comparisons {
		t, ok := FilterTypeOf(c.Attribute, fields)
		if !ok {
			return problem.New(problem.FilterAttributeUnknown, "name", c.Attribute,
				"known", strings.Join(FilterAttributes(fields), "\n"), "position", strconv.Itoa(c.Position))
		}
		if expected := c.misfit(t); expected != "" {
			near := Filter{Root: Comparison{Attribute: c.Attribute, Op: c.Op, Value: c.Value}}.String()
			return problem.New(problem.FilterType, "attribute", c.Attribute,
				"near", strings.TrimPrefix(near, c.Attribute+" "), "expected", expected, "position", strconv.Itoa(c.Position))
		}
	}
	return nil
}

// misfit returns what c would need in place of its operator or value; empty if
// both fit an attribute of type t.
func (c Comparison) misfit(t FilterType) string {
	if allowed := t.Ops(); !slices.Contains(allowed, c.Op) {
		return joinOps(allowed)
	}
	if c.Op == Present {
		return ""
	}
	if c.Value.Kind == NullValue {
		if c.Op == Equal || c.Op == NotEqual {
			return ""
		}
		return t.String()
	}
	words := filterWords[c.Attribute]
	if !c.Value.fits(t) {
		if words != nil {
			return strings.Join(words, "\n")
		}
		return t.String()
	}
	if whole := c.Op == Equal || c.Op == NotEqual; whole && words != nil && !slices.Contains(words, strings.ToLower(c.Value.Text)) {
		return strings.Join(words, "\n")
	}
	return ""
}

// fits reports whether v can be compared with an attribute of type t.
func (v FilterValue) fits(t FilterType) bool {
	switch t {
	case FilterGroups:
		return v.Kind == TextValue || v.fits(FilterInteger)
	case FilterInteger:
		_, err := strconv.ParseInt(v.Text, 10, 64)
		return v.Kind == NumberValue && err == nil
	case FilterNumber:
		n, err := strconv.ParseFloat(v.Text, 64)
		return v.Kind == NumberValue && err == nil && !math.IsInf(n, 0)
	case FilterBoolean:
		return v.Kind == BooleanValue
	case FilterDate:
		return v.isDate()
	case FilterDateTime:
		_, err := time.Parse(time.RFC3339, v.Text)
		return v.isDate() || v.Kind == TextValue && err == nil
	}
	return v.Kind == TextValue
}

// isDate reports whether v is a date or a relative date, quoted or not.
func (v FilterValue) isDate() bool {
	_, ok := ResolveDate(v.Text, time.Time{}, time.UTC)
	return ok && (v.Kind == DateValue || v.Kind == TextValue)
}

func joinOps(ops []Op) string {
	words := make([]string, len(ops))
	for i, op := range ops {
		words[i] = string(op)
	}
	return strings.Join(words, "\n")
}
