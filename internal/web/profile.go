package web

import (
	"net/http"

	"meibo/internal/admin"
	"meibo/internal/store"
)

// profileRoutes are everybody's own, whatever their role (I3).
var profileRoutes = []route{
	{http.MethodGet, "/profile", signedIn, (*request).profile},
	{http.MethodPost, "/profile/name", signedIn, (*request).setOwnName},
	{http.MethodPost, "/profile/language", signedIn, (*request).setOwnLanguage},
	{http.MethodPost, "/profile/email", signedIn, (*request).requestEmail},
	{http.MethodPost, "/profile/sign-out", signedIn, (*request).signOutEverywhere},
}

// A profileForm is the own profile with what was typed.
type profileForm struct {
	admin.Profile
	Name, Email string
	trouble
	done
}

func (q *request) profile() error {
	return q.showProfile(http.StatusOK, profileForm{Name: q.session.Member.Name})
}

func (q *request) showProfile(status int, f profileForm) error {
	var err error
	if f.Profile, err = q.svc.Profile(q.r.Context(), q.actor); err != nil {
		return err
	}
	if f.done, err = q.done(); err != nil {
		return err
	}
	return q.pageAs(status, q.say.Say("web.profile"), profilePage(q, f))
}

// changed shows the profile after a form of it: with what was wrong, or anew.
func (q *request) changed(err error, f profileForm, what string) error {
	var ok bool
	if f.trouble, ok = q.ownTrouble(err); ok {
		return q.showProfile(f.Status, f)
	}
	if err != nil {
		return err
	}
	return q.redirect(after("/profile", what, store.Import{}))
}

func (q *request) setOwnName() error {
	name := q.value("name")
	return q.changed(q.svc.SetOwnName(q.r.Context(), q.actor, name), profileForm{Name: name}, "changed")
}

func (q *request) setOwnLanguage() error {
	return q.changed(q.svc.SetOwnLanguage(q.r.Context(), q.actor, q.value("language")), profileForm{Name: q.session.Member.Name}, "changed")
}

func (q *request) requestEmail() error {
	f := profileForm{Name: q.session.Member.Name, Email: q.value("email")}
	return q.changed(q.svc.RequestEmail(q.r.Context(), q.actor, f.Email), f, "asked")
}

// signOutEverywhere ends all own sessions, this one too (I2).
func (q *request) signOutEverywhere() error {
	if err := q.svc.SignOutEverywhere(q.r.Context(), *q.session); err != nil {
		return err
	}
	q.forgetSession()
	return q.redirect("/sign-in?said=out")
}
