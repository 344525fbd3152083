package admin_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"meibo/internal/admin"
	"meibo/internal/locale"
	"meibo/internal/mail"
	"meibo/internal/mailtest"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// postOffice starts a mail server and makes the house's settings fit to send.
func (h *house) postOffice() (*mailtest.Server, admin.Post) {
	h.Helper()
	server := mailtest.Start(h.T)
	to, err := mail.ParseServer(server.URL)
	if err != nil {
		h.Fatal(err)
	}
	to.Timeout = 500 * time.Millisecond
	for name, value := range map[string]string{plan.Sender: "no-reply@acme.example", plan.BaseURL: "https://m.acme.example/", plan.MailRate: "0"} {
		h.setting(name, value)
	}
	return server, admin.Post{Server: to, Speak: func(lang string) admin.Texter { return locale.New(lang) }}
}

// setting changes a setting, and what the owner knows of the organisation.
func (h *house) setting(name, value string) {
	h.Helper()
	if _, err := h.svc.SetSetting(h.Context(), h.owner, name, value); err != nil {
		h.Fatalf("set %s: %v", name, err)
	}
	owner, err := h.svc.Operator(h.Context(), "")
	if err != nil {
		h.Fatal(err)
	}
	h.owner = owner
}

func (h *house) send(p admin.Post) admin.MailRun {
	h.Helper()
	run, err := h.svc.SendMails(h.Context(), h.owner, p)
	if err != nil {
		h.Fatalf("send: %v", err)
	}
	return run
}

// sends checks what a run came to: sent, postponed, failed, dropped, waiting.
func (h *house) sends(p admin.Post, want [5]int64) admin.MailRun {
	h.Helper()
	run := h.send(p)
	if got := [5]int64{run.Sent, run.Postponed, run.Failed, run.Dropped, run.Waiting}; got != want {
		h.Errorf("sent, postponed, failed, dropped, waiting = %v, want %v", got, want)
	}
	return run
}

// linkIn returns the link of a mail.
func linkIn(t testing.TB, m mailtest.Mail) string {
	t.Helper()
	for line := range strings.SplitSeq(m.Text, "\n") {
		if strings.HasPrefix(line, "https://") {
			return line
		}
	}
	t.Fatalf("no link in %q", m.Text)
	return ""
}

func TestA7_TheInvitationThatArrivesHasTheLinkThatCanBeCopied(t *testing.T) {
	each(t, func(h *house) {
		server, post := h.postOffice()
		h.setting(plan.Language, "ja")
		h.invite("ann@x.example", "bob@x.example")
		h.sends(post, [5]int64{2, 0, 0, 0, 0})
		h.sends(post, [5]int64{0, 0, 0, 0, 0})
		got := server.Mails()
		if len(got) != 2 || server.Sessions() != 1 || got[0].To != "ann@x.example" {
			h.Fatalf("arrived: %+v, %d connections", got, server.Sessions())
		}
		link, err := h.svc.InvitationLink(h.Context(), h.owner, "ann@x.example")
		if err != nil || linkIn(h, got[0]) != link || !strings.HasPrefix(link, "https://m.acme.example/invitation#") {
			h.Errorf("link %q in the mail, %q to copy, %v", linkIn(h, got[0]), link, err)
		}
		if got[0].Subject != "Acmeへの招待" || !strings.Contains(got[0].Text, "2026-11-29 18:00（Asia/Tokyo）") || !strings.Contains(got[0].HTML, link) {
			h.Errorf("%q: %s", got[0].Subject, got[0].Text)
		}
		if from := got[0].Header.Get("From"); from != `"Acme" <no-reply@acme.example>` || got[0].Header.Get("Message-Id") == got[1].Header.Get("Message-Id") {
			h.Errorf("from %s", from)
		}
		ms, _, err := h.svc.Mails(h.Context(), h.owner, store.MailQuery{State: store.MailSent})
		if err != nil || len(ms) != 2 || ms[0].SentAt != h.now.UnixMicro() || ms[0].Attempts != 1 {
			h.Errorf("listed: %+v, %v", ms, err)
		}
	})
}

func TestI1_ValidityCountsFromSending(t *testing.T) {
	each(t, func(h *house) {
		_, post := h.postOffice()
		h.invite("ann@x.example")
		*h.now = h.now.Add(5 * 24 * time.Hour) // the server was away
		h.sends(post, [5]int64{1, 0, 0, 0, 0})
		*h.now = h.now.Add(6 * 24 * time.Hour)
		if got := h.states(plan.InvitationOpen); got != "ann@x.example" {
			h.Errorf("open six days after sending: %q", got)
		}
		*h.now = h.now.Add(24*time.Hour + time.Second)
		if got := h.states(plan.InvitationExpired); got != "ann@x.example" {
			h.Errorf("expired seven days after sending: %q", got)
		}
	})
}

func TestA7_FailuresAreShownAtTheMail(t *testing.T) {
	each(t, func(h *house) {
		server, post := h.postOffice()
		server.On("gone@x.example", mailtest.Behaviour{Code: 550, Text: "no such user gone"})
		server.On("full@x.example", mailtest.Behaviour{Code: 452, Text: "mailbox full"})
		h.invite("gone@x.example", "full@x.example", "ann@x.example")
		run := h.sends(post, [5]int64{1, 1, 1, 0, 1})
		if next := h.now.Add(time.Minute).UnixMicro(); run.Next != next {
			h.Errorf("next at %d, want %d", run.Next, next)
		}
		shown := map[string]string{}
		ms, _, err := h.svc.Mails(h.Context(), h.owner, store.MailQuery{})
		for _, m := range ms {
			p, _ := m.Problem()
			shown[m.To] = fmt.Sprint(m.State, " ", p.Code, " ", p.Values["answer"])
		}
		want := map[string]string{"gone@x.example": "failed mail-refused 550 no such user gone", "full@x.example": "pending mail-postponed 452 mailbox full", "ann@x.example": "sent  "}
		for to, w := range want {
			if shown[to] != w {
				h.Errorf("%s: %q, want %q (%v)", to, shown[to], w, err)
			}
		}
		server.On("gone@x.example", mailtest.Behaviour{})
		if n, _, err := h.svc.RetryMails(h.Context(), h.owner, nil, 0); err != nil || n != 1 {
			h.Errorf("retried %d, %v", n, err)
		}
		h.sends(post, [5]int64{1, 0, 0, 0, 1})
	})
}

func TestA7_TriesEndAndWaitLongerEachTime(t *testing.T) {
	each(t, func(h *house) {
		server, post := h.postOffice()
		server.On("full@x.example", mailtest.Behaviour{Code: 452, Text: "mailbox full"})
		h.invite("full@x.example")
		var waits []time.Duration
		for range 100 {
			run := h.send(post)
			if run.Failed == 1 {
				break
			}
			waits = append(waits, time.UnixMicro(run.Next).Sub(*h.now))
			*h.now = time.UnixMicro(run.Next)
		}
		if len(waits) != 23 || waits[0] != time.Minute || waits[1] != 2*time.Minute || waits[5] != 32*time.Minute || waits[22] != time.Hour {
			h.Errorf("waits: %v", waits)
		}
		ms, _, _ := h.svc.Mails(h.Context(), h.owner, store.MailQuery{State: store.MailFailed})
		if len(ms) != 1 || ms[0].Outcome != problem.MailGivenUp || ms[0].Answer != "452 mailbox full" {
			h.Errorf("failed: %+v", ms)
		}
	})
}

func TestA7_AMailThatArrivesTwiceIsTheSameMail(t *testing.T) {
	each(t, func(h *house) {
		server, post := h.postOffice()
		server.On("ann@x.example", mailtest.Behaviour{Break: true}) // taken, and never said so
		h.invite("ann@x.example")
		run := h.sends(post, [5]int64{0, 1, 0, 0, 1})
		server.On("ann@x.example", mailtest.Behaviour{})
		*h.now = time.UnixMicro(run.Next)
		h.sends(post, [5]int64{1, 0, 0, 0, 0})
		got := server.Mails()
		if len(got) != 2 || got[0].Header.Get("Message-Id") != got[1].Header.Get("Message-Id") || linkIn(h, got[0]) != linkIn(h, got[1]) {
			h.Fatalf("arrived: %+v", got)
		}
		h.resend("ann@x.example") // another link: another mail
		h.sends(post, [5]int64{1, 0, 0, 0, 0})
		if got = server.Mails(); got[2].Header.Get("Message-Id") == got[0].Header.Get("Message-Id") || linkIn(h, got[2]) == linkIn(h, got[0]) {
			h.Errorf("after resending: %+v", got[2])
		}
	})
}

func TestA7_InvitationsThatAreOverAreNotSent(t *testing.T) {
	each(t, func(h *house) {
		server, post := h.postOffice()
		h.invite("cancelled@x.example", "registered@x.example")
		h.cancel("cancelled@x.example")
		h.apply("email,name\nregistered@x.example,R\n", plan.Options{})
		h.sends(post, [5]int64{0, 0, 0, 2, 0})
		h.invite("expired@x.example")
		*h.now = h.now.Add(8 * 24 * time.Hour)
		h.sends(post, [5]int64{0, 0, 0, 1, 0})
		ms, _, err := h.svc.Mails(h.Context(), h.owner, store.MailQuery{State: store.MailDropped})
		said := map[string]string{}
		for _, m := range ms {
			p, _ := m.Problem()
			said[m.To] = string(p.Code) + " " + p.Values["state"]
		}
		for _, state := range []string{"expired", "cancelled"} {
			if got := said[state+"@x.example"]; got != "mail-invitation-over "+state {
				h.Errorf("%s: %q, %v", state, got, err)
			}
		}
		if got := said["registered@x.example"]; got != "mail-invitation-over accepted" || len(server.Mails()) != 0 {
			h.Errorf("registered: %q, %d arrived", got, len(server.Mails()))
		}
	})
}

func TestA7_HeldMailsStay(t *testing.T) {
	each(t, func(h *house) {
		server, post := h.postOffice()
		imp := h.apply("email\nann@x.example\n", plan.Options{New: "invite", HoldMails: true})
		h.sends(post, [5]int64{0, 0, 0, 0, 0})
		if _, _, err := h.svc.ReleaseMails(h.Context(), h.owner, imp.ID); err != nil {
			h.Fatal(err)
		}
		h.sends(post, [5]int64{1, 0, 0, 0, 0})
		if len(server.Mails()) != 1 {
			h.Errorf("%d arrived", len(server.Mails()))
		}
	})
}

func TestA7_TheRateHoldsForAllTogether(t *testing.T) {
	each(t, func(h *house) {
		server, post := h.postOffice()
		h.setting(plan.MailRate, "3")
		h.invite("a@x.example", "b@x.example", "c@x.example", "d@x.example", "e@x.example")
		run := h.sends(post, [5]int64{3, 0, 0, 0, 2})
		if run.Next <= h.now.UnixMicro() {
			h.Errorf("next at %d: it would be tried at once", run.Next)
		}
		h.sends(post, [5]int64{0, 0, 0, 0, 2})
		*h.now = h.now.Add(61 * time.Second)
		h.sends(post, [5]int64{2, 0, 0, 0, 0})
		if len(server.Mails()) != 5 {
			h.Errorf("%d arrived", len(server.Mails()))
		}
	})
}

func TestA7_AServerThatIsAwayCostsNoMail(t *testing.T) {
	each(t, func(h *house) {
		server, post := h.postOffice()
		h.invite("ann@x.example", "bob@x.example")
		away := post
		away.Server, _ = mail.ParseServer("smtp://127.0.0.1:1")
		run := h.sends(away, [5]int64{0, 2, 0, 0, 2})
		ms, _, _ := h.svc.Mails(h.Context(), h.owner, store.MailQuery{})
		if len(ms) != 2 || ms[0].Outcome != problem.MailUnreachable || ms[0].Answer == "" || ms[1].Answer == "" {
			h.Errorf("mails: %+v", ms)
		}
		*h.now = time.UnixMicro(run.Next)
		h.sends(post, [5]int64{2, 0, 0, 0, 0})
		if len(server.Mails()) != 2 {
			h.Errorf("%d arrived", len(server.Mails()))
		}
	})
}

// Who was killed holds its mails until the lease is over.
func TestA7_AnotherProcessGoesOnAfterTheLease(t *testing.T) {
	each(t, func(h *house) {
		server, post := h.postOffice()
		h.invite("ann@x.example")
		db, err := store.Open(h.Context(), h.url)
		if err != nil {
			h.Fatal(err)
		}
		defer db.Close()
		err = db.Write(h.Context(), func(tx *store.Tx) error { // it claimed, and died
			ms, _, err := tx.ClaimMails(h.Context(), store.Claim{Org: h.owner.Org.ID, Now: h.now.UnixMicro(), LeaseUntil: h.now.Add(10 * time.Minute).UnixMicro(), Most: 5})
			if len(ms) != 1 {
				h.Errorf("claimed %d", len(ms))
			}
			return err
		})
		if err != nil {
			h.Fatal(err)
		}
		h.sends(post, [5]int64{0, 0, 0, 0, 1})
		*h.now = h.now.Add(11 * time.Minute)
		h.sends(post, [5]int64{1, 0, 0, 0, 0})
		if len(server.Mails()) != 1 {
			h.Errorf("%d arrived", len(server.Mails()))
		}
	})
}

func TestA7_ProcessesSideBySideSendNothingTwice(t *testing.T) {
	each(t, func(h *house) {
		server, post := h.postOffice()
		var lines strings.Builder
		lines.WriteString("email\n")
		for i := range 60 {
			fmt.Fprintf(&lines, "p%d@x.example\n", i)
		}
		h.apply(lines.String(), plan.Options{New: "invite"})
		var all sync.WaitGroup
		sent := make([]int64, 3)
		for i := range sent {
			other, err := admin.Open(h.Context(), admin.Config{Database: h.url, Key: func(bool) ([]byte, error) { return bytes.Repeat([]byte{7}, 32), nil },
				Files: h.files, Now: func() time.Time { return *h.now }})
			if err != nil {
				h.Fatal(err)
			}
			defer other.Close()
			all.Go(func() {
				run, err := other.SendMails(h.Context(), h.owner, post)
				if err != nil {
					h.Errorf("process %d: %v", i, err)
				}
				sent[i] = run.Sent
			})
		}
		all.Wait()
		once := map[string]bool{}
		for _, m := range server.Mails() {
			once[m.To] = true
		}
		if len(once) != 60 || len(server.Mails()) != 60 || sent[0]+sent[1]+sent[2] != 60 {
			h.Errorf("%d mails to %d people; sent %v", len(server.Mails()), len(once), sent)
		}
	})
}

func TestA7_WhoStopsGivesTheMailsBack(t *testing.T) {
	each(t, func(h *house) {
		server, post := h.postOffice()
		server.On("a@x.example", mailtest.Behaviour{Hang: true})
		h.invite("a@x.example", "b@x.example")
		ctx, cancel := context.WithTimeout(h.Context(), 200*time.Millisecond)
		defer cancel()
		post.Server.Timeout = time.Minute
		if _, err := h.svc.SendMails(ctx, h.owner, post); err == nil {
			h.Error("no error")
		}
		server.On("a@x.example", mailtest.Behaviour{})
		h.sends(post, [5]int64{2, 0, 0, 0, 0})
	})
}

func TestA7_WhatIsMissingToSendIsTold(t *testing.T) {
	each(t, func(h *house) {
		post := admin.Post{Speak: func(lang string) admin.Texter { return locale.New(lang) }}
		if _, err := h.svc.SendMails(h.Context(), h.owner, post); err != nil {
			h.Errorf("nothing waits: %v", err)
		}
		h.invite("ann@x.example")
		for _, step := range []struct {
			name, value string
			want        problem.Code
		}{{plan.BaseURL, "https://m.example", problem.SenderMissing}, {plan.Sender, "", problem.SenderMissing}, {plan.BaseURL, "", problem.SenderMissing}} {
			h.setting(step.name, step.value)
			if _, err := h.svc.SendMails(h.Context(), h.owner, post); h.codeOf(err) != step.want {
				h.Errorf("%s=%s: %v", step.name, step.value, err)
			}
		}
		h.setting(plan.Sender, "Acme <a@acme.example>")
		if _, err := h.svc.SendMails(h.Context(), h.owner, post); h.codeOf(err) != problem.BaseURLMissing {
			h.Errorf("without an address of pages: %v", err)
		}
		if got := h.mails(); got != [4]int64{1, 0, 0, 0} {
			h.Errorf("mails = %v", got)
		}
	})
}

// TestA7_EveryServerKnowsWhetherOneOfThemSendsMails: one that has no mail server asks
// the database.
func TestA7_EveryServerKnowsWhetherOneOfThemSendsMails(t *testing.T) {
	each(t, func(h *house) {
		_, post := h.postOffice()
		leave := func() bool {
			h.Helper()
			ok, err := h.svc.MailsLeave(h.Context())
			h.must(err)
			return ok
		}
		imp := h.submit(h.owner, "email,name\nann@x.example,Ann\n", plan.Options{})
		quiet := h.work(admin.Workers{})
		quiet.await(imp.ID, store.Planned)
		quiet.stop()
		if leave() {
			h.Error("somebody who sends no mails is taken for one who does")
		}
		sending := h.work(admin.Workers{Post: &post})
		h.soon(leave)
		sending.stop()
		if !leave() {
			h.Error("who sent mails a moment ago is forgotten")
		}
		*h.now = h.now.Add(time.Minute)
		if leave() {
			h.Error("who ended a minute ago is taken to send mails still")
		}
	})
}

// TestA7_MailsLeaveAlsoWhereItCannotBeSaidWhoSendsThem: the note is for pages, and keeps
// nobody from work.
func TestA7_MailsLeaveAlsoWhereItCannotBeSaidWhoSendsThem(t *testing.T) {
	each(t, func(h *house) {
		server, post := h.postOffice()
		driver, file := "sqlite", h.url+".sessions"
		if store.IsPostgres(h.url) {
			driver, file = "pgx", h.url
		}
		raw, err := sql.Open(driver, file)
		h.must(err)
		_, err = raw.ExecContext(h.Context(), `DROP TABLE mail_sender`)
		h.must(errors.Join(err, raw.Close()))
		h.invite("ann@x.example")
		sending := h.work(admin.Workers{Post: &post})
		h.soon(func() bool { return len(server.Mails()) == 1 })
		sending.stop()
	})
}
