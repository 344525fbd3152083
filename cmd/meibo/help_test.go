package main

import (
	"bytes"
	"context"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"meibo/internal/locale"
)

// A call is what one run of the program gave.
type call struct {
	code        int
	out, errors string
}

// meibo runs the program in English, with an environment of pairs like A=b.
func meibo(t *testing.T, stdin string, env []string, args ...string) call {
	t.Helper()
	getenv := func(name string) string {
		for _, pair := range env {
			if value, ok := strings.CutPrefix(pair, name+"="); ok {
				return value
			}
		}
		return ""
	}
	var out, errs bytes.Buffer
	code := run(t.Context(), args, getenv, strings.NewReader(stdin), &out, &errs)
	return call{code, out.String(), errs.String()}
}

// tree is the tree of verbs in a language.
func tree(lang string) *cobra.Command {
	a := &app{getenv: func(string) string { return "" }, say: locale.New(lang), stdout: &bytes.Buffer{}, stderr: &bytes.Buffer{}, stdin: strings.NewReader("")}
	root := a.command()
	root.SetContext(context.Background())
	root.InitDefaultHelpCmd()
	return root
}

// eachCommand visits every verb of a tree.
func eachCommand(cmd *cobra.Command, visit func(*cobra.Command)) {
	visit(cmd)
	for _, sub := range cmd.Commands() {
		eachCommand(sub, visit)
	}
}

func isJapanese(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Han) }) >= 0
}

func TestEveryVerbAndFlagIsSaidInBothLanguages(t *testing.T) {
	for _, lang := range []string{"en", "ja"} {
		eachCommand(tree(lang), func(cmd *cobra.Command) {
			said := map[string]string{"short": cmd.Short}
			if cmd.Long != "" {
				said["long"] = cmd.Long
			}
			cmd.NonInheritedFlags().VisitAll(func(f *pflag.Flag) { said["--"+f.Name] = f.Usage })
			for what, text := range said {
				if text == "" || isJapanese(text) != (lang == "ja") {
					t.Errorf("%s: %s: %s is %q", lang, cmd.CommandPath(), what, text)
				}
			}
		})
	}
}

func TestEveryVerbHasExamplesThatItsFlagsUnderstand(t *testing.T) {
	eachCommand(tree("en"), func(cmd *cobra.Command) {
		own := 0
		for _, line := range strings.Split(cmd.Example, "\n") {
			if line != "" && checkExample(t, line) == cmd.CommandPath() {
				own++
			}
		}
		if own == 0 && !cmd.HasSubCommands() {
			t.Errorf("%s has no example", cmd.CommandPath())
		}
	})
}

// beforeProgram is what may stand before the program: variables of its
// environment, or the five columns of a line in a crontab.
var beforeProgram = regexp.MustCompile(`^\s*(?:[A-Z_]+=\S+\s+|(?:[\d*]+\s+){5})`)

// checkExample insists that a line calls a verb with flags and arguments that it
// takes, and returns which verb it is.
func checkExample(t *testing.T, line string) string {
	t.Helper()
	words := shellWords(beforeProgram.ReplaceAllString(line, ""))
	root := tree("en") // a fresh one: flags remember what they were given
	if len(words) == 0 || words[0] != "meibo" {
		t.Errorf("does not begin with meibo: %s", line)
		return ""
	}
	cmd, rest, err := root.Find(words[1:])
	if err == nil {
		err = cmd.ParseFlags(rest)
	}
	if err == nil {
		err = cmd.ValidateArgs(cmd.Flags().Args())
	}
	if err == nil {
		err = root.PersistentPreRunE(cmd, nil)
	}
	if err != nil {
		t.Errorf("%s: %v", line, err)
	}
	return cmd.CommandPath()
}

// shellWords splits a line as a shell does, as far as examples need it: up to a
// pipe, a redirection or a comment, with quotes.
func shellWords(line string) []string {
	var words []string
	var word strings.Builder
	quote, inside := rune(0), false
	flush := func() {
		if inside {
			words = append(words, word.String())
		}
		word.Reset()
		inside = false
	}
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '\'' || r == '"':
			quote, inside = r, true
		case r == ' ':
			flush()
		case r == '#' && !inside:
			return words
		case r == '|' || r == '<' || r == '>' || r == '&':
			flush()
			return words
		default:
			word.WriteRune(r)
			inside = true
		}
	}
	flush()
	return words
}

// What stands in help without being in a catalogue: names of verbs, flags and
// files, and examples.
func TestHelpInJapaneseHasNoEnglishSentence(t *testing.T) {
	english := []string{"Usage", "Flags", "Available", "Commands", "help for", "Use \"", "Examples", " string ", "(default", "completion script", "Global"}
	eachCommand(tree("ja"), func(cmd *cobra.Command) {
		args := append(strings.Fields(cmd.CommandPath())[1:], "--help", "--lang", "ja")
		got := meibo(t, "", nil, args...)
		if got.code != 0 || got.errors != "" || !isJapanese(got.out) {
			t.Errorf("%v: code %d, %q", args, got.code, got.errors)
		}
		for _, word := range english {
			if strings.Contains(got.out, word) {
				t.Errorf("%v has %q:\n%s", args, word, got.out)
			}
		}
		for _, line := range strings.Split(got.out, "\n") {
			if strings.HasPrefix(strings.TrimSpace(line), "-") && !isJapanese(line) {
				t.Errorf("%v: a flag without Japanese: %s", args, line)
			}
		}
	})
}

func TestCallsThatCannotBeUnderstoodExit2AndSayWhereToLook(t *testing.T) {
	tests := []struct {
		args   string
		en, ja string // part of what is said
	}{
		{"nonsense", "There is no “nonsense”. See: meibo --help", "「nonsense」というコマンドはありません。参照：meibo --help"},
		{"nonsense --flag", "There is no “nonsense”", "「nonsense」"},
		{"improt x", "Did you mean “import”?", "「import」のことですか"},
		{"members", "meibo members needs one of “list”", "どれかが必要です"},
		{"members lsit", "Did you mean “list”", "「list」"},
		{"help nonsense", "There is no “nonsense”", "「nonsense」"},
		{"import", "meibo import needs exactly one file", "meibo import"},
		{"import x --nonsense", "meibo import has no flag --nonsense. See: meibo import --help", "--nonsense というオプションはありません"},
		{"import x -q", "has no flag -q", "-q というオプション"},
		{"import x --layout", "--layout needs a value", "--layout には値が必要です"},
		{"members list --limit many", "--limit cannot be “many”", "--limit に「many」は指定できません"},
		{"import x ---", "See: meibo import --help", "参照：meibo import --help"},
		{"setup --org A", "also needs “--owner-email”, “--owner-name”", "--owner-name"},
		{"members edit 2", "was told nothing to change", "変更する内容"},
		{"members edit", "exactly one member", "1つだけ"},
		{"members add --set nonsense=1", "--set cannot be “nonsense=1”", "「nonsense=1」"},
		{"members add --set password=x", "--set cannot be", "指定できません"},
		{"members add --field x", "--field cannot be “x”", "「x」"},
		{"members add --password-stdin", "No password came", "パスワードがありません"},
		{"invitations add", "at least one address", "1つ以上"},
		{"invitations add -", "No address came from standard input", "標準入力に"},
		{"invitations list --state closed", "--state cannot be “closed”", "「closed」"},
		{"mails list --state gone", "--state cannot be “gone”", "「gone」"},
		{"mails retry x", "“x” is no number", "「x」は番号ではありません"},
		{"health http://", "needs the address of a server: HOST:PORT", "HOST:PORT"},
		{"health http://[::1", "needs the address of a server: HOST:PORT", "HOST:PORT"},
		{"health file:///readyz", "needs the address of a server: HOST:PORT", "HOST:PORT"},
		{"completion csh", "needs one of “bash”", "「bash」"},
		{"config --lang fr", "--lang cannot be “fr”", ""},
	}
	for _, tt := range tests {
		for lang, want := range map[string]string{"en": tt.en, "ja": tt.ja} {
			got := meibo(t, "", []string{"MEIBO_LANG=" + lang}, strings.Fields(tt.args)...)
			if got.code != exitUsage || got.out != "" || !strings.Contains(got.errors, want) {
				t.Errorf("%s: %s: code %d, output %q, said %q; want %q", lang, tt.args, got.code, got.out, got.errors, want)
			}
		}
	}
}

func TestVersionAndCompletionAreData(t *testing.T) {
	if got := meibo(t, "", nil, "--version"); got.code != 0 || !strings.HasPrefix(got.out, "meibo ") || !strings.Contains(got.out, " go1.") {
		t.Errorf("version: %+v", got)
	}
	for shell, part := range map[string]string{"bash": "complete -o default", "zsh": "#compdef meibo", "fish": "complete -c meibo", "powershell": "Register-ArgumentCompleter"} {
		if got := meibo(t, "", nil, "completion", shell); got.code != 0 || !strings.Contains(got.out, part) {
			t.Errorf("%s: code %d, %d bytes", shell, got.code, len(got.out))
		}
	}
}
