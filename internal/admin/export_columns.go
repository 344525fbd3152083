package admin

import (
	"slices"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/sheet"
)

// An exportColumn is one column of an export.
type exportColumn struct {
	identifier string
	attribute  member.Attribute // member.Fields for a field
	field      int              // index in the masters
	number     bool             // its texts need no guard (SPEC F12)
	header     string
}

// inviteColumns are those of the invitation workbook (SPEC L1), and _base.
var inviteColumns = []member.Attribute{member.Name, member.Email, member.SystemRole, member.SystemPermission,
	member.BrandPolicy, member.Role, member.Delete, member.Base}

// registerColumns are those of SPEC E3 before the fields.
var registerColumns = []member.Attribute{member.MemberID, member.LoginID, member.Email, member.Name, member.LoginAllowed,
	member.LoginUntil, member.Groups, member.SystemRole, member.SystemPermission, member.BrandPolicy, member.Role,
	member.Remarks, member.DisplayOrder}

// chosenColumns returns the columns to write, with their headers.
func (x *exporter) chosenColumns() ([]exportColumn, error) {
	names := x.e.Columns
	if names == nil {
		names = defaultColumns(x.e.Layout, x.env.Masters.Fields)
	}
	columns := make([]exportColumn, 0, len(names))
	for _, name := range names {
		c, ok := x.column(member.Trim(name))
		if !ok {
			return nil, problem.Of(problem.NotFound, problem.ColumnUnknown, "name", name)
		}
		if slices.ContainsFunc(columns, func(other exportColumn) bool { return other.identifier == c.identifier }) {
			return nil, problem.New(problem.ColumnTwice, "name", name)
		}
		c.header = x.header(c)
		columns = append(columns, c)
	}
	if len(columns) == 0 {
		return nil, problem.Of(problem.NotFound, problem.ColumnUnknown, "name", "")
	}
	return columns, nil
}

// ExportColumns lists the identifiers of the columns of an export where none are
// chosen (SPEC E3), which are all that may be chosen.
func ExportColumns(masters *plan.Masters) []string {
	return defaultColumns(plan.Register, masters.Fields)
}

func defaultColumns(l plan.Layout, fields []member.Field) []string {
	attributes := registerColumns
	if l == plan.InviteSheet {
		attributes, fields = inviteColumns, nil
	}
	var names []string
	for _, a := range attributes {
		names = append(names, a.String())
	}
	for _, f := range fields {
		names = append(names, f.Identifier)
	}
	if l != plan.InviteSheet {
		names = append(names, member.Base.String())
	}
	return names
}

// column finds a column by its identifier. Passwords leave by no door (M1).
func (x *exporter) column(identifier string) (exportColumn, bool) {
	if i, ok := x.env.Masters.FieldIndex(identifier); ok {
		return exportColumn{identifier: identifier, attribute: member.Fields, field: i,
			number: x.env.Masters.Fields[i].Type == member.Number}, true
	}
	a, ok := member.AttributeNamed(identifier)
	if !ok || a == member.Password || a == member.PasswordHash {
		return exportColumn{}, false
	}
	return exportColumn{identifier: identifier, attribute: a, number: isNumber(a)}, true
}

func isNumber(a member.Attribute) bool { return a == member.MemberID || a == member.DisplayOrder }

// header returns the text over a column: the label in the chosen language, or
// the identifier where that was chosen or where the label could not be brought
// back: the charset has it not, or a spreadsheet would run it.
func (x *exporter) header(c exportColumn) string {
	label := x.label(c)
	if x.narrow != nil && member.FoldHeader(x.narrow.RoundTrip(label)) != member.FoldHeader(label) {
		return c.identifier
	}
	if label == "" || sheet.Guard(label) != label {
		return c.identifier
	}
	return label
}

func (x *exporter) label(c exportColumn) string {
	japanese := x.e.Header == "ja"
	switch {
	case x.e.Header != "en" && !japanese, c.attribute == member.Base:
		return c.identifier
	case c.attribute == member.Fields && japanese:
		return x.env.Masters.Fields[c.field].LabelJA
	case c.attribute == member.Fields:
		return x.env.Masters.Fields[c.field].LabelEN
	}
	labels := c.attribute.English()
	if japanese {
		labels = c.attribute.Japanese()
	}
	if x.e.Layout == plan.InviteSheet && (c.attribute == member.Name || c.attribute == member.Delete) {
		return labels[1] // what the invitation workbook writes (M1)
	}
	return labels[0]
}
