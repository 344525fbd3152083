//go:build ignore

// Command docs writes the pages of docs/ that code knows best: every message in
// both languages, and every setting. Run by go generate; CI checks that what is
// committed is current.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"

	"meibo/internal/locale"
	"meibo/internal/plan"
)

func main() {
	write("../docs/messages.md", messages())
	write("../docs/settings.md", settings())
}

func write(path string, b *strings.Builder) {
	if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
		log.Fatal(err)
	}
}

// messages lists every code with its sentences, as they stand in the
// catalogues: words in braces are filled in.
func messages() *strings.Builder {
	en, ja := catalogue("en"), catalogue("ja")
	b := &strings.Builder{}
	b.WriteString("# Messages\n\nGenerated from `internal/locale/catalog`; do not edit. The code stands in `--json` and in reports and never\n" +
		"changes its meaning. Pages say some of them otherwise (`do_page`), with their own labels in place of flags. Words in braces are filled in: `{x}` a value, `{x, select, …}` and `{x, plural, …}` a choice by it.\n\n" +
		"| code | English | 日本語 |\n|---|---|---|\n")
	for _, key := range slices.Sorted(keys(en)) {
		code, ok := strings.CutPrefix(key, "problem.")
		if !ok {
			continue
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", code, sentence(en[key]), sentence(ja[key]))
	}
	return b
}

func keys(m map[string]json.RawMessage) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func catalogue(lang string) map[string]json.RawMessage {
	text, err := os.ReadFile("locale/catalog/" + lang + ".json")
	if err != nil {
		log.Fatal(err)
	}
	var m map[string]json.RawMessage
	if err := json.Unmarshal(text, &m); err != nil {
		log.Fatal(err)
	}
	return m
}

func sentence(raw json.RawMessage) string {
	var p struct{ What, Do string }
	if err := json.Unmarshal(raw, &p); err != nil {
		log.Fatal(err)
	}
	return strings.NewReplacer("|", "\\|", "\n", " ").Replace(strings.TrimSpace(p.What + " " + p.Do))
}

func settings() *strings.Builder {
	en, ja := locale.New("en"), locale.New("ja")
	b := &strings.Builder{}
	b.WriteString("# Settings\n\nGenerated from `internal/plan/settings.go`; do not edit. `meibo settings list` shows them with the organisation's\n" +
		"values, `meibo settings set NAME VALUE` changes one. Where the database, the key and the files lie, and what the server listens on, are no settings\n" +
		"of an organisation: [operate.md](operate.md), and `meibo config`.\n\n" +
		"The `limit_…` settings hold for what members bring in. The operator of the machine, for whom the command line acts without `--as`,\n" +
		"has larger limits: [columns.md](columns.md), Files.\n\n| name | default | unit | meaning | 意味 |\n|---|---|---|---|---|\n")
	for _, s := range plan.SettingList() {
		unit := s.Unit
		if unit != "" {
			unit = en.Say("unit." + s.Unit)
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s |\n", s.Name, s.Default, unit, en.Say("setting."+s.Name), ja.Say("setting."+s.Name))
	}
	return b
}
