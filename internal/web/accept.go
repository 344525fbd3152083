package web

import (
	"net/http"

	"meibo/internal/admin"
	"meibo/internal/locale"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// acceptRoutes are those of the link of an invitation. The first page of a link
// knows nothing: the token stands behind #, and its script sends it on as a form.
var acceptRoutes = []route{
	{http.MethodGet, "/invitation", anybody, (*request).openInvitation},
	{http.MethodPost, "/invitation", anybody, (*request).invitation},
	{http.MethodPost, "/invitation/accept", anybody, (*request).acceptInvitation},
}

// A mailed is the link of a mail that was followed: its page, and its token.
type mailed struct{ Path, Token string }

// rightsOf is what an invitation makes of somebody beside a member; empty for no more.
func rightsOf(i plan.Invitation) string {
	switch {
	case i.Role.IsOwner():
		return "owner"
	case i.Permission == member.Admin:
		return "admin"
	}
	return ""
}

// An acceptForm is what somebody who was invited sees and types.
type acceptForm struct {
	Org        string
	Invitation plan.Invitation
	Name       string
	Policy     member.PasswordPolicy
	Problem    string
}

func (q *request) openInvitation() error { return q.linkPage("/invitation") }

// linkPage is the page that a link in a mail opens.
func (q *request) linkPage(path string) error {
	return q.show(http.StatusOK, q.bare(q.say.Say("web.link"), followPage(q, path)))
}

// follow reads the token that a page was sent, and speaks the language that was
// chosen on it. A token is only ever taken from a form: addresses are kept.
func (q *request) follow(path string) string {
	q.mailed = mailed{path, q.r.PostFormValue("token")}
	if language := q.r.PostFormValue("language"); language != "" {
		language = locale.Match(language)
		http.SetCookie(q.w, q.cookie(languageCookie, language, yearSeconds))
		q.speak(language)
	}
	return q.mailed.Token
}

// languageForm is what choosing a language is sent to: where a link was followed
// its own page, which must not lose the token.
func (q *request) languageForm() string {
	if q.mailed.Token != "" {
		return q.mailed.Path
	}
	return "/language"
}

// deadLink says calmly that a link leads nowhere.
func (q *request) deadLink(err error) error {
	p, ok := asProblem(err)
	if !ok {
		return err
	}
	q.mailed = mailed{}
	return q.show(statusOf(p), q.bare(q.say.Say("web.link.dead"), deadLinkPage(q, q.say.Problem(p))))
}

// under has what follows be pages of an organisation: links in mails are followed
// outside of its path.
func (q *request) under(org store.Organisation) error {
	_, err := q.svc.SignInOrganisation(q.r.Context(), "")
	if p, ok := asProblem(err); ok && p.Code == problem.OrganisationNeeded {
		q.base, err = "/o/"+org.Code, nil
	}
	return err
}

func (q *request) invitation() error {
	if err := q.limited(); err != nil {
		return err
	}
	return q.showInvitation(http.StatusOK, "")
}

func (q *request) showInvitation(status int, sentence string) error {
	org, i, err := q.svc.ParseInvitationToken(q.r.Context(), q.follow("/invitation"))
	if err != nil {
		return q.deadLink(err)
	}
	f := acceptForm{Org: org.Name, Invitation: i, Name: q.value("name"), Policy: org.Settings.PasswordPolicy(), Problem: sentence}
	return q.show(status, q.bare(q.say.Say("web.invitation", "org", org.Name), acceptPage(q, f)))
}

// acceptInvitation makes a member of who has the link, and signs them in (I1).
func (q *request) acceptInvitation() error {
	if err := q.limited(); err != nil {
		return err
	}
	token := q.follow("/invitation")
	org, _, err := q.svc.ParseInvitationToken(q.r.Context(), token)
	if err != nil {
		return q.deadLink(err)
	}
	with := admin.Acceptance{Name: q.value("name"), Password: q.r.PostFormValue("password"), Language: q.value("language")}
	in, err := q.svc.Accept(q.r.Context(), token, with)
	if p, ok := asProblem(err); ok {
		return q.showInvitation(statusOf(p), q.say.Problem(p))
	}
	if err != nil {
		return err
	}
	if err := q.under(org); err != nil {
		return err
	}
	return q.enter(in)
}
