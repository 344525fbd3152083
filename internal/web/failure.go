package web

import (
	"context"
	"errors"
	"net/http"

	"meibo/internal/problem"
)

// statuses are those of kinds of problems (RFC 9110, section 15).
var statuses = map[problem.Kind]int{
	problem.Invalid: http.StatusUnprocessableEntity, problem.NotFound: http.StatusNotFound, problem.Forbidden: http.StatusForbidden,
	problem.Conflict: http.StatusConflict, problem.TooLarge: http.StatusRequestEntityTooLarge, problem.Stale: http.StatusConflict,
}

// statusOf returns the status of a problem.
func statusOf(p problem.Problem) int {
	if s, ok := statuses[p.Kind]; ok {
		return s
	}
	return http.StatusUnprocessableEntity
}

// asProblem returns the problem that an error is, if it is one a person can act on.
func asProblem(err error) (problem.Problem, bool) {
	var p problem.Problem
	ok := errors.As(err, &p)
	return p, ok
}

// fail shows what a handler returned: a problem as its sentence, anything else as
// a number that the log has with the reason.
func (q *request) fail(err error) {
	if errors.Is(err, errAnswered) {
		return
	}
	if p, ok := asProblem(err); ok {
		q.showFailure(statusOf(p), q.failureTitle(statusOf(p)), q.say.Problem(p))
		return
	}
	if errors.Is(err, context.Canceled) && q.r.Context().Err() != nil {
		return // the reader has gone
	}
	q.log.Error("request failed", "request", q.id, "route", q.r.Pattern, "error", err.Error())
	q.incident()
}

// errAnswered says that the request is answered, and nothing more is to be done.
var errAnswered = errors.New("answered")

// incident tells that something went wrong that is ours to mend.
func (q *request) incident() {
	q.showFailure(http.StatusInternalServerError, q.say.Say("web.incident.title"), q.say.Say("web.incident", "number", q.id))
}

// refuse shows a sentence of the catalogues as an error.
func (q *request) refuse(status int, key string) {
	q.showFailure(status, q.failureTitle(status), q.say.Say(key))
}

// failureTitle tells what is not there, and what is not for the reader, from what
// went wrong.
func (q *request) failureTitle(status int) string {
	switch status {
	case http.StatusNotFound:
		return q.say.Say("web.error.not_found")
	case http.StatusForbidden:
		return q.say.Say("web.error.forbidden")
	}
	return q.say.Say("web.error.title")
}

func (q *request) showFailure(status int, title, sentence string) {
	var err error
	if q.forScript() {
		err = q.answerScript(status, map[string]string{"problem": sentence})
	} else if q.partial() {
		q.w.Header().Set("HX-Retarget", "#alert")
		q.w.Header().Set("HX-Reswap", "innerHTML")
		err = q.show(status, alert(sentence))
	} else {
		err = q.pageAs(status, title, failurePage(q, title, sentence))
	}
	if err != nil {
		q.log.Error("error page", "request", q.id, "error", err.Error())
		http.Error(q.w, sentence, status)
	}
}

func (q *request) unknownPage() error {
	q.refuse(http.StatusNotFound, "web.error.page")
	return nil
}
