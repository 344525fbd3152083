package locale

import (
	"go/ast"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"meibo/internal/problem"
)

// terminal is what only people at a terminal can do something with: flags, verbs
// and variables of the environment.
var terminal = regexp.MustCompile(`--[a-z]|(^|[^a-z/@.])meibo [a-z]|MEIBO_`)

// A person in a browser has no flags and no verbs: what a page says names what
// pages have. Every problem is asked, for any may come to one.
func TestNoSentenceOnAPageNamesTheTerminal(t *testing.T) {
	for _, lang := range languages {
		p := New(lang).OnPages()
		for _, d := range codes(t) {
			for _, half := range []string{"what", "do"} {
				key := "problem." + d.code + "." + half
				checkPageText(t, lang, key, p.half(key))
			}
		}
		for key := range saidOnPages(t) {
			checkPageText(t, lang, key, catalogues[lang]()[key])
		}
	}
}

func checkPageText(t *testing.T, lang, key string, m message) {
	t.Helper()
	for _, text := range append(texts(m), texts(saidWithin(lang, m))...) {
		if terminal.MatchString(text) {
			t.Errorf("%s: %s names the terminal: %q", lang, key, text)
		}
	}
}

// saidWithin joins the sentences that m says by their keys.
func saidWithin(lang string, m message) (all message) {
	for _, p := range m {
		if p.form == "said" {
			all = append(all, catalogues[lang]()[p.name]...)
		}
		for _, c := range p.cases {
			all = append(all, saidWithin(lang, c)...)
		}
	}
	return all
}

// saidOnPages are the keys that packages above the terminal's say, and all that
// begin with web.
func saidOnPages(t *testing.T) map[string]bool {
	t.Helper()
	keys, prefixes := map[string]bool{}, []string{"web.", "setting.", "unit."}
	eachCall(t, func(at string, call *ast.CallExpr, callee string) {
		inner := strings.Contains(filepath.ToSlash(at), "internal/")
		if !inner || !strings.EqualFold(callee[strings.LastIndexByte(callee, '.')+1:], "say") {
			return
		}
		for _, arg := range call.Args {
			if prefix, ok := prefixOf(arg); ok {
				prefixes = append(prefixes, prefix)
			} else if key, ok := literal(arg); ok {
				keys[key] = true
			}
		}
	})
	for key := range catalogues["en"]() {
		for _, prefix := range prefixes {
			if strings.HasPrefix(key, prefix) {
				keys[key] = true
			}
		}
	}
	if len(keys) < 500 {
		t.Errorf("found only %d keys of pages", len(keys))
	}
	return keys
}

// A label that a sentence names is the label itself, in either language.
func TestASentenceThatIsSaidWithinAnotherExists(t *testing.T) {
	said := 0
	for _, lang := range languages {
		for key, m := range catalogues[lang]() {
			for _, name := range saidNames(m) {
				if said++; catalogues[lang]()[name] == nil || len(catalogues[lang]()[name].placeholders()) > 0 {
					t.Errorf("%s.json: %s says %s, which is no sentence without values", lang, key, name)
				}
			}
		}
	}
	if said == 0 {
		t.Error("nothing is said within another sentence")
	}
}

func saidNames(m message) (names []string) {
	for _, p := range m {
		if p.form == "said" {
			names = append(names, p.name)
		}
		for _, c := range p.cases {
			names = append(names, saidNames(c)...)
		}
	}
	return names
}

func TestAProblemNamesFlagsOnATerminalAndLabelsOnAPage(t *testing.T) {
	p := problem.Of(problem.Invalid, problem.GroupUnknown, "value", "東京", "create", "yes")
	for lang, label := range map[string]string{"en": "Make groups that are not there", "ja": "ないグループを作成する"} {
		if got := New(lang).Problem(p); !strings.Contains(got, "--create-groups") {
			t.Errorf("%s: on a terminal: %s", lang, got)
		}
		if got := New(lang).OnPages().Problem(p); !strings.Contains(got, label) || strings.Contains(got, "--") {
			t.Errorf("%s: on a page: %s", lang, got)
		}
	}
}
