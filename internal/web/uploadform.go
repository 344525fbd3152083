package web

import (
	"slices"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
)

// delimiters are those that a CSV may have.
var delimiters = []string{",", ";", "\t"}

func (q *request) delimiterName(d string) string {
	name, ok := map[string]string{",": "web.delimiter.comma", ";": "web.delimiter.semicolon", "\t": "web.delimiter.tab"}[d]
	if !ok {
		return ""
	}
	return q.say.Say(name)
}

func (q *request) layoutName(l plan.Layout) string {
	if l == "" {
		return q.say.Say("web.layout.register")
	}
	return q.say.Say("web.layout." + string(l))
}

func hasFileFields(masters *plan.Masters) bool {
	return slices.ContainsFunc(masters.Fields, func(f member.Field) bool { return f.Type == member.FileType })
}

// ignores reports whether a column was chosen not to be read.
func (f uploadForm) ignores(header string) bool {
	return slices.ContainsFunc(f.Asked.IgnoreColumns, func(h string) bool { return member.FoldHeader(h) == member.FoldHeader(header) })
}

// meaning is what is chosen for a column, as its select has it.
func (f uploadForm) meaning(c admin.LookedColumn) string {
	if f.ignores(c.Header) {
		return ignored
	}
	return c.Means()
}

// attributes are those that a column of the layout may mean.
func (f uploadForm) attributes() []member.Attribute {
	if f.Options.Layout == plan.Memberships {
		return []member.Attribute{member.MemberID, member.Groups, member.Delete}
	}
	var all []member.Attribute
	for a := member.MemberID; a < member.Fields; a++ {
		if a != member.Base { // ours alone: nobody chooses it
			all = append(all, a)
		}
	}
	return all
}

// hasMore reports whether an option was chosen that the fold has.
func (f uploadForm) hasMore() bool {
	o := f.Asked
	return len(o.Only) > 0 || o.Conflicts == "file" || len(o.Groups) > 0 || o.AddGroups || o.CreateGroups || o.RandomPassword || o.ResetPasswords ||
		o.HoldMails || o.Welcome || o.Sync
}

func (f uploadForm) hasGroup(g member.Group) bool {
	return slices.Contains(f.Asked.Groups, number(g.ID)) || slices.Contains(f.Asked.Groups, g.Name)
}

// automatic says what is found out where nothing is asked for.
func (q *request) automatic(value, asked string) string {
	if asked != "" {
		return q.say.Say("web.upload.automatic")
	}
	return q.say.Say("web.upload.found", "value", value)
}
