package web

import (
	"net/http"

	"meibo/internal/admin"
	"meibo/internal/member"
)

var batchRoutes = []route{
	{http.MethodGet, "/batch", reading(member.MembersArea), (*request).batch},
}

// A batchForm is what the page shows: how many members there are, and what went
// wrong with a file that was sent.
type batchForm struct {
	Members int64
	Problem string
}

func (q *request) batch() error { return q.showBatch(http.StatusOK, "") }

func (q *request) showBatch(status int, problem string) error {
	everyone, err := q.svc.Members(q.r.Context(), q.actor, admin.Which{}, "", 0)
	if err != nil {
		return err
	}
	return q.pageAs(status, q.say.Say("web.nav.batch"), batchPage(q, batchForm{Members: everyone.Total, Problem: problem}))
}
