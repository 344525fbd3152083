package admin

import (
	"context"
	"io"
	"path"
	"strconv"
	"strings"

	"meibo/internal/member"
	"meibo/internal/plan"
)

// A Template says which file to fill in is wanted.
type Template struct {
	Layout plan.Layout // InviteSheet; else register
	Lang   string      // of the headers: en or ja
	Format string      // csv or xlsx; empty: csv
	Text   Texter      // speaks in a workbook, in Lang
}

// Template writes a file to fill in, as CSV in UTF-8 or as a workbook. That of the invitation
// layout has every member, one row each (L1), and is recorded as an export; that
// of the register layout is a sample that would only create members (E5). Its
// problems are those of [Service.Export].
func (s *Service) Template(ctx context.Context, a Actor, t Template, w io.Writer) error {
	e := Export{Layout: t.Layout, Header: t.Lang, Format: t.Format, Text: t.Text}
	if t.Layout == plan.InviteSheet {
		_, err := s.Export(ctx, a, e, w, nil, nil)
		return err
	}
	if a.may(member.ImportsArea, member.ReadAccess) != nil {
		if err := a.may(member.ExportsArea, member.ReadAccess); err != nil {
			return err
		}
	}
	masters, err := s.db.Masters(ctx, a.Org.ID)
	if err != nil {
		return err
	}
	x := &exporter{s: s, a: a, e: e, env: &plan.Env{Masters: masters, Zone: a.Org.Zone}}
	if err := x.understand(); err != nil {
		return err
	}
	return x.sample(w)
}

// sampleColumns are those of the sample before the fields: all of M1.
var sampleColumns = []member.Attribute{member.MemberID, member.LoginID, member.Email, member.Name, member.Password,
	member.LoginAllowed, member.LoginUntil, member.Groups, member.SystemRole, member.SystemPermission,
	member.BrandPolicy, member.Role, member.Remarks, member.DisplayOrder, member.Delete}

// samplePeople are nobody; their addresses are of a domain that is nobody's
// (RFC 2606). The order is that of sampleColumns; groups are filled in.
var samplePeople = map[string][][]string{
	"en": {
		{"", "jane.doe", "jane.doe@example.com", "Jane Doe", "", "1", "", "", "member", "write", "", "", "Tokyo office", "10", "0"},
		{"", "", "john.roe@example.com", "John Roe", "", "1", "", "", "member", "write", "", "", "", "", ""},
		{"", "max.mill", "", "Max Mill", "", "0", "", "", "member", "admin", "", "", "", "", ""},
	},
	"ja": {
		{"", "yamada.hanako", "yamada.hanako@example.com", "山田 花子", "", "1", "", "", "member", "write", "", "", "東京本社", "10", "0"},
		{"", "", "suzuki.ichiro@example.com", "鈴木 一郎", "", "1", "", "", "member", "write", "", "", "", "", ""},
		{"", "sato.jiro", "", "佐藤 二郎", "", "0", "", "", "member", "admin", "", "", "", "", ""},
	},
}

// sample writes the sample register file.
func (x *exporter) sample(w io.Writer) error {
	for _, a := range sampleColumns {
		x.columns = append(x.columns, exportColumn{identifier: a.String(), attribute: a, number: isNumber(a)})
	}
	for i, f := range x.env.Masters.Fields {
		x.columns = append(x.columns, exportColumn{identifier: f.Identifier, attribute: member.Fields, field: i, number: f.Type == member.Number})
	}
	for i := range x.columns {
		x.columns[i].header = x.header(x.columns[i])
	}
	people, ok := samplePeople[x.e.Header]
	if !ok {
		people = samplePeople["en"]
	}
	x.done.Members = int64(len(people))
	out, err := newTable(w, x.shape())
	if err != nil {
		return err
	}
	for _, person := range people {
		if err := out.Write(x.samplePerson(person)); err != nil {
			return err
		}
	}
	return out.Close()
}

func (x *exporter) samplePerson(cells []string) []string {
	row := make([]string, 0, len(cells)+len(x.env.Masters.Fields))
	for i, text := range cells {
		if sampleColumns[i] == member.Groups {
			text = x.sampleGroup()
		}
		row = append(row, plan.CellOf(x.format, text, false))
	}
	for _, f := range x.env.Masters.Fields {
		row = append(row, plan.CellOf(x.format, sampleValue(f, x.a), f.Type == member.Number))
	}
	return row
}

// sampleGroup is the first group that takes members; the default groups if none does.
func (x *exporter) sampleGroup() string {
	for _, g := range x.env.Masters.Groups {
		if g.Enabled {
			return g.Name
		}
	}
	return ""
}

// sampleTexts are tried in this order for the value of a field.
var sampleTexts = []string{"sample", "0123", "123-4567", "sample@example.com", "https://example.com/", "2026-04-01",
	"2026-04-01T09:30:00Z", "1", "A1", "sample text\nof two lines"}

// sampleValue is a value that the field takes; empty if none is known, as it
// may be with a pattern.
func sampleValue(f member.Field, a Actor) string {
	parser, err := f.Compile()
	if err != nil {
		return ""
	}
	candidates := sampleTexts
	if len(f.Choices) > 0 {
		candidates = []string{f.Choices[0].Key}
	}
	for _, text := range candidates {
		long := strings.Repeat(text, 1+f.MinLength/len(text))
		for _, candidate := range []string{text, long, long[:min(len(long), max(f.MinLength, 1))], strconv.Itoa(f.MinLength)} {
			if value, err := parser.Parse(candidate, a.Org.Zone); err == nil {
				return parser.Show(value, a.Org.Zone)
			}
		}
	}
	return ""
}

// FormatOf returns the format that a file's name asks for, by its extension.
// Where it has none that says so, the invitation layout is a workbook and
// everything else a CSV: what they are made for (SPEC §5).
func FormatOf(name string, l plan.Layout) string {
	switch strings.ToLower(path.Ext(name)) {
	case ".xlsx":
		return "xlsx"
	case ".csv", ".txt", ".tsv":
		return "csv"
	}
	if l == plan.InviteSheet {
		return "xlsx"
	}
	return "csv"
}
