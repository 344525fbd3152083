package web

import (
	"net/http"

	"meibo/internal/admin"
	"meibo/internal/member"
)

var memberRoutes = []route{
	{http.MethodGet, "/members", reading(member.MembersArea), (*request).members},
}

// shownMembers is how many members a page of the list has.
const shownMembers = 50

func (q *request) members() error {
	list, err := q.svc.Members(q.r.Context(), q.actor, admin.Which{}, q.value("search"), shownMembers)
	if err != nil {
		return err
	}
	if q.partial() {
		return q.show(http.StatusOK, memberTable(q, list))
	}
	return q.page(q.say.Say("web.nav.members"), membersPage(q, list))
}
