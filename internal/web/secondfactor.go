package web

import (
	"net/http"

	"meibo/internal/admin"
	"meibo/internal/problem"
)

// secondFactorRoutes are what may be left to do to be signed in completely.
var secondFactorRoutes = []route{
	{http.MethodGet, "/second-factor", signedIn, (*request).secondFactorPage},
	{http.MethodPost, "/second-factor", signedIn, (*request).secondFactor},
	{http.MethodGet, "/profile/password", signedIn, (*request).passwordPage},
	{http.MethodPost, "/profile/password", signedIn, (*request).changePassword},
}

func (q *request) secondFactorPage() error {
	if q.session.Needs != admin.NeedsSecondFactor {
		return q.redirect("/")
	}
	return q.showSecondFactor(http.StatusOK, "")
}

func (q *request) showSecondFactor(status int, sentence string) error {
	return q.show(status, q.bare(q.say.Say("web.second_factor"), secondFactorPage(q, sentence)))
}

// secondFactor completes signing in by the code of an authenticator (I2).
func (q *request) secondFactor() error {
	in, err := q.svc.SecondFactor(q.r.Context(), *q.session, q.r.PostFormValue("code"))
	p, ok := asProblem(err)
	switch {
	case ok && (p.Code == problem.SecondFactorOff || p.Code == problem.SessionOver):
		return q.redirect("/")
	case ok:
		return q.showSecondFactor(statusOf(p), q.say.Problem(p))
	case err != nil:
		return err
	}
	return q.enter(in)
}

func (q *request) passwordPage() error { return q.showPassword(http.StatusOK, trouble{}) }

// showPassword shows the form to change the own password: with nothing beside it
// where it must be changed first.
func (q *request) showPassword(status int, t trouble) error {
	title, content := q.say.Say("web.password.change"), passwordPage(q, t)
	if q.session.Needs == admin.NeedsPassword {
		return q.show(status, q.bare(title, content))
	}
	return q.pageAs(status, title, content)
}

// changePassword changes the own password; only this session goes on (I2, I3).
func (q *request) changePassword() error {
	in, err := q.svc.ChangePassword(q.r.Context(), *q.session, q.r.PostFormValue("present"), q.r.PostFormValue("password"))
	if t, ok := q.ownTrouble(err); ok {
		return q.showPassword(t.Status, t)
	}
	if err != nil {
		return err
	}
	q.keepSession(in.Token)
	if q.session.Needs == admin.NeedsPassword {
		return q.redirect(local(q.value("to")))
	}
	return q.redirect("/profile?said=password")
}

// ownTrouble is what was wrong with a form of the own profile. The page is for
// whoever signed in: that a password or a code is wrong does not forbid it.
func (q *request) ownTrouble(err error) (trouble, bool) {
	t, ok := q.trouble(err)
	if t.Status == http.StatusForbidden {
		t.Status = http.StatusUnprocessableEntity
	}
	return t, ok
}
