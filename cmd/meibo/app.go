package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"meibo/internal/admin"
	"meibo/internal/locale"
	"meibo/internal/store"
)

// An app is one call of the program: where it reads and writes, and what its
// global flags say.
type app struct {
	env            func(string) string // the environment alone
	getenv         func(string) string // with the file of settings behind it
	stdin          io.Reader
	stdout, stderr io.Writer
	say            *locale.Printer

	database, org, as, lang string
	orgFrom                 string // what said org
	smtp                    string // of the verbs that send mails
	json                    bool

	configPath, configFrom string            // the file of settings, if there is one, and what named it
	configSaid             map[string]string // what it says, by variable
	configBad              error             // why it cannot be used
	printed                bool              // an object was printed
}

// run is the whole program but for the operating system. It returns the exit code.
func run(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{env: getenv, getenv: getenv, stdin: stdin, stdout: stdout, stderr: stderr}
	a.readConfig(args)
	a.say = locale.New(a.language(args))
	root := a.command()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	defer a.trace(ctx)()
	return a.exitCode(root.ExecuteContext(ctx))
}

// language looks for --lang before flags are parsed: help is in it too.
func (a *app) language(args []string) string {
	if lang := flagIn(args, "--lang"); lang != "" {
		return locale.Match(lang)
	}
	said := make([]string, len(languageVariables))
	for i, name := range languageVariables {
		said[i] = a.getenv(name)
	}
	return locale.Match(said...)
}

// languageVariables are what says the language without --lang, the first first.
var languageVariables = []string{"MEIBO_LANG", "LC_ALL", "LC_MESSAGES", "LANG"}

// command builds the tree of verbs.
func (a *app) command() *cobra.Command {
	root := &cobra.Command{Use: "meibo", Short: a.say.Say("help.meibo"), SilenceErrors: true, SilenceUsage: true}
	flags := root.PersistentFlags()
	flags.StringVar(&a.database, "db", "", a.say.Say("flag.db"))
	flags.String("config", "", a.say.Say("flag.config")) // read before flags are parsed
	flags.StringVar(&a.org, "org", "", a.say.Say("flag.org"))
	flags.StringVar(&a.as, "as", "", a.say.Say("flag.as"))
	flags.StringVar(&a.lang, "lang", "", a.say.Say("flag.lang"))
	flags.BoolVar(&a.json, "json", false, a.say.Say("flag.json"))
	root.AddCommand(a.setupCommand(), a.importCommand(), a.planCommand(), a.applyCommand(), a.undoCommand(),
		a.reportCommand(), a.importsCommand(), a.passwordsCommand(), a.exportCommand(), a.exportsCommand(), a.namedExportsCommand(), a.templateCommand())
	root.AddCommand(a.groupsCommand(), a.fieldsCommand(), a.filtersCommand(), a.rolesCommand(), a.brandsCommand(), a.policiesCommand(),
		a.mappingsCommand(), a.defaultsCommand(), a.seatsCommand(), a.settingsCommand())
	root.AddCommand(a.membersCommand(), a.invitationsCommand(), a.mailsCommand(), a.verifyCommand(), a.backupCommand(), a.sweepCommand(), a.serveCommand(), a.healthCommand(), a.configCommand())
	a.speak(root)
	return root
}

// service opens the database with its key, and finds out who acts.
func (a *app) service(ctx context.Context) (*admin.Service, admin.Actor, error) {
	svc, err := a.open(ctx, true)
	if err != nil {
		return nil, admin.Actor{}, err
	}
	actor, err := svc.Operator(ctx, a.org)
	if err == nil && a.as != "" {
		actor, err = svc.As(ctx, actor, a.as)
	}
	if err != nil {
		return nil, admin.Actor{}, errors.Join(err, svc.Close())
	}
	return svc, actor, nil
}

// withAll runs f with an open service for who acts in each organisation: in the
// one that is named, else in all of them.
func (a *app) withAll(ctx context.Context, f func(svc *admin.Service, actors []admin.Actor) error) (err error) {
	if a.org != "" || a.as != "" {
		return a.with(ctx, func(svc *admin.Service, actor admin.Actor) error { return f(svc, []admin.Actor{actor}) })
	}
	svc, err := a.open(ctx, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, svc.Close()) }()
	actors, err := svc.Operators(ctx)
	if err != nil {
		return err
	}
	return f(svc, actors)
}

// open opens the database; with mustBe only one that is there.
func (a *app) open(ctx context.Context, mustBe bool) (*admin.Service, error) {
	return a.openWatched(ctx, mustBe, nil)
}

// openWatched is open for who counts imports.
func (a *app) openWatched(ctx context.Context, mustBe bool, settled func(store.Import, time.Duration)) (*admin.Service, error) {
	c := a.config()
	key := func(mayMake bool) ([]byte, error) { return admin.LoadKey(a.getenv("MEIBO_KEY"), c.keyPath, mayMake) }
	return admin.Open(ctx, admin.Config{Database: c.database, Key: key, Files: c.files, MustBe: mustBe, Settled: settled})
}

// with runs f with an open service and closes it, whatever f returns.
func (a *app) with(ctx context.Context, f func(svc *admin.Service, actor admin.Actor) error) (err error) {
	svc, actor, err := a.service(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, svc.Close()) }()
	return f(svc, actor)
}

// isTerminal reports whether a stream is a terminal.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

// tell writes a sentence for the person, on a line of its own.
func (a *app) tell(format string, args ...any) {
	fmt.Fprintf(a.stderr, format+"\n", args...)
}

// checkBinary refuses to write a workbook to a terminal.
func (a *app) checkBinary(format, output string) error {
	if format == "xlsx" && isStdout(output) && isTerminal(a.stdout) {
		return a.usage("usage.needs", "flag", "--format xlsx", "other", "-o FILE")
	}
	return nil
}
