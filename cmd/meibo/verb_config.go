package main

import (
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
				t.add(a.say.Say("config."+c.name), c.value, a.from(c.from))
			}
			return a.show(t, object)
		},
	}
}

type configJSON struct {
	Value *string `json:"value"` // null: not to be shown
	From  string  `json:"from"`  // a flag, an environment variable, or default
}

// A configItem is one thing that the program was told, and by what.
type configItem struct{ name, value, from string }

// configList is everything that decides where data is. Passwords are masked,
// and a key from the environment is not shown.
func (a *app) configList() []configItem {
	c := a.config()
	key := c.keyPath
	if c.keyFrom == "MEIBO_KEY" {
		key = ""
	}
	lang, langFrom := a.languageFrom()
	smtp, smtpFrom := a.smtpFrom()
	if server, err := mail.ParseServer(smtp); err == nil {
		smtp = server.String() // without its password
	} else {
		smtp = ""
	}
	return []configItem{
		{"database", admin.Redact(c.database), c.databaseFrom},
		{"key", key, c.keyFrom},
		{"files", admin.ShowFiles(c.files), c.filesFrom},
		{"smtp", smtp, smtpFrom},
		{"language", lang, langFrom},
	}
}

func (a *app) from(from string) string {
	if from == "default" {
		return a.say.Say("config.from.default")
	}
	return from
}

// languageFrom is the language that is spoken, and what said so.
func (a *app) languageFrom() (lang, from string) {
	if a.lang != "" {
		return a.say.Lang(), "--lang"
	}
	for _, name := range languageVariables {
		if spoken(a.getenv(name)) {
			return a.say.Lang(), name
		}
	}
	return a.say.Lang(), "default"
}
