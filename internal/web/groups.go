package web

import (
	"net/http"
	"strings"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/sheet"
	"meibo/internal/store"
)

var groupRoutes = []route{
	{http.MethodGet, "/groups", reading(member.GroupsArea), (*request).groups},
	{http.MethodPost, "/groups", writing(member.GroupsArea), (*request).addGroup},
	{http.MethodGet, "/groups/groups.csv", reading(member.GroupsArea), (*request).exportGroups},
	{http.MethodPost, "/groups/groups.csv", writing(member.GroupsArea).withFile(), (*request).importGroups},
	{http.MethodGet, "/groups/{id}", reading(member.GroupsArea), (*request).group},
	{http.MethodPost, "/groups/{id}", writing(member.GroupsArea), (*request).editGroup},
	{http.MethodGet, "/groups/{id}/delete", reading(member.GroupsArea), (*request).askToDeleteGroup},
	{http.MethodPost, "/groups/{id}/delete", writing(member.GroupsArea), (*request).deleteGroup},
}

// A groupForm is a group as it was typed.
type groupForm struct {
	member.Group
	trouble
}

// A groupsList is what the page of all groups shows.
type groupsList struct {
	All       []admin.GroupInUse
	Adding    groupForm
	Done      done
	Imported  *admin.GroupsImported // what a file did just now; nil: there was none
	Importing trouble
}

// groupFilters are the saved filters that ask for a group.
type groupFilters struct {
	Seen   []store.Filter
	Hidden int // how many more that the reader may not see
}

func (q *request) groups() error {
	return q.showGroups(http.StatusOK, groupsList{Adding: groupForm{Group: member.Group{Enabled: true}}})
}

func (q *request) showGroups(status int, l groupsList) (err error) {
	if l.All, err = q.svc.Groups(q.r.Context(), q.actor); err != nil {
		return err
	}
	if l.Done, err = q.done(); err != nil {
		return err
	}
	return q.pageAs(status, q.say.Say("web.nav.groups"), groupsPage(q, l))
}

func (q *request) typedGroup() member.Group {
	return member.Group{Name: q.value("name"), Enabled: q.checked("enabled"), Default: q.checked("default")}
}

func (q *request) addGroup() error {
	typed := q.typedGroup()
	_, err := q.svc.AddGroup(q.r.Context(), q.actor, typed)
	if t, ok := q.trouble(err); ok {
		return q.showGroups(t.Status, groupsList{Adding: groupForm{typed, t}})
	}
	if err != nil {
		return err
	}
	return q.redirect(after("/groups", "added", store.Import{}))
}

func (q *request) group() error {
	g, err := q.svc.Group(q.r.Context(), q.actor, q.r.PathValue("id"))
	if err != nil {
		return err
	}
	return q.page(g.Name, groupPage(q, g, groupForm{Group: g.Group}))
}

func (q *request) editGroup() error {
	id, typed := q.r.PathValue("id"), q.typedGroup()
	_, err := q.svc.EditGroup(q.r.Context(), q.actor, id, admin.GroupEdit{Name: &typed.Name, Enabled: &typed.Enabled, Default: &typed.Default})
	if t, ok := q.trouble(err); ok {
		g, err := q.svc.Group(q.r.Context(), q.actor, id)
		if err != nil {
			return err
		}
		return q.pageAs(t.Status, g.Name, groupPage(q, g, groupForm{typed, t}))
	}
	if err != nil {
		return err
	}
	return q.redirect(after("/groups", "changed", store.Import{}))
}

func (q *request) askToDeleteGroup() error {
	g, err := q.svc.Group(q.r.Context(), q.actor, q.r.PathValue("id"))
	if err != nil {
		return err
	}
	return q.showGroupDeletion(http.StatusOK, g, trouble{})
}

func (q *request) showGroupDeletion(status int, g admin.GroupInUse, t trouble) error {
	filters, hidden, err := q.svc.FiltersWithGroup(q.r.Context(), q.actor, g.Group)
	if err != nil {
		return err
	}
	return q.pageAs(status, g.Name, groupDeletion(q, g, groupFilters{filters, hidden}, t))
}

// asksForNumber reports whether so many members lose a group that their number has
// to be typed in. Files ask for it only where groups were chosen for them (P21).
func (q *request) asksForNumber(g admin.GroupInUse) bool {
	return g.Members > q.actor.Org.Settings.Count(plan.BrakeMemberships)
}

// deleteGroup takes no more members out of the group than the page said it has.
func (q *request) deleteGroup() error {
	if err := q.actor.Insist(member.GroupsArea, member.WriteAccess); err != nil {
		return err
	}
	g, err := q.svc.Group(q.r.Context(), q.actor, q.r.PathValue("id"))
	if err != nil {
		return err
	}
	shown := q.number("members")
	if q.asksForNumber(g) && q.number("accept") != shown {
		return q.showGroupDeletion(http.StatusConflict, g, trouble{Sentence: q.say.Say("web.brake.accept")})
	}
	imp, err := q.svc.DeleteGroup(q.r.Context(), q.actor, q.r.PathValue("id"), shown)
	if t, ok := q.trouble(err); ok {
		if g, err = q.svc.Group(q.r.Context(), q.actor, q.r.PathValue("id")); err != nil { // others came in
			return err
		}
		return q.showGroupDeletion(t.Status, g, t)
	}
	if err != nil {
		return err
	}
	return q.redirect(after("/groups", "group_deleted", imp))
}

// exportGroups sends the file that importGroups takes (G2).
func (q *request) exportGroups() error {
	var b strings.Builder
	csv, err := sheet.NewWriter(&b, sheet.WriterOptions{})
	if err != nil {
		return err
	}
	if err := q.svc.ExportGroups(q.r.Context(), q.actor, csv.Write); err != nil {
		return err
	}
	if err := csv.Flush(); err != nil {
		return err
	}
	return q.attach("groups.csv", "text/csv; charset=utf-8", b.String())
}

func (q *request) importGroups() error {
	u, closeFile, err := q.formFile("file")
	if err == nil {
		defer closeFile()
		return q.bringGroups(u)
	}
	if t, ok := q.trouble(err); ok {
		return q.showGroups(t.Status, groupsList{Importing: t})
	}
	return err
}

func (q *request) bringGroups(u admin.Upload) error {
	got, err := q.svc.ImportGroups(q.r.Context(), q.actor, u, admin.GroupsOptions{WithMembers: q.checked("with_members")})
	if t, ok := q.trouble(err); ok {
		return q.showGroups(t.Status, groupsList{Importing: t})
	}
	if err != nil {
		return err
	}
	status := http.StatusOK
	if got.ProblemsTotal > 0 {
		status = http.StatusUnprocessableEntity
	}
	return q.showGroups(status, groupsList{Imported: &got})
}
