package web

import (
	"net/http"

	"meibo/internal/admin"
)

// forgottenRoutes are those of links to a new password and to a new address.
var forgottenRoutes = []route{
	{http.MethodGet, "/forgotten", anybody, (*request).forgottenPage},
	{http.MethodPost, "/forgotten", anybody, (*request).forgotten},
	{http.MethodGet, "/password", anybody, (*request).passwordLink},
	{http.MethodPost, "/password", anybody, (*request).passwordByLink},
	{http.MethodPost, "/password/set", anybody, (*request).setPasswordByLink},
	{http.MethodGet, "/email", anybody, (*request).emailLink},
	{http.MethodPost, "/email", anybody, (*request).confirmEmail},
}

func (q *request) forgottenPage() error {
	org, err := q.organisation()
	if err != nil {
		return q.withoutOrganisation(err)
	}
	return q.show(http.StatusOK, q.bare(q.say.Say("web.forgotten"), forgottenPage(q, org)))
}

// forgotten mails a link. What it answers tells nobody whether there is such a
// member (I2).
func (q *request) forgotten() error {
	if err := q.limited(); err != nil {
		return err
	}
	org, err := q.organisation()
	if err != nil {
		return q.withoutOrganisation(err)
	}
	if err := q.svc.RequestReset(q.r.Context(), org, q.value("name")); err != nil {
		return err
	}
	return q.redirect("/sign-in?said=sent")
}

func (q *request) passwordLink() error { return q.linkPage("/password") }

func (q *request) passwordByLink() error {
	if err := q.limited(); err != nil {
		return err
	}
	link, err := q.svc.ParsePasswordLink(q.r.Context(), q.follow("/password"))
	if err != nil {
		return q.deadLink(err)
	}
	return q.showPasswordLink(http.StatusOK, link, "")
}

func (q *request) showPasswordLink(status int, link admin.PasswordLink, sentence string) error {
	return q.show(status, q.bare(q.say.Say("web.password.choose"), passwordLinkPage(q, link, sentence)))
}

// setPasswordByLink sets a password; the link dies with it (I2).
func (q *request) setPasswordByLink() error {
	if err := q.limited(); err != nil {
		return err
	}
	token := q.follow("/password")
	link, err := q.svc.ParsePasswordLink(q.r.Context(), token)
	if err != nil {
		return q.deadLink(err)
	}
	err = q.svc.SetPasswordByLink(q.r.Context(), token, q.r.PostFormValue("password"))
	if p, ok := asProblem(err); ok {
		return q.showPasswordLink(statusOf(p), link, q.say.Problem(p))
	}
	if err != nil {
		return err
	}
	if err := q.under(link.Org); err != nil {
		return err
	}
	return q.redirect("/sign-in?said=password")
}

func (q *request) emailLink() error { return q.linkPage("/email") }

// confirmEmail changes the address of whom a link is for, signed in or not (I3).
func (q *request) confirmEmail() error {
	if err := q.limited(); err != nil {
		return err
	}
	org, err := q.svc.ConfirmEmail(q.r.Context(), q.follow("/email"))
	if err != nil {
		return q.deadLink(err)
	}
	if q.session != nil {
		return q.redirect("/profile?said=email")
	}
	if err := q.under(org); err != nil {
		return err
	}
	return q.redirect("/sign-in?said=email")
}
