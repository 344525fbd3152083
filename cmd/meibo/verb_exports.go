package main

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"meibo/internal/admin"
	"meibo/internal/store"
)

func (a *app) exportsCommand() *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use: "exports", Short: a.say.Say("help.exports"), Args: a.args(0, 0, "usage.no_arguments"),
		Example: "  meibo exports\n  meibo exports --json --limit 5 | jq '.exports[].who'",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if limit < 0 {
				return a.usage("usage.flag_invalid", "verb", cmd.CommandPath(), "flag", "--limit", "value", strconv.Itoa(limit))
			}
			return a.with(cmd.Context(), func(svc *admin.Service, actor admin.Actor) error {
				exports, names, err := svc.Exports(cmd.Context(), actor, limit)
				if err != nil {
					return err
				}
				return a.showExports(exports, names, actor)
			})
		},
	}
	cmd.Flags().IntVar(&limit, "limit", 50, a.say.Say("flag.limit"))
	return cmd
}

// exportJSON is the record of an export as it is listed. Every key is always
// present; what is unknown is null.
type exportJSON struct {
	ID        int64           `json:"id"`
	CreatedAt string          `json:"created_at"`
	Who       *string         `json:"who"`    // name; null for the operator of the machine
	WhoID     *int64          `json:"who_id"` // member ID
	Members   int64           `json:"members"`
	Selection json.RawMessage `json:"selection"` // which members, and how they were written
	Columns   []string        `json:"columns"`   // identifiers
}

func (a *app) showExports(exports []store.Export, names map[int64]string, actor admin.Actor) error {
	t := a.table("id", "when", "who", "members", "selection", "columns")
	list := make([]exportJSON, len(exports))
	for i, e := range exports {
		list[i] = exportJSON{e.ID, stamp(e.CreatedAt), some(names[e.ActorID]), some(e.ActorID), e.Members, json.RawMessage(e.Selection), e.Columns}
		t.add(strconv.FormatInt(e.ID, 10), a.say.Time(timeOf(e.CreatedAt, actor)), a.author(e.ActorID, names), a.say.Number(e.Members),
			e.Selection, strings.Join(e.Columns, ","))
	}
	return a.show(t, map[string]any{"exports": list})
}
