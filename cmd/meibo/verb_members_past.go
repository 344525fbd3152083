package main

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"meibo/internal/admin"
	"meibo/internal/plan"
	"meibo/internal/store"
)

func (a *app) membersHistory() *cobra.Command {
	return &cobra.Command{
		Use: "history ID|ADDRESS", Short: a.say.Say("help.members.history"), Args: a.args(1, 1, "usage.one_member"),
		Example: "  meibo members history 12\n  meibo members history ito@rei.example --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.with(cmd.Context(), func(svc *admin.Service, actor admin.Actor) error {
				id, err := memberID(cmd.Context(), svc, actor, args[0])
				if err != nil {
					return err
				}
				return a.history(cmd.Context(), svc, actor, id)
			})
		},
	}
}

// memberID is the number that was given, or that of the member with an address.
func memberID(ctx context.Context, svc *admin.Service, actor admin.Actor, who string) (int64, error) {
	if id, err := strconv.ParseInt(who, 10, 64); err == nil {
		return id, nil
	}
	m, err := svc.Member(ctx, actor, who)
	return m.ID, err
}

type pastJSON struct {
	When    string                 `json:"when"`
	Who     *string                `json:"who"`    // name; null for the operator of the machine
	WhoID   *int64                 `json:"who_id"` // member ID
	Import  int64                  `json:"import"`
	Kind    store.Kind             `json:"kind"`
	File    *string                `json:"file"`
	Line    *int64                 `json:"line"`
	Action  string                 `json:"action"`
	Changes []admin.DifferenceJSON `json:"changes"`
}

// signInJSON is one thing that became of what a member signs in with.
type signInJSON struct {
	When  string  `json:"when"`
	Who   *string `json:"who"`
	WhoID *int64  `json:"who_id"`
	What  string  `json:"what"`
}

func (a *app) history(ctx context.Context, svc *admin.Service, actor admin.Actor, id int64) error {
	pasts, names, err := svc.History(ctx, actor, id)
	if err != nil {
		return err
	}
	masters, err := svc.PastMasters(ctx, actor)
	if err != nil {
		return err
	}
	events, eventNames, err := svc.SignInEvents(ctx, actor, id)
	if err != nil {
		return err
	}
	t := a.table("when", "who", "import", "action", "attribute", "before", "after")
	list, signIn := make([]pastJSON, len(pasts)), []signInJSON{}
	tell := func(since int64) { // what is newer than the change that comes next
		for ; len(events) > 0 && events[0].At > since; events = events[1:] {
			e := events[0]
			signIn = append(signIn, signInJSON{stamp(e.At), some(eventNames[e.ActorID]), some(e.ActorID), e.What})
			t.add(a.say.Time(timeOf(e.At, actor)), a.author(e.ActorID, eventNames), "", a.say.Say("account."+e.What))
		}
	}
	for i := range pasts {
		p := &pasts[i]
		tell(p.AppliedAt)
		ds := admin.Differences(&p.Change, actor, masters)
		list[i] = pastJSON{When: stamp(p.AppliedAt), Who: some(names[p.ActorID]), WhoID: some(p.ActorID), Import: p.Import, Kind: p.Kind,
			File: some(p.FileName), Line: some(p.Line), Action: p.Action.String(), Changes: []admin.DifferenceJSON{}}
		for _, d := range ds {
			list[i].Changes = append(list[i].Changes, admin.DifferenceJSON{Attribute: d.Attribute, Before: some(d.Before), After: some(d.After)})
		}
		a.addPast(t, p, a.importAuthor(p.Kind, p.ActorID, names), ds, actor, masters)
	}
	tell(0)
	return a.show(t, map[string]any{"member": id, "changes": list, "sign_in": signIn})
}

// addPast adds a line for each difference; when, who and from where are said
// with the first.
func (a *app) addPast(t *table, p *store.Past, who string, ds []plan.Difference, actor admin.Actor, masters *plan.Masters) {
	from := strconv.FormatInt(p.Import, 10)
	if p.FileName != "" {
		from += " " + p.FileName
	}
	if p.Line > 0 {
		from += " " + a.say.Say("place.line", "line", p.Line)
	}
	action := p.Action.String()
	if p.Restores() {
		action = "restore" // to be read; JSON says create (A6)
	}
	head := []string{a.say.Time(timeOf(p.AppliedAt, actor)), who, from, a.say.Action(action)}
	if len(ds) == 0 {
		t.add(head...)
	}
	for _, d := range ds {
		t.add(append(head, a.label(masters, d.Attribute), d.Before, admin.ShownAfter(d, masters, a.say))...)
		head = []string{"", "", "", ""}
	}
}

func (a *app) membersLostFactor() *cobra.Command {
	return &cobra.Command{
		Use: "lost-factor ID|ADDRESS", Short: a.say.Say("help.members.lost-factor"), Long: a.say.Say("help.members.lost-factor.long"), Args: a.args(1, 1, "usage.one_member"),
		Example: "  meibo members lost-factor ito@rei.example",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.with(cmd.Context(), func(svc *admin.Service, actor admin.Actor) error {
				id, err := memberID(cmd.Context(), svc, actor, args[0])
				if err != nil {
					return err
				}
				if err := svc.TakeOffSecondFactor(cmd.Context(), actor, id); err != nil {
					return err
				}
				if a.json {
					return a.printJSON(map[string]any{"member": id, "taken_off": true})
				}
				a.tell("%s", a.say.Say("members.lost-factor", "id", id))
				return nil
			})
		},
	}
}

func (a *app) membersErase() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use: "erase ID|ADDRESS --yes", Short: a.say.Say("help.members.erase"), Args: a.args(1, 1, "usage.one_member"),
		Example: "  meibo members erase 12 --yes",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.with(cmd.Context(), func(svc *admin.Service, actor admin.Actor) error {
				id, err := memberID(cmd.Context(), svc, actor, args[0])
				if err != nil {
					return err
				}
				if !yes {
					a.tell("%s", a.say.Say("members.erase.sure", "id", id))
					return exit(exitNeedsYes)
				}
				if err := svc.Erase(cmd.Context(), actor, id); err != nil {
					return err
				}
				if a.json {
					return a.printJSON(map[string]any{"member": id, "erased": true})
				}
				a.tell("%s", a.say.Say("members.erased", "id", id))
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, a.say.Say("flag.yes.erase"))
	return cmd
}
