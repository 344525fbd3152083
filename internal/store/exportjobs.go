package store

import (
	"context"
	"errors"
	"fmt"
)

// ExportTask is the task of an export in the background. What the other kinds call
// the import is the job here.
const ExportTask TaskKind = "export"

// The states of an export in the background.
const (
	ExportQueued = "queued" // or being made
	ExportDone   = "done"
	ExportFailed = "failed"
)

// An ExportJob is an export that is made in the background.
type ExportJob struct {
	ID        int64
	ActorID   int64  // who asked for it; 0 for the operator of the machine
	State     string // queued, done or failed
	FileKey   string // what its file is kept as
	FileName  string // as a person gets it
	Members   int64  // how many it was to be; once done, how many it is
	Problem   string // JSON, why it failed; empty if nobody knows
	CreatedAt int64  // microseconds UTC
	EndedAt   int64  // 0 while it is queued
}

const exportJobColumns = `id, coalesce(actor_id, 0), state, file_key, file_name, members, coalesce(problem, ''), created_at, coalesce(ended_at, 0)`

func exportJobs(ctx context.Context, q querier, where string, args ...any) ([]ExportJob, error) {
	var all []ExportJob
	err := each(ctx, q, `SELECT `+exportJobColumns+` FROM export_job WHERE org_id = $1 AND `+where, args, func(scan func(...any) error) error {
		var j ExportJob
		err := scan(&j.ID, &j.ActorID, &j.State, &j.FileKey, &j.FileName, &j.Members, &j.Problem, &j.CreatedAt, &j.EndedAt)
		all = append(all, j)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("exports in the background: %w", err)
	}
	return all, nil
}

// AddExportJob stores a new job, which gets its ID, and queues its task.
func (db *DB) AddExportJob(ctx context.Context, org int64, j *ExportJob, request string) error {
	err := db.Write(ctx, func(tx *Tx) (err error) {
		if j.ID, err = tx.take(ctx, org, "export_job", 1); err != nil {
			return err
		}
		_, err = tx.exec(ctx, `INSERT INTO export_job (org_id, id, actor_id, state, file_key, file_name, members, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			org, j.ID, null(j.ActorID), j.State, j.FileKey, j.FileName, j.Members, j.CreatedAt)
		if err != nil {
			return err
		}
		return db.AddTask(ctx, tx, Task{TaskRef: TaskRef{Org: org, Import: j.ID, Kind: ExportTask}, Ready: true, Actor: j.ActorID, Request: request, CreatedAt: j.CreatedAt})
	})
	if err != nil {
		return fmt.Errorf("add export in the background: %w", err)
	}
	return nil
}

// ExportJobs returns the latest jobs, newest first, at most limit.
func (db *DB) ExportJobs(ctx context.Context, org int64, limit int) ([]ExportJob, error) {
	return exportJobs(ctx, db.read(), `id > 0 ORDER BY id DESC LIMIT $2`, org, limit)
}

// ExportJobsBefore returns the jobs that were queued before a time.
func (db *DB) ExportJobsBefore(ctx context.Context, org, before int64) ([]ExportJob, error) {
	return exportJobs(ctx, db.read(), `created_at < $2 ORDER BY id`, org, before)
}

// ExportJob returns a job; ErrNoRows if there is none.
func (db *DB) ExportJob(ctx context.Context, org, id int64) (ExportJob, error) {
	all, err := exportJobs(ctx, db.read(), `id = $2`, org, id)
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("export %d in the background: %w", id, ErrNoRows)
	}
	if err != nil {
		return ExportJob{}, err
	}
	return all[0], nil
}

// EndExportJob stores how a job ended, and ends its task. ended is false, and nothing
// is stored, if it ended before or is no longer there.
func (db *DB) EndExportJob(ctx context.Context, org int64, j ExportJob) (ended bool, err error) {
	err = db.Write(ctx, func(tx *Tx) error {
		n, err := tx.exec(ctx, `UPDATE export_job SET state = $3, members = $4, problem = $5, ended_at = $6 WHERE org_id = $1 AND id = $2 AND state = 'queued'`,
			org, j.ID, j.State, j.Members, null(j.Problem), j.EndedAt)
		ended = n > 0
		_, gone := tx.EndTask(ctx, TaskRef{Org: org, Import: j.ID, Kind: ExportTask})
		return errors.Join(err, gone)
	})
	if err != nil {
		return false, fmt.Errorf("end export %d in the background: %w", j.ID, err)
	}
	return ended, nil
}

// FailExportJob notes that a job came to nothing, also one that was done, and ends its
// task. Why one failed that has failed already stays. Its file is to be removed after
// that: whoever writes it later finds the job failed, and removes it.
func (db *DB) FailExportJob(ctx context.Context, org int64, j ExportJob) error {
	err := db.Write(ctx, func(tx *Tx) error {
		_, err := tx.exec(ctx, `UPDATE export_job SET state = 'failed', problem = $3, ended_at = $4 WHERE org_id = $1 AND id = $2 AND state <> 'failed'`,
			org, j.ID, null(j.Problem), j.EndedAt)
		_, gone := tx.EndTask(ctx, TaskRef{Org: org, Import: j.ID, Kind: ExportTask})
		return errors.Join(err, gone)
	})
	if err != nil {
		return fmt.Errorf("fail export %d in the background: %w", j.ID, err)
	}
	return nil
}

// ForgetExportJob forgets a job and its task. Its file must be gone before, or be
// removed by whoever finds the job gone.
func (db *DB) ForgetExportJob(ctx context.Context, org, id int64) error {
	err := db.Write(ctx, func(tx *Tx) error {
		_, err := tx.exec(ctx, `DELETE FROM export_job WHERE org_id = $1 AND id = $2`, org, id)
		_, gone := tx.EndTask(ctx, TaskRef{Org: org, Import: id, Kind: ExportTask})
		return errors.Join(err, gone)
	})
	if err != nil {
		return fmt.Errorf("forget export %d in the background: %w", id, err)
	}
	return nil
}
