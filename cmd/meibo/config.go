package main

import "meibo/internal/admin"

// config is where everything lies, and by what it was said.
type config struct {
	database, databaseFrom string
	keyPath, keyFrom       string
	files, filesFrom       string
}

// config finds out where the database, its key and its files are: by flag, else by
// environment, else by the file of settings, else beside the database.
func (a *app) config() config {
	var c config
	c.database, c.databaseFrom = a.told("--db", a.database, "MEIBO_DB", "meibo.db")
	home := admin.DataHome(a.getenv)
	c.keyPath, c.keyFrom = admin.DefaultKeyPath(c.database, home), a.from("MEIBO_KEY")
	c.files, c.filesFrom = a.told("", "", "MEIBO_FILES", admin.DefaultDataDir(c.database, home))
	return c
}

// told is the value of a setting, and what said it.
func (a *app) told(flag, given, variable, otherwise string) (value, from string) {
	if given != "" {
		return given, flag
	}
	if value = a.getenv(variable); value != "" {
		return value, a.from(variable)
	}
	return otherwise, "default"
}

// listenDefault is where pages are unless somebody says otherwise.
const listenDefault = "127.0.0.1:8080"
