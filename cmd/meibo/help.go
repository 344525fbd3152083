package main

import (
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/mattn/go-runewidth"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"meibo/internal/locale"
)

// This file replaces every text of cobra that a person may see: they are all in
// the catalogues.

// Verbs are listed in the order of the work, not of the alphabet.
func init() { cobra.EnableCommandSorting = false }

// speak makes a tree of verbs speak the person's language: help, usage, and
// what is wrong with a call. Call it when the tree is complete.
func (a *app) speak(root *cobra.Command) {
	root.PersistentFlags().BoolP("help", "h", false, a.say.Say("flag.help"))
	root.Flags().Bool("version", false, a.say.Say("flag.version"))
	root.Version = version()
	root.SetVersionTemplate("meibo {{.Version}}\n")
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetHelpCommand(a.helpCommand())
	root.AddCommand(a.completionCommand())
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { a.help(cmd) })
	root.SetUsageFunc(func(cmd *cobra.Command) error {
		a.help(cmd)
		return nil
	})
	root.SetFlagErrorFunc(a.flagError)
	root.PersistentPreRunE = a.checkFlags
	a.group(root)
	a.completeFlags(root)
}

// version is what this program was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(devel)"
	}
	text := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && !strings.Contains(text, s.Value[:min(12, len(s.Value))]) {
			text += " " + s.Value[:min(12, len(s.Value))]
		}
	}
	return text + " " + info.GoVersion
}

// group lets verbs that only have further verbs say so when none is given, or
// an unknown one.
func (a *app) group(cmd *cobra.Command) {
	for _, sub := range cmd.Commands() {
		a.group(sub)
	}
	if !cmd.HasSubCommands() || cmd.Runnable() {
		return
	}
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return a.unknownVerb(cmd, args[0])
		}
		return nil
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if cmd.HasParent() {
			return a.usage("usage.verb_missing", "verb", cmd.CommandPath(), "known", verbsOf(cmd))
		}
		return cmd.Help()
	}
}

func verbsOf(cmd *cobra.Command) string {
	var names []string
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	return strings.Join(names, "\n")
}

func (a *app) unknownVerb(cmd *cobra.Command, word string) error {
	cmd.SuggestionsMinimumDistance = 2
	meant := cmd.SuggestionsFor(word)
	if len(meant) > 0 {
		return a.usage("usage.verb_meant", "word", word, "verb", cmd.CommandPath(), "meant", strings.Join(meant, "\n"))
	}
	return a.usage("usage.verb_unknown", "word", word, "verb", cmd.CommandPath())
}

// flagError says what is wrong with a flag.
func (a *app) flagError(cmd *cobra.Command, err error) error {
	if args := cmd.Flags().Args(); cmd.HasSubCommands() && len(args) > 0 {
		return a.unknownVerb(cmd, args[0]) // the flag was meant for it
	}
	verb := cmd.CommandPath()
	var unknown *pflag.NotExistError
	var valueless *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	var syntax *pflag.InvalidSyntaxError
	switch {
	case errors.As(err, &unknown):
		name := unknown.GetSpecifiedName()
		if unknown.GetSpecifiedShortnames() != "" {
			name = "-" + name
		} else {
			name = "--" + name
		}
		return a.usage("usage.flag_unknown", "flag", name, "verb", verb)
	case errors.As(err, &valueless):
		return a.usage("usage.flag_valueless", "flag", "--"+valueless.GetFlag().Name, "verb", verb)
	case errors.As(err, &invalid):
		return a.usage("usage.flag_invalid", "flag", "--"+invalid.GetFlag().Name, "value", invalid.GetValue(), "verb", verb)
	case errors.As(err, &syntax):
		return a.usage("usage.flag_syntax", "flag", syntax.GetSpecifiedFlag(), "verb", verb)
	}
	return a.usage("usage.flag_syntax", "flag", err.Error(), "verb", verb)
}

// checkFlags says which flags are missing, all at once, and whether the
// language is one that we speak.
func (a *app) checkFlags(cmd *cobra.Command, _ []string) error {
	if a.configBad != nil && cmd.Name() != "help" {
		return a.configBad
	}
	a.org, a.orgFrom = a.told("--org", a.org, "MEIBO_ORG", "")
	if a.lang != "" && !spoken(a.lang) {
		return a.usage("usage.value", "flag", "--lang", "value", a.lang, "known", "en\nja")
	}
	var missing []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if slices.Contains(f.Annotations[cobra.BashCompOneRequiredFlag], "true") && !f.Changed {
			missing = append(missing, "--"+f.Name)
		}
	})
	if len(missing) > 0 {
		return a.usage("usage.flag_missing", "flags", strings.Join(missing, "\n"), "verb", cmd.CommandPath())
	}
	return nil
}

// spoken reports whether a language tag, or a value of LANG, names a language
// that we speak.
func spoken(tag string) bool { return locale.Match(tag, "en") == locale.Match(tag, "ja") }

func (a *app) helpCommand() *cobra.Command {
	return &cobra.Command{
		Use: "help [VERB]…", Short: a.say.Say("help.help"), Example: "  meibo help import\n  meibo help members add",
		RunE: func(cmd *cobra.Command, args []string) error {
			found, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				if found == nil || len(rest) == 0 {
					found, rest = cmd.Root(), args
				}
				return a.unknownVerb(found, rest[0])
			}
			found.InitDefaultHelpFlag()
			return found.Help()
		},
	}
}

// help writes what a verb does and takes. It was asked for, so it is data.
func (a *app) help(cmd *cobra.Command) {
	h := &helpText{app: a}
	h.line(cmd.Short)
	if cmd.Long != "" {
		h.line("")
		h.line(cmd.Long)
	}
	use := strings.TrimSpace(parentPath(cmd) + cmd.Use)
	switch {
	case cmd.HasAvailableSubCommands():
		use += " " + a.say.Say("help.use.verb")
	case cmd.HasAvailableLocalFlags():
		use += " " + a.say.Say("help.use.flags")
	}
	h.heading("help.heading.usage")
	h.line("  " + use)
	h.verbs(cmd)
	if cmd.Example != "" {
		h.heading("help.heading.examples")
		h.line(strings.TrimRight(cmd.Example, "\n"))
	}
	h.flags("help.heading.flags", cmd.LocalFlags())
	h.flags("help.heading.global", cmd.InheritedFlags())
	if cmd.HasAvailableSubCommands() {
		h.line("")
		h.line(a.say.Say("help.more", "verb", cmd.CommandPath()))
	}
	_, _ = io.WriteString(a.stdout, h.b.String()) // cobra has no way to tell that it failed
}

// parentPath is what stands before a verb: "meibo members ", or nothing.
func parentPath(cmd *cobra.Command) string {
	if cmd.HasParent() {
		return cmd.Parent().CommandPath() + " "
	}
	return ""
}

// A helpText is a page of help that is being written.
type helpText struct {
	*app
	b strings.Builder
}

func (h *helpText) line(text string) { h.b.WriteString(text + "\n") }

func (h *helpText) heading(key string) {
	h.line("")
	h.line(h.say.Say(key))
}

// pairs writes two columns, the second of them aligned.
func (h *helpText) pairs(pairs [][2]string) {
	width := 0
	for _, p := range pairs {
		width = max(width, runewidth.StringWidth(p[0]))
	}
	for _, p := range pairs {
		h.line("  " + runewidth.FillRight(p[0], width+3) + p[1])
	}
}

func (h *helpText) verbs(cmd *cobra.Command) {
	if !cmd.HasAvailableSubCommands() {
		return
	}
	h.heading("help.heading.verbs")
	var pairs [][2]string
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() || sub.Name() == "help" {
			pairs = append(pairs, [2]string{sub.Name(), sub.Short})
		}
	}
	h.pairs(pairs)
}

func (h *helpText) flags(key string, set *pflag.FlagSet) {
	if !set.HasAvailableFlags() {
		return
	}
	h.heading(key)
	var pairs [][2]string
	set.VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			pairs = append(pairs, [2]string{h.flagName(f), f.Usage + h.flagDefault(f)})
		}
	})
	h.pairs(pairs)
}

// flagName is a flag with what it takes: -o, --output TEXT.
func (h *helpText) flagName(f *pflag.Flag) string {
	name := "    --" + f.Name
	if f.Shorthand != "" {
		name = "-" + f.Shorthand + ", --" + f.Name
	}
	switch f.Value.Type() {
	case "bool":
		return name
	case "int", "int64", "uint64":
		return name + " " + h.say.Say("help.type.number")
	case "stringSlice":
		return name + " " + h.say.Say("help.type.list")
	}
	return name + " " + h.say.Say("help.type.text")
}

func (h *helpText) flagDefault(f *pflag.Flag) string {
	if slices.Contains([]string{"", "0", "false", "[]"}, f.DefValue) {
		return ""
	}
	return h.say.Say("help.default", "value", f.DefValue)
}

func (a *app) completionCommand() *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use: "completion bash|zsh|fish|powershell", Short: a.say.Say("help.completion"), Long: a.say.Say("help.completion.long"),
		Example:   "  meibo completion bash > /etc/bash_completion.d/meibo\n  meibo completion fish > ~/.config/fish/completions/meibo.fish",
		ValidArgs: shells,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 || !slices.Contains(shells, args[0]) {
				return a.usage("usage.shell", "verb", cmd.CommandPath(), "known", strings.Join(shells, "\n"))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(a.stdout, true)
			case "zsh":
				return root.GenZshCompletion(a.stdout)
			case "fish":
				return root.GenFishCompletion(a.stdout, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(a.stdout)
			}
			return fmt.Errorf("no completion for this shell")
		},
	}
}
