package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"meibo/internal/admin"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// submitFile hands a file to the server, which plans it; then it waits to be looked
// at. What would answer a plan that nobody has seen is refused.
func (a *app) submitFile(ctx context.Context, svc *admin.Service, actor admin.Actor, name string, f *importFlags) error {
	for _, other := range []struct {
		flag  string
		given bool
	}{{"--yes", f.yes}, {"--accept", f.accept != ""}, {"--report", f.report != ""}, {"--passwords", f.passwords != ""}} {
		if other.given {
			return usageError{errors.New(a.sentence(problem.New(problem.OptionsContradict, "first", "--background", "second", other.flag)))}
		}
	}
	imp, err := a.withUpload(ctx, svc, actor, name, f, func(u admin.Upload, o plan.Options) (store.Import, error) {
		return svc.Submit(ctx, actor, u, o)
	})
	if err != nil {
		return err
	}
	if imp.State != store.Planning || a.json {
		if err := a.showPlan(ctx, svc, actor, imp); err != nil {
			return err
		}
	}
	if imp.State != store.Planning { // larger than a file may be
		return exit(stateCode(imp, true))
	}
	if !a.json {
		id := number(imp.ID)
		a.tell("%s", a.say.Say("imports.queued", "id", id, "look", a.follow("imports", id), "cancel", a.follow("imports", "cancel", id)))
	}
	return exit(exitNeedsYes)
}

func (a *app) cancelCommand() *cobra.Command {
	return &cobra.Command{
		Use: "cancel ID", Short: a.say.Say("help.imports.cancel"), Args: a.args(1, 1, "usage.one_id"),
		Example: "  meibo imports cancel 12",
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := importID(args[0])
			if err != nil {
				return err
			}
			return a.with(cmd.Context(), func(svc *admin.Service, actor admin.Actor) error {
				imp, err := svc.Cancel(cmd.Context(), actor, id)
				if err != nil {
					return err
				}
				if a.json {
					return a.printJSON(map[string]any{"id": id, "state": imp.State, "cancelling": imp.State != store.Cancelled})
				}
				key := "imports.cancelling"
				if imp.State == store.Cancelled {
					key = "imports.cancelled"
				}
				a.tell("%s", a.say.Say(key, "id", id))
				return nil
			})
		},
	}
}

// standingJSON is how far whoever works in the background is with an import.
type standingJSON struct {
	Queued     bool    `json:"queued"`     // nobody is at it yet
	Cancelling bool    `json:"cancelling"` // somebody asked to stop it
	Step       *string `json:"step"`
	Done       int64   `json:"done"`
	Total      *int64  `json:"total"`
	Rows       int64   `json:"rows"`
}

// standingObject is null for an import with which nobody is busy in the background.
func standingObject(at admin.Standing) *standingJSON {
	if !at.Background {
		return nil
	}
	return &standingJSON{Queued: at.Queued, Cancelling: at.Cancelling, Step: some(at.Step), Done: at.Done, Total: some(at.Total), Rows: at.Rows}
}

// standing says the same in words.
func (a *app) standing(at admin.Standing) string {
	switch {
	case !at.Background:
		return ""
	case at.Cancelling:
		return a.say.Say("progress.cancelling")
	case at.Queued:
		return a.say.Say("progress.queued")
	case at.Step == "":
		return a.say.Say("progress.begun")
	case at.Rows > 0:
		return a.say.Say("progress."+at.Step) + ", " + a.say.Say("progress.rows", "n", at.Rows)
	}
	return a.say.Say("progress." + at.Step)
}
