package web_test

import (
	"database/sql"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"meibo/internal/plan"
	"meibo/internal/store"
)

// What a member gets is said in the reader's words, not in those of files.
func TestA5_PagesSayLabelsWhereFilesHaveCodes(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		path := b.sent("a.csv", "email,name,system_role,system_permission,role\nhal@x.example,Hal,member,write,R1\n", "new", "invite")
		page := b.get(path).wants(h.T, http.StatusOK, "Editors (R1)", "Write", "Member")
		if strings.Contains(page.text, "Role Code R1") {
			h.Errorf("only the code: %s", page.text)
		}
		b.applied(path)
		b.get("/invitations").wants(h.T, http.StatusOK, "Member · Write", "Editors (R1)")
	})
}

// Somebody whom an undo brings back is restored, not made anew.
func TestA6_AMemberWhoComesBackIsRestored(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		h.bring("email,name\nhal@x.example,Hal\n")
		path := b.sent("d.csv", "email,delete\nhal@x.example,1\n", "match", "email")
		b.applied(path)
		undo := b.post(path + "/undo").location
		page := b.get(undo).wants(h.T, http.StatusOK, "Restored 1", "restore Hal")
		if strings.Contains(page.text, "create Hal") || strings.Contains(page.text, "New 1") {
			h.Errorf("somebody new: %s", page.text)
		}
		b.applied(undo)
		b.get("/imports").wants(h.T, http.StatusOK, "Restored 1")
		b.get("/members/6").wants(h.T, http.StatusOK, "restore Import "+undo[len("/imports/"):])
	})
}

// Where no mail can leave, each page that would send one says so and what to do.
func TestA7_PagesSayWhereNoMailLeaves(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		path := b.sent("i.csv", "email\nhal@x.example\n", "new", "invite")
		sentences := []string{"No mail server is set up", "The address that mails come from is not set", "the address of the web pages is not set"}
		for _, page := range []string{path, "/invitations", "/mails", "/settings"} {
			b.get(page).wants(h.T, http.StatusOK, sentences...)
		}
		h.browser().get("/forgotten").wants(h.T, http.StatusOK, "cannot send mails yet")
		for name, value := range map[string]string{plan.BaseURL: "https://m.example", plan.Sender: "m@x.example"} {
			if _, err := h.svc.SetSetting(h.Context(), h.owner, name, value); err != nil {
				h.Fatal(err)
			}
		}
		if page := b.get(path).wants(h.T, http.StatusOK, sentences[0]); strings.Contains(page.text, sentences[1]) || strings.Contains(page.text, sentences[2]) {
			h.Errorf("what is set is missed: %s", page.text)
		}
		// Another server on the same database has a mail server.
		db, err := store.Open(h.Context(), h.database)
		if err != nil {
			h.Fatal(err)
		}
		if err := errors.Join(db.NoteMailSender(h.Context(), time.Now().Add(time.Minute).UnixMicro()), db.Close()); err != nil {
			h.Fatal(err)
		}
		for _, page := range []string{path, "/invitations", "/mails", "/settings"} {
			if text := b.get(page).wants(h.T, http.StatusOK).text; strings.Contains(text, sentences[0]) {
				h.Errorf("%s: although another server sends mails: %s", page, text)
			}
		}
		if text := h.browser().get("/forgotten").text; strings.Contains(text, "cannot send mails yet") {
			h.Errorf("although another server sends mails: %s", text)
		}
		// Where nobody can be asked, no page guesses.
		driver, file := "sqlite", h.database+".sessions"
		if store.IsPostgres(h.database) {
			driver, file = "pgx", h.database
		}
		raw, err := sql.Open(driver, file)
		if err != nil {
			h.Fatal(err)
		}
		_, err = raw.ExecContext(h.Context(), `DROP TABLE mail_sender`)
		if err := errors.Join(err, raw.Close()); err != nil {
			h.Fatal(err)
		}
		b.get("/mails").wants(h.T, http.StatusInternalServerError)
		h.browser().get("/forgotten").wants(h.T, http.StatusInternalServerError)
	})
}
