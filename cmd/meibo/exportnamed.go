package main

import (
	"context"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"meibo/internal/admin"
)

// This file has what --named and --save mean to export.

// onlySaves reports whether an export is saved and none is written: that it goes
// to standard output is then to be said with "-o -".
func (f *exportFlags) onlySaves() bool { return f.save != "" && f.output == "" }

// namesGiven refuses --named and --save without a name: a variable of a script
// that is empty would otherwise export everyone.
func (a *app) namesGiven(cmd *cobra.Command) error {
	for _, name := range []string{"named", "save"} {
		if f := cmd.Flags().Lookup(name); f.Changed && strings.TrimSpace(f.Value.String()) == "" {
			return a.usage("usage.flag_valueless", "flag", "--"+name, "verb", cmd.CommandPath())
		}
	}
	return nil
}

// startFromNamed takes what --named names; the flags given beside it win.
func (a *app) startFromNamed(cmd *cobra.Command, svc *admin.Service, actor admin.Actor, f *exportFlags) (err error) {
	if f.named == "" {
		return nil
	}
	if f.e, err = svc.ExportNamed(cmd.Context(), actor, f.named, f.beside(cmd)); err != nil {
		return err
	}
	if f.e.Seed != "" && f.e.Sample == 0 {
		return a.usage("usage.needs", "flag", "--seed", "other", "--sample")
	}
	return nil
}

// beside is what the flags beside --named say. An empty value takes away what is
// saved. A name that ends in .csv or .xlsx chooses the format as --format does.
func (f *exportFlags) beside(cmd *cobra.Command) admin.ExportEdit {
	groups := slices.DeleteFunc(slices.Clone(f.e.Which.Groups), func(name string) bool { return name == "" })
	e := admin.ExportEdit{
		Groups: given(cmd, "group", &groups), Columns: given(cmd, "columns", &f.e.Columns),
		Filter: given(cmd, "filter", &f.e.Which.Filter), Seed: given(cmd, "seed", &f.e.Seed), Header: given(cmd, "header", &f.e.Header),
		Format: given(cmd, "format", &f.e.Format), Charset: given(cmd, "charset", &f.e.Charset), Delimiter: given(cmd, "delimiter", &f.e.Delimiter),
		Range:  given(cmd, "range", &[2]int64{f.e.First, f.e.Last}),
		Sample: given(cmd, "sample", &f.e.Sample), Replace: given(cmd, "lossy", &f.e.Replace),
	}
	if ending := strings.ToLower(filepath.Ext(f.output)); e.Format == nil && (ending == ".csv" || ending == ".xlsx") {
		format := ending[1:]
		e.Format = &format
	}
	return e
}

// exportAndSave writes the export, and saves it under a name if that was asked
// for: after it was written, so that nothing is saved that does not work.
func (a *app) exportAndSave(ctx context.Context, svc *admin.Service, actor admin.Actor, f *exportFlags) error {
	if f.save == "" {
		return a.export(ctx, svc, actor, f)
	}
	replace := f.save == f.named
	if !f.onlySaves() {
		if err := svc.CanSaveNamedExport(ctx, actor, f.save, replace); err != nil {
			return err
		}
		if err := a.export(ctx, svc, actor, f); err != nil {
			return err
		}
	}
	if err := svc.SaveNamedExport(ctx, actor, f.save, f.e, replace); err != nil {
		return err
	}
	switch {
	case !f.onlySaves():
		if !a.json {
			a.tell("%s", a.say.Say("export.saved", "name", f.save))
		}
		return nil
	case a.json:
		n, err := svc.NamedExport(ctx, actor, f.save)
		if err != nil {
			return err
		}
		return a.printJSON(map[string]any{"named_export": jsonOfNamed(n)})
	}
	a.tell("%s", a.say.Say("export.only_saved", "name", f.save))
	return nil
}
