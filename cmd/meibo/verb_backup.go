package main

import (
	"errors"

	"github.com/spf13/cobra"

	"meibo/internal/admin"
	"meibo/internal/problem"
)

func (a *app) backupCommand() *cobra.Command {
	var withKey bool
	cmd := &cobra.Command{
		Use: "backup FILE", Short: a.say.Say("help.backup"), Long: a.say.Say("help.backup.long"), Args: a.args(1, 1, "usage.one_file"),
		Example: "  meibo backup meibo-2026-11-22.db\n  meibo backup copy.db --with-key",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.withAll(cmd.Context(), func(svc *admin.Service, actors []admin.Actor) error {
				c := a.config()
				b, err := svc.Backup(cmd.Context(), actors[0], c.database, args[0], withKey)
				if p := (problem.Problem{}); errors.As(err, &p) && p.Code == problem.BackupPostgres {
					return a.tellPostgresBackup(c, p)
				}
				if err != nil {
					return err
				}
				if a.json {
					return a.printJSON(map[string]any{"database": b.Database, "files": some(b.Files), "files_count": b.Count, "key": some(b.Key)})
				}
				a.tell("%s", a.say.Say("backup.done", "file", b.Database))
				if b.Files != "" {
					a.tell("%s", a.say.Say("backup.files", "n", b.Count, "folder", b.Files))
				}
				a.tellKey(c, b)
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&withKey, "with-key", false, a.say.Say("flag.with-key"))
	return cmd
}

// tellPostgresBackup says what belongs to a whole backup where the database is
// only a part that we cannot copy.
func (a *app) tellPostgresBackup(c config, p problem.Problem) error {
	key := c.keyPath
	if c.keyFrom == "MEIBO_KEY" {
		key = "MEIBO_KEY"
	}
	a.tell("%s", a.say.Problem(p))
	if admin.IsFolder(c.files) {
		a.tell("%s", a.say.Say("backup.postgres.files", "folder", c.files))
	} else {
		a.tell("%s", a.say.Say("backup.postgres.bucket", "bucket", admin.ShowFiles(c.files)))
	}
	a.tell("%s", a.say.Say("backup.postgres.key", "key", key))
	return exit(problemCode(p))
}

// tellKey says where the key is that the backup is no good without.
func (a *app) tellKey(c config, b admin.Backup) {
	switch {
	case b.Key != "":
		a.tell("%s", a.say.Say("backup.key.copied", "key", b.Key))
	case c.keyFrom == "MEIBO_KEY":
		a.tell("%s", a.say.Say("backup.key.env", "variable", "MEIBO_KEY"))
	default:
		a.tell("%s", a.say.Say("backup.key", "key", c.keyPath, "copy", b.Database+".key"))
	}
}
