package store

import (
	"context"
	"fmt"
)

// Sessions, failed sign-ins and what goes with them must not wait for an apply,
// which holds SQLite's one writer for as long as it takes. There they have a file
// of their own beside the first; what is in it may be lost, and a backup has none
// of it. Which session is still good is decided by the first file: a member who
// is gone or a moved epoch ends it, without anything being written here.

// sessionsSuffix makes the path of the file of sessions from that of the database.
const sessionsSuffix = ".sessions"

// WriteSide runs f in one transaction over the tables of sessions, and commits it
// if f returns no error. f sees no other tables on SQLite.
func (db *DB) WriteSide(ctx context.Context, f func(tx *Tx) error) error {
	if db.side == nil {
		return db.Write(ctx, f)
	}
	tx, err := beginSQLite(ctx, db.side)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	return tx.run(ctx, f)
}

// readSide is the querier for reading those tables.
func (db *DB) readSide() querier {
	if db.side == nil {
		return db.read()
	}
	return db.side
}
