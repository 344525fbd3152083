package main

import (
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"meibo/internal/admin"
	"meibo/internal/store"
)

// namedExportsCommand has the exports that were saved under a name. They are
// made, and changed, by export itself.
func (a *app) namedExportsCommand() *cobra.Command {
	show, del := a.namedExportsShow(), a.namedExportsDelete()
	for _, cmd := range []*cobra.Command{show, del} {
		cmd.ValidArgsFunction = completeName(a.completeMasters(namedExportNames))
	}
	return a.noun("named-exports", a.namedExportsList(), show, del)
}

func (a *app) namedExportsList() *cobra.Command {
	return a.verb("list", "  meibo named-exports list\n  meibo named-exports list --json | jq '.named_exports[].name'",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, _ []string) error {
			all, err := svc.NamedExports(ctx, actor)
			if err != nil {
				return err
			}
			t := a.table("name", "when", "who", "gone", "selection")
			list := make([]namedExportJSON, len(all))
			for i, n := range all {
				list[i] = jsonOfNamed(n)
				t.add(n.Name, a.say.Time(timeOf(n.SavedAt, actor)), a.author(n.SavedBy, map[int64]string{n.SavedBy: n.Who}), a.mark(n.Missing() != nil), flagLine(flagsOf(n.Export)))
			}
			return a.show(t, map[string]any{"named_exports": list})
		})
}

func (a *app) namedExportsShow() *cobra.Command {
	return a.verb("show NAME", "  meibo named-exports show monthly",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, args []string) error {
			n, err := svc.NamedExport(ctx, actor, args[0])
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(map[string]any{"named_export": jsonOfNamed(n)})
			}
			if err := n.Missing(); err != nil {
				a.tell("%s", a.sentence(err))
			}
			flags := flagsOf(n.Export)
			if len(flags) == 0 {
				a.tell("%s", a.say.Say("export.plain"))
				return nil
			}
			t := a.table("setting", "value")
			for _, f := range flags {
				t.add(f.name, f.value)
			}
			return t.write(a.stdout)
		})
}

func (a *app) namedExportsDelete() *cobra.Command {
	return a.verb("delete NAME", "  meibo named-exports delete monthly",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, args []string) error {
			if err := svc.DeleteNamedExport(ctx, actor, args[0]); err != nil {
				return err
			}
			return a.deleted(args[0], store.Import{})
		})
}

// A givenFlag is a setting of an export as the flag that says it.
type givenFlag struct{ name, value string }

// flagsOf are the flags that say what was saved.
func flagsOf(e admin.Export) []givenFlag {
	var flags []givenFlag
	add := func(name, value string) {
		if value != "" {
			flags = append(flags, givenFlag{name, value})
		}
	}
	for _, g := range e.Which.Groups {
		add("--group", g)
	}
	add("--filter", e.Which.Filter+e.Which.Expression) // one of them is empty
	add("--columns", strings.Join(e.Columns, ","))
	add("--range", rangeOf(e))
	if e.Sample > 0 {
		add("--sample", strconv.FormatInt(e.Sample, 10))
	}
	add("--seed", e.Seed)
	add("--format", e.Format)
	add("--header", e.Header)
	add("--charset", e.Charset)
	add("--delimiter", e.Delimiter)
	add("--lossy", lossyOf(e))
	return flags
}

func rangeOf(e admin.Export) string {
	switch {
	case e.First == 0 && e.Last == 0:
		return ""
	case e.Last == 0:
		return strconv.FormatInt(e.First, 10) + "-"
	}
	return strconv.FormatInt(max(e.First, 1), 10) + "-" + strconv.FormatInt(e.Last, 10)
}

// lossyOf is empty for what is so without a choice.
func lossyOf(e admin.Export) string {
	if e.Replace {
		return "replace"
	}
	return ""
}

// flagLine writes flags as they would be typed.
func flagLine(flags []givenFlag) string {
	words := make([]string, 0, 2*len(flags))
	for _, f := range flags {
		value := f.value
		if strings.ContainsAny(value, " '\"$\\*?()<>&;|") {
			value = "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
		}
		words = append(words, f.name, value)
	}
	return strings.Join(words, " ")
}

// namedExportJSON is a named export. Every key is always present; what was not
// chosen is null.
type namedExportJSON struct {
	Name       string   `json:"name"`
	SavedAt    string   `json:"saved_at"`
	Who        *string  `json:"who"`    // name; null for the operator of the machine
	WhoID      *int64   `json:"who_id"` // member ID
	Groups     []string `json:"groups"`
	Filter     *string  `json:"filter"`     // name of a saved one
	Expression *string  `json:"expression"` // where it is not a saved one
	IDs        []int64  `json:"ids"`        // selected rows of a list
	Columns    []string `json:"columns"`    // identifiers
	Range      *string  `json:"range"`
	Sample     *int64   `json:"sample"`
	Seed       *string  `json:"seed"`
	Format     *string  `json:"format"`
	Header     *string  `json:"header"`
	Charset    *string  `json:"charset"`
	Delimiter  *string  `json:"delimiter"`
	Lossy      *string  `json:"lossy"`
	Gone       goneJSON `json:"gone"`
}

// goneJSON is what a named export uses and is no longer there.
type goneJSON struct {
	Groups   []string `json:"groups"`
	Columns  []string `json:"columns"`
	Filter   *string  `json:"filter"`
	InFilter []string `json:"in_filter"` // fields and groups
}

func jsonOfNamed(n admin.NamedExport) namedExportJSON {
	e := n.Export
	return namedExportJSON{Name: n.Name, SavedAt: stamp(n.SavedAt), Who: some(n.Who), WhoID: some(n.SavedBy), Groups: orEmpty(e.Which.Groups),
		Filter: some(e.Which.Filter), Expression: some(e.Which.Expression), IDs: e.Which.IDs, Columns: e.Columns, Range: some(rangeOf(e)),
		Sample: some(e.Sample), Seed: some(e.Seed), Format: some(e.Format), Header: some(e.Header), Charset: some(e.Charset),
		Delimiter: some(e.Delimiter), Lossy: some(lossyOf(e)),
		Gone: goneJSON{orEmpty(n.Gone.Groups), orEmpty(n.Gone.Columns), some(n.Gone.Filter), orEmpty(n.Gone.Inside)}}
}
