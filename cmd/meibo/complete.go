package main

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"meibo/internal/admin"
	"meibo/internal/plan"
	"meibo/internal/store"
)

// flagWords are the words that flags take, for the shell to complete.
var flagWords = map[string][]string{
	"layout":      {string(plan.Register), string(plan.InviteSheet), string(plan.Memberships)},
	"format":      {"csv", "xlsx"},
	"charset":     {"auto", "utf-8", "utf-16le", "utf-16be", "shift_jis", "euc-jp", "iso-2022-jp", "gb18030", "big5", "euc-kr", "windows-1252"},
	"delimiter":   {"auto", "comma", "semicolon", "tab"},
	"match":       {"email", "login_id"},
	"new":         {"register", "invite"},
	"only":        {"create", "update", "delete"},
	"blank":       {"keep", "clear"},
	"conflicts":   {"stop", "file"},
	"bad-rows":    {"skip", "stop"},
	"header":      {"identifier", "en", "ja"},
	"lossy":       {"refuse", "replace"},
	"lang":        {"en", "ja"},
	"system-role": {"primary_owner", "owner", "member"},
}

// completeFlags tells the shell what the values of flags may be.
func (a *app) completeFlags(cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		a.completeFlags(sub)
	}
	complete := func(f *pflag.Flag) {
		var words cobra.CompletionFunc
		switch f.Name {
		case "group", "groups":
			words = a.completeMasters(groupNames)
		case "filter", "sync-within":
			words = a.completeMasters(filterNames)
		case "named":
			words = a.completeMasters(namedExportNames)
		case "map":
			words = orFiles(a.completeMasters(mappingNames))
		default:
			if known, ok := flagWords[f.Name]; ok {
				words = cobra.FixedCompletions(known, cobra.ShellCompDirectiveNoFileComp)
			}
		}
		if words == nil {
			return
		}
		if _, done := cmd.GetFlagCompletionFunc(f.Name); done {
			return
		}
		if err := cmd.RegisterFlagCompletionFunc(f.Name, words); err != nil {
			panic(err) // a flag of the command itself, once
		}
	}
	cmd.NonInheritedFlags().VisitAll(complete)
}

// completeMasters completes names that are in the database. Whatever goes wrong
// is no completion: a shell has nobody to tell it to.
func (a *app) completeMasters(names func(context.Context, *admin.Service, admin.Actor) ([]string, error)) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		database := a.config().database
		if _, err := os.Stat(database); !store.IsPostgres(database) && errors.Is(err, fs.ErrNotExist) {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var found []string
		_ = a.with(cmd.Context(), func(svc *admin.Service, actor admin.Actor) (err error) {
			found, err = names(cmd.Context(), svc, actor)
			return err
		})
		return found, cobra.ShellCompDirectiveNoFileComp
	}
}

// orFiles completes paths, too.
func orFiles(words cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, begin string) ([]cobra.Completion, cobra.ShellCompDirective) {
		found, _ := words(cmd, args, begin)
		return found, cobra.ShellCompDirectiveDefault
	}
}

// completeName completes the first word of a verb, and paths for the others.
func completeName(words cobra.CompletionFunc) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, begin string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveDefault
		}
		return words(cmd, args, begin)
	}
}

func groupNames(ctx context.Context, svc *admin.Service, actor admin.Actor) ([]string, error) {
	masters, err := svc.Masters(ctx, actor)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, g := range masters.Groups {
		names = append(names, g.Name)
	}
	return names, nil
}

func filterNames(ctx context.Context, svc *admin.Service, actor admin.Actor) ([]string, error) {
	filters, err := svc.Filters(ctx, actor)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, f := range filters {
		names = append(names, f.Name)
	}
	return names, nil
}

func mappingNames(ctx context.Context, svc *admin.Service, actor admin.Actor) ([]string, error) {
	return svc.Mappings(ctx, actor)
}

func namedExportNames(ctx context.Context, svc *admin.Service, actor admin.Actor) ([]string, error) {
	exports, err := svc.NamedExports(ctx, actor)
	names := make([]string, len(exports))
	for i, n := range exports {
		names[i] = n.Name
	}
	return names, err
}
