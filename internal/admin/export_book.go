package admin

import (
	"strconv"
	"strings"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/sheet"
	"meibo/internal/workbook"
)

// understandBook is understand for a workbook, which has neither charset nor
// delimiter.
func (x *exporter) understandBook() error {
	for _, o := range []struct{ flag, given string }{{"--charset", x.e.Charset}, {"--delimiter", x.e.Delimiter}} {
		if o.given != "" {
			return problem.New(problem.OptionsContradict, "first", "--format xlsx", "second", o.flag)
		}
	}
	return nil
}

// shape says how the file of an export is written.
func (x *exporter) shape() tableShape {
	t := tableShape{format: x.format, csv: x.writer, lang: x.e.Header, rows: x.done.Members, columns: make([]tableColumn, len(x.columns))}
	for i, c := range x.columns {
		t.columns[i] = x.tableColumn(c)
	}
	if x.format != sheet.XLSX {
		return t
	}
	if t.lang != "en" && t.lang != "ja" {
		t.lang = x.e.Text.Lang()
	}
	t.name = x.e.Text.Say("workbook.sheet.members")
	if x.e.Layout == plan.InviteSheet {
		t.pages = []workbook.Page{x.explanation(t.name)}
	}
	return t
}

func (x *exporter) tableColumn(c exportColumn) tableColumn {
	t := tableColumn{header: c.header, hidden: c.attribute == member.Base}
	switch {
	case c.number:
		t.kind = sheet.Number
	case c.attribute == member.LoginUntil,
		c.attribute == member.Fields && x.env.Masters.Fields[c.field].Type == member.Date:
		t.kind = sheet.Date
	}
	t.width = bookWidths[c.attribute]
	if x.format != sheet.XLSX || x.e.Layout != plan.InviteSheet || c.attribute == member.Base {
		return t
	}
	t.note = x.e.Text.Say("workbook.note." + c.identifier)
	t.shaded = c.attribute == member.Name
	t.choices = x.choices(c.attribute)
	return t
}

// bookWidths are wide enough for what mostly stands in the columns of a workbook,
// in characters; the others are as wide as their headers.
var bookWidths = map[member.Attribute]float64{member.LoginID: 20, member.Email: 34, member.Name: 24, member.Groups: 24,
	member.Remarks: 40, member.Fields: 16}

// choices are the words that a column of the invitation workbook takes: its
// drop-down (L1). They are never translated.
func (x *exporter) choices(a member.Attribute) []string {
	switch a {
	case member.SystemRole:
		return []string{"primary_owner", "owner", "member"}
	case member.SystemPermission:
		return []string{"admin", "write"}
	case member.Delete:
		return []string{"true", "false"}
	case member.BrandPolicy:
		return codesOf(x.env.Masters.Policies, func(p member.Policy) string { return p.Code })
	case member.Role:
		return codesOf(x.env.Masters.Roles, func(r member.CodedRole) string { return r.Code })
	}
	return nil
}

func codesOf[T any](all []T, code func(T) string) []string {
	codes := make([]string, len(all))
	for i, one := range all {
		codes[i] = code(one)
	}
	return codes
}

// explanation is the second sheet of the invitation workbook: how to fill in the
// first, called name, and the organisation's codes with their names (L1).
func (x *exporter) explanation(name string) workbook.Page {
	say := x.e.Text.Say
	page := workbook.Page{Name: say("workbook.sheet.explanation"), Widths: []float64{32, 76, 34}}
	add := func(cells ...string) { page.Rows = append(page.Rows, cells) }
	head := func(cells ...string) { page.Headings = append(page.Headings, len(page.Rows)); add(cells...) }
	add(say("workbook.explain.title", "sheet", name))
	for i, step := range []string{"step1", "step2", "step3", "step4", "step5"} {
		add(strconv.Itoa(i+1), say("workbook.explain."+step))
	}
	add()
	head(say("workbook.explain.column"), say("workbook.explain.meaning"), say("workbook.explain.values"))
	for _, c := range x.columns {
		if c.attribute != member.Base {
			add(c.header, say("workbook.note."+c.identifier), x.values(c.attribute))
		}
	}
	policies, roles := x.env.Masters.Policies, x.env.Masters.Roles
	addCodes(add, head, x.e.Text, "workbook.explain.policies", policies, func(p member.Policy) (code, name string) { return p.Code, p.Name })
	addCodes(add, head, x.e.Text, "workbook.explain.roles", roles, func(r member.CodedRole) (code, name string) { return r.Code, r.Name })
	return page
}

// values says which values a column takes.
func (x *exporter) values(a member.Attribute) string {
	switch a {
	case member.SystemRole, member.SystemPermission, member.Delete:
		return strings.Join(x.choices(a), ", ")
	}
	return x.e.Text.Say("workbook.values." + a.String())
}

func addCodes[T any](add, head func(...string), text Texter, title string, all []T, of func(T) (code, name string)) {
	add()
	head(text.Say(title), text.Say("workbook.explain.name"))
	if len(all) == 0 {
		add("", text.Say("workbook.explain.none"))
	}
	for _, one := range all {
		code, name := of(one)
		add(code, name)
	}
}
