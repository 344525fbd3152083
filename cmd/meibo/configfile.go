package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"meibo/internal/admin"
	"meibo/internal/plan"
	"meibo/internal/problem"
)

// A configFile is a file of settings (TOML). What is not in it is empty.
type configFile struct {
	DB      string `toml:"db"`
	Key     string `toml:"key"`
	Files   string `toml:"files"`
	Org     string `toml:"org"`
	Lang    string `toml:"lang"`
	SMTP    string `toml:"smtp"`
	Listen  string `toml:"listen"`
	Metrics string `toml:"metrics"`
}

// configKeys are what may stand in a file, in the order of configFile; each is also
// a variable of the environment: db is MEIBO_DB.
var configKeys = []string{"db", "key", "files", "org", "lang", "smtp", "listen", "metrics"}

func variableOf(key string) string { return "MEIBO_" + strings.ToUpper(key) }

// variables are the settings of a file by the variables that win over them.
func (c configFile) variables() map[string]string {
	said := map[string]string{}
	for i, value := range []string{c.DB, c.Key, c.Files, c.Org, c.Lang, c.SMTP, c.Listen, c.Metrics} {
		if value != "" {
			said[variableOf(configKeys[i])] = value
		}
	}
	return said
}

// readConfig reads the file of settings that --config or MEIBO_CONFIG names, if one
// does, and lets the environment win over it. What is wrong with it is told when a
// verb is carried out, in the person's language.
func (a *app) readConfig(args []string) {
	env := a.getenv
	path := flagIn(args, "--config")
	a.configFrom = "--config"
	if path == "" {
		path, a.configFrom = env("MEIBO_CONFIG"), "MEIBO_CONFIG"
	}
	if path == "" {
		a.configFrom = "default"
		return
	}
	a.configPath = path
	content, err := os.ReadFile(path)
	if err != nil {
		a.configBad = admin.Unreadable(path, err)
		return
	}
	file, err := parseConfig(path, string(content))
	a.configBad, a.configSaid = err, file.variables()
	a.getenv = func(name string) string {
		if value := env(name); value != "" {
			return value
		}
		return a.configSaid[name]
	}
}

// from is what said the value of a variable: the environment, the file, or nobody.
func (a *app) from(variable string) string {
	switch {
	case a.getenv(variable) == "":
		return "default"
	case a.configSaid[variable] == "" || a.env(variable) != "":
		return variable
	}
	return a.configPath
}

// parseConfig understands a file of settings. Its problems are ConfigMalformed,
// ConfigKeyUnknown and ConfigValueInvalid, with the line.
func parseConfig(path, content string) (c configFile, err error) {
	name := filepath.Base(path)
	decoder := toml.NewDecoder(strings.NewReader(content)).DisallowUnknownFields()
	err = decoder.Decode(&c)
	var unknown *toml.StrictMissingError
	var bad *toml.DecodeError
	switch {
	case err == nil && c.Lang != "" && !spoken(c.Lang):
		return configFile{}, wrong(problem.ConfigValueInvalid, name, lineOf(content, "lang"), "key", "lang", "known", "en\nja")
	case err == nil:
		return c, nil
	case errors.As(err, &unknown):
		first := unknown.Errors[0]
		line, _ := first.Position()
		key := strings.Join(first.Key(), ".")
		return configFile{}, wrong(problem.ConfigKeyUnknown, name, line, "key", key, "meant", meantKey(key), "known", strings.Join(configKeys, "\n"))
	case errors.As(err, &bad):
		line, _ := bad.Position()
		if key := keyOn(content, line); key != "" {
			return configFile{}, wrong(problem.ConfigValueInvalid, name, line, "key", key, "known", "")
		}
		return configFile{}, wrong(problem.ConfigMalformed, name, line)
	}
	return configFile{}, err
}

// wrong is a problem of one line of a file of settings.
func wrong(code problem.Code, file string, line int, values ...string) error {
	return problem.New(code, append(values, "file", file, "line", strconv.Itoa(line))...).At(problem.Place{Line: line})
}

// lineOf is the line on which a key is set; 0 if it is not found.
func lineOf(content, key string) int {
	for n := range strings.Count(content, "\n") + 1 {
		if keyOn(content, n+1) == key {
			return n + 1
		}
	}
	return 0
}

// keyOn is the key that is set on a line, if it is one of ours; else empty.
func keyOn(content string, line int) string {
	lines := strings.Split(content, "\n")
	if line < 1 || line > len(lines) {
		return ""
	}
	name, _, _ := strings.Cut(lines[line-1], "=")
	if name = strings.Trim(name, " \t\"'"); slices.Contains(configKeys, name) {
		return name
	}
	return ""
}

// aliases are what people call settings otherwise.
var aliases = map[string]string{"database": "db", "organisation": "org", "language": "lang", "mail": "smtp", "address": "listen"}

// meantKey is the setting that a misspelt one was probably meant to be; empty if
// there is none.
func meantKey(key string) string {
	folded := strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(strings.ToLower(key), "-", "_"), "meibo_"))
	for _, known := range configKeys {
		if folded == known || plan.NearMiss(folded, known) {
			return known
		}
	}
	return aliases[folded]
}

// flagIn looks for the value of a flag before flags are parsed; empty if it is not
// there.
func flagIn(args []string, flag string) string {
	for i, arg := range args {
		if arg == flag && i+1 < len(args) {
			return args[i+1]
		}
		if value, ok := strings.CutPrefix(arg, flag+"="); ok {
			return value
		}
	}
	return ""
}
