package web

import (
	"net/http"
	"net/url"
	"strings"

	"meibo/internal/admin"
	"meibo/internal/problem"
)

// keepSession gives the browser a session. Its cookie is of this site alone, no
// script reads it, and it goes over an encrypted connection where there is one.
func (q *request) keepSession(token string) {
	http.SetCookie(q.w, q.cookie(sessionCookie, token, 0))
}

func (q *request) forgetSession() { http.SetCookie(q.w, q.cookie(sessionCookie, "", -1)) }

func (q *request) cookie(name, value string, age int) *http.Cookie {
	return &http.Cookie{Name: name, Value: value, Path: q.path("/"), MaxAge: age, HttpOnly: true, Secure: q.encrypted(), SameSite: http.SameSiteLaxMode}
}

// encrypted reports whether the browser's connection is: here, or at the proxy
// before us.
func (q *request) encrypted() bool {
	return q.r.TLS != nil || q.r.Header.Get("X-Forwarded-Proto") == "https"
}

// enter keeps a session and goes where signing in led from, or to what must be
// done first.
func (q *request) enter(in admin.SignedIn) error {
	if in.Token == "" { // who may not sign in yet
		return q.redirect("/sign-in?said=later")
	}
	q.keepSession(in.Token)
	switch in.Needs {
	case admin.NeedsSecondFactor:
		return q.redirect("/second-factor" + q.onward())
	case admin.NeedsPassword:
		return q.redirect("/profile/password" + q.onward())
	}
	return q.redirect(local(q.value("to")))
}

// onward carries where signing in led from through what must be done first.
func (q *request) onward() string {
	if to := local(q.value("to")); to != "/" {
		return "?to=" + escape(to)
	}
	return ""
}

// local is a path of ours as it came with a request, or the first page: never a
// way to another site.
func local(path string) string {
	odd := strings.ContainsFunc(path, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '\\' }) // browsers leave some of them out
	u, err := url.Parse(path)
	if odd || err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") {
		return "/"
	}
	return path
}

// askToSignIn sends who is not signed in to where they can, and back afterwards.
func (q *request) askToSignIn() error {
	to := ""
	if q.r.Method == http.MethodGet && !q.partial() && q.r.URL.Path != "/" {
		to = "?to=" + escape(q.r.URL.RequestURI())
	}
	if err := q.redirect("/sign-in" + to); err != nil {
		return err
	}
	return errAnswered
}

// finishSignIn sends who signed in and still has something to do to where it is
// done; that page itself is shown.
func (q *request) finishSignIn(err error) error {
	p, ok := asProblem(err)
	if !ok {
		return err
	}
	to := map[problem.Code]string{problem.SecondFactorNeeded: "/second-factor", problem.PasswordMustChange: "/profile/password"}[p.Code]
	switch {
	case to == "":
		return err
	case q.r.URL.Path == to || q.r.URL.Path == "/sign-out":
		return nil
	}
	if err := q.redirect(to); err != nil {
		return err
	}
	return errAnswered
}
