package main

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/spf13/cobra"

	"meibo/internal/admin"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// sentence is what a person is told of an error.
func (a *app) sentence(err error) string {
	var p problem.Problem
	if errors.As(err, &p) {
		return a.say.Problem(p)
	}
	return err.Error()
}

// label names an attribute or field in the reader's language.
func (a *app) label(masters *plan.Masters, identifier string) string {
	f, ok := masters.Field(identifier)
	switch {
	case !ok:
		return a.say.Attribute(identifier)
	case a.say.Lang() == "ja":
		return f.LabelJA
	}
	return f.LabelEN
}

// usage makes an error of a call that cannot be understood; key is in the catalogues.
func (a *app) usage(key string, values ...any) error {
	return usageError{errors.New(a.say.Say(key, values...))}
}

// args insists on how many words follow a verb, at most any number if most is
// -1; key is the sentence about it.
func (a *app) args(least, most int, key string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < least || most >= 0 && len(args) > most {
			return a.usage(key, "verb", cmd.CommandPath())
		}
		return nil
	}
}

// printJSON prints one object on a line of its own.
func (a *app) printJSON(v any) error {
	a.printed = true
	encoder := json.NewEncoder(a.stdout)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

// unreadable tells that a file of the person's could not be opened.
func (a *app) unreadable(ctx context.Context, name string, err error) error {
	p := admin.Unreadable(name, err)
	if !a.json {
		return p
	}
	if err := a.printPlan(ctx, nil, adminNobody, store.Import{State: store.Rejected}, p); err != nil {
		return err
	}
	return exit(exitFailed)
}
