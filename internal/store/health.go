package store

import (
	"context"
	"fmt"
)

// Ping asks the database for an answer.
func (db *DB) Ping(ctx context.Context) error {
	var n int64
	if err := one(ctx, db.read(), `SELECT count(*) FROM instance`, nil, &n); err != nil {
		return fmt.Errorf("ping: %w", err)
	}
	return nil
}

// Backlog counts, in all organisations, the imports that wait to be planned or
// applied and the mails that wait to be sent.
func (db *DB) Backlog(ctx context.Context) (imports, mails int64, err error) {
	err = one(ctx, db.read(), `SELECT (SELECT count(*) FROM task WHERE kind NOT IN ($1, $2)), (SELECT count(*) FROM outbox WHERE state = 'pending')`,
		[]any{string(ClearTask), string(ExportTask)}, &imports, &mails)
	if err != nil {
		return 0, 0, fmt.Errorf("backlog: %w", err)
	}
	return imports, mails, nil
}
