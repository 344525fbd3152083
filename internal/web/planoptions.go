package web

import (
	"maps"
	"strconv"

	"meibo/internal/member"
	"meibo/internal/plan"
)

// mostColumns bounds what is read of a form of columns; files have fewer (SPEC F11).
const mostColumns = 20_000

// ignored is what a column is chosen to mean that is not to be read.
const ignored = "-"

// uploadForm reads the form of an upload.
func (q *request) uploadForm() (uploadForm, error) {
	f := uploadForm{Replaces: q.seq("replaces"), Mapping: q.value("mapping"), Asked: q.planOptions()}
	if f.Asked.Layout != "" && f.Asked.Layout != q.layoutWas() {
		f.forgetDefaults()
	}
	saved := map[string]string{}
	if f.Mapping != "" {
		m, err := q.svc.SavedMapping(q.r.Context(), q.actor, f.Mapping)
		if err != nil {
			return f, err
		}
		for header, attribute := range m {
			saved[member.FoldHeader(header)] = attribute
		}
		f.Asked.Map = m
	}
	q.mapColumns(&f.Asked, saved, f.Mapping != q.value("mapping_was"))
	return f, nil
}

// layoutWas is the layout of which the form shows the defaults.
func (q *request) layoutWas() plan.Layout { return plan.Layout(q.value("layout_was")) }

// forgetDefaults lets the layout decide what a form of another layout said.
func (f *uploadForm) forgetDefaults() {
	f.Asked.Match, f.Asked.New, f.Asked.BadRows, f.Asked.Blank, f.Asked.Conflicts = nil, "", "", "", ""
}

// planOptions reads the options of a form, but for those of columns. Admin and plan
// judge them.
func (q *request) planOptions() plan.Options {
	o := plan.Options{Layout: plan.Layout(q.value("layout")), Charset: q.value("charset"), Delimiter: q.r.FormValue("delimiter"), Sheet: q.value("sheet"),
		New: q.value("new"), Blank: q.value("blank"), Conflicts: q.value("conflicts"), BadRows: q.value("bad_rows"), SyncWithin: q.value("sync_within"),
		Match: q.r.Form["match"], Only: q.r.Form["only"], Groups: q.r.Form["groups"]}
	for name, option := range map[string]*bool{"sync": &o.Sync, "random_passwords": &o.RandomPassword, "reset_passwords": &o.ResetPasswords,
		"add_groups": &o.AddGroups, "create_groups": &o.CreateGroups, "welcome": &o.Welcome, "hold_mails": &o.HoldMails} {
		*option = q.value(name) != ""
	}
	if !o.Sync {
		o.SyncWithin = ""
	}
	return o
}

// mapColumns adds what was chosen for columns, as far as it is another than what
// their headers mean, or the saved mapping says. A mapping that was chosen just now
// wins over what the form says of before.
func (q *request) mapColumns(o *plan.Options, saved map[string]string, justChosen bool) {
	chosen := maps.Clone(o.Map)
	if chosen == nil {
		chosen = map[string]string{}
	}
	for i := range mostColumns {
		n := strconv.Itoa(i)
		if !q.r.Form.Has("column." + n) {
			break
		}
		header, means, found := q.r.FormValue("header."+n), q.value("column."+n), q.value("found."+n)
		by, has := saved[member.FoldHeader(header)]
		switch {
		case means == "" || justChosen && has:
		case means == ignored:
			o.IgnoreColumns = append(o.IgnoreColumns, header)
		case means != found || has && means != by:
			maps.DeleteFunc(chosen, func(other, _ string) bool { return member.FoldHeader(other) == member.FoldHeader(header) })
			chosen[header] = means
		}
	}
	if o.Map = chosen; len(chosen) == 0 {
		o.Map = nil
	}
}

// chosenColumns is what all columns of a form mean, to be saved as a mapping.
func (q *request) chosenColumns() map[string]string {
	m := map[string]string{}
	for i := range mostColumns {
		n := strconv.Itoa(i)
		if !q.r.Form.Has("column." + n) {
			break
		}
		if means := q.value("column." + n); means != "" && means != ignored {
			m[q.r.FormValue("header."+n)] = means
		}
	}
	return m
}
