package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"meibo/internal/admin"
)

func (a *app) settingsCommand() *cobra.Command {
	return a.noun("settings", a.settingsList(), a.settingsGet(), a.settingsSet())
}

type settingJSON struct {
	Name    string `json:"name"`
	Value   string `json:"value"`
	Default string `json:"default"`
	Unit    string `json:"unit"`
	Meaning string `json:"meaning"`
}

func (a *app) jsonOfSetting(x admin.SettingNow) settingJSON {
	o := settingJSON{Name: x.Name, Value: x.Value, Default: x.Default, Meaning: a.say.Say("setting." + x.Name)}
	if x.Unit != "" {
		o.Unit = a.say.Say("unit." + x.Unit)
	}
	return o
}

func (a *app) settingsList() *cobra.Command {
	return a.verb("list", "  meibo settings list",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, _ []string) error {
			all, err := svc.Settings(ctx, actor)
			if err != nil {
				return err
			}
			t := a.table("setting", "value", "unit", "default", "meaning")
			objects := make([]settingJSON, len(all))
			for i, x := range all {
				o := a.jsonOfSetting(x)
				objects[i] = o
				t.add(o.Name, o.Value, o.Unit, o.Default, o.Meaning)
			}
			return a.show(t, map[string]any{"settings": objects})
		})
}

func (a *app) settingsGet() *cobra.Command {
	cmd := a.verb("get NAME", "  meibo settings get invitation_days",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, args []string) error {
			x, err := svc.Setting(ctx, actor, args[0])
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(map[string]any{"setting": a.jsonOfSetting(x)})
			}
			_, err = fmt.Fprintln(a.stdout, x.Value)
			return err
		})
	cmd.Aliases = []string{"show"}
	return cmd
}

func (a *app) settingsSet() *cobra.Command {
	return a.verb("set NAME VALUE", "  meibo settings set invitation_days 14\n  meibo settings set welcome_mails 1",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, args []string) error {
			x, err := svc.SetSetting(ctx, actor, args[0], args[1])
			if err != nil {
				return err
			}
			return a.done("item.changed", x.Name, "setting", a.jsonOfSetting(x))
		})
}
