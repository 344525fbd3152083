package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

var memberRoutes = []route{
	{http.MethodGet, "/members", reading(member.MembersArea), (*request).members},
	{http.MethodPost, "/members/columns", reading(member.MembersArea), (*request).chooseColumns},
	{http.MethodPost, "/members/batch", writing(member.MembersArea), (*request).batchEdit},
}

// shownMembers is how many members a page of the list has.
const shownMembers = 50

// A listQuery is what a reader asks the list of members for. It stands in the
// address, so that a page can be kept, sent and gone back to.
type listQuery struct {
	Search string
	Filter string   // name of a saved filter, or an expression
	Groups []string // IDs
	At     store.PageAt
}

func (q *request) listQuery() listQuery {
	l := listQuery{Search: q.value("search"), Filter: q.value("filter"), Groups: slices.DeleteFunc(slices.Clone(q.r.Form["group"]), isEmpty)}
	l.At.After, _ = strconv.ParseInt(q.value("after"), 10, 64) // anything else is the first page
	if l.At.After <= 0 {
		l.At.After = 0
		l.At.Before, _ = strconv.ParseInt(q.value("before"), 10, 64)
		l.At.Before = max(0, l.At.Before)
	}
	l.At.Last = q.value("last") != "" && l.At.After == 0 && l.At.Before == 0
	l.At.Descending = q.value("sort") == "down"
	return l
}

func isEmpty(s string) bool { return s == "" }

func (l listQuery) which() admin.Which { return admin.Which{Groups: l.Groups, Filter: l.Filter} }

// narrow reports whether not everybody is asked for.
func (l listQuery) narrow() bool { return l.Search != "" || l.Filter != "" || len(l.Groups) > 0 }

// values are the query as an address has it, without the place of the page.
func (l listQuery) values() url.Values {
	v := url.Values{}
	for name, value := range map[string]string{"search": l.Search, "filter": l.Filter} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if len(l.Groups) > 0 {
		v["group"] = l.Groups
	}
	if l.At.Descending {
		v.Set("sort", "down")
	}
	return v
}

// path is the address of the list with more pairs of name and value.
func (l listQuery) path(pairs ...string) string {
	v := l.values()
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	if len(v) == 0 {
		return "/members"
	}
	return "/members?" + v.Encode()
}

// turned is the query in the other order.
func (l listQuery) turned() listQuery {
	l.At = store.PageAt{Descending: !l.At.Descending}
	return l
}

// A memberList is the page of the list.
type memberList struct {
	Query   listQuery
	Page    admin.MemberPage
	Columns []string // chosen, in their order
	Moved   string   // do=… of the button that was pressed in the panel of columns; empty: it is closed
	Masters *plan.Masters
	Filters []store.Filter // that the reader may use
	Said    deed
	Erased  string // ID of who was erased just now; empty if nobody was
	Problem string // what is wrong with the query, as a sentence
	show    func(*member.Member, string) string
}

func (q *request) members() error {
	list, err := q.memberList()
	status := http.StatusOK
	if p, ok := asProblem(err); ok && p.Kind != problem.Forbidden {
		list.Problem, status = q.say.Problem(p), statusOf(p)
	} else if err != nil {
		return err
	}
	if q.partial() {
		return q.show(status, memberTable(q, &list))
	}
	return q.pageAs(status, q.say.Say("web.nav.members"), membersPage(q, &list))
}

// memberList reads one page of the list. With a problem of the query, what does
// not depend on it is there.
func (q *request) memberList() (list memberList, err error) {
	ctx := q.r.Context()
	list.Query, list.Moved = q.listQuery(), q.value("columns")
	if list.Columns, err = q.svc.ListColumns(ctx, q.actor); err != nil {
		return list, err
	}
	if list.Masters, err = q.svc.Masters(ctx, q.actor); err != nil {
		return list, err
	}
	if id, err := admin.MemberID(q.value("erased")); err == nil {
		list.Erased = strconv.FormatInt(id, 10)
	}
	list.show = admin.Show(q.actor, list.Masters)
	if q.may(member.FiltersArea, member.ReadAccess) {
		if list.Filters, err = q.svc.Filters(ctx, q.actor); err != nil {
			return list, err
		}
	}
	if list.Said, err = q.deed(); err != nil {
		return list, err
	}
	list.Page, err = q.svc.MemberPage(ctx, q.actor, list.Query.which(), list.Query.Search, list.Query.At, shownMembers)
	if err == nil && len(list.Page.Members) == 0 && list.Query.At.Before+list.Query.At.After > 0 { // gone meanwhile
		list.Query.At = store.PageAt{Descending: list.Query.At.Descending}
		list.Page, err = q.svc.MemberPage(ctx, q.actor, list.Query.which(), list.Query.Search, list.Query.At, shownMembers)
	}
	return list, err
}

// A deed is what the page before did, to be told on this one.
type deed struct {
	Import store.Import // the plan that was applied; ID 0 if none was
	Notes  []string     // its warnings, as sentences
}

// deed reads which import the page before made.
func (q *request) deed() (deed, error) {
	id, err := strconv.ParseInt(q.value("done"), 10, 64)
	if err != nil {
		return deed{}, nil //nolint:nilerr // nothing was done
	}
	imp, err := q.svc.Import(q.r.Context(), q.actor, id)
	if _, isProblem := asProblem(err); isProblem {
		return deed{}, nil
	}
	if err != nil || imp.State != store.Applied {
		return deed{}, err
	}
	found, err := q.svc.Problems(q.r.Context(), q.actor, imp, 10)
	s := deed{Import: imp}
	for _, w := range found.Warnings {
		s.Notes = append(s.Notes, q.say.Problem(w.Problem))
	}
	return s, err
}

// columnLabel is what a column of a list, or an input, is called.
func (q *request) columnLabel(masters *plan.Masters, identifier string) string {
	f, ok := masters.Field(identifier)
	if !ok {
		return q.say.Attribute(identifier)
	}
	if q.say.Lang() == "ja" {
		return f.LabelJA
	}
	return f.LabelEN
}

// cell is the text of a column as people read it: choices by their labels, code
// words in the reader's language.
func (q *request) cell(list *memberList, m *member.Member, identifier string) string {
	return q.worded(list.Masters, identifier, list.show(m, identifier))
}

// worded says what a file writes of an attribute in the reader's words.
func (q *request) worded(masters *plan.Masters, identifier, text string) string {
	if text == "" {
		return ""
	}
	if f, ok := masters.Field(identifier); ok {
		return q.wordedField(f, text)
	}
	switch identifier {
	case member.LoginAllowed.String():
		return q.yesNo(text == "1")
	case member.SystemRole.String():
		return q.say.Say("web.role." + text)
	case member.SystemPermission.String():
		return q.say.Say("web.permission." + text)
	case member.Groups.String():
		return strings.Join(member.SplitValues(text), ", ")
	case member.BrandPolicy.String():
		for _, p := range masters.Policies {
			if p.Code == text && p.Name != "" {
				return p.Name
			}
		}
	case member.Role.String():
		for _, r := range masters.Roles {
			if r.Code == text {
				return r.Name
			}
		}
	}
	return text
}

func (q *request) yesNo(yes bool) string {
	if yes {
		return q.say.Say("word.yes")
	}
	return q.say.Say("word.no")
}

func (q *request) wordedField(f *member.Field, text string) string {
	switch {
	case f.Type == member.Boolean:
		return q.yesNo(text == "1")
	case !f.Type.HasChoices():
		return text
	}
	keys := member.SplitValues(text)
	for i, key := range keys {
		if at := slices.IndexFunc(f.Choices, func(c member.Choice) bool { return c.Key == key }); at >= 0 {
			keys[i] = f.Choices[at].Shown()
		}
	}
	return strings.Join(keys, ", ")
}

// memberCount says how many members a list has.
func (q *request) memberCount(p admin.MemberPage) string {
	if p.AtLeast {
		return q.say.Say("web.members.count.more", "n", p.Total)
	}
	return q.say.Say("web.members.count", "n", p.Total)
}

// selectAll is the label of what selects whoever the list names, on all its pages.
func (q *request) selectAll(p admin.MemberPage) string {
	if p.AtLeast {
		return q.say.Say("web.members.select.all")
	}
	return q.say.Say("web.members.select.all_of", "n", p.Total)
}

// chooseColumns adds, removes or moves one column of the reader's own list.
func (q *request) chooseColumns() error {
	columns, err := q.svc.ListColumns(q.r.Context(), q.actor)
	if err != nil {
		return err
	}
	do := q.value("do")
	verb, identifier, _ := strings.Cut(do, ":")
	if verb == "add" {
		identifier = q.value("column")
	}
	at := slices.Index(columns, identifier)
	switch {
	case verb == "add" && at < 0 && identifier != "":
		columns = append(columns, identifier)
	case verb == "remove" && at >= 0:
		columns = slices.Delete(columns, at, at+1)
	case verb == "up" && at > 0:
		columns[at-1], columns[at] = columns[at], columns[at-1]
	case verb == "down" && at >= 0 && at < len(columns)-1:
		columns[at+1], columns[at] = columns[at], columns[at+1]
	}
	if err := q.svc.SetListColumns(q.r.Context(), q.actor, columns); err != nil {
		return err
	}
	return q.redirect(q.listQuery().path("columns", do))
}

// columnsToAdd are those that the list does not show.
func (l *memberList) columnsToAdd() []string {
	return slices.DeleteFunc(admin.Columns(l.Masters), func(c string) bool {
		return c == member.MemberID.String() || slices.Contains(l.Columns, c)
	})
}
