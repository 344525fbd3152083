package main

import (
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"meibo/internal/admin"
	"meibo/internal/problem"
	"meibo/internal/store"
)

func (a *app) mailsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "mails", Short: a.say.Say("help.mails"), Long: a.say.Say("help.mails.long")}
	cmd.AddCommand(a.mailsList(), a.mailsSend(), a.mailsRetry(), a.mailsRelease())
	return cmd
}

func (a *app) mailsList() *cobra.Command {
	var q store.MailQuery
	cmd := &cobra.Command{
		Use: "list", Short: a.say.Say("help.mails.list"), Args: a.args(0, 0, "usage.no_arguments"),
		Example: "  meibo mails list --state held\n  meibo mails list --import 12 --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if q.State != "" && !slices.Contains(store.MailStates, q.State) {
				var known []string
				for _, s := range store.MailStates {
					known = append(known, string(s))
				}
				return a.usage("usage.value", "flag", "--state", "value", string(q.State), "known", strings.Join(known, "\n"))
			}
			return a.with(cmd.Context(), func(svc *admin.Service, actor admin.Actor) error {
				mails, total, err := svc.Mails(cmd.Context(), actor, q)
				if err != nil {
					return err
				}
				return a.showMails(mails, total, actor)
			})
		},
	}
	cmd.Flags().StringVar((*string)(&q.State), "state", "", a.say.Say("flag.state.mails"))
	cmd.Flags().Int64Var(&q.Import, "import", 0, a.say.Say("flag.of-import"))
	cmd.Flags().IntVar(&q.Limit, "limit", 100, a.say.Say("flag.limit"))
	return cmd
}

type mailJSON struct {
	ID           int64           `json:"id"`
	Import       *int64          `json:"import"`
	Kind         string          `json:"kind"`
	To           *string         `json:"to"`
	MemberID     *int64          `json:"member_id"`
	InvitationID *int64          `json:"invitation_id"`
	State        store.MailState `json:"state"`
	Attempts     int64           `json:"attempts"`
	NextAt       string          `json:"next_at"`
	CreatedAt    string          `json:"created_at"`
	SentAt       *string         `json:"sent_at"`
	Problem      *mailProblem    `json:"problem"` // of the last try, or why it was dropped
}

type mailProblem struct {
	Code    problem.Code `json:"code"`
	Message string       `json:"message"`
}

func (a *app) mailObject(m store.Mail) mailJSON {
	o := mailJSON{m.ID, some(m.Import), m.Kind, some(m.To), some(m.MemberID), some(m.InvitationID), m.State, m.Attempts, stamp(m.NextAt), stamp(m.CreatedAt), nil, nil}
	if m.SentAt != 0 {
		o.SentAt = some(stamp(m.SentAt))
	}
	if p, ok := m.Problem(); ok {
		o.Problem = &mailProblem{p.Code, a.say.Problem(p)}
	}
	return o
}

func (a *app) showMails(mails []store.Mail, total int64, actor admin.Actor) error {
	t := a.table("id", "kind", "email", "state", "attempts", "when", "import", "reason")
	list := make([]mailJSON, len(mails))
	for i, m := range mails {
		list[i] = a.mailObject(m)
		imp, why := "", ""
		if m.Import != 0 {
			imp = strconv.FormatInt(m.Import, 10)
		}
		if list[i].Problem != nil {
			why = list[i].Problem.Message
		}
		t.add(strconv.FormatInt(m.ID, 10), a.say.Say("mail.kind."+m.Kind), m.To, a.say.Say("mail.state."+string(m.State)),
			strconv.FormatInt(m.Attempts, 10), a.say.Time(timeOf(m.CreatedAt, actor)), imp, why)
	}
	if err := a.show(t, map[string]any{"mails": list, "total": total}); err != nil || a.json {
		return err
	}
	a.tellShown(len(list), total)
	return nil
}

func (a *app) mailsRetry() *cobra.Command {
	var imp int64
	cmd := &cobra.Command{
		Use: "retry [ID]…", Short: a.say.Say("help.mails.retry"), Args: a.numbers,
		Example: "  meibo mails retry\n  meibo mails retry 7 8\n  meibo mails retry --import 12",
		RunE: func(cmd *cobra.Command, args []string) error {
			ids := make([]int64, len(args))
			for i, arg := range args {
				ids[i], _ = strconv.ParseInt(arg, 10, 64) // Args has looked
			}
			return a.with(cmd.Context(), func(svc *admin.Service, actor admin.Actor) error {
				n, left, err := svc.RetryMails(cmd.Context(), actor, ids, imp)
				if err != nil {
					return err
				}
				if a.json {
					return a.printJSON(map[string]any{"retried": n, "left": left})
				}
				a.tell("%s", a.say.Say("mails.retried", "n", n))
				a.tellLeft(left)
				return nil
			})
		},
	}
	cmd.Flags().Int64Var(&imp, "import", 0, a.say.Say("flag.of-import"))
	return cmd
}

func (a *app) mailsRelease() *cobra.Command {
	var imp int64
	cmd := &cobra.Command{
		Use: "release", Short: a.say.Say("help.mails.release"), Args: a.args(0, 0, "usage.no_arguments"),
		Example: "  meibo mails release\n  meibo mails release --import 12",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd.Context(), func(svc *admin.Service, actor admin.Actor) error {
				n, left, err := svc.ReleaseMails(cmd.Context(), actor, imp)
				if err != nil {
					return err
				}
				if a.json {
					return a.printJSON(map[string]any{"released": n, "left": left})
				}
				a.tell("%s", a.say.Say("mails.released", "n", n))
				a.tellLeft(left)
				return nil
			})
		},
	}
	cmd.Flags().Int64Var(&imp, "import", 0, a.say.Say("flag.of-import"))
	return cmd
}

// tellLeft says how many mails stay as they are, and why.
func (a *app) tellLeft(left int64) {
	if left > 0 {
		a.tell("%s", a.say.Say("mails.left", "n", left, "command", a.follow("invitations", "resend", "ADDRESS")))
	}
}

// numbers are arguments that are IDs, any number of them.
func (a *app) numbers(cmd *cobra.Command, args []string) error {
	for _, arg := range args {
		if n, err := strconv.ParseInt(arg, 10, 64); err != nil || n < 1 {
			return a.usage("usage.number", "verb", cmd.CommandPath(), "value", arg)
		}
	}
	return nil
}
