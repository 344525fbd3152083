package web

import (
	"bytes"
	"encoding/base64"
	"image/png"
	"net/http"

	"github.com/pquerna/otp"

	"meibo/internal/admin"
	"meibo/internal/problem"
)

var authenticatorRoutes = []route{
	{http.MethodGet, "/profile/authenticator", signedIn, (*request).authenticator},
	{http.MethodPost, "/profile/authenticator", signedIn, (*request).beginAuthenticator},
	{http.MethodPost, "/profile/authenticator/confirm", signedIn, (*request).confirmAuthenticator},
	{http.MethodPost, "/profile/authenticator/codes", signedIn, (*request).newRecoveryCodes},
	{http.MethodPost, "/profile/authenticator/off", signedIn, (*request).turnOffAuthenticator},
}

func (q *request) authenticator() error { return q.showAuthenticator(trouble{Status: http.StatusOK}) }

func (q *request) showAuthenticator(t trouble) error {
	p, err := q.svc.Profile(q.r.Context(), q.actor)
	if err != nil {
		return err
	}
	return q.pageAs(t.Status, q.say.Say("web.authenticator"), authenticatorPage(q, p, t))
}

// An authenticatorForm is what an authenticator is set up with, once.
type authenticatorForm struct {
	admin.TOTPSetup
	Picture string // PNG as a data: URI
	trouble
}

// beginAuthenticator shows the secret of a new authenticator (I2).
func (q *request) beginAuthenticator() error {
	setup, err := q.svc.BeginTOTP(q.r.Context(), *q.session, q.r.PostFormValue("present"))
	if t, ok := q.ownTrouble(err); ok {
		return q.showAuthenticator(t)
	}
	if err != nil {
		return err
	}
	return q.showSetting(setup.URI, trouble{Status: http.StatusOK})
}

// showSetting shows a secret as a picture and as text. The page has it again after
// a wrong code, because the form brought it along: it is told once only.
func (q *request) showSetting(uri string, t trouble) error {
	key, err := otp.NewKeyFromURL(uri)
	if err != nil || key.Secret() == "" {
		return q.redirect("/profile/authenticator")
	}
	picture, err := pictureOf(key)
	if err != nil {
		return err
	}
	f := authenticatorForm{admin.TOTPSetup{Secret: key.Secret(), URI: uri}, picture, t}
	return q.pageAs(t.Status, q.say.Say("web.authenticator"), setAuthenticatorPage(q, f))
}

const pictureSize = 256 // pixels

func pictureOf(key *otp.Key) (string, error) {
	img, err := key.Image(pictureSize, pictureSize)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return "", err
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes()), nil
}

// confirmAuthenticator turns the second factor on and shows recovery codes, once.
func (q *request) confirmAuthenticator() error {
	in, codes, err := q.svc.ConfirmTOTP(q.r.Context(), *q.session, q.r.PostFormValue("code"))
	if t, ok := q.ownTrouble(err); ok {
		if t.Reason == problem.SecondFactorWrong { // there are no recovery codes yet
			t.Sentence = q.say.Say("web.authenticator.wrong_code")
		}
		return q.showSetting(q.r.PostFormValue("uri"), t)
	}
	if err != nil {
		return err
	}
	q.keepSession(in.Token)
	return q.showCodes(codes)
}

func (q *request) showCodes(codes []string) error {
	return q.page(q.say.Say("web.recovery"), recoveryPage(q, codes))
}

func (q *request) newRecoveryCodes() error {
	codes, err := q.svc.NewRecoveryCodes(q.r.Context(), *q.session, q.r.PostFormValue("present"))
	if t, ok := q.ownTrouble(err); ok {
		return q.showAuthenticator(t)
	}
	if err != nil {
		return err
	}
	return q.showCodes(codes)
}

func (q *request) turnOffAuthenticator() error {
	err := q.svc.TurnOffTOTP(q.r.Context(), *q.session, q.r.PostFormValue("present"))
	if t, ok := q.ownTrouble(err); ok {
		return q.showAuthenticator(t)
	}
	if err != nil {
		return err
	}
	return q.redirect("/profile?said=changed")
}
