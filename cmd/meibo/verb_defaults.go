package main

import (
	"context"

	"github.com/spf13/cobra"

	"meibo/internal/admin"
)

func (a *app) defaultsCommand() *cobra.Command {
	show := func(ctx context.Context, svc *admin.Service, actor admin.Actor, _ []string) error {
		return a.showDefaults(ctx, svc, actor)
	}
	get := a.verb("get", "  meibo defaults get --json", show)
	get.Aliases = []string{"show"}
	return a.noun("defaults", a.verb("list", "  meibo defaults list", show), get, a.defaultsSet())
}

func (a *app) showDefaults(ctx context.Context, svc *admin.Service, actor admin.Actor) error {
	all, err := svc.DefaultGroups(ctx, actor)
	if err != nil {
		return err
	}
	return a.showGroups(all, manyGroups)
}

func (a *app) defaultsSet() *cobra.Command {
	var groups string
	cmd := a.verb("set", "  meibo defaults set --groups 東京,大阪\n  meibo defaults set --groups ''",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, _ []string) error {
			if err := svc.SetDefaultGroups(ctx, actor, list(groups)); err != nil {
				return err
			}
			return a.showDefaults(ctx, svc, actor)
		})
	cmd.Flags().StringVar(&groups, "groups", "", a.say.Say("flag.default-groups"))
	if err := cmd.MarkFlagRequired("groups"); err != nil {
		panic(err)
	}
	return cmd
}
