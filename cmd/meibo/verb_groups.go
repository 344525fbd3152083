package main

import (
	"context"
	"errors"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/problem"
	"meibo/internal/sheet"
)

func (a *app) groupsCommand() *cobra.Command {
	return a.noun("groups", a.groupsList(), a.groupsShow(), a.groupsAdd(), a.groupsEdit(), a.groupsDelete(), a.groupsExport(), a.groupsImport())
}

type groupJSON struct {
	ID      int64  `json:"id"`
	Name    string `json:"name"`
	Enabled bool   `json:"enabled"`
	Default bool   `json:"default"`
	Members *int64 `json:"members,omitempty"`
}

func jsonOfGroup(g member.Group, members *int64) groupJSON {
	return groupJSON{g.ID, g.Name, g.Enabled, g.Default, members}
}

// showGroups prints groups as a list, or one of them under the key "group".
func (a *app) showGroups(all []admin.GroupInUse, object func([]groupJSON) any) error {
	t := a.table("id", "name", "enabled", "default_group", "members")
	objects := make([]groupJSON, len(all))
	for i, g := range all {
		objects[i] = jsonOfGroup(g.Group, &all[i].Members)
		t.add(strconv.FormatInt(g.ID, 10), g.Name, a.mark(g.Enabled), a.mark(g.Default), strconv.FormatInt(g.Members, 10))
	}
	return a.show(t, object(objects))
}

func manyGroups(all []groupJSON) any { return map[string]any{"groups": all} }

func (a *app) groupsList() *cobra.Command {
	return a.verb("list", "  meibo groups list\n  meibo groups list --json",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, _ []string) error {
			all, err := svc.Groups(ctx, actor)
			if err != nil {
				return err
			}
			return a.showGroups(all, manyGroups)
		})
}

func (a *app) groupsShow() *cobra.Command {
	return a.verb("show NAME|ID", "  meibo groups show 東京",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, args []string) error {
			g, err := svc.Group(ctx, actor, args[0])
			if err != nil {
				return err
			}
			return a.showGroups([]admin.GroupInUse{g}, func(all []groupJSON) any { return map[string]any{"group": all[0]} })
		})
}

func (a *app) groupsAdd() *cobra.Command {
	var disabled, isDefault bool
	cmd := a.verb("add NAME", "  meibo groups add 東京\n  meibo groups add 'New people' --default",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, args []string) error {
			g, err := svc.AddGroup(ctx, actor, member.Group{Name: args[0], Enabled: !disabled, Default: isDefault})
			if err != nil {
				return err
			}
			return a.done("item.added", g.Name, "group", jsonOfGroup(g, nil))
		})
	cmd.Flags().BoolVar(&disabled, "disabled", false, a.say.Say("flag.disabled"))
	cmd.Flags().BoolVar(&isDefault, "default", false, a.say.Say("flag.default"))
	return cmd
}

func (a *app) groupsEdit() *cobra.Command {
	var name string
	var enabled, isDefault bool
	var cmd *cobra.Command
	cmd = a.verb("edit NAME|ID", "  meibo groups edit 東京 --name 東日本\n  meibo groups edit 東日本 --enabled=false",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, args []string) error {
			e := admin.GroupEdit{Name: given(cmd, "name", &name), Enabled: given(cmd, "enabled", &enabled), Default: given(cmd, "default", &isDefault)}
			g, err := svc.EditGroup(ctx, actor, args[0], e)
			if err != nil {
				return err
			}
			return a.done("item.changed", g.Name, "group", jsonOfGroup(g, nil))
		})
	cmd.Flags().StringVar(&name, "name", "", a.say.Say("flag.name"))
	cmd.Flags().BoolVar(&enabled, "enabled", true, a.say.Say("flag.enabled"))
	cmd.Flags().BoolVar(&isDefault, "default", true, a.say.Say("flag.default"))
	return cmd
}

func (a *app) groupsDelete() *cobra.Command {
	var withMembers bool
	cmd := a.verb("delete NAME|ID", "  meibo groups delete 東京 --with-members",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, args []string) error {
			var most int64
			if withMembers {
				most = admin.AnyMembers
			}
			imp, err := svc.DeleteGroup(ctx, actor, args[0], most)
			if err != nil {
				return err
			}
			return a.deleted(args[0], imp)
		})
	cmd.Flags().BoolVar(&withMembers, "with-members", false, a.say.Say("flag.with-members"))
	return cmd
}

func (a *app) groupsExport() *cobra.Command {
	var file string
	cmd := a.verb("export", "  meibo groups export -o groups.csv",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, _ []string) error {
			return a.output(file, func(w io.Writer) error {
				csv, err := sheet.NewWriter(w, sheet.WriterOptions{})
				if err != nil {
					return err
				}
				if err := svc.ExportGroups(ctx, actor, csv.Write); err != nil {
					return err
				}
				return csv.Flush()
			})
		})
	cmd.Flags().StringVarP(&file, "output", "o", "", a.say.Say("flag.output"))
	return cmd
}

func (a *app) groupsImport() *cobra.Command {
	var o admin.GroupsOptions
	cmd := a.verb("import FILE", "  meibo groups export -o groups.csv\n  meibo groups import groups.csv",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, args []string) (err error) {
			content, size, closeInput, err := a.openInput(args[0])
			if err != nil {
				return admin.Unreadable(args[0], err)
			}
			defer func() { err = errors.Join(err, closeInput()) }()
			done, err := svc.ImportGroups(ctx, actor, admin.Upload{Name: args[0], Content: content, Size: size, Limits: operatorLimits(actor)}, o)
			if err != nil {
				return err
			}
			return a.groupsImported(done)
		})
	flags := cmd.Flags()
	flags.StringVar(&o.Charset, "charset", "auto", a.say.Say("flag.charset"))
	flags.StringVar(&o.Delimiter, "delimiter", "auto", a.say.Say("flag.delimiter"))
	flags.BoolVar(&o.WithMembers, "with-members", false, a.say.Say("flag.with-members"))
	return cmd
}

// groupsImported tells what became of a groups file: all rows or none.
func (a *app) groupsImported(done admin.GroupsImported) error {
	problems, warnings := rowProblems(done.Problems), rowProblems(done.Warnings)
	if a.json {
		err := a.printJSON(map[string]any{"added": done.Added, "changed": done.Changed, "deleted": done.Deleted, "unchanged": done.Unchanged,
			"import": some(done.Emptied.ID), "problems": admin.ProblemList(done.Problems, a.say), "problems_total": done.ProblemsTotal, "warnings": admin.ProblemList(done.Warnings, a.say)})
		if err != nil {
			return err
		}
	} else {
		a.tellProblems("plan.warnings", warnings)
		a.tellProblems("plan.problems", problems)
		if done.ProblemsTotal > len(problems) {
			a.tell("%s", a.say.Say("plan.shown", "shown", len(problems), "total", done.ProblemsTotal))
		}
	}
	if len(problems) > 0 {
		return exit(exitProblems)
	}
	if !a.json {
		a.tellMoved(done.Emptied)
		a.tell("%s", a.say.Say("list.imported", "added", done.Added, "changed", done.Changed, "deleted", done.Deleted, "unchanged", done.Unchanged))
	}
	return nil
}

// rowProblems are problems of rows that are about nobody.
func rowProblems(ps []problem.Problem) []admin.RowProblem {
	all := make([]admin.RowProblem, len(ps))
	for i, p := range ps {
		all[i].Problem = p
	}
	return all
}

func (a *app) tellProblems(key string, ps []admin.RowProblem) {
	if len(ps) == 0 {
		return
	}
	a.tell("%s", a.say.Say(key, "n", len(ps)))
	for _, p := range ps {
		a.tell("  %s", a.say.Say("place.problem", "place", (&planShow{app: a}).place(p), "message", a.say.Problem(p.Problem)))
	}
}
