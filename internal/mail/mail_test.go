package mail_test

import (
	"context"
	"errors"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"meibo/internal/mail"
	"meibo/internal/mailtest"
	"meibo/internal/problem"
)

var letter = mail.Letter{Lang: "ja", Subject: "〜名簿〜への招待", Before: []string{"田中 <太郎> 様", "下のリンクを開いてください。"},
	Link: "https://m.example/invitation#abc_-123", Label: "招待を受ける", After: []string{"7日間有効です。"}}

func message(to string) mail.Message {
	return mail.Message{ID: "one@m.example", From: &netmail.Address{Name: "名簿", Address: "no-reply@m.example"}, To: to,
		Date: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), Letter: letter}
}

func connect(t *testing.T, url string) (*mail.Connection, error) {
	t.Helper()
	s, err := mail.ParseServer(url)
	if err != nil {
		t.Fatal(err)
	}
	s.Timeout = 300 * time.Millisecond
	c, err := s.Connect(t.Context())
	if err == nil {
		t.Cleanup(c.Close)
	}
	return c, err
}

func TestA7_AMailIsPlainTextAndHTMLInUTF8(t *testing.T) {
	server := mailtest.Start(t)
	c, err := connect(t, server.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{"ann@x.example", "bob@x.example"} {
		if err := c.Send(t.Context(), message(to)); err != nil {
			t.Fatal(err)
		}
	}
	got := server.Mails()
	if len(got) != 2 || server.Sessions() != 1 || got[1].To != "bob@x.example" || got[0].From != "no-reply@m.example" {
		t.Fatalf("arrived %+v over %d connections", got, server.Sessions())
	}
	m := got[0]
	if m.Subject != letter.Subject || m.Header.Get("Message-Id") != "<one@m.example>" || m.Header.Get("Date") != "Sun, 22 Nov 2026 09:00:00 +0000" {
		t.Errorf("subject %q, ID %q, date %q", m.Subject, m.Header.Get("Message-Id"), m.Header.Get("Date"))
	}
	if want := strings.Join(letter.Before, "\n\n") + "\n\n" + letter.Link + "\n\n7日間有効です。\n"; m.Text != want {
		t.Errorf("text = %q, want %q", m.Text, want)
	}
	if !strings.Contains(m.HTML, `href="`+letter.Link+`"`) || !strings.Contains(m.HTML, "田中 &lt;太郎&gt; 様") || !strings.Contains(m.HTML, `lang="ja"`) {
		t.Errorf("html = %s", m.HTML)
	}
}

func TestA7_WhatTheServerSaysDecidesWhetherToTryAgain(t *testing.T) {
	tests := []struct {
		name      string
		behaviour mailtest.Behaviour
		want      mail.Failure
		answer    string
		arrives   int
	}{
		{"550 at the recipient is for good", mailtest.Behaviour{Code: 550, Text: "no such user"}, mail.Failure{Permanent: true}, "550 no such user", 0},
		{"451 at the recipient is for now", mailtest.Behaviour{Code: 451, Text: "try later"}, mail.Failure{}, "451 try later", 0},
		{"554 at the content is for good", mailtest.Behaviour{Code: 554, Text: "spam", AtData: true}, mail.Failure{Permanent: true}, "554 spam", 0},
		{"421 is goodbye", mailtest.Behaviour{Code: 421, Text: "shutting down"}, mail.Failure{Lost: true}, "421 shutting down", 0},
		{"a connection that breaks is for now", mailtest.Behaviour{Drop: true}, mail.Failure{Lost: true}, "", 0},
		{"one that breaks after the mail too: it will arrive again", mailtest.Behaviour{Break: true}, mail.Failure{Lost: true}, "", 1},
		{"a server that says nothing is for now", mailtest.Behaviour{Hang: true}, mail.Failure{Lost: true}, "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			server := mailtest.Start(t)
			server.On("ann@x.example", tt.behaviour)
			c, err := connect(t, server.URL)
			if err != nil {
				t.Fatal(err)
			}
			var f *mail.Failure
			if err := c.Send(t.Context(), message("ann@x.example")); !errors.As(err, &f) {
				t.Fatalf("send: %v", err)
			}
			if f.Permanent != tt.want.Permanent || f.Lost != tt.want.Lost || !strings.HasPrefix(f.Answer, tt.answer) || f.Answer == "" {
				t.Errorf("got %+v, want %+v with %q", *f, tt.want, tt.answer)
			}
			if strings.Contains(f.Error(), "ann@") || len(server.Mails()) != tt.arrives {
				t.Errorf("error %q, %d arrived", f, len(server.Mails()))
			}
			if f.Lost {
				return
			}
			if err := c.Send(t.Context(), message("bob@x.example")); err != nil {
				t.Errorf("the next mail over the same connection: %v", err)
			}
		})
	}
}

func TestA7_SendingStopsWhenTheCallerDoes(t *testing.T) {
	server := mailtest.Start(t)
	server.On("ann@x.example", mailtest.Behaviour{Hang: true})
	s, _ := mail.ParseServer(server.URL) // waits 30 seconds
	c, err := s.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	if err := c.Send(ctx, message("ann@x.example")); err == nil || time.Since(began) > 10*time.Second {
		t.Errorf("send: %v after %v", err, time.Since(began))
	}
}

func TestA7_TheServerThatIsNotThereIsNotTheMailsFault(t *testing.T) {
	server := mailtest.Start(t)
	server.Require("right")
	host := strings.TrimPrefix(server.URL, "smtp://")
	for name, url := range map[string]string{
		"nobody listens": "smtp://127.0.0.1:1", "the password is wrong": "smtp://meibo:wrong@" + host + "?tls=none",
		"a password goes nowhere unencrypted": "smtp://meibo:right@" + host,
	} {
		_, err := connect(t, url)
		var f *mail.Failure
		if !errors.As(err, &f) || f.Permanent || !f.Lost || f.Answer == "" || strings.Contains(f.Answer, "right") {
			t.Errorf("%s: %v, %+v", name, err, f)
		}
	}
	c, err := connect(t, "smtp://meibo:right@"+host+"?tls=none")
	if err == nil {
		err = c.Send(t.Context(), message("ann@x.example"))
	}
	if err != nil {
		t.Errorf("with the right password: %v", err)
	}
}

func TestA7_ServersAreNamedByURL(t *testing.T) {
	for text, want := range map[string]string{
		"smtp://mail.example": "smtp://mail.example:587", "smtps://u:p%40ss@mail.example": "smtps://u@mail.example:465",
		" smtp://[::1]:25?tls=none ": "smtp://[::1]:25?tls=none",
	} {
		s, err := mail.ParseServer(text)
		if err != nil || s.String() != want {
			t.Errorf("%s: %s, %v; want %s", text, s, err, want)
		}
	}
	for _, text := range []string{"", "mail.example", "http://mail.example", "smtp://", "smtp://m.example:0", "smtp://m.example/x", "smtps://m.example?tls=none", "smtp://m.example?tls=no"} {
		if _, err := mail.ParseServer(text); !errors.Is(err, problem.New(problem.SMTPMalformed)) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
