package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"meibo/internal/plan"
)

// Whoever lost a phone is helped on their page by who may, and by nobody else.
func TestI2_AnAdministratorTakesOffALostSecondFactor(t *testing.T) {
	each(t, func(h *house) {
		gus := h.as("gus")
		secret := found(h.T, shownSecret, gus.post("/profile/authenticator", "present", password).wants(h.T, http.StatusOK))
		code, err := totp.GenerateCode(secret, time.Now())
		if err != nil {
			h.Fatal(err)
		}
		uri := "otpauth://totp/Acme:gus@x.example?" + url.Values{"secret": {secret}, "issuer": {"Acme"}}.Encode()
		gus.post("/profile/authenticator/confirm", "code", "000000", "uri", uri).wants(h.T, http.StatusUnprocessableEntity, "Wait for the next one and type it in. If it is refused, too")
		gus.post("/profile/authenticator/confirm", "code", code, "uri", uri).wants(h.T, http.StatusOK, "Recovery codes")
		eve := h.as("eve")
		if page := eve.get("/members/4"); strings.Contains(page.text, "Lost second factor") {
			h.Error("offered for a member who has none")
		}
		eve.get("/members/5").wants(h.T, http.StatusOK, "Lost second factor", "Take them off")
		gus.post("/members/5/second-factor").wants(h.T, http.StatusForbidden)
		eve.post("/members/5/second-factor").leadsTo(h.T, "/members/5?said=unlocked")
		eve.get("/members/5?said=unlocked").wants(h.T, http.StatusOK, "Gus signs in with the password alone now")
		h.as("gus").get("/profile").wants(h.T, http.StatusOK, "No authenticator is set up")
		eve.post("/members/2/second-factor").wants(h.T, http.StatusForbidden) // an owner
	})
}

// Somebody added by hand gets their password from the same page.
func TestI2_ALinkToAPasswordIsSentFromTheMembersPage(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		b.get("/members/4").wants(h.T, http.StatusOK, "mailed to fay@x.example", "Send the link")
		b.post("/members/4/password-link").leadsTo(h.T, "/members/4?said=link")
		b.get("/members/4?said=link").wants(h.T, http.StatusOK, "A link to choose a password is in the outbox, for Fay.")
		b.post("/members/4/password-link").leadsTo(h.T, "/members/4?said=link_waits")
		b.get("/members/4?said=link_waits").wants(h.T, http.StatusOK, "no other one was made")
		b.get("/mails").wants(h.T, http.StatusOK, "fay@x.example")
		zed := "/members/" + decimal(h.bring("login_id,name\nzed,Zed\n").FirstMember)
		b.post(zed+"/password-link").wants(h.T, http.StatusConflict, "No link to a password can be mailed") // has no address
		if a := b.get(zed).wants(h.T, http.StatusOK); strings.Contains(a.text, "Send the link") {
			h.Error("offered to who has no address")
		}
		h.as("gus").post("/members/4/password-link").wants(h.T, http.StatusForbidden)
	})
}

// An import that made members without passwords offers to mail them links; many
// want their number typed in.
func TestP6_LinksToFirstPasswordsAreSentFromTheResult(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		path := b.sent("a.csv", "email,name,password\nhal@x.example,Hal,\nida@x.example,Ida,\njo@x.example,Jo,"+password+"\n")
		b.applied(path)
		b.get(path).wants(h.T, http.StatusOK, "2 new members have no password of their own yet", "Send 2 links to a first password")
		if _, err := h.svc.SetSetting(h.Context(), h.owner, plan.BrakeMails, "1"); err != nil {
			h.Fatal(err)
		}
		b.get(path).wants(h.T, http.StatusOK, "Type 2 to say that you mean it")
		b.post(path+"/first-passwords").wants(h.T, http.StatusConflict)
		b.post(path+"/first-passwords", "accept", "2").leadsTo(h.T, path+"?links=2")
		page := b.get(path+"?links=2").wants(h.T, http.StatusOK, "2 links to a first password are in the outbox")
		if strings.Contains(page.text, "have no password of their own yet") {
			h.Error("offered again while the mails wait")
		}
		h.as("gus").post(path+"/first-passwords", "accept", "2").wants(h.T, http.StatusForbidden)
	})
}
