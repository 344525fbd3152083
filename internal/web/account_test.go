package web_test

import (
	"bytes"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"meibo/internal/admin"
	"meibo/internal/locale"
	"meibo/internal/mail"
	"meibo/internal/mailtest"
	"meibo/internal/plan"
)

const newPassword = "battery staple 8"

// postOffice starts a mail server; what it returns sends the mails that wait.
func (h *house) postOffice() (*mailtest.Server, func()) {
	h.Helper()
	server := mailtest.Start(h.T)
	to, err := mail.ParseServer(server.URL)
	if err != nil {
		h.Fatal(err)
	}
	to.Timeout = patience
	for name, value := range map[string]string{plan.Sender: "no-reply@acme.example", plan.BaseURL: "https://m.acme.example", plan.MailRate: "0"} {
		if _, err := h.svc.SetSetting(h.Context(), h.owner, name, value); err != nil {
			h.Fatal(err)
		}
	}
	if h.owner, err = h.svc.Operator(h.Context(), ""); err != nil {
		h.Fatal(err)
	}
	return server, func() {
		h.Helper()
		run, err := h.svc.SendMails(h.Context(), h.owner, admin.Post{Server: to, Speak: func(lang string) admin.Texter { return locale.New(lang) }})
		if err != nil || run.Failed+run.Postponed > 0 {
			h.Fatalf("send: %+v, %v", run, err)
		}
	}
}

var mailedLink = regexp.MustCompile(`https://m\.acme\.example(/[a-z]+)#(\S+)`)

// mailedTo returns path and token of the link in the last mail to an address.
func mailedTo(t *testing.T, server *mailtest.Server, address string) (path, token string) {
	t.Helper()
	for _, m := range server.Mails() {
		if found := mailedLink.FindStringSubmatch(m.Text); m.To == address && found != nil {
			path, token = found[1], found[2]
		}
	}
	if token == "" {
		t.Fatalf("no mail with a link came to %s", address)
	}
	return path, token
}

// tells insists that no token or password got into the log.
func (h *house) tells(secrets ...string) {
	h.Helper()
	for _, secret := range secrets {
		if strings.Contains(h.log.String(), secret) {
			h.Error("the log has a secret in it")
		}
	}
}

func TestI1_WhoIsInvitedAcceptsWithNameAndPasswordAndIsSignedIn(t *testing.T) {
	each(t, func(h *house) {
		server, send := h.postOffice()
		h.invite(false, "ann@x.example")
		send()
		path, token := mailedTo(h.T, server, "ann@x.example")
		b := h.browser()
		if a := b.get(path).wants(h.T, http.StatusOK, "Continue"); strings.Contains(a.body, "ann@") {
			h.Error("the page says whose it is before it has the token")
		}
		if a := b.post(path, "token", token).wants(h.T, http.StatusOK, "Invitation to Acme", "ann@x.example", "At least 8 characters."); strings.Contains(a.text, "System Role Type") {
			h.Error("who is invited is told an administrator's words")
		}
		b.post(path, "token", token, "language", "ja").wants(h.T, http.StatusOK, "Acmeへの招待", "ann@x.example")
		b.post(path+"/accept", "token", token, "name", "Ann", "password", "short", "language", "en").
			wants(h.T, http.StatusUnprocessableEntity, "fewer than 8 characters", "ann@x.example")
		b.post(path+"/accept", "token", token, "name", "Ann", "password", newPassword, "language", "ja").leadsTo(h.T, "/")
		b.get("/profile").wants(h.T, http.StatusOK, "プロフィール", "ann@x.example")
		for _, late := range []answer{b.post(path, "token", token), b.post(path+"/accept", "token", token, "name", "X", "password", newPassword)} {
			late.wants(h.T, http.StatusNotFound, "この招待のリンクは無効になっています")
		}
		h.tells(token, newPassword)
	})
}

func TestI2_AForgottenPasswordIsReplacedByALinkThatWorksOnce(t *testing.T) {
	each(t, func(h *house) {
		server, send := h.postOffice()
		b := h.browser()
		b.get("/forgotten").wants(h.T, http.StatusOK, "Forgotten your password?", "Acme")
		b.post("/forgotten", "name", "nobody@x.example").leadsTo(h.T, "/sign-in?said=sent")
		b.post("/forgotten", "name", "eve@x.example").leadsTo(h.T, "/sign-in?said=sent")
		send()
		if got := server.Mails(); len(got) != 1 {
			h.Fatalf("%d mails arrived, want 1", len(got))
		}
		path, token := mailedTo(h.T, server, "eve@x.example")
		b.get(path).wants(h.T, http.StatusOK, "Continue")
		b.post(path, "token", token).wants(h.T, http.StatusOK, "For Eve at Acme")
		b.post(path+"/set", "token", token, "password", password).wants(h.T, http.StatusUnprocessableEntity, "is the one you have", "For Eve at Acme")
		b.post(path+"/set", "token", token, "password", " "+newPassword).leadsTo(h.T, "/sign-in?said=password")
		b.post(path, "token", token).wants(h.T, http.StatusNotFound, "This link no longer works")
		b.post("/sign-in", "name", "eve@x.example", "password", newPassword).wants(h.T, http.StatusForbidden)
		b.post("/sign-in", "name", "eve@x.example", "password", " "+newPassword).leadsTo(h.T, "/")
		h.tells(token, newPassword)
	})
}

func TestI3_MembersChangeTheirOwnNameLanguageAndAddress(t *testing.T) {
	each(t, func(h *house) {
		server, send := h.postOffice()
		b := h.as("gus")
		b.get("/profile").wants(h.T, http.StatusOK, "gus@x.example", "No authenticator is set up")
		b.post("/profile/name", "name", "").wants(h.T, http.StatusUnprocessableEntity, "must not be blank")
		b.post("/profile/name", "name", "Gustav").leadsTo(h.T, "/profile?said=changed")
		if a := b.get("/profile?said=changed").wants(h.T, http.StatusOK, "Saved."); !strings.Contains(a.body, `value="Gustav"`) {
			h.Error("the new name is not shown")
		}
		b.post("/profile/email", "email", "nowhere").wants(h.T, http.StatusUnprocessableEntity, "is not an e-mail address")
		b.post("/profile/email", "email", "gustav@x.example").leadsTo(h.T, "/profile?said=asked")
		b.get("/profile").wants(h.T, http.StatusOK, "gus@x.example", "gustav@x.example waits to be confirmed")
		send()
		path, token := mailedTo(h.T, server, "gustav@x.example")
		h.browser().post(path, "token", token).leadsTo(h.T, "/sign-in?said=email")
		h.browser().post(path, "token", token).wants(h.T, http.StatusNotFound, "This link no longer works")
		b.get("/profile").wants(h.T, http.StatusOK, "gustav@x.example")
		b.post("/profile/language", "language", "xx").wants(h.T, http.StatusUnprocessableEntity)
		b.post("/profile/language", "language", "ja").leadsTo(h.T, "/profile?said=changed")
		b.get("/profile?said=changed").wants(h.T, http.StatusOK, "保存しました。")
		h.tells(token)
	})
}

func TestI2_ChangingThePasswordEndsAllOtherSessions(t *testing.T) {
	each(t, func(h *house) {
		b, other := h.as("gus"), h.as("gus")
		b.post("/profile/password", "present", "wrong", "password", newPassword).wants(h.T, http.StatusUnprocessableEntity, "The password is not right.")
		b.post("/profile/password", "present", password, "password", newPassword).leadsTo(h.T, "/profile?said=password")
		b.get("/profile?said=password").wants(h.T, http.StatusOK, "Your password is changed.")
		other.get("/profile").leadsTo(h.T, "/sign-in?to=%2Fprofile")
		b.post("/profile/sign-out").leadsTo(h.T, "/sign-in?said=out")
		b.get("/profile").leadsTo(h.T, "/sign-in?to=%2Fprofile")
		h.tells(newPassword)
	})
}

func TestI2_ARandomPasswordMustBeChangedBeforeAnythingElse(t *testing.T) {
	each(t, func(h *house) {
		text := "email,name\nhal@x.example,Hal\n"
		imp, err := h.svc.Plan(h.Context(), h.owner, admin.Upload{Name: "hal.csv", Content: strings.NewReader(text), Size: int64(len(text))}, plan.Options{RandomPassword: true}, nil)
		if err == nil {
			imp, err = h.svc.Apply(h.Context(), h.owner, imp.ID, admin.ApplyOptions{Sum: imp.Sum})
		}
		if err != nil {
			h.Fatal(err)
		}
		var file bytes.Buffer
		if _, err := h.svc.Passwords(h.Context(), h.owner, imp.ID, &file); err != nil {
			h.Fatal(err)
		}
		given := strings.TrimSpace(file.String()[strings.LastIndex(file.String(), ",")+1:])
		b := h.browser()
		b.post("/sign-in", "name", "hal@x.example", "password", given, "to", "/profile?x=1").leadsTo(h.T, "/profile/password?to=%2Fprofile%3Fx%3D1")
		b.get("/profile").leadsTo(h.T, "/profile/password")
		b.get("/profile/password").wants(h.T, http.StatusOK, "must be changed before anything else", "Sign out")
		b.post("/profile/password", "present", given, "password", newPassword, "to", "/profile?x=1").leadsTo(h.T, "/profile?x=1")
		b.get("/profile").wants(h.T, http.StatusOK, "hal@x.example")
	})
}

var shownSecret, shownCode = regexp.MustCompile(`<code>([A-Z2-7]+)</code>`), regexp.MustCompile(`<code>([0-9a-z]{4}(?:-[0-9a-z]{4}){3})</code>`)

// found is what a page shows once.
func found(t *testing.T, in *regexp.Regexp, a answer) string {
	t.Helper()
	all := in.FindStringSubmatch(a.body)
	if all == nil {
		t.Fatalf("the page does not show it: %d %s", a.status, a.text)
	}
	return all[1]
}

func TestI2_AnAuthenticatorIsSetUpAskedForAndTurnedOff(t *testing.T) {
	each(t, func(h *house) {
		b, other := h.as("gus"), h.as("gus")
		b.post("/profile/authenticator", "present", "wrong").wants(h.T, http.StatusUnprocessableEntity, "The password is not right.")
		begun := b.post("/profile/authenticator", "present", password).wants(h.T, http.StatusOK, "Scan this")
		secret := found(h.T, shownSecret, begun)
		if !strings.Contains(begun.body, `src="data:image/png;base64,`) {
			h.Error("there is no picture to scan")
		}
		uri := "otpauth://totp/Acme:gus@x.example?" + url.Values{"secret": {secret}, "issuer": {"Acme"}}.Encode()
		again := b.post("/profile/authenticator/confirm", "code", "wrong", "uri", uri).wants(h.T, http.StatusUnprocessableEntity, "This code is not right")
		if found(h.T, shownSecret, again) != secret {
			h.Error("after a wrong code the secret is not shown again")
		}
		code, err := totp.GenerateCode(secret, time.Now())
		if err != nil {
			h.Fatal(err)
		}
		recovery := found(h.T, shownCode, b.post("/profile/authenticator/confirm", "code", code, "uri", uri).wants(h.T, http.StatusOK, "Recovery codes"))
		b.get("/profile").wants(h.T, http.StatusOK, "10 recovery codes are left")
		other.get("/profile").leadsTo(h.T, "/sign-in?to=%2Fprofile")

		other.post("/sign-in", "name", "gus@x.example", "password", password, "to", "/profile").leadsTo(h.T, "/second-factor?to=%2Fprofile")
		other.get("/profile").leadsTo(h.T, "/second-factor")
		other.get("/second-factor").wants(h.T, http.StatusOK, "Second factor", "Gus")
		other.post("/second-factor", "code", code).wants(h.T, http.StatusForbidden, "was used before")
		other.post("/second-factor", "code", recovery, "to", "/profile").leadsTo(h.T, "/profile")
		other.get("/profile").wants(h.T, http.StatusOK, "9 recovery codes are left")

		found(h.T, shownCode, b.post("/profile/authenticator/codes", "present", password))
		b.post("/profile/authenticator/off", "present", password).leadsTo(h.T, "/profile?said=changed")
		h.as("gus").get("/profile").wants(h.T, http.StatusOK, "No authenticator is set up")
		h.tells(secret, recovery, code)
	})
}
