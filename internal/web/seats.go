package web

import (
	"net/http"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/store"
)

var seatRoutes = []route{
	{http.MethodGet, "/seats", reading(member.ImportsArea), (*request).subscription},
	{http.MethodPost, "/seats", ownersOf, (*request).setSeats},
}

// A seatsForm is the number of seats as it was typed; empty is unlimited.
type seatsForm struct {
	Seats string
	trouble
}

func (q *request) subscription() error {
	now, err := q.svc.Seats(q.r.Context(), q.actor)
	if err != nil {
		return err
	}
	f := seatsForm{}
	if now.Limit != nil {
		f.Seats = number(*now.Limit)
	}
	return q.showSeats(http.StatusOK, now, f)
}

func (q *request) showSeats(status int, now admin.SeatsNow, f seatsForm) error {
	d, err := q.done()
	if err != nil {
		return err
	}
	points, err := q.svc.Growth(q.r.Context(), q.actor)
	if err != nil {
		return err
	}
	return q.pageAs(status, q.say.Say("web.nav.seats"), seatsPage(q, now, f, d, newGrowth(points)))
}

// setSeats changes the subscription (M6).
func (q *request) setSeats() error {
	limit, err := seatsOf(q.value("seats"))
	if err == nil {
		_, err = q.svc.SetSeats(q.r.Context(), q.actor, limit)
	}
	if t, ok := q.trouble(err); ok {
		now, err := q.svc.Seats(q.r.Context(), q.actor)
		if err != nil {
			return err
		}
		return q.showSeats(t.Status, now, seatsForm{q.value("seats"), t})
	}
	if err != nil {
		return err
	}
	return q.redirect(after("/seats", "changed", store.Import{}))
}
