// Package web is the pages: Meibo for people who live in a browser.
//
// Pages are made on the server from templates that the compiler checks
// (*.templ); htmx replaces parts of them. The package holds no rule: whatever a
// person may do is a method of package admin, which asks whether they may. It
// knows no SQL and no spreadsheets.
package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"meibo/internal/admin"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// A Config says how the pages are served.
type Config struct {
	Service *admin.Service
	Log     *slog.Logger
	// SetupCode must be typed to set up the first organisation; empty where only
	// this machine reaches the address (SPEC R0).
	SetupCode string
	Now       func() time.Time // nil: the machine's clock
	// Mails says that a mail server is named here, so that what waits in the outbox
	// leaves. Where it is not, pages say so where they speak of mails.
	Mails bool

	// Answered is told of every request that was answered: the pattern of its route
	// (empty where there is none); nil: nobody is.
	Answered func(route string, status int, took time.Duration)
	// Stop ends when the server is to stop, which open streams then do; nil: never.
	Stop <-chan struct{}
}

// A server answers requests. It is safe for concurrent use.
type server struct {
	svc       *admin.Service
	log       *slog.Logger
	setupCode string
	mails     bool
	now       func() time.Time
	mux       *http.ServeMux
	limits    *rates
	answered  func(route string, status int, took time.Duration)
	stop      <-chan struct{}
}

// New returns the pages.
func New(c Config) http.Handler {
	s := &server{svc: c.Service, log: c.Log, setupCode: c.SetupCode, mails: c.Mails, now: c.Now, stop: c.Stop, mux: http.NewServeMux()}
	if s.now == nil {
		s.now = time.Now
	}
	s.limits = newRates(s.now)
	if s.answered = c.Answered; s.answered == nil {
		s.answered = func(string, int, time.Duration) {}
	}
	for _, r := range routes() {
		s.mux.HandleFunc(r.Method+" "+r.Path, s.serve(r))
	}
	s.mux.HandleFunc("/", s.serve(route{Needs: anybody, handle: (*request).unknownPage}))
	return s.guard(http.HandlerFunc(s.inOrganisation))
}

type slugKey struct{}

// inOrganisation takes /o/SLUG off the path: with several organisations each has
// its pages under its own (SPEC R0).
func (s *server) inOrganisation(w http.ResponseWriter, r *http.Request) {
	rest, under := strings.CutPrefix(r.URL.Path, "/o/")
	if !under {
		s.mux.ServeHTTP(w, r)
		return
	}
	slug, path, more := strings.Cut(rest, "/")
	if !more {
		http.Redirect(w, r, "/o/"+slug+"/", http.StatusMovedPermanently)
		return
	}
	inner := r.Clone(context.WithValue(r.Context(), slugKey{}, slug))
	inner.URL.Path, inner.URL.RawPath = "/"+path, ""
	defer func() {
		r.Pattern = inner.Pattern             // for the log
		r.MultipartForm = inner.MultipartForm // whose files the server removes when it is done with r
	}()
	s.mux.ServeHTTP(w, inner)
}

// serve finds out who asks, and hands over to a route's handler. What it returns
// as an error becomes a page.
func (s *server) serve(route route) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q := &request{server: s, w: w, r: r, route: route, id: requestID(r)}
		if !route.Needs.file {
			r.Body = http.MaxBytesReader(w, r.Body, mostForm)
		}
		err := q.begin()
		if err == nil {
			err = route.handle(q)
		}
		if err != nil {
			q.fail(err)
		}
	}
}

// mostForm is how long the body of a form may be that brings no file, bytes: a
// list of some ten thousand addresses is shorter.
const mostForm = 1 << 20

// begin finds the organisation, the session and the language.
func (q *request) begin() error {
	q.slug, _ = q.r.Context().Value(slugKey{}).(string)
	if q.slug != "" {
		q.base = "/o/" + q.slug
	}
	q.speak("")
	if err := q.recognise(); err != nil {
		return err
	}
	if q.session == nil {
		if q.route.Needs == anybody {
			return nil
		}
		return q.askToSignIn()
	}
	var err error
	if q.actor, err = q.session.Actor(); err != nil && q.route.Needs != anybody {
		return q.finishSignIn(err)
	}
	return nil
}

// recognise reads the session, if there is one. One that is over is none.
func (q *request) recognise() error {
	cookie, err := q.r.Cookie(sessionCookie)
	if err != nil || q.route.Path == staticPath { // these are there without the database, too
		return nil //nolint:nilerr // nobody is signed in
	}
	x, err := q.svc.Session(q.r.Context(), cookie.Value)
	if errors.Is(err, problem.New(problem.SessionOver)) {
		q.forgetSession()
		return nil
	}
	if err != nil {
		return err
	}
	if q.slug != "" && q.slug != x.Org.Code {
		return nil // of another organisation: nobody here
	}
	q.session, q.token = &x, cookie.Value
	language := x.Language
	if language == "" {
		language = x.Org.Settings.Get(plan.Language)
	}
	q.speak(language)
	return nil
}

// organisation is the one to sign in to.
func (q *request) organisation() (store.Organisation, error) {
	return q.svc.SignInOrganisation(q.r.Context(), q.slug)
}
