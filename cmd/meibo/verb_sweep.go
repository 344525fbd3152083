package main

import (
	"context"

	"github.com/spf13/cobra"

	"meibo/internal/admin"
)

func (a *app) sweepCommand() *cobra.Command {
	return &cobra.Command{
		Use: "sweep", Short: a.say.Say("help.sweep"), Long: a.say.Say("help.sweep.long"), Args: a.args(0, 0, "usage.no_arguments"),
		Example: "  meibo sweep\n  17 3 * * *  meibo --db /var/lib/meibo/meibo.db sweep    # in a crontab: each night",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withAll(cmd.Context(), func(svc *admin.Service, actors []admin.Actor) error {
				var all admin.Swept
				for _, actor := range actors {
					if err := sweepOne(cmd.Context(), svc, actor, &all); err != nil {
						return err
					}
				}
				return a.showSwept(all)
			})
		},
	}
}

// sweepOne sweeps until nothing more is due, or nothing more can be done now.
func sweepOne(ctx context.Context, svc *admin.Service, actor admin.Actor, all *admin.Swept) error {
	for {
		one, err := svc.Sweep(ctx, actor)
		all.Members, all.Files = all.Members+one.Members, all.Files+one.Files
		all.Passwords, all.MemberFiles = all.Passwords+one.Passwords, all.MemberFiles+one.MemberFiles
		idle := one.Members+one.Files+one.Passwords+one.MemberFiles == 0
		if err != nil || !one.More || idle {
			all.More = all.More || one.More
			return err
		}
	}
}

func (a *app) showSwept(s admin.Swept) error {
	if a.json {
		return a.printJSON(map[string]any{"members": s.Members, "files": s.Files, "passwords": s.Passwords, "member_files": s.MemberFiles, "more": s.More})
	}
	a.tell("%s", a.say.Say("sweep.done", "members", s.Members, "files", s.Files+s.MemberFiles, "passwords", s.Passwords))
	if s.More {
		a.tell("%s", a.say.Say("sweep.more"))
	}
	return nil
}
