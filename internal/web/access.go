package web

import (
	"net/http"

	"meibo/internal/member"
	"meibo/internal/store"
)

var accessRoutes = []route{
	{http.MethodGet, "/access", reading(member.RolesArea), (*request).defaultAccess},
	{http.MethodPost, "/access", writing(member.RolesArea), (*request).setDefaultAccess},
}

// defaultAccess is what member + write may without a role (G5).
func (q *request) defaultAccess() error {
	access, err := q.svc.DefaultAccess(q.r.Context(), q.actor)
	if err != nil {
		return err
	}
	return q.page(q.say.Say("web.access"), accessPage(q, access, trouble{}))
}

func (q *request) setDefaultAccess() error {
	typed := q.typedAccess()
	_, err := q.svc.SetDefaultAccess(q.r.Context(), q.actor, func(member.Access) (member.Access, error) { return typed, nil })
	if t, ok := q.trouble(err); ok {
		return q.pageAs(t.Status, q.say.Say("web.access"), accessPage(q, typed, t))
	}
	if err != nil {
		return err
	}
	return q.redirect(after("/roles", "changed", store.Import{}))
}
