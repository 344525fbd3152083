package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"meibo/internal/admin"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// always is run of a verb that prints an import's object: it prints one also where
// the verb could not run, in which nothing is known but why. What cannot be
// understood as a call has none.
func (a *app) always(run func(*cobra.Command, []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		err := run(cmd, args)
		var p problem.Problem
		if !a.json || a.printed || !errors.As(err, &p) {
			return err
		}
		return errors.Join(err, a.printPlan(cmd.Context(), nil, adminNobody, store.Import{}, p))
	}
}

// printPlan prints the object of an import. more are problems of applying it,
// which the plan itself does not have.
func (a *app) printPlan(ctx context.Context, svc *admin.Service, actor admin.Actor, imp store.Import, more ...problem.Problem) error {
	out, err := svc.ImportObject(ctx, actor, imp, a.say, more...)
	if err != nil {
		return err
	}
	return a.printJSON(out)
}

// some returns nil for the zero value: what JSON shows as null.
func some[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}
