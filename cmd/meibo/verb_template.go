package main

import (
	"io"

	"github.com/spf13/cobra"

	"meibo/internal/admin"
	"meibo/internal/plan"
)

func (a *app) templateCommand() *cobra.Command {
	var layout, output string
	cmd := &cobra.Command{
		Use: "template", Short: a.say.Say("help.template"), Args: a.args(0, 0, "usage.no_arguments"),
		Example: `  meibo template -o sample.csv
  meibo template --layout invitation --lang ja -o invite.xlsx`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch plan.Layout(layout) {
			case "", plan.Register, plan.InviteSheet:
			default:
				return a.usage("usage.value", "flag", "--layout", "value", layout, "known", "register\ninvitation")
			}
			if a.json && isStdout(output) {
				return a.usage("usage.needs", "flag", "--json", "other", "-o FILE")
			}
			return a.with(cmd.Context(), func(svc *admin.Service, actor admin.Actor) error {
				t := admin.Template{Layout: plan.Layout(layout), Lang: a.say.Lang(), Text: a.say,
					Format: admin.FormatOf(output, plan.Layout(layout))}
				if err := a.checkBinary(t.Format, output); err != nil {
					return err
				}
				if err := a.output(output, func(w io.Writer) error { return svc.Template(cmd.Context(), actor, t, w) }); err != nil {
					return err
				}
				switch {
				case a.json:
					return a.printJSON(map[string]any{"file": output})
				case !isStdout(output):
					a.tell("%s", a.say.Say("template.done", "file", output))
				}
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&layout, "layout", "", a.say.Say("flag.template-layout"))
	cmd.Flags().StringVarP(&output, "output", "o", "", a.say.Say("flag.output"))
	return cmd
}
