package admin

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	netmail "net/mail"
	"slices"
	"strings"
	"time"

	"meibo/internal/mail"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// A Post is how mails leave.
type Post struct {
	Server mail.Server
	Speak  func(lang string) Texter // the sentences of a language: en or ja
}

// letterhead is what all mails of an organisation have in common.
type letterhead struct {
	org  store.Organisation
	base string // address of the pages, no slash at the end
	from *netmail.Address
	post Post
}

// MailsLeave reports whether some process on this database sends mails, or did a
// minute ago. It needs no right: it says nothing of anybody.
func (s *Service) MailsLeave(ctx context.Context) (bool, error) {
	until, err := s.db.MailSenderUntil(ctx)
	return until > s.micros(), err
}

// MailTrouble returns why mails of an organisation wait where they are: SMTPMissing
// unless some process has a mail server, SenderMissing and BaseURLMissing. Empty: they leave.
func MailTrouble(org store.Organisation, server bool) []problem.Problem {
	var ps []problem.Problem
	if !server {
		ps = append(ps, problem.Of(problem.NotFound, problem.SMTPMissing))
	}
	if _, err := mail.ParseAddress(org.Settings.Get(plan.Sender)); err != nil {
		ps = append(ps, problem.Of(problem.Conflict, problem.SenderMissing))
	}
	if org.Settings.Get(plan.BaseURL) == "" {
		ps = append(ps, problem.Of(problem.Conflict, problem.BaseURLMissing))
	}
	return ps
}

// letterhead looks whether mails can be written at all. Its problems are
// SenderMissing and BaseURLMissing.
func (p Post) letterhead(org store.Organisation) (letterhead, error) {
	l := letterhead{org: org, base: strings.TrimRight(org.Settings.Get(plan.BaseURL), "/"), post: p}
	from, err := mail.ParseAddress(org.Settings.Get(plan.Sender))
	switch {
	case err != nil:
		return l, problem.Of(problem.Conflict, problem.SenderMissing)
	case l.base == "":
		return l, problem.Of(problem.Conflict, problem.BaseURLMissing)
	case from.Name == "":
		from.Name = org.Name
	}
	l.from = from
	return l, nil
}

// message writes a mail.
func (s *Service) message(l letterhead, m *store.Outgoing) mail.Message {
	lang := m.Language
	if !slices.Contains(plan.Languages, lang) {
		lang = l.org.Settings.Get(plan.Language)
	}
	text := l.post.Speak(lang)
	say := func(part string) string {
		key := "letter." + m.Kind + "." + part
		said := text.Say(key, "organisation", l.org.Name, "name", m.Name, "import", m.Import)
		if said == key {
			return ""
		}
		return said
	}
	letter := mail.Letter{Lang: text.Lang(), Subject: say("subject"), Before: []string{say("before")}, Label: say("label"),
		Link: s.linkOf(l.org, l.base, m)}
	if linkEnds(m.Kind) {
		letter.After = append(letter.After, text.Say("letter.until", "until", time.UnixMicro(m.LinkUntil).In(l.org.Zone), "zone", l.org.Zone.String()))
	}
	if after := say("after"); after != "" {
		letter.After = append(letter.After, after)
	} else {
		letter.After = append(letter.After, text.Say("letter.unexpected"))
	}
	return mail.Message{ID: s.messageID(l, m), From: l.from, To: m.To, Date: s.now(), Letter: letter}
}

// messageID is the same with every attempt, so that programs show a mail that
// arrives twice once (A7). A new link is another mail. It tells nothing: not how
// many mails there were, nor whose.
func (s *Service) messageID(l letterhead, m *store.Outgoing) string {
	mac := hmac.New(sha256.New, deriveKey(s.key, "message ids"))
	mac.Write(invitationHead(l.org.ID, m.ID, m.Invited.Generation, m.Requested))
	_, domain, _ := strings.Cut(l.from.Address, "@")
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(mac.Sum(nil)[:20])) + "@" + domain
}
