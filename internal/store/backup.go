package store

import (
	"context"
	"fmt"
)

// IsSQLite reports whether the database is an SQLite file.
func (db *DB) IsSQLite() bool { return db.dialect == sqlite }

// Copy writes the whole database, as it is at one moment, to an SQLite file
// that is empty or does not exist, while others go on reading and writing. It
// is for SQLite alone.
func (db *DB) Copy(ctx context.Context, path string) error {
	if _, err := db.ro.exec(ctx, `VACUUM INTO $1`, path); err != nil {
		return fmt.Errorf("copy database: %w", err)
	}
	return nil
}
