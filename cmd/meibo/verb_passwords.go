package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"meibo/internal/admin"
	"meibo/internal/problem"
)

func (a *app) passwordsCommand() *cobra.Command {
	var output, accept string
	var links bool
	cmd := &cobra.Command{
		Use: "passwords ID", Short: a.say.Say("help.passwords"), Args: a.args(1, 1, "usage.one_id"),
		Example: "  meibo passwords 12 -o passwords.csv\n  meibo passwords 12 --send-links --accept mails=300",
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := importID(args[0])
			if err != nil {
				return err
			}
			numbers, err := a.parseAccept(accept)
			switch {
			case err != nil:
				return err
			case links && output != "":
				return usageError{errors.New(a.sentence(problem.New(problem.OptionsContradict, "first", "--send-links", "second", "--output")))}
			case accept != "" && !links:
				return a.usage("usage.needs", "flag", "--accept", "other", "--send-links")
			}
			return a.with(cmd.Context(), func(svc *admin.Service, actor admin.Actor) error {
				if links {
					return a.sendLinks(cmd.Context(), svc, actor, id, numbers)
				}
				return a.passwords(cmd.Context(), svc, actor, id, output)
			})
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", a.say.Say("flag.output"))
	cmd.Flags().BoolVar(&links, "send-links", false, a.say.Say("flag.send-links"))
	cmd.Flags().StringVar(&accept, "accept", "", a.say.Say("flag.accept-mails"))
	return cmd
}

// sendLinks puts mails with links to a first password into the outbox (P6).
func (a *app) sendLinks(ctx context.Context, svc *admin.Service, actor admin.Actor, id int64, accept map[string]int64) error {
	n, err := svc.SendFirstPasswords(ctx, actor, id, accept)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]any{"id": id, "mails": n})
	}
	a.tell("%s", a.say.Say("passwords.links", "n", n, "command", a.follow("mails", "send")))
	return nil
}
