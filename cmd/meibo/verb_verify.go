package main

import (
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"meibo/internal/admin"
	"meibo/internal/store"
)

func (a *app) verifyCommand() *cobra.Command {
	return &cobra.Command{
		Use: "verify", Short: a.say.Say("help.verify"), Long: a.say.Say("help.verify.long"), Args: a.args(0, 0, "usage.no_arguments"),
		Example: "  meibo verify\n  meibo verify --json | jq .ok",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withAll(cmd.Context(), func(svc *admin.Service, actors []admin.Actor) error {
				right := true
				for _, actor := range actors {
					v, err := svc.Verify(cmd.Context(), actor)
					if err != nil {
						return err
					}
					if len(actors) > 1 {
						a.tell("%s:", actor.Org.Name)
					}
					if err := a.showVerification(v); err != nil {
						return err
					}
					right = right && v.Right()
				}
				if !right {
					return exit(exitFailed)
				}
				return nil
			})
		},
	}
}

type findingJSON struct {
	Kind    string  `json:"kind"`
	Rule    *string `json:"rule"`
	Count   int64   `json:"count"`
	IDs     []int64 `json:"ids"` // the first hundred
	Message string  `json:"message"`
}

func (a *app) showVerification(v admin.Verification) error {
	if a.json {
		list := []findingJSON{}
		if v.Broken != nil {
			id, _ := strconv.ParseInt(v.Broken.Values["import"], 10, 64)
			list = append(list, findingJSON{"journal", some("M8"), 1, []int64{id}, a.say.Problem(*v.Broken)})
		}
		for _, f := range v.Findings {
			list = append(list, findingJSON{f.Kind, some(f.Rule), f.Count, append([]int64{}, f.IDs...), a.finding(f)})
		}
		return a.printJSON(map[string]any{"ok": v.Right(), "findings": list, "members": v.Members, "imports": v.Imports,
			"journal": map[string]int64{"entries": v.Journal.Entries, "changes": v.Journal.Changes, "erased": v.Journal.Erased}})
	}
	if v.Right() {
		a.tell("%s", a.say.Say("verify.done", "imports", v.Journal.Entries, "members", v.Members))
		return nil
	}
	n := len(v.Findings)
	if v.Broken != nil {
		n++
	}
	a.tell("%s", a.say.Say("verify.failed", "n", n))
	if v.Broken != nil {
		a.tell("  %s", a.say.Problem(*v.Broken))
	}
	for _, f := range v.Findings {
		a.tell("  %s", a.finding(f))
	}
	return nil
}

// finding says what is wrong, how often, and with whom.
func (a *app) finding(f store.Finding) string {
	ids := make([]string, len(f.IDs))
	for i, id := range f.IDs {
		ids[i] = strconv.FormatInt(id, 10)
	}
	text := a.say.Say("verify.kind."+f.Kind, "n", f.Count)
	if f.Rule != "" {
		text += " (" + f.Rule + ")"
	}
	if len(ids) == 0 {
		return text
	}
	return a.say.Say("verify.ids", "what", text, "ids", strings.Join(ids, ", "))
}
