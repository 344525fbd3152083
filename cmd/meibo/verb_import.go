package main

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"meibo/internal/admin"
	"meibo/internal/plan"
	"meibo/internal/sheet"
	"meibo/internal/store"
	"meibo/internal/workbook"
)

// importFlags are the flags of import and plan.
type importFlags struct {
	o                         plan.Options
	mapping, accept           string
	yes, background           bool
	report, passwords, files  string
	match, only, groups, skip []string
}

func (a *app) importCommand() *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use: "import FILE", Short: a.say.Say("help.import"), Args: a.args(1, 1, "usage.one_file"),
		Example: `  meibo import members.csv
  meibo import members.csv --match email --yes --report report.csv
  meibo import members.csv --files photos.zip
  meibo import members.csv --background --json | jq .id
  meibo import invite.csv --layout invitation --accept mails=300 --yes --json`,
		RunE: a.always(func(cmd *cobra.Command, args []string) error {
			return a.importFile(cmd.Context(), args[0], &f)
		}),
	}
	a.addImportFlags(cmd, &f)
	cmd.Flags().BoolVar(&f.yes, "yes", false, a.say.Say("flag.yes"))
	cmd.Flags().StringVar(&f.accept, "accept", "", a.say.Say("flag.accept"))
	cmd.Flags().StringVar(&f.passwords, "passwords", "", a.say.Say("flag.passwords"))
	cmd.Flags().BoolVar(&f.background, "background", false, a.say.Say("flag.background"))
	return cmd
}

func (a *app) planCommand() *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use: "plan FILE", Short: a.say.Say("help.plan"), Args: a.args(1, 1, "usage.one_file"),
		Example: "  meibo plan members.csv\n  meibo plan members.csv --json | jq .counts",
		RunE: a.always(func(cmd *cobra.Command, args []string) error {
			return a.with(cmd.Context(), func(svc *admin.Service, actor admin.Actor) error {
				imp, err := a.planFile(cmd.Context(), svc, actor, args[0], &f)
				if err != nil {
					return err
				}
				if err := a.showPlan(cmd.Context(), svc, actor, imp); err != nil {
					return err
				}
				if !a.json {
					a.tellNext(imp)
				}
				if err := a.writeReport(cmd.Context(), svc, actor, imp, f.report); err != nil {
					return err
				}
				return exit(stateCode(imp, true))
			})
		}),
	}
	a.addImportFlags(cmd, &f)
	return cmd
}

func (a *app) addImportFlags(cmd *cobra.Command, f *importFlags) {
	flags := cmd.Flags()
	text := func(p *string, name string) { flags.StringVar(p, name, "", a.say.Say("flag."+name)) }
	flags.StringVar((*string)(&f.o.Layout), "layout", "", a.say.Say("flag.layout"))
	text(&f.o.Format, "format")
	text(&f.o.Sheet, "sheet")
	text(&f.o.Charset, "charset")
	text(&f.o.Delimiter, "delimiter")
	text(&f.mapping, "map")
	flags.StringSliceVar(&f.skip, "ignore-columns", nil, a.say.Say("flag.ignore-columns"))
	flags.StringSliceVar(&f.match, "match", nil, a.say.Say("flag.match"))
	text(&f.o.New, "new")
	flags.StringSliceVar(&f.only, "only", nil, a.say.Say("flag.only"))
	flags.BoolVar(&f.o.Sync, "sync", false, a.say.Say("flag.sync"))
	text(&f.o.SyncWithin, "sync-within")
	text(&f.o.Blank, "blank")
	text(&f.o.Conflicts, "conflicts")
	text(&f.o.BadRows, "bad-rows")
	flags.BoolVar(&f.o.RandomPassword, "random-passwords", false, a.say.Say("flag.random-passwords"))
	flags.BoolVar(&f.o.ResetPasswords, "reset-passwords", false, a.say.Say("flag.reset-passwords"))
	flags.StringSliceVar(&f.groups, "groups", nil, a.say.Say("flag.groups"))
	flags.BoolVar(&f.o.AddGroups, "add-groups", false, a.say.Say("flag.add-groups"))
	flags.BoolVar(&f.o.CreateGroups, "create-groups", false, a.say.Say("flag.create-groups"))
	flags.BoolVar(&f.o.Welcome, "welcome", false, a.say.Say("flag.welcome"))
	flags.BoolVar(&f.o.HoldMails, "hold-mails", false, a.say.Say("flag.hold-mails"))
	flags.StringVar(&f.files, "files", "", a.say.Say("flag.import-files"))
	text(&f.report, "report")
}

// options checks the words that flags may be given, and what contradicts.
func (a *app) options(ctx context.Context, svc *admin.Service, actor admin.Actor, f *importFlags) (plan.Options, error) {
	o := f.o
	o.IgnoreColumns, o.Only, o.Groups = f.skip, f.only, f.groups
	if f.match != nil {
		o.Match = f.match
	}
	if err := a.notAlone(f); err != nil {
		return o, err
	}
	for _, wrong := range []error{charsetWord(o.Charset), admin.CheckDelimiter(o.Delimiter)} {
		if wrong != nil {
			return o, usageError{errors.New(a.sentence(wrong))}
		}
	}
	for _, c := range []struct {
		flag  string
		given []string
		known []string
	}{
		{"layout", []string{string(o.Layout)}, []string{"register", "invitation", "memberships"}},
		{"format", []string{o.Format}, []string{"csv", "xlsx"}},
		{"match", o.Match, []string{"email", "login_id"}},
		{"new", []string{o.New}, []string{"register", "invite"}},
		{"only", o.Only, []string{"create", "update", "delete"}},
		{"blank", []string{o.Blank}, []string{"keep", "clear"}},
		{"conflicts", []string{o.Conflicts}, []string{"stop", "file"}},
		{"bad-rows", []string{o.BadRows}, []string{"skip", "stop"}},
	} {
		for _, word := range c.given {
			if word != "" && !slices.Contains(c.known, word) {
				return o, a.usage("usage.value", "flag", "--"+c.flag, "value", word, "known", strings.Join(c.known, "\n"))
			}
		}
	}
	var err error
	if f.mapping != "" {
		o.Map, err = svc.Mapping(ctx, actor, f.mapping)
	}
	return o, err
}

// notAlone refuses flags that would do nothing without another one.
func (a *app) notAlone(f *importFlags) error {
	for _, alone := range []struct {
		wrong       bool
		flag, other string
	}{
		{f.o.SyncWithin != "" && !f.o.Sync, "--sync-within", "--sync"},
		{f.o.AddGroups && len(f.groups) == 0, "--add-groups", "--groups"},
		{f.passwords != "" && !f.o.RandomPassword, "--passwords", "--random-passwords"},
	} {
		if alone.wrong {
			return a.usage("usage.needs", "flag", alone.flag, "other", alone.other)
		}
	}
	return nil
}

// charsetWord refuses a name that is no charset's.
func charsetWord(name string) error {
	if name == "" || name == "auto" {
		return nil
	}
	_, err := sheet.CharsetName(name)
	return err
}

// planFile plans a file of the person's, or standard input for "-".
func (a *app) planFile(ctx context.Context, svc *admin.Service, actor admin.Actor, name string, f *importFlags) (store.Import, error) {
	return a.withUpload(ctx, svc, actor, name, f, func(u admin.Upload, o plan.Options) (store.Import, error) {
		bar := a.progressBar()
		defer bar.done()
		return svc.Plan(ctx, actor, u, o, bar.update)
	})
}

// withUpload opens the files that an import is made from, and lets bring bring them.
func (a *app) withUpload(ctx context.Context, svc *admin.Service, actor admin.Actor, name string, f *importFlags,
	bring func(admin.Upload, plan.Options) (store.Import, error)) (store.Import, error) {
	if err := a.checkOutputs(f.report, f.passwords); err != nil {
		return store.Import{}, err
	}
	o, err := a.options(ctx, svc, actor, f)
	if err != nil {
		return store.Import{}, err
	}
	content, size, closeFile, err := a.openInput(name)
	if err != nil {
		return store.Import{}, a.unreadable(ctx, name, err)
	}
	u := admin.Upload{Name: name, Content: content, Size: size, Limits: operatorLimits(actor)}
	closeZip, err := a.openFiles(ctx, name, f.files, &u)
	if err != nil {
		return store.Import{}, errors.Join(err, closeFile())
	}
	imp, err := bring(u, o)
	return imp, errors.Join(err, closeZip(), closeFile())
}

// operatorLimits are those of the machine's operator, who is trusted with more
// than an upload; a member has the organisation's (SPEC F11).
func operatorLimits(actor admin.Actor) sheet.Limits {
	if actor.MemberID != 0 {
		return sheet.Limits{}
	}
	return sheet.Limits{FileBytes: 4 << 30, Rows: 20_000_000, Columns: 500, CellRunes: 32767,
		Book: workbook.Limits{Entries: 10_000, Inflated: 64 << 30, Ratio: 200, Depth: 64}}
}

// openInput opens a file for reading anywhere in it. Standard input is put
// into a temporary file first, which has no name any more when it is read.
func (a *app) openInput(name string) (io.ReaderAt, int64, func() error, error) {
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, 0, nil, err
		}
		info, err := f.Stat()
		if err != nil || info.Mode().IsRegular() {
			return f, info.Size(), f.Close, err
		}
		defer f.Close()
		return spool(f)
	}
	return spool(a.stdin)
}

func spool(r io.Reader) (io.ReaderAt, int64, func() error, error) {
	f, err := os.CreateTemp("", "meibo-")
	if err != nil {
		return nil, 0, nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, 0, nil, errors.Join(err, f.Close())
	}
	size, err := io.Copy(f, r)
	if err != nil {
		return nil, 0, nil, errors.Join(err, f.Close())
	}
	return f, size, f.Close, nil
}

// importFile plans, shows, asks, applies and reports.
func (a *app) importFile(ctx context.Context, name string, f *importFlags) error {
	return a.with(ctx, func(svc *admin.Service, actor admin.Actor) error {
		accept, err := a.parseAccept(f.accept)
		if err != nil {
			return err
		}
		if f.background {
			return a.submitFile(ctx, svc, actor, name, f)
		}
		imp, err := a.planFile(ctx, svc, actor, name, f)
		if err != nil {
			return err
		}
		return a.decide(ctx, svc, actor, imp, decision{yes: f.yes, accept: accept, report: f.report, passwords: f.passwords})
	})
}
