package main

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"meibo/internal/admin"
	"meibo/internal/locale"
)

// exportFlags are the flags of export.
type exportFlags struct {
	e                                    admin.Export
	output, sample, places, lossy, files string
	named, save                          string
}

func (a *app) exportCommand() *cobra.Command {
	var f exportFlags
	cmd := &cobra.Command{
		Use: "export", Short: a.say.Say("help.export"), Args: a.args(0, 0, "usage.no_arguments"),
		Example: `  meibo export -o members.csv
  meibo export --group 東京 --group 大阪 --header ja --charset shift_jis -o members.csv
  meibo export --filter 'login_until lt "today"' --columns member_id,email,login_until
  meibo export --sample 100 --seed 7 -o sample.csv
  meibo export -o members.csv --files photos.zip
  meibo export --group 東京 --columns name,email --charset shift_jis --save monthly
  meibo export --named monthly -o members.csv`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := a.namesGiven(cmd); err != nil {
				return err
			}
			if err := a.exportOptions(&f); err != nil {
				return err
			}
			return a.with(cmd.Context(), func(svc *admin.Service, actor admin.Actor) error {
				if err := a.startFromNamed(cmd, svc, actor, &f); err != nil {
					return err
				}
				return a.exportAndSave(cmd.Context(), svc, actor, &f)
			})
		},
	}
	flags := cmd.Flags()
	text := func(p *string, name string) { flags.StringVar(p, name, "", a.say.Say("flag."+name)) }
	flags.StringVarP(&f.output, "output", "o", "", a.say.Say("flag.output"))
	text(&f.e.Format, "format")
	flags.StringSliceVar(&f.e.Columns, "columns", nil, a.say.Say("flag.columns"))
	flags.StringArrayVar(&f.e.Which.Groups, "group", nil, a.say.Say("flag.group"))
	text(&f.e.Which.Filter, "filter")
	text(&f.sample, "sample")
	text(&f.e.Seed, "seed")
	text(&f.places, "range")
	text(&f.e.Charset, "charset")
	text(&f.e.Delimiter, "delimiter")
	text(&f.e.Header, "header")
	text(&f.lossy, "lossy")
	text(&f.files, "files")
	text(&f.named, "named")
	text(&f.save, "save")
	return cmd
}

// exportOptions checks the words that flags may be given, and what they need.
func (a *app) exportOptions(f *exportFlags) (err error) {
	for _, c := range []struct {
		flag, given string
		known       []string
	}{
		{"--format", f.e.Format, []string{"csv", "xlsx"}},
		{"--header", f.e.Header, []string{"identifier", "en", "ja"}},
		{"--lossy", f.lossy, []string{"refuse", "replace"}},
	} {
		if c.given != "" && !slices.Contains(c.known, c.given) {
			return a.usage("usage.value", "flag", c.flag, "value", c.given, "known", strings.Join(c.known, "\n"))
		}
	}
	switch {
	case f.e.Seed != "" && f.sample == "" && f.named == "":
		return a.usage("usage.needs", "flag", "--seed", "other", "--sample")
	case a.json && isStdout(f.output) && !f.onlySaves():
		return a.usage("usage.needs", "flag", "--json", "other", "-o FILE")
	case f.files == "-" && isStdout(f.output) || a.json && f.files == "-":
		return a.usage("usage.needs", "flag", "--files -", "other", "-o FILE")
	}
	f.e.Replace = f.lossy == "replace"
	if f.e.Format == "" && f.named == "" && !f.onlySaves() {
		f.e.Format = admin.FormatOf(f.output, "")
	}
	if f.sample != "" {
		if f.e.Sample, err = admin.ParseSample(f.sample); err != nil {
			return err
		}
	}
	if f.places != "" {
		f.e.First, f.e.Last, err = admin.ParseRange(f.places)
	}
	return err
}

func isStdout(name string) bool { return name == "" || name == "-" }

// export writes the members, and says how many before and after.
func (a *app) export(ctx context.Context, svc *admin.Service, actor admin.Actor, f *exportFlags) error {
	if err := a.checkBinary(f.e.Format, f.output); err != nil {
		return err
	}
	f.e.Text = a.say
	if f.e.Header == "en" || f.e.Header == "ja" {
		f.e.Text = locale.New(f.e.Header)
	}
	bar := a.progressBar()
	var done admin.Exported
	err := a.output(f.output, func(w io.Writer) (err error) {
		done, err = svc.Export(ctx, actor, f.e, w, func(members int64) {
			if !a.json {
				a.tell("%s", a.say.Say("export.count", "n", members))
			}
		}, bar.update)
		return err
	})
	bar.done()
	if err != nil {
		return err
	}
	files, err := a.exportFiles(ctx, svc, actor, f, done.Seed)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]any{"files": filesJSON(f, files), "file": f.output, "members": done.Members, "columns": done.Columns,
			"replaced": done.Replaced, "seed": some(done.Seed), "saved": some(f.save)})
	}
	if done.Replaced > 0 {
		a.tell("%s", a.say.Say("export.replaced", "n", done.Replaced))
	}
	if done.Seed != "" {
		a.tell("%s", a.say.Say("export.seed", "seed", done.Seed))
	}
	if !isStdout(f.output) {
		a.tell("%s", a.say.Say("export.done", "n", done.Members, "file", f.output))
	}
	return nil
}
