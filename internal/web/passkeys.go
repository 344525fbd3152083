package web

import (
	"encoding/json"
	"net/http"
	"slices"

	"meibo/internal/admin"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// passkeyRoutes are the own passkeys, and signing in with one. The script of the
// pages asks for a challenge (begin), has it answered, and sends the answer with
// the form, as any other form is sent.
var passkeyRoutes = []route{
	{http.MethodGet, "/profile/passkeys", signedIn, (*request).passkeys},
	{http.MethodPost, "/profile/passkeys", signedIn, (*request).addPasskey},
	{http.MethodPost, "/profile/passkeys/begin", signedIn, (*request).beginPasskey},
	{http.MethodPost, "/profile/passkeys/{id}", signedIn, (*request).renamePasskey},
	{http.MethodGet, "/profile/passkeys/{id}/remove", signedIn, (*request).askToRemovePasskey},
	{http.MethodPost, "/profile/passkeys/{id}/remove", signedIn, (*request).removePasskey},
	{http.MethodPost, "/sign-in/passkey", anybody, (*request).signInByPasskey},
	{http.MethodPost, "/sign-in/passkey/begin", anybody, (*request).beginPasskeySignIn},
}

// A passkeysView is the own passkeys with the form to add one.
type passkeysView struct {
	Keys   []admin.Passkey
	Closed string // why none can be added; empty if one can
	Name   string
	trouble
	done
}

func (q *request) passkeys() error {
	return q.showPasskeys(passkeysView{trouble: trouble{Status: http.StatusOK}})
}

func (q *request) showPasskeys(v passkeysView) error {
	var err error
	if v.Keys, err = q.svc.Passkeys(q.r.Context(), q.actor); err != nil {
		return err
	}
	if v.done, err = q.done(); err != nil {
		return err
	}
	v.Closed = q.withoutPasskeys()
	return q.pageAs(v.Status, q.say.Say("web.passkeys"), passkeysPage(q, v))
}

// withoutPasskeys says why the pages of who is signed in can have no passkeys;
// empty if they can.
func (q *request) withoutPasskeys() string {
	p, ok := asProblem(admin.PasskeysReady(q.actor.Org))
	switch {
	case !ok:
		return ""
	case p.Code == problem.BaseURLMissing:
		return q.say.Say("web.passkeys.no_address") // the sentence of the problem is the operator's
	}
	return q.say.Problem(p)
}

// beginPasskey is a challenge to make a passkey, for the script of the page.
func (q *request) beginPasskey() error {
	c, err := q.svc.BeginPasskey(q.r.Context(), *q.session, q.r.PostFormValue("present"))
	if t, ok := q.ownTrouble(err); ok {
		q.showFailure(t.Status, q.say.Say("web.error.title"), t.Sentence)
		return nil
	}
	if err != nil {
		return err
	}
	return q.challenge(c)
}

func (q *request) addPasskey() error {
	v := passkeysView{Name: q.value("name")}
	_, err := q.svc.FinishPasskey(q.r.Context(), *q.session, q.r.PostFormValue("token"), v.Name, []byte(q.r.PostFormValue("answer")))
	var ok bool
	if v.trouble, ok = q.ownTrouble(err); ok {
		return q.showPasskeys(v)
	}
	if err != nil {
		return err
	}
	return q.redirect(after("/profile/passkeys", "added", store.Import{}))
}

// passkey is the own one that the path names.
func (q *request) passkey() (admin.Passkey, error) {
	all, err := q.svc.Passkeys(q.r.Context(), q.actor)
	if err != nil {
		return admin.Passkey{}, err
	}
	i := slices.IndexFunc(all, func(p admin.Passkey) bool { return p.ID == q.r.PathValue("id") })
	if i < 0 {
		return admin.Passkey{}, problem.Of(problem.NotFound, problem.PasskeyUnknown)
	}
	return all[i], nil
}

func (q *request) renamePasskey() error {
	err := q.svc.RenamePasskey(q.r.Context(), q.actor, q.r.PathValue("id"), q.value("name"))
	if p, ok := asProblem(err); ok && p.Code == problem.PasskeyName {
		return q.showPasskeys(passkeysView{trouble: trouble{q.say.Problem(p), p.Code, statusOf(p)}})
	}
	if err != nil {
		return err
	}
	return q.redirect(after("/profile/passkeys", "changed", store.Import{}))
}

func (q *request) askToRemovePasskey() error {
	p, err := q.passkey()
	if err != nil {
		return err
	}
	title := q.say.Say("web.passkeys.remove", "name", p.Name)
	return q.page(title, deletion(q, "/profile/passkeys/"+p.ID+"/remove", "/profile/passkeys", p.Name, trouble{}, q.say.Say("web.passkeys.remove.about")))
}

func (q *request) removePasskey() error {
	if err := q.svc.RemovePasskey(q.r.Context(), q.actor, q.r.PathValue("id")); err != nil {
		return err
	}
	return q.redirect(after("/profile/passkeys", "deleted", store.Import{}))
}

// beginPasskeySignIn is a challenge to sign in, for the script of the page.
func (q *request) beginPasskeySignIn() error {
	if err := q.limited(); err != nil {
		return err
	}
	org, err := q.organisation()
	if err != nil {
		return err
	}
	c, err := q.svc.BeginPasskeySignIn(q.r.Context(), org)
	if err != nil {
		return err
	}
	return q.challenge(c)
}

// signInByPasskey signs in whoever an authenticator says it is (I2).
func (q *request) signInByPasskey() error {
	if err := q.limited(); err != nil {
		return err
	}
	org, err := q.organisation()
	if err != nil {
		return q.withoutOrganisation(err)
	}
	in, err := q.svc.FinishPasskeySignIn(q.r.Context(), org, q.r.PostFormValue("token"), []byte(q.r.PostFormValue("answer")))
	if p, ok := asProblem(err); ok {
		return q.showSignIn(statusOf(p), org, signInForm{To: q.value("to"), Problem: q.say.Problem(p)})
	}
	if err != nil {
		return err
	}
	return q.enter(in)
}

// A passkeyQuestion is what the script of a page is told: a challenge.
type passkeyQuestion struct {
	Token   string          `json:"token"`
	Options json.RawMessage `json:"options"`
}

func (q *request) challenge(c admin.Challenge) error {
	return q.answerScript(http.StatusOK, passkeyQuestion{c.Token, c.Options})
}

// forScript reports whether a script of ours asks, which shows what it is told.
func (q *request) forScript() bool { return q.r.Header.Get("Accept") == "application/json" }

func (q *request) answerScript(status int, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	q.w.Header().Set("Content-Type", "application/json")
	q.w.Header().Set("Cache-Control", "no-store")
	q.w.WriteHeader(status)
	_, _ = q.w.Write(text) // a reader that has gone is no error of ours
	return nil
}

// passkeyForm is a form that an authenticator answers: create makes a passkey, get
// uses one. Its address is where the answer goes; with /begin it is asked for.
type passkeyForm struct{ Does, Path, Home string }

func (q *request) toMakePasskey() passkeyForm {
	return passkeyForm{"create", "/profile/passkeys", q.actor.Org.Settings.Get(plan.BaseURL)}
}
