package web

import (
	"net/http"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/store"
)

var roleRoutes = []route{
	{http.MethodGet, "/roles", reading(member.RolesArea), (*request).roles},
	{http.MethodPost, "/roles", writing(member.RolesArea), (*request).addRole},
	{http.MethodGet, "/roles/{id}", reading(member.RolesArea), (*request).role},
	{http.MethodPost, "/roles/{id}", writing(member.RolesArea), (*request).editRole},
	{http.MethodGet, "/roles/{id}/delete", reading(member.RolesArea), (*request).askToDeleteRole},
	{http.MethodPost, "/roles/{id}/delete", writing(member.RolesArea), (*request).deleteRole},
}

// A roleForm is a role as it was typed.
type roleForm struct {
	member.CodedRole
	trouble
}

// A rolesList is what the page of all roles shows.
type rolesList struct {
	All     []admin.RoleInUse
	Default member.Access // of who has no role
	Most    int64         // how many roles there can be
	Adding  roleForm
	Done    done
}

// levelName is the name of the inputs that say how far an area is open.
func levelName(area member.Area) string { return "access." + string(area) }

// typedAccess reads how far each area is to be open. Words that are none open
// nothing.
func (q *request) typedAccess() member.Access {
	var a member.Access
	for _, area := range member.Areas() {
		for _, level := range []member.Level{member.ReadAccess, member.WriteAccess} {
			if q.value(levelName(area)) == level.String() {
				a = a.With(area, level)
			}
		}
	}
	return a
}

func (q *request) typedRole() member.CodedRole {
	return member.CodedRole{Code: q.value("code"), Name: q.value("name"), Access: q.typedAccess()}
}

func (q *request) roles() error { return q.showRoles(http.StatusOK, roleForm{}) }

func (q *request) showRoles(status int, f roleForm) (err error) {
	l := rolesList{Adding: f, Most: q.actor.Org.Settings.Count(plan.RolesMax)}
	if l.All, err = q.svc.Roles(q.r.Context(), q.actor); err != nil {
		return err
	}
	if l.Default, err = q.svc.DefaultAccess(q.r.Context(), q.actor); err != nil {
		return err
	}
	if l.Done, err = q.done(); err != nil {
		return err
	}
	return q.pageAs(status, q.say.Say("web.nav.roles"), rolesPage(q, l))
}

func (q *request) addRole() error {
	typed := q.typedRole()
	_, err := q.svc.AddRole(q.r.Context(), q.actor, typed)
	if t, ok := q.trouble(err); ok {
		return q.showRoles(t.Status, roleForm{typed, t})
	}
	if err != nil {
		return err
	}
	return q.redirect(after("/roles", "added", store.Import{}))
}

func (q *request) role() error {
	r, err := q.svc.Role(q.r.Context(), q.actor, q.r.PathValue("id"))
	if err != nil {
		return err
	}
	return q.page(r.Name, rolePage(q, r, roleForm{CodedRole: r.CodedRole}))
}

func (q *request) editRole() error {
	code, typed := q.r.PathValue("id"), q.typedRole()
	_, err := q.svc.EditRole(q.r.Context(), q.actor, code, admin.RoleEdit{Code: &typed.Code, Name: &typed.Name,
		Access: func(member.Access) (member.Access, error) { return typed.Access, nil }})
	if t, ok := q.trouble(err); ok {
		r, err := q.svc.Role(q.r.Context(), q.actor, code)
		if err != nil {
			return err
		}
		return q.pageAs(t.Status, r.Name, rolePage(q, r, roleForm{typed, t}))
	}
	if err != nil {
		return err
	}
	return q.redirect(after("/roles", "changed", store.Import{}))
}

func (q *request) askToDeleteRole() error { return q.showRoleDeletion(http.StatusOK, trouble{}) }

func (q *request) showRoleDeletion(status int, t trouble) error {
	r, err := q.svc.Role(q.r.Context(), q.actor, q.r.PathValue("id"))
	if err != nil {
		return err
	}
	all, err := q.svc.Roles(q.r.Context(), q.actor)
	if err != nil {
		return err
	}
	var others []successor
	for _, other := range all {
		if other.ID != r.ID {
			others = append(others, successor{other.Code, other.Name})
		}
	}
	return q.pageAs(status, r.Name, retirement(q, "/roles/", r.Code, r.Name, "web.roles.delete", r.Use, others, t))
}

func (q *request) deleteRole() error {
	imp, err := q.svc.DeleteRole(q.r.Context(), q.actor, q.r.PathValue("id"), q.value("move_to"))
	if t, ok := q.trouble(err); ok {
		return q.showRoleDeletion(t.Status, t)
	}
	if err != nil {
		return err
	}
	return q.redirect(after("/roles", "deleted", imp))
}
