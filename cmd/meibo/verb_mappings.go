package main

import (
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"meibo/internal/admin"
	"meibo/internal/problem"
	"meibo/internal/store"
)

func (a *app) mappingsCommand() *cobra.Command {
	add := a.verb("add NAME FILE", "  meibo mappings add payroll payroll.json\n  meibo import staff.csv --map payroll", a.saveMapping("item.added", (*admin.Service).AddMapping))
	edit := a.verb("edit NAME FILE", "  meibo mappings edit payroll payroll.json", a.saveMapping("item.changed", (*admin.Service).EditMapping))
	show, del := a.mappingsShow(), a.mappingsDelete()
	for _, cmd := range []*cobra.Command{show, edit, del} {
		cmd.ValidArgsFunction = completeName(a.completeMasters(mappingNames))
	}
	return a.noun("mappings", a.mappingsList(), show, add, edit, del)
}

func (a *app) mappingsList() *cobra.Command {
	return a.verb("list", "  meibo mappings list",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, _ []string) error {
			names, err := svc.Mappings(ctx, actor)
			if err != nil {
				return err
			}
			t := a.table("name")
			for _, name := range names {
				t.add(name)
			}
			return a.show(t, map[string]any{"mappings": orEmpty(names)})
		})
}

func (a *app) mappingsShow() *cobra.Command {
	return a.verb("show NAME", "  meibo mappings show payroll\n  meibo mappings show payroll --json",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, args []string) error {
			m, err := svc.SavedMapping(ctx, actor, args[0])
			if err != nil {
				return err
			}
			t := a.table("header", "attribute")
			for _, header := range slices.Sorted(maps.Keys(m)) {
				t.add(header, m[header])
			}
			return a.show(t, map[string]any{"name": args[0], "mapping": m})
		})
}

// saveMapping saves the mapping of a file, or of standard input for "-": one
// JSON object of header and attribute.
func (a *app) saveMapping(said string, save func(*admin.Service, context.Context, admin.Actor, string, map[string]string) error) masterVerb {
	return func(ctx context.Context, svc *admin.Service, actor admin.Actor, args []string) error {
		text, err := a.readAll(args[1])
		if err != nil {
			return admin.Unreadable(args[1], err)
		}
		m, err := admin.ParseMapping(text)
		if err != nil {
			return a.refusedFile(err)
		}
		err = save(svc, ctx, actor, args[0], m)
		var p problem.Problem
		switch {
		case err == nil:
			return a.done(said, args[0], "mapping", m)
		case errors.As(err, &p) && (p.Code == problem.MappingMalformed || p.Code == problem.MappingAttributeUnknown):
			return a.refusedFile(err)
		}
		return err // about the name, not the file
	}
}

// readAll reads a small file, or standard input for "-".
func (a *app) readAll(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(a.stdin)
	}
	return os.ReadFile(name)
}

func (a *app) mappingsDelete() *cobra.Command {
	return a.verb("delete NAME", "  meibo mappings delete payroll",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, args []string) error {
			if err := svc.DeleteMapping(ctx, actor, args[0]); err != nil {
				return err
			}
			return a.deleted(args[0], store.Import{})
		})
}
