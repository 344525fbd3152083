package main

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

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

func (a *app) noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return a.usage("usage.no_arguments", "verb", cmd.CommandPath())
	}
	return nil
}

func (a *app) oneFile(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return a.usage("usage.one_file", "verb", cmd.CommandPath())
	}
	return nil
}

func (a *app) oneID(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return a.usage("usage.one_id", "verb", cmd.CommandPath())
	}
	return nil
}

// printJSON prints one object on a line of its own.
func (a *app) printJSON(v any) error {
	encoder := json.NewEncoder(a.stdout)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(v)
}

// unreadable tells that a file of the person's could not be opened.
func (a *app) unreadable(ctx context.Context, name string, err error) error {
	reason := "other"
	switch {
	case errors.Is(err, fs.ErrNotExist):
		reason = "missing"
	case errors.Is(err, fs.ErrPermission):
		reason = "forbidden"
	}
	p := problem.Of(problem.NotFound, problem.FileUnreadable, "file", name, "reason", reason)
	if !a.json {
		return p
	}
	if err := a.printPlan(ctx, nil, adminNobody, store.Import{State: store.Rejected}, p); err != nil {
		return err
	}
	return exit(exitFailed)
}

// writeFile writes a file that appears only when it is complete; - is standard
// output. What is there already is replaced.
func (a *app) writeFile(name string, write func(f *os.File) error) error {
	f, err := os.CreateTemp(dirOf(name), ".meibo-*")
	if err != nil {
		return a.unwritable(name, err)
	}
	if err := write(f); err != nil {
		return errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return errors.Join(a.unwritable(name, err), os.Remove(f.Name()))
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return errors.Join(a.unwritable(name, err), os.Remove(f.Name()))
	}
	return nil
}

func (a *app) unwritable(name string, err error) error {
	reason := "other"
	switch {
	case errors.Is(err, fs.ErrNotExist):
		reason = "missing"
	case errors.Is(err, fs.ErrPermission):
		reason = "forbidden"
	}
	return problem.Of(problem.NotFound, problem.FileUnwritable, "file", name, "reason", reason)
}
