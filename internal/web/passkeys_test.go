package web_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"meibo/internal/plan"
)

// byName gives the pages the address that passkeys are bound to, and returns it:
// browsers make none for a number.
func (h *house) byName() string {
	h.Helper()
	home := strings.Replace(h.url, "127.0.0.1", "localhost", 1)
	if _, err := h.svc.SetSetting(h.Context(), h.owner, plan.BaseURL, home); err != nil {
		h.Fatal(err)
	}
	return home
}

// asks posts a form as the script of a page does.
func (b *browser) asks(path, language, form string) (answer, map[string]json.RawMessage) {
	b.Helper()
	request, err := http.NewRequestWithContext(b.Context(), http.MethodPost, b.url+path, strings.NewReader(form))
	if err != nil {
		b.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "application/json")
	request.Header.Set("Accept-Language", language)
	response, err := b.client.Do(request)
	if err != nil {
		b.Fatal(err)
	}
	defer response.Body.Close()
	var told map[string]json.RawMessage
	if err := json.NewDecoder(response.Body).Decode(&told); err != nil {
		b.Fatalf("%s: %d: %v", path, response.StatusCode, err)
	}
	return answer{status: response.StatusCode, header: response.Header}, told
}

func TestI2_TheScriptOfPasskeysIsToldProblemsInTheReadersLanguage(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("gus")
		b.get("/profile/passkeys").wants(h.T, http.StatusOK, "You have no passkey yet.", "an administrator sets the address of these pages")
		if strings.Contains(h.browser().get("/sign-in").body, "data-passkey") {
			h.Error("signing in offers passkeys where there can be none")
		}
		h.byName()
		if !strings.Contains(h.browser().get("/sign-in").body, "data-passkey") {
			h.Error("signing in does not offer passkeys")
		}
		for language, want := range map[string]string{"en": "The password is not right.", "ja": "パスワードが正しくありません。"} {
			b.post("/profile/language", "language", language)
			a, told := b.asks("/profile/passkeys/begin", language, "present=wrong")
			if a.status != http.StatusUnprocessableEntity || !strings.Contains(string(told["problem"]), want) {
				h.Errorf("%s: %d %s", language, a.status, told)
			}
		}
		b.post("/profile/language", "language", "en")
		a, told := b.asks("/profile/passkeys/begin", "en", "present="+strings.ReplaceAll(password, " ", "+"))
		if a.status != http.StatusOK || !strings.Contains(string(told["options"]), `"rp"`) || a.header.Get("Cache-Control") != "no-store" {
			h.Errorf("begin: %d %s", a.status, told)
		}
		var token string
		if err := json.Unmarshal(told["token"], &token); err != nil {
			h.Error(err)
		}
		b.post("/profile/passkeys", "token", token, "name", "phone", "answer", "{}").wants(h.T, http.StatusUnprocessableEntity, "The passkey could not be checked.")
		b.post("/profile/passkeys", "token", token, "name", "", "answer", "{}").wants(h.T, http.StatusUnprocessableEntity, "A passkey needs a name")
		b.get("/profile/passkeys/AAAA/remove").wants(h.T, http.StatusNotFound, "There is no such passkey.")
		b.post("/profile/passkeys/AAAA/remove").wants(h.T, http.StatusNotFound, "There is no such passkey.")
		if a, told := h.browser().asks("/sign-in/passkey/begin", "en", ""); a.status != http.StatusOK || strings.Contains(string(told["options"]), "allowCredentials") {
			h.Errorf("begin to sign in: %d %s", a.status, told)
		}
		h.browser().post("/sign-in/passkey", "token", token, "answer", "{}").wants(h.T, http.StatusForbidden, "The passkey could not be checked.", "Sign in")
		h.tells(token, password)
	})
}

// authenticator gives a tab an authenticator that says that its user is there.
func (t *tab) authenticator() {
	t.Helper()
	t.call(chromedp.Call(t.ctx, webauthn.Enable, webauthn.EnableParams{}))
	t.call(chromedp.Call(t.ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
		HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true}}))
}

func TestI2_APasskeyIsAddedSignsInAndIsRemovedInABrowser(t *testing.T) {
	each(t, func(h *house) {
		home := h.byName()
		b := h.tab("en")
		b.authenticator()
		b.open(home + "/sign-in?to=/profile/passkeys")
		b.waits("Sign in with a passkey")
		b.accessible()
		b.press("Sign in with a passkey") // of which there is none
		b.waits("No passkey was used")
		b.fill("E-mail or login ID", "gus@x.example")
		b.fill("Password", password)
		b.key("\r")
		b.waits("You have no passkey yet.")
		b.accessible()
		b.fill("Name of the passkey", "phone")
		b.fill("Present password", "wrong")
		b.press("Add a passkey")
		b.waits("The password is not right.")
		b.fill("Present password", password)
		b.press("Add a passkey")
		b.waits("Added.")
		b.waits("not yet")
		b.accessible()
		b.picture("passkeys")
		b.fill("Name of the passkey", "phone again")
		b.fill("Present password", password)
		b.press("Add a passkey")
		b.waits("This device has a passkey for you already.")

		b.press("Rename")
		b.accessible()
		eval[chromedp.Void](b, `document.querySelector("td input[name=name]").value = "my phone"; undefined`)
		b.press("Save")
		b.waits("my phone")

		b.press("Sign out")
		b.waits("You are signed out.")
		b.picture("sign-in-passkey")
		b.open(home + "/sign-in?to=/profile/passkeys")
		b.press("Sign in with a passkey")
		b.waits("phone")
		if strings.Contains(b.says(), "not yet") {
			h.Error("the passkey is not noted as used")
		}
		b.press("日本語")
		b.waits("パスキー")
		b.shows(390, true)
		b.open(home + "/profile/passkeys") // colours are those of the theme from the beginning
		b.waits("パスキー")
		b.accessible()
		b.picture("passkeys-ja-narrow")
		b.press("削除…")
		b.waits("「my phone」を削除しますか？")
		b.accessible()
		b.press("「my phone」を削除する")
		b.waits("パスキーはまだありません。")
		b.shows(1280, false)
		b.open(home + "/profile")
		b.waits("パスキーは登録されていません。")
		b.press("ログアウト")
		b.waits("ログアウトしました")
		b.press("パスキーでログイン") // which the device still has
		b.waits("パスキーを確認できませんでした。")

		// Elsewhere than at the address that passkeys are for.
		b.open(h.url + "/sign-in")
		b.press("Sign in with a passkey")
		b.waits("Passkeys work only at " + home)
	})
}
