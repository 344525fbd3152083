package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"meibo/internal/admin"
	"meibo/internal/locale"
	"meibo/internal/mail"
	"meibo/internal/mailtest"
	"meibo/internal/plan"
)

func TestA7_HeldMailsAreListedAndReleased(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		b.get("/mails").wants(h.T, http.StatusOK, "No mails yet. Every mail that this server sends")
		b.get("/invitations").wants(h.T, http.StatusOK, "No invitations yet. Type addresses")
		h.invite(true, "ann@y.example", "bob@y.example")
		b.get("/mails").wants(h.T, http.StatusOK, "2 mails", "ann@y.example invitation held 0", "Send 2 held mails")
		b.get("/mails?state=sent").wants(h.T, http.StatusOK, "No mails.")
		b.follow(b.post("/mails/release")).wants(h.T, http.StatusOK, "2 mails will be sent.", "ann@y.example invitation pending")
		h.as("gus").post("/mails/release").wants(h.T, http.StatusForbidden)
	})
}

// mailServer prepares the sending of mails: what it returns lets a server refuse all
// that wait, which are to the addresses.
func (h *house) mailServer() (refuse func(addresses ...string)) {
	h.Helper()
	h.setting(plan.Sender, "no-reply@acme.example")
	h.setting(plan.BaseURL, "https://m.example")
	return func(addresses ...string) {
		h.Helper()
		server := mailtest.Start(h.T)
		for _, address := range addresses {
			server.On(address, mailtest.Behaviour{Code: 550, Text: "no such user"})
		}
		to, err := mail.ParseServer(server.URL)
		if err != nil {
			h.Fatal(err)
		}
		to.Timeout = 5 * time.Second
		owner, err := h.svc.Operator(h.Context(), "")
		if err != nil {
			h.Fatal(err)
		}
		if _, err := h.svc.SendMails(h.Context(), owner, admin.Post{Server: to, Speak: func(lang string) admin.Texter { return locale.New(lang) }}); err != nil {
			h.Fatal(err)
		}
	}
}

func TestA7_FailedMailsShowWhyAndAreTriedAgain(t *testing.T) {
	each(t, func(h *house) {
		refuse := h.mailServer()
		h.invite(false, "ann@y.example", "bob@y.example")
		refuse("ann@y.example", "bob@y.example")
		b := h.as("owner")
		b.get("/mails").wants(h.T, http.StatusOK, "ann@y.example invitation failed 1", "no such user", "Try again", "Try 2 mails again")
		b.get("/invitations").wants(h.T, http.StatusOK, "ann@y.example open Mail failed: The mail server refuses the mail for good: 550 no such user.")
		b.follow(b.post("/mails/retry", "mail", "1")).wants(h.T, http.StatusOK, "1 mail will be tried again.", "Try 1 mail again")
		b.follow(b.post("/mails/retry", "mail", "one")).wants(h.T, http.StatusOK, "0 mails will be tried again.")
		b.follow(b.post("/mails/retry")).wants(h.T, http.StatusOK, "1 mail will be tried again.")
		b.get("/mails?state=pending").wants(h.T, http.StatusOK, "2 mails")
	})
}

func TestA7_AMailOfACancelledInvitationIsNotOfferedToBeTriedAgain(t *testing.T) {
	each(t, func(h *house) {
		refuse := h.mailServer()
		h.invite(false, "ann@y.example", "bob@y.example")
		imp := h.newest()
		refuse("ann@y.example", "bob@y.example")
		b := h.as("owner")
		b.get("/mails").wants(h.T, http.StatusOK, "Try 2 mails again")
		b.applied(b.post("/invitations/cancel", "address", "ann@y.example").location)
		page := b.get("/mails").wants(h.T, http.StatusOK, "ann@y.example invitation failed", "Try 1 mail again")
		if n := strings.Count(page.body, `name="mail"`); n != 1 || !strings.Contains(page.body, `name="mail" value="2"`) {
			h.Errorf("%d mails are offered to be tried again: %s", n, page.text)
		}
		b.get(fmt.Sprintf("/imports/%d", imp.ID)).wants(h.T, http.StatusOK, "Try 1 mail again")
		b.applied(b.post("/invitations/cancel", "address", "bob@y.example").location)
		b.get("/mails").wants(h.T, http.StatusOK, "bob@y.example invitation failed").hides(h.T, "Try again", "mail again", "mails again")
		b.get(fmt.Sprintf("/imports/%d", imp.ID)).wants(h.T, http.StatusOK).hides(h.T, "mail again", "mails again")
	})
}

func TestA7_AHeldMailOfACancelledInvitationIsNotOfferedToBeSent(t *testing.T) {
	each(t, func(h *house) {
		h.invite(true, "ann@y.example")
		b := h.as("owner")
		b.get("/mails").wants(h.T, http.StatusOK, "Send 1 held mail")
		b.applied(b.post("/invitations/cancel", "address", "ann@y.example").location)
		b.get("/mails").wants(h.T, http.StatusOK, "ann@y.example invitation held").hides(h.T, "Send 1 held mail")
	})
}
