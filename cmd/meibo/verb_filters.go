package main

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"meibo/internal/admin"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

func (a *app) filtersCommand() *cobra.Command {
	return a.noun("filters", a.filtersList(), a.filtersShow(), a.filtersTest(), a.filtersAdd(), a.filtersEdit(), a.filtersDelete())
}

type filterJSON struct {
	ID         int64    `json:"id"`
	Name       string   `json:"name"`
	Share      string   `json:"share"`
	Groups     []string `json:"groups"`
	Expression string   `json:"expression"`
	OwnerID    *int64   `json:"owner_member_id"`
	Matches    *int64   `json:"matches,omitempty"`
}

func jsonOfFilter(f store.Filter, masters *plan.Masters) filterJSON {
	groups := make([]string, len(f.GroupIDs))
	for i, id := range f.GroupIDs {
		groups[i] = masters.GroupName(id)
	}
	return filterJSON{ID: f.ID, Name: f.Name, Share: f.Share, Groups: groups, Expression: f.Expression, OwnerID: some(f.OwnerID)}
}

func (a *app) filtersList() *cobra.Command {
	return a.verb("list", "  meibo filters list",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, _ []string) error {
			all, err := svc.Filters(ctx, actor)
			if err != nil {
				return err
			}
			masters, err := svc.Masters(ctx, actor)
			if err != nil {
				return err
			}
			t := a.table("name", "share", "expression")
			objects := make([]filterJSON, len(all))
			for i, f := range all {
				objects[i] = jsonOfFilter(f, masters)
				t.add(f.Name, a.shared(objects[i]), f.Expression)
			}
			return a.show(t, map[string]any{"filters": objects})
		})
}

// shared says who sees a filter.
func (a *app) shared(f filterJSON) string {
	if f.Share == store.ShareGroups && len(f.Groups) > 0 {
		return strings.Join(f.Groups, ", ")
	}
	if f.Share == store.ShareEveryone {
		return a.say.Say("share.everyone")
	}
	return a.say.Say("share.me")
}

func (a *app) filtersShow() *cobra.Command {
	return a.verb("show NAME", "  meibo filters show 期限切れ",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, args []string) error {
			f, err := svc.Filter(ctx, actor, args[0])
			if err != nil {
				return err
			}
			return a.showFilter(ctx, svc, actor, "", f)
		})
}

// showFilter shows a filter and, to who may see members, how many it chooses;
// said is what was done with it, a key of the catalogues, or empty.
func (a *app) showFilter(ctx context.Context, svc *admin.Service, actor admin.Actor, said string, f store.Filter) error {
	masters, err := svc.Masters(ctx, actor)
	if err != nil {
		return err
	}
	object := jsonOfFilter(f, masters)
	n, err := svc.Matches(ctx, actor, f.Expression)
	switch {
	case err == nil:
		object.Matches = &n
	case !errors.Is(err, problem.Problem{Code: problem.ActorForbidden}):
		return err
	}
	if a.json {
		return a.printJSON(map[string]any{"filter": object})
	}
	if said != "" {
		a.tell("%s", a.say.Say(said, "name", f.Name))
	} else {
		t := a.table("name", "share", "expression")
		t.add(f.Name, a.shared(object), f.Expression)
		if err := t.write(a.stdout); err != nil {
			return err
		}
	}
	if object.Matches != nil {
		a.tell("%s", a.say.Say("filter.matches", "n", n))
	}
	return nil
}

func (a *app) filtersTest() *cobra.Command {
	return a.verb("test EXPRESSION", `  meibo filters test 'groups eq "東京" and login_until lt "today"'`,
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, args []string) error {
			n, err := svc.Matches(ctx, actor, args[0])
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(map[string]any{"matches": n})
			}
			a.tell("%s", a.say.Say("filter.matches", "n", n))
			return nil
		})
}

// filterFlags are the flags of a filter.
type filterFlags struct {
	expression string
	share      []string
}

func (a *app) addFilterFlags(cmd *cobra.Command, f *filterFlags) {
	cmd.Flags().StringVar(&f.expression, "expr", "", a.say.Say("flag.expr"))
	cmd.Flags().StringArrayVar(&f.share, "share", nil, a.say.Say("flag.share"))
}

func (a *app) filtersAdd() *cobra.Command {
	var f filterFlags
	cmd := a.verb("add NAME", `  meibo filters add 期限切れ --expr 'login_until lt "today"' --share everyone
  meibo filters add leavers --expr 'groups eq "Tokyo" and not (login_allowed eq true)' --share Tokyo --share Osaka`,
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, args []string) error {
			saved, err := svc.AddFilter(ctx, actor, admin.FilterEdit{Name: &args[0], Expression: &f.expression, Share: f.share})
			if err != nil {
				return err
			}
			return a.showFilter(ctx, svc, actor, "item.added", saved)
		})
	a.addFilterFlags(cmd, &f)
	if err := cmd.MarkFlagRequired("expr"); err != nil {
		panic(err)
	}
	return cmd
}

func (a *app) filtersEdit() *cobra.Command {
	var f filterFlags
	var name string
	var cmd *cobra.Command
	cmd = a.verb("edit NAME", "  meibo filters edit leavers --share me",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, args []string) error {
			e := admin.FilterEdit{Name: given(cmd, "name", &name), Expression: given(cmd, "expr", &f.expression), Share: f.share}
			saved, err := svc.EditFilter(ctx, actor, args[0], e)
			if err != nil {
				return err
			}
			return a.showFilter(ctx, svc, actor, "item.changed", saved)
		})
	cmd.Flags().StringVar(&name, "name", "", a.say.Say("flag.name"))
	a.addFilterFlags(cmd, &f)
	return cmd
}

func (a *app) filtersDelete() *cobra.Command {
	return a.verb("delete NAME", "  meibo filters delete leavers",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, args []string) error {
			if err := svc.DeleteFilter(ctx, actor, args[0]); err != nil {
				return err
			}
			return a.deleted(args[0], store.Import{})
		})
}
