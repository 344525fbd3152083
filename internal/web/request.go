package web

import (
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"meibo/internal/admin"
	"meibo/internal/locale"
	"meibo/internal/member"
)

// A request is one request with who asks. Handlers are its methods.
type request struct {
	*server
	w     http.ResponseWriter
	r     *http.Request
	route route
	say   *locale.Printer
	slug  string // of the organisation in the path; empty if it is in none
	base  string // what paths begin with: empty or /o/SLUG
	id    string // of the request, as in the log

	session *admin.Session // nil: nobody is signed in
	token   string         // of the session
	actor   admin.Actor    // zero where nobody is signed in, or not completely
	waiting int64          // plans that wait for the reader's approval, for the sidebar

	mailed mailed // the link that the page is for; zero for other pages
}

const (
	sessionCookie  = "meibo"
	languageCookie = "meibo-language"
)

// speak chooses the language: the given one, else what the person last chose on
// this browser, else what the browser asks for.
func (q *request) speak(language string) {
	candidates := []string{language}
	if c, err := q.r.Cookie(languageCookie); err == nil {
		candidates = append(candidates, c.Value)
	}
	for _, part := range strings.Split(q.r.Header.Get("Accept-Language"), ",") {
		tag, _, _ := strings.Cut(part, ";")
		candidates = append(candidates, strings.TrimSpace(tag))
	}
	q.say = locale.New(locale.Match(candidates...)).OnPages()
}

// path returns the path of a page of ours, in the organisation's part.
func (q *request) path(path string) string { return q.base + path }

// redirect sends the browser to a page of ours, after a form too.
func (q *request) redirect(path string) error {
	if q.partial() {
		q.w.Header().Set("HX-Redirect", q.path(path))
		q.w.WriteHeader(http.StatusNoContent)
		return nil
	}
	http.Redirect(q.w, q.r, q.path(path), http.StatusSeeOther)
	return nil
}

// partial reports whether htmx asks for a part of a page.
func (q *request) partial() bool { return q.r.Header.Get("HX-Request") == "true" }

// page shows a whole page.
func (q *request) page(title string, content templ.Component) error {
	return q.pageAs(http.StatusOK, title, content)
}

func (q *request) pageAs(status int, title string, content templ.Component) error {
	if q.session != nil {
		var err error
		if q.waiting, err = q.svc.Approvals(q.r.Context(), q.actor); err != nil {
			return err
		}
	}
	return q.show(status, q.layout(title, content))
}

// show writes a component: a page or a part of one. It is made as a whole first,
// so that an error is no half page.
func (q *request) show(status int, c templ.Component) error {
	var b strings.Builder
	if err := c.Render(q.r.Context(), &b); err != nil {
		return err
	}
	q.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	q.w.Header().Set("Cache-Control", "no-store")
	q.w.WriteHeader(status)
	_, err := q.w.Write([]byte(b.String()))
	if err != nil {
		q.log.Debug("page not delivered", "request", q.id) // the reader has gone
	}
	return nil
}

// may reports whether the reader may do something in an area: for what is
// offered. What is done asks admin.
func (q *request) may(area member.Area, level member.Level) bool { return q.actor.Allows(area, level) }

// value is a trimmed value of the form or the query.
func (q *request) value(name string) string { return member.Trim(q.r.FormValue(name)) }
