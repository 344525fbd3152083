package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"meibo/internal/admin"
	"meibo/internal/store"
)

// This file has what the verbs of groups, fields, roles and so on share.

// A masterVerb does the work of a verb with an open service.
type masterVerb func(ctx context.Context, svc *admin.Service, actor admin.Actor, args []string) error

// noun makes a verb that only has further verbs; its help is "help." and its name.
func (a *app) noun(name string, verbs ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: name, Short: a.say.Say("help." + name)}
	for _, v := range verbs {
		v.Short = a.say.Say("help." + name + "." + v.Name())
	}
	cmd.AddCommand(verbs...)
	return cmd
}

// verb makes one of a noun's verbs, which takes exactly the words in capitals
// that use names.
func (a *app) verb(use, example string, do masterVerb) *cobra.Command {
	return &cobra.Command{Use: use, Example: example,
		Args: a.words(strings.Fields(use)[1:]),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.with(cmd.Context(), func(svc *admin.Service, actor admin.Actor) error {
				return do(cmd.Context(), svc, actor, args)
			})
		}}
}

// words checks that a verb gets one word for each of the names.
func (a *app) words(names []string) cobra.PositionalArgs {
	if len(names) == 0 {
		return a.args(0, 0, "usage.no_arguments")
	}
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != len(names) {
			return a.usage("usage.words", "verb", cmd.CommandPath(), "words", strings.Join(names, " "))
		}
		return nil
	}
}

// given returns where the value of a flag is if it was given, else nil.
func given[T any](cmd *cobra.Command, flag string, value *T) *T {
	if !cmd.Flags().Changed(flag) {
		return nil
	}
	return value
}

// done tells that something was added or changed, or prints it as JSON under a
// key.
func (a *app) done(said, name, key string, object any) error {
	if a.json {
		return a.printJSON(map[string]any{key: object})
	}
	a.tell("%s", a.say.Say(said, "name", name))
	return nil
}

// deleted tells that something was deleted, and of the plan that changed
// members first, if there was one.
func (a *app) deleted(name string, imp store.Import) error {
	if a.json {
		return a.printJSON(map[string]any{"deleted": name, "import": some(imp.ID)})
	}
	a.tellMoved(imp)
	a.tell("%s", a.say.Say("item.deleted", "name", name))
	return nil
}

// tellMoved tells of the plan that changed members before something was
// deleted; a zero import is none.
func (a *app) tellMoved(imp store.Import) {
	if imp.ID != 0 {
		a.tell("%s", a.say.Say("item.members", "n", imp.Applied(), "id", imp.ID))
	}
}

// list splits the value of a flag at commas; nothing is an empty list.
func list(text string) []string {
	items := []string{}
	for _, item := range strings.Split(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// orEmpty makes JSON show no items as an empty list.
func orEmpty[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}
