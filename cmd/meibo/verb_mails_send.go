package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"meibo/internal/admin"
	"meibo/internal/locale"
	"meibo/internal/mail"
	"meibo/internal/problem"
)

func (a *app) mailsSend() *cobra.Command {
	var wait bool
	cmd := &cobra.Command{ //nolint:gosec // the password is an example of one
		Use: "send", Short: a.say.Say("help.mails.send"), Long: a.say.Say("help.mails.send.long"), Args: a.args(0, 0, "usage.no_arguments"),
		Example: "  MEIBO_SMTP=smtp://user:password@mail.example:587 meibo mails send\n  meibo mails send --smtp smtps://mail.example --wait",
		RunE: func(cmd *cobra.Command, _ []string) error {
			post, err := a.post()
			if err != nil {
				return err
			}
			return a.with(cmd.Context(), func(svc *admin.Service, actor admin.Actor) error {
				run, err := sendMails(cmd.Context(), svc, actor, post, wait)
				if err != nil {
					return err
				}
				return a.showRun(run)
			})
		},
	}
	cmd.Flags().StringVar(&a.smtp, "smtp", "", a.say.Say("flag.smtp"))
	cmd.Flags().BoolVar(&wait, "wait", false, a.say.Say("flag.wait.mails"))
	return cmd
}

// post is the way by which mails leave. Its problems are SMTPMissing and
// SMTPMalformed.
func (a *app) post() (admin.Post, error) {
	url, _ := a.smtpFrom()
	if url == "" {
		return admin.Post{}, problem.Of(problem.NotFound, problem.SMTPMissing)
	}
	server, err := mail.ParseServer(url)
	return admin.Post{Server: server, Speak: func(lang string) admin.Texter { return locale.New(lang) }}, err
}

// smtpFrom is the mail server's address and what said so.
func (a *app) smtpFrom() (url, from string) {
	return a.told("--smtp", a.smtp, "MEIBO_SMTP", "")
}

// sendMails sends once, or, to wait, until no mail is to be sent any more.
func sendMails(ctx context.Context, svc *admin.Service, actor admin.Actor, post admin.Post, wait bool) (admin.MailRun, error) {
	var sum admin.MailRun
	for {
		run, err := svc.SendMails(ctx, actor, post)
		sum.Sent, sum.Failed, sum.Dropped = sum.Sent+run.Sent, sum.Failed+run.Failed, sum.Dropped+run.Dropped
		sum.Postponed, sum.Waiting, sum.Next = run.Postponed, run.Waiting, run.Next
		if err != nil || !wait || run.Waiting == 0 {
			return sum, err
		}
		timer := time.NewTimer(max(time.Until(time.UnixMicro(run.Next)), time.Second))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return sum, ctx.Err()
		}
	}
}

type runJSON struct {
	Sent      int64   `json:"sent"`
	Postponed int64   `json:"postponed"`
	Failed    int64   `json:"failed"`
	Dropped   int64   `json:"dropped"`
	Waiting   int64   `json:"waiting"`
	NextAt    *string `json:"next_at"`
}

// showRun says what was sent. Mails that failed, or none that went through, are
// a failure.
func (a *app) showRun(run admin.MailRun) error {
	if a.json {
		object := runJSON{run.Sent, run.Postponed, run.Failed, run.Dropped, run.Waiting, nil}
		if run.Next != 0 {
			object.NextAt = some(stamp(run.Next))
		}
		if err := a.printJSON(object); err != nil {
			return err
		}
	} else {
		a.tell("%s", a.say.Say("mails.sent", "n", run.Sent))
		if run.Dropped > 0 {
			a.tell("%s", a.say.Say("mails.dropped", "n", run.Dropped))
		}
		if run.Failed > 0 {
			a.tell("%s", a.say.Say("mails.failed", "n", run.Failed))
		}
		if run.Waiting > 0 {
			a.tell("%s", a.say.Say("mails.waiting", "n", run.Waiting, "next", time.UnixMicro(run.Next)))
		}
	}
	if run.Failed > 0 || run.Sent == 0 && run.Postponed > 0 {
		return exit(exitFailed)
	}
	return nil
}
