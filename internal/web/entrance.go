package web

import (
	"cmp"
	"context"
	"crypto/subtle"
	"net/http"
	"net/url"
	"path"
	"strconv"

	"meibo/internal/admin"
	"meibo/internal/locale"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// entranceRoutes are what comes before anything else: signing in and out, and the
// first organisation.
var entranceRoutes = []route{
	{http.MethodGet, "/{$}", signedIn, (*request).home},
	{http.MethodGet, "/sign-in", anybody, (*request).signInPage},
	{http.MethodPost, "/sign-in", anybody, (*request).signIn},
	{http.MethodPost, "/sign-out", anybody, (*request).signOut},
	{http.MethodPost, "/language", anybody, (*request).chooseLanguage},
	{http.MethodGet, "/setup", anybody, (*request).setupPage},
	{http.MethodPost, "/setup", anybody, (*request).setUp},
	{http.MethodPost, "/setup/demo", ownersOf, (*request).finishDemo},
	{http.MethodGet, staticPath, anybody, (*request).static},
}

// staticPath is where the files are that pages are made with: the same for everybody.
const staticPath = "/static/{file}"

func escape(s string) string { return url.QueryEscape(s) }

// home is the members' list, or for who may not see it their own profile.
func (q *request) home() error {
	if reading(member.MembersArea).allows(q) {
		return q.redirect("/members")
	}
	return q.redirect("/profile")
}

// A signInForm is what the page shows again after a try.
type signInForm struct {
	Name, To string
	Org      string // name of the organisation
	Said     string // key of a sentence above the form; empty for none
	Problem  string // what was wrong, as a sentence

	Passkey passkeyForm // zero where there can be none
}

func (q *request) signInPage() error {
	org, err := q.organisation()
	if err != nil {
		return q.withoutOrganisation(err)
	}
	if q.session != nil {
		return q.redirect("/")
	}
	said := map[string]string{"out": "web.signed_out", "later": "web.sign_in.later", "password": "web.sign_in.password_set", "email": "web.sign_in.email_set",
		"sent": "web.sign_in.sent"}[q.value("said")]
	return q.showSignIn(http.StatusOK, org, signInForm{To: q.value("to"), Said: said})
}

func (q *request) showSignIn(status int, org store.Organisation, f signInForm) error {
	f.Org = org.Name
	if admin.PasskeysReady(org) == nil {
		f.Passkey = passkeyForm{"get", "/sign-in/passkey", org.Settings.Get(plan.BaseURL)}
	}
	return q.show(status, q.bare(q.say.Say("web.sign_in"), signInPage(q, f)))
}

// withoutOrganisation sends to setting up, or asks which organisation is meant.
func (q *request) withoutOrganisation(err error) error {
	p, ok := asProblem(err)
	switch {
	case ok && p.Code == problem.NotSetUp:
		return q.redirect("/setup")
	case ok && (p.Code == problem.OrganisationNeeded || p.Code == problem.OrganisationUnknown):
		return q.show(http.StatusNotFound, q.bare(q.say.Say("web.organisation"), whichOrganisation(q)))
	}
	return err
}

func (q *request) signIn() error {
	if err := q.limited(); err != nil {
		return err
	}
	org, err := q.organisation()
	if err != nil {
		return q.withoutOrganisation(err)
	}
	in, err := q.svc.SignIn(q.r.Context(), org, q.value("name"), q.r.PostFormValue("password"))
	if p, ok := asProblem(err); ok {
		return q.showSignIn(statusOf(p), org, signInForm{Name: q.value("name"), To: q.value("to"), Problem: q.say.Problem(p)})
	}
	if err != nil {
		return err
	}
	return q.enter(in)
}

func (q *request) signOut() error {
	if q.token != "" {
		if err := q.svc.SignOut(q.r.Context(), q.token); err != nil {
			return err
		}
	}
	q.forgetSession()
	return q.redirect("/sign-in?said=out")
}

const yearSeconds = 365 * 24 * 3600

// chooseLanguage keeps the language in this browser, and in the profile of who is
// signed in.
func (q *request) chooseLanguage() error {
	language := locale.Match(q.value("language"))
	if err := q.keepLanguage(language); err != nil {
		return err
	}
	http.SetCookie(q.w, q.cookie(languageCookie, language, yearSeconds))
	return q.redirect(local(q.value("to")))
}

// shownAgain is where this page can be seen once more: a page that answers a form
// is that of the form.
func (q *request) shownAgain() string {
	if q.r.Method == http.MethodGet {
		return q.r.URL.RequestURI()
	}
	for at := q.r.URL.Path; at != "/"; at = path.Dir(at) {
		if _, pattern := q.mux.Handler(&http.Request{Method: http.MethodGet, URL: &url.URL{Path: at}}); pattern != "/" {
			return at
		}
	}
	return "/"
}

// keepLanguage keeps the language in the profile of who is signed in completely:
// the page is for anybody, so nobody has looked yet.
func (q *request) keepLanguage(language string) error {
	if q.session == nil {
		return nil
	}
	actor, err := q.session.Actor()
	if _, incomplete := asProblem(err); incomplete {
		return nil
	}
	if err != nil {
		return err
	}
	return q.svc.SetOwnLanguage(q.r.Context(), actor, language)
}

// A setupForm is what the first run asks for.
type setupForm struct {
	Org, Name, Email, Zone, Seats string
	Demo                          bool // an organisation to look around in
	NeedsCode                     bool
	Begun                         bool // the organisation is there: only its owner is missing
	Problem                       string
}

func (q *request) setupPage() error {
	if err := q.mustBeEmpty(); err != nil {
		return err
	}
	return q.showSetup(http.StatusOK, setupForm{Zone: "Asia/Tokyo", Seats: "15"})
}

func (q *request) showSetup(status int, f setupForm) error {
	f.NeedsCode = q.setupCode != ""
	begun, err := q.svc.Unfinished(q.r.Context())
	if err != nil {
		return err
	}
	if f.Begun = begun != ""; f.Begun {
		f.Org = begun
	}
	return q.show(status, q.bare(q.say.Say("web.setup"), setupPage(q, f)))
}

// mustBeEmpty sends away who wants to set up where there is an organisation.
func (q *request) mustBeEmpty() error {
	_, err := q.svc.SignInOrganisation(q.r.Context(), "")
	p, ok := asProblem(err)
	switch {
	case ok && p.Code == problem.NotSetUp:
		return nil
	case err != nil && !ok:
		return err
	}
	if err := q.redirect("/sign-in"); err != nil {
		return err
	}
	return errAnswered
}

func (q *request) setUp() error {
	if err := q.limited(); err != nil {
		return err
	}
	if err := q.mustBeEmpty(); err != nil {
		return err
	}
	begun, err := q.svc.Unfinished(q.r.Context())
	if err != nil {
		return err
	}
	f := setupForm{Org: cmp.Or(begun, q.value("org")), Name: q.value("name"), Email: q.value("email"), Zone: q.value("zone"), Seats: q.value("seats"),
		Demo: q.value("what") == "demo"}
	in, err := q.found(f)
	if p, ok := asProblem(err); ok {
		f.Problem = q.say.Problem(p)
		return q.showSetup(statusOf(p), f)
	}
	if err != nil {
		return err
	}
	return q.enter(in)
}

// found sets up the organisation and signs its primary owner in.
func (q *request) found(f setupForm) (admin.SignedIn, error) {
	if subtle.ConstantTimeCompare([]byte(q.value("code")), []byte(q.setupCode)) == 0 {
		return admin.SignedIn{}, problem.Of(problem.Forbidden, problem.SetupCodeWrong)
	}
	zone, err := admin.ParseZone(f.Zone)
	if err != nil {
		return admin.SignedIn{}, err
	}
	seats, err := seatsOf(f.Seats)
	if err != nil {
		return admin.SignedIn{}, err
	}
	settings, err := plan.Settings{}.With(plan.Language, q.say.Lang())
	if err != nil {
		return admin.SignedIn{}, err
	}
	n := admin.NewOrganisation{Name: f.Org, OwnerName: f.Name, OwnerEmail: f.Email, OwnerPassword: q.r.PostFormValue("password"),
		Zone: zone, Seats: seats, Settings: settings}
	// Whoever leaves while it is done still has an organisation with an owner.
	ctx := context.WithoutCancel(q.r.Context())
	var actor admin.Actor
	if f.Demo {
		actor, err = q.svc.SetUpDemo(ctx, n)
	} else {
		actor, _, err = q.svc.SetUp(ctx, n)
	}
	if err != nil {
		return admin.SignedIn{}, err
	}
	return q.svc.SignIn(q.r.Context(), actor.Org, f.Email, n.OwnerPassword)
}

// finishDemo goes on with a demo organisation whose making was broken off.
func (q *request) finishDemo() error {
	if err := q.svc.FinishDemo(context.WithoutCancel(q.r.Context()), q.actor); err != nil {
		return err
	}
	return q.redirect("/members")
}

func seatsOf(text string) (*int64, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // unlimited
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 {
		return nil, problem.New(problem.SeatsMalformed, "value", text)
	}
	return &n, nil
}
