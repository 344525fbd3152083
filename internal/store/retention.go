package store

import (
	"context"
	"fmt"
)

// WithdrawnBefore returns the members who were deleted before a time and are not
// erased yet, the longest deleted first, at most limit of them (M7). The query says
// state <> 1 because SQLite does not see that its index serves state = 2.
func (db *DB) WithdrawnBefore(ctx context.Context, org, before int64, limit int) ([]int64, error) {
	var ids []int64
	err := each(ctx, db.read(), `SELECT id FROM member WHERE org_id = $1 AND state <> 1 AND state = 2 AND withdrawn_at < $2 ORDER BY withdrawn_at, id LIMIT $3`,
		[]any{org, before, limit}, func(scan func(...any) error) error {
			var id int64
			err := scan(&id)
			ids = append(ids, id)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("members withdrawn before: %w", err)
	}
	return ids, nil
}

// A KeptFile is the file that is kept with an import.
type KeptFile struct {
	Import int64
	Key    string
}

// FilesBefore returns the kept files of imports made before a time, the oldest
// first, at most limit of them (A8).
func (db *DB) FilesBefore(ctx context.Context, org, before int64, limit int) ([]KeptFile, error) {
	var files []KeptFile
	err := each(ctx, db.read(), `SELECT id, file_key FROM import WHERE org_id = $1 AND file_key IS NOT NULL AND created_at < $2 ORDER BY id LIMIT $3`,
		[]any{org, before, limit}, func(scan func(...any) error) error {
			var f KeptFile
			err := scan(&f.Import, &f.Key)
			files = append(files, f)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("kept files before: %w", err)
	}
	return files, nil
}

// ForgetFiles notes that the files of imports are no longer kept.
func (db *DB) ForgetFiles(ctx context.Context, org int64, imports []int64) error {
	if len(imports) == 0 {
		return nil
	}
	return db.Alter(ctx, org, func(tx *Tx) error {
		_, err := tx.exec(ctx, `UPDATE import SET file_key = NULL WHERE org_id = $1 AND `+tx.dialect.among("id", 2), org, list(tx.dialect, imports))
		return err
	})
}

// ForgetExpiredPasswords destroys what random passwords are derived from that
// nobody may fetch any more (P6). It returns of how many imports.
func (db *DB) ForgetExpiredPasswords(ctx context.Context, org, now int64) (int64, error) {
	var n int64
	const expired = `org_id = $1 AND password_secret IS NOT NULL AND passwords_until <= $2`
	err := one(ctx, db.read(), `SELECT count(*) FROM import WHERE `+expired, []any{org, now}, &n)
	if err != nil || n == 0 {
		return 0, err // looking costs no lock
	}
	err = db.Alter(ctx, org, func(tx *Tx) (err error) {
		n, err = tx.exec(ctx, `UPDATE import SET password_secret = NULL WHERE `+expired, org, now)
		return err
	})
	return n, err
}
