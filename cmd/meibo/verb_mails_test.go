package main

import (
	"strings"
	"testing"

	"meibo/internal/mailtest"
)

func TestA7_MailsAreSentFromTheCommandLine(t *testing.T) {
	eachDesk(t, func(d *desk) {
		server := mailtest.Start(d.T)
		server.On("gone@x.example", mailtest.Behaviour{Code: 550, Text: "no such user"})
		d.do(exitDone, "settings", "set", "sender", "Acme <no-reply@acme.example>")
		d.give("email\nann@x.example\ngone@x.example\n", exitDone, "import", "-", "--new", "invite", "--yes")
		d.said(d.do(exitFailed, "mails", "send"), "MEIBO_SMTP")
		if got := d.do(exitFailed, "mails", "send", "--smtp", "smtp://u:s3cret@"); strings.Contains(got.errors, "s3cret") {
			d.Errorf("with a bad address: %s", got.errors)
		}
		d.said(d.do(exitFailed, "mails", "send", "--smtp", server.URL, "--wait"), "1 mail sent.", "1 mail failed.")
		if got := server.Mails(); len(got) != 1 || got[0].To != "ann@x.example" || !strings.Contains(got[0].Text, "https://m.example/invitation#") {
			d.Errorf("arrived: %+v", got)
		}
		d.said(d.do(exitDone, "mails", "list", "--state", "failed"), "550 no such user")
		list := d.json(exitDone, "mails", "list")["mails"].([]any)
		gone, ann := list[0].(map[string]any), list[1].(map[string]any)
		if why := gone["problem"].(map[string]any); why["code"] != "mail-refused" || gone["sent_at"] != nil || ann["problem"] != nil || ann["sent_at"] == nil {
			d.Errorf("listed: %v, %v", gone, ann)
		}
		if run := d.json(exitDone, "mails", "send", "--smtp", server.URL); run["sent"] != 0.0 || run["next_at"] != nil {
			d.Errorf("once more: %v", run)
		}
	})
}

func TestConfigShowsTheMailServerWithoutItsPassword(t *testing.T) {
	eachDesk(t, func(d *desk) {
		d.env = append(d.env, "MEIBO_SMTP=smtp://u:s3cret@mail.example")
		got := d.do(exitDone, "config")
		d.said(got, "smtp://u@mail.example:587", "MEIBO_SMTP")
		if strings.Contains(got.out, "s3cret") {
			d.Errorf("%s", got.out)
		}
	})
}
