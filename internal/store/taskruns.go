package store

import (
	"context"
	"errors"
	"fmt"
)

// Who carries out a task, and how far they are, changes every second, also while
// a transaction of minutes holds SQLite's one writer: it lies with the sessions
// (see [DB.WriteSide]). If it is lost, tasks are begun once more; that they do
// nothing twice does not depend on it.

// A TaskRun is one task being carried out, or one that was or shall be stopped.
type TaskRun struct {
	TaskRef
	Tries      int64  // how often it was begun; also says who has it
	Stops      int64  // how many of these were cut short because a server stopped
	LeaseUntil int64  // microseconds UTC; after it, whoever has it is taken for dead, or nobody has it
	BeganAt    int64  // of the latest try, microseconds UTC; 0 if it was never begun
	Step       string // reading, checking, applying …; empty before the first
	Done       int64
	Total      int64 // 0 if unknown
	Rows       int64 // read so far
	MovedAt    int64 // when that was known, microseconds UTC
	CancelAt   int64 // when somebody asked to stop it, microseconds UTC; 0 if nobody did
}

const runColumns = `org_id, import_id, kind, tries, stops, lease_until, coalesce(began_at, 0), coalesce(step, ''), done, total, rows, coalesce(moved_at, 0), coalesce(cancel_requested_at, 0)`

func (db *DB) taskRuns(ctx context.Context, where string, args ...any) ([]TaskRun, error) {
	var all []TaskRun
	err := each(ctx, db.readSide(), `SELECT `+runColumns+` FROM task_run `+where, args, func(scan func(...any) error) error {
		var r TaskRun
		err := scan(&r.Org, &r.Import, &r.Kind, &r.Tries, &r.Stops, &r.LeaseUntil, &r.BeganAt, &r.Step, &r.Done, &r.Total, &r.Rows, &r.MovedAt, &r.CancelAt)
		all = append(all, r)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("runs of tasks: %w", err)
	}
	return all, nil
}

// TaskRuns lists all runs.
func (db *DB) TaskRuns(ctx context.Context) ([]TaskRun, error) { return db.taskRuns(ctx, "") }

// TaskRun returns one run; zero but for its name if the task was not begun.
func (db *DB) TaskRun(ctx context.Context, t TaskRef) (TaskRun, error) {
	all, err := db.taskRuns(ctx, `WHERE org_id = $1 AND import_id = $2 AND kind = $3`, t.Org, t.Import, string(t.Kind))
	if err != nil || len(all) == 0 {
		return TaskRun{TaskRef: t}, err
	}
	return all[0], nil
}

// BeginRun takes a task for whoever asks, until the given time. ok is false if
// somebody has it. Tries of the run it returns says who has it.
func (db *DB) BeginRun(ctx context.Context, t TaskRef, now, until int64) (r TaskRun, ok bool, err error) {
	r.TaskRef = t
	err = db.WriteSide(ctx, func(tx *Tx) error {
		return one(ctx, tx, `INSERT INTO task_run (org_id, import_id, kind, tries, stops, lease_until, began_at, done, total, rows) VALUES ($1, $2, $3, 1, 0, $5, $4, 0, 0, 0)
			ON CONFLICT (org_id, import_id, kind) DO UPDATE SET tries = task_run.tries + 1, lease_until = excluded.lease_until, began_at = excluded.began_at,
				step = NULL, done = 0, total = 0, rows = 0, moved_at = NULL
			WHERE task_run.lease_until <= $4 RETURNING tries, stops, coalesce(cancel_requested_at, 0)`,
			[]any{t.Org, t.Import, string(t.Kind), now, until}, &r.Tries, &r.Stops, &r.CancelAt)
	})
	if errors.Is(err, ErrNoRows) {
		return r, false, nil
	}
	if err != nil {
		return r, false, fmt.Errorf("begin task %s of import %d: %w", t.Kind, t.Import, err)
	}
	return r, true, nil
}

// ReportRun stores how far a run is and until when whoever has it is alive. It
// returns when somebody asked to stop it (0: nobody did). ours is false if
// somebody else has it now.
func (db *DB) ReportRun(ctx context.Context, r TaskRun) (cancelAt int64, ours bool, err error) {
	err = db.WriteSide(ctx, func(tx *Tx) error {
		return one(ctx, tx, `UPDATE task_run SET lease_until = $5, step = $6, done = $7, total = $8, rows = $9, moved_at = $10
			WHERE org_id = $1 AND import_id = $2 AND kind = $3 AND tries = $4 RETURNING coalesce(cancel_requested_at, 0)`,
			[]any{r.Org, r.Import, string(r.Kind), r.Tries, r.LeaseUntil, null(r.Step), r.Done, r.Total, r.Rows, r.MovedAt}, &cancelAt)
	})
	if errors.Is(err, ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, true, fmt.Errorf("report task %s of import %d: %w", r.Kind, r.Import, err)
	}
	return cancelAt, true, nil
}

// LetGoOfRun lets others have a task from the time in r.LeaseUntil on.
func (db *DB) LetGoOfRun(ctx context.Context, r TaskRun) error {
	return db.WriteSide(ctx, func(tx *Tx) error {
		_, err := tx.exec(ctx, `UPDATE task_run SET lease_until = $5, stops = $6 WHERE org_id = $1 AND import_id = $2 AND kind = $3 AND tries = $4`,
			r.Org, r.Import, string(r.Kind), r.Tries, r.LeaseUntil, r.Stops)
		return err
	})
}

// EndRun forgets a run whose task is over.
func (db *DB) EndRun(ctx context.Context, r TaskRun) error {
	return db.WriteSide(ctx, func(tx *Tx) error {
		_, err := tx.exec(ctx, `DELETE FROM task_run WHERE org_id = $1 AND import_id = $2 AND kind = $3 AND tries = $4`, r.Org, r.Import, string(r.Kind), r.Tries)
		return err
	})
}

// AskToCancel asks whoever carries out a task, or will, to stop it.
func (db *DB) AskToCancel(ctx context.Context, t TaskRef, now int64) error {
	err := db.WriteSide(ctx, func(tx *Tx) error {
		_, err := tx.exec(ctx, `INSERT INTO task_run (org_id, import_id, kind, tries, stops, lease_until, done, total, rows, cancel_requested_at) VALUES ($1, $2, $3, 0, 0, 0, 0, 0, 0, $4)
			ON CONFLICT (org_id, import_id, kind) DO UPDATE SET cancel_requested_at = excluded.cancel_requested_at`,
			t.Org, t.Import, string(t.Kind), now)
		return err
	})
	if err != nil {
		return fmt.Errorf("cancel task %s of import %d: %w", t.Kind, t.Import, err)
	}
	return nil
}

// CancelsTask reports whether somebody asked to stop this task, not an earlier one
// with the same import.
func (r TaskRun) CancelsTask(t Task) bool { return r.CancelAt != 0 && r.CancelAt >= t.CreatedAt }

// ForgetRun forgets the run of a task that is over.
func (db *DB) ForgetRun(ctx context.Context, t TaskRef) error {
	return db.WriteSide(ctx, func(tx *Tx) error {
		_, err := tx.exec(ctx, `DELETE FROM task_run WHERE org_id = $1 AND import_id = $2 AND kind = $3`, t.Org, t.Import, string(t.Kind))
		return err
	})
}
