package main

import "meibo/internal/admin"

// config is where everything lies, and by what it was said.
type config struct {
	database, databaseFrom string
	keyPath, keyFrom       string
	files, filesFrom       string
}

// config finds out where the database, its key and its files are: by flag,
// else by environment, else beside the database.
func (a *app) config() config {
	c := config{database: a.database, databaseFrom: "--db"}
	if c.database == "" {
		c.database, c.databaseFrom = a.getenv("MEIBO_DB"), "MEIBO_DB"
	}
	if c.database == "" {
		c.database, c.databaseFrom = "meibo.db", "default"
	}
	home := admin.DataHome(a.getenv)
	c.keyPath, c.keyFrom = admin.DefaultKeyPath(c.database, home), "default"
	if a.getenv("MEIBO_KEY") != "" {
		c.keyFrom = "MEIBO_KEY"
	}
	c.files, c.filesFrom = a.getenv("MEIBO_FILES"), "MEIBO_FILES"
	if c.files == "" {
		c.files, c.filesFrom = admin.DefaultDataDir(c.database, home), "default"
	}
	return c
}
