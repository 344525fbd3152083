package main

import (
	"github.com/spf13/cobra"

	"meibo/internal/admin"
)

func (a *app) passwordsCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use: "passwords ID", Short: a.say.Say("help.passwords"), Args: a.args(1, 1, "usage.one_id"),
		Example: "  meibo passwords 12 -o passwords.csv",
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := importID(args[0])
			if err != nil {
				return err
			}
			return a.with(cmd.Context(), func(svc *admin.Service, actor admin.Actor) error {
				return a.passwords(cmd.Context(), svc, actor, id, output)
			})
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", a.say.Say("flag.output"))
	return cmd
}
