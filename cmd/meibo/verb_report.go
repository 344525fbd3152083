package main

import (
	"strconv"

	"github.com/spf13/cobra"

	"meibo/internal/admin"
	"meibo/internal/problem"
)

func (a *app) reportCommand() *cobra.Command {
	var output string
	var plain bool
	cmd := &cobra.Command{
		Use: "report ID", Short: a.say.Say("help.report"), Args: a.args(1, 1, "usage.one_id"),
		Example: "  meibo report 12 -o corrected.csv\n  meibo report 12 -o report.csv --plain\n  meibo report 12 --json | jq '.changes[] | select(.action == \"reject\")'",
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := importID(args[0])
			if err != nil {
				return err
			}
			if err := a.checkReport(output); err != nil {
				return err
			}
			return a.with(cmd.Context(), func(svc *admin.Service, actor admin.Actor) error {
				imp, err := svc.Import(cmd.Context(), actor, id)
				if err != nil {
					return err
				}
				form := reportFormOf(output, imp, plain)
				if toStdout := output == "" || output == "-"; a.json && toStdout {
					form = jsonForm
				}
				if err := a.report(cmd.Context(), svc, actor, imp, output, form); err != nil {
					return err
				}
				if a.json && form != jsonForm {
					return a.printJSON(map[string]any{"import": id, "file": output, "form": form})
				}
				return nil
			})
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", a.say.Say("flag.output"))
	cmd.Flags().BoolVar(&plain, "plain", false, a.say.Say("flag.plain"))
	return cmd
}

// importID reads the number of an import.
func importID(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, problem.Of(problem.NotFound, problem.ImportUnknown, "id", text)
	}
	return id, nil
}
