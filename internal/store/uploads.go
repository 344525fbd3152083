package store

import (
	"context"
	"fmt"
)

// An Upload is a file that somebody brought to be looked at before it is planned,
// perhaps with a zip of files beside it. Its bytes are kept by package admin.
type Upload struct {
	Org       int64
	ID        string // that nobody can guess
	ActorID   int64  // who brought it; 0 for the operator of the machine
	Name      string // as the person knows it
	Size      int64  // bytes; -1 until they are kept
	FilesName string // of the zip; empty if none came
	FilesSize int64  // -1 until they are kept, or if none came
	ExpiresAt int64  // microseconds UTC
}

const uploadColumns = `id, actor_id, name, coalesce(size, -1), coalesce(files_name, ''), coalesce(files_size, -1), expires_at`

func (db *DB) uploads(ctx context.Context, org int64, where string, args ...any) ([]Upload, error) {
	var all []Upload
	err := each(ctx, db.readSide(), `SELECT `+uploadColumns+` FROM upload WHERE org_id = $1 AND `+where, append([]any{org}, args...), func(scan func(...any) error) error {
		u := Upload{Org: org}
		err := scan(&u.ID, &u.ActorID, &u.Name, &u.Size, &u.FilesName, &u.FilesSize, &u.ExpiresAt)
		all = append(all, u)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("uploads: %w", err)
	}
	return all, nil
}

// Upload returns an upload; found is false if there is none.
func (db *DB) Upload(ctx context.Context, org int64, id string) (u Upload, found bool, err error) {
	all, err := db.uploads(ctx, org, `id = $2`, id)
	if err != nil || len(all) == 0 {
		return Upload{}, false, err
	}
	return all[0], true, nil
}

// UploadsBefore returns the uploads that expire before a time.
func (db *DB) UploadsBefore(ctx context.Context, org, before int64) ([]Upload, error) {
	return db.uploads(ctx, org, `expires_at < $2`, before)
}

// AddUpload stores a new upload, of which no bytes are kept yet.
func (db *DB) AddUpload(ctx context.Context, u Upload) error {
	err := db.WriteSide(ctx, func(tx *Tx) error {
		_, err := tx.exec(ctx, `INSERT INTO upload (org_id, id, actor_id, name, expires_at) VALUES ($1, $2, $3, $4, $5)`, u.Org, u.ID, u.ActorID, u.Name, u.ExpiresAt)
		return err
	})
	if err != nil {
		return fmt.Errorf("add upload: %w", err)
	}
	return nil
}

// SaveUpload stores the sizes of an upload and what is known of its zip; found is
// false if it is gone.
func (db *DB) SaveUpload(ctx context.Context, u Upload) (found bool, err error) {
	err = db.WriteSide(ctx, func(tx *Tx) error {
		size := func(n int64) any {
			if n < 0 {
				return nil
			}
			return n
		}
		n, err := tx.exec(ctx, `UPDATE upload SET size = $3, files_name = $4, files_size = $5, expires_at = $6 WHERE org_id = $1 AND id = $2`,
			u.Org, u.ID, size(u.Size), null(u.FilesName), size(u.FilesSize), u.ExpiresAt)
		found = n == 1
		return err
	})
	if err != nil {
		return false, fmt.Errorf("save upload: %w", err)
	}
	return found, nil
}

// ForgetUpload forgets an upload whose bytes are gone.
func (db *DB) ForgetUpload(ctx context.Context, org int64, id string) error {
	err := db.WriteSide(ctx, func(tx *Tx) error {
		_, err := tx.exec(ctx, `DELETE FROM upload WHERE org_id = $1 AND id = $2`, org, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("forget upload: %w", err)
	}
	return nil
}
