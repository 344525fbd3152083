package main

import (
	"net/url"

	"github.com/spf13/cobra"

	"meibo/internal/admin"
	"meibo/internal/mail"
)

func (a *app) configCommand() *cobra.Command {
	return &cobra.Command{
		Use: "config", Short: a.say.Say("help.config"), Args: a.args(0, 0, "usage.no_arguments"),
		Example: "  meibo config\n  meibo config --db postgres://meibo@db/meibo --json",
		RunE: func(*cobra.Command, []string) error {
			t := a.table("setting", "value", "from")
			object := map[string]configJSON{}
			for _, c := range a.configList() {
				object[c.name] = configJSON{some(c.value), c.from}
				value := c.value
				if value == "" && c.from == "default" {
					value = a.say.Say("config.none")
				}
				t.add(a.say.Say("config."+c.name), value, a.fromText(c.from))
			}
			return a.show(t, object)
		},
	}
}

type configJSON struct {
	Value *string `json:"value"` // null: not to be shown
	From  string  `json:"from"`  // a flag, an environment variable, the path of the file of settings, or default
}

// A configItem is one thing that the program was told, and by what.
type configItem struct{ name, value, from string }

// configList is every setting of the program. Passwords are masked, and a key that
// was given is not shown.
func (a *app) configList() []configItem {
	c := a.config()
	key := c.keyPath
	if c.keyFrom != "default" {
		key = ""
	}
	lang, langFrom := a.languageFrom()
	smtp, smtpFrom := a.smtpFrom()
	if server, err := mail.ParseServer(smtp); err == nil {
		smtp = server.String() // without its password
	} else {
		smtp = ""
	}
	items := []configItem{
		{"config", a.configPath, a.configFrom},
		{"database", admin.Redact(c.database), c.databaseFrom},
		{"key", key, c.keyFrom},
		{"files", admin.ShowFiles(c.files), c.filesFrom},
		{"smtp", smtp, smtpFrom},
		{"language", lang, langFrom},
		{"organisation", a.org, a.orgFrom},
	}
	for _, s := range []struct{ name, variable, otherwise string }{{"listen", "MEIBO_LISTEN", listenDefault}, {"metrics", "MEIBO_METRICS", ""}} {
		value, from := a.told("", "", s.variable, s.otherwise)
		items = append(items, configItem{s.name, value, from})
	}
	endpoint, from := a.tracesTo()
	return append(items, configItem{"traces", shownURL(endpoint), from})
}

func (a *app) fromText(from string) string {
	if from == "default" {
		return a.say.Say("config.from.default")
	}
	return from
}

// shownURL is a URL without its password.
func shownURL(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return u.Redacted()
}

// languageFrom is the language that is spoken, and what said so.
func (a *app) languageFrom() (lang, from string) {
	if a.lang != "" {
		return a.say.Lang(), "--lang"
	}
	for _, name := range languageVariables {
		if spoken(a.getenv(name)) {
			return a.say.Lang(), a.from(name)
		}
	}
	return a.say.Lang(), "default"
}
