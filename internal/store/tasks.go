package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// A TaskKind says what is to be done with an import.
type TaskKind string

// The kinds of tasks.
const (
	PlanTask  TaskKind = "plan"  // make the plan, of a file or an undo
	ApplyTask TaskKind = "apply" // carry the plan out
	ClearTask TaskKind = "clear" // remove the upload of a plan that was made, or came to nothing
)

// A TaskRef names a task.
type TaskRef struct {
	Org, Import int64
	Kind        TaskKind
}

// A Task is what is to be done with an import in the background.
type Task struct {
	TaskRef
	Ready     bool  // false while its upload is still being kept
	Actor     int64 // who asked; 0 for the operator of the machine
	Back      State // of an ApplyTask: in which state the import was
	UploadKey string
	FilesKey  string // of the zip that came with the upload; empty if none did
	Request   string // JSON, of whoever made the task
	CreatedAt int64  // microseconds UTC
}

const taskColumns = `org_id, import_id, kind, ready, coalesce(actor_id, 0), coalesce(back, ''), coalesce(upload_key, ''), coalesce(files_key, ''), request, created_at`

func scanTask(scan func(...any) error) (t Task, err error) {
	err = scan(&t.Org, &t.Import, &t.Kind, &t.Ready, &t.Actor, &t.Back, &t.UploadKey, &t.FilesKey, &t.Request, &t.CreatedAt)
	return t, err
}

// Tasks lists the tasks of all organisations that somebody may carry out, the
// oldest first, at most limit of them.
func (db *DB) Tasks(ctx context.Context, limit int) ([]Task, error) {
	var all []Task
	err := each(ctx, db.read(), `SELECT `+taskColumns+` FROM task WHERE ready ORDER BY created_at, org_id, import_id LIMIT $1`, []any{limit},
		func(scan func(...any) error) error {
			t, err := scanTask(scan)
			all = append(all, t)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("tasks: %w", err)
	}
	return all, nil
}

// Task returns a task that may be carried out; ErrNoRows if there is none.
func (db *DB) Task(ctx context.Context, r TaskRef) (Task, error) { return findTask(ctx, db.read(), r) }

// Task returns a task as the transaction sees it.
func (tx *Tx) Task(ctx context.Context, r TaskRef) (Task, error) { return findTask(ctx, tx, r) }

func findTask(ctx context.Context, q querier, r TaskRef) (t Task, err error) {
	found := false
	err = each(ctx, q, `SELECT `+taskColumns+` FROM task WHERE org_id = $1 AND import_id = $2 AND kind = $3 AND ready`,
		[]any{r.Org, r.Import, string(r.Kind)}, func(scan func(...any) error) (err error) {
			t, err = scanTask(scan)
			found = true
			return err
		})
	if err == nil && !found {
		err = ErrNoRows
	}
	if err != nil {
		return t, fmt.Errorf("task %s of import %d: %w", r.Kind, r.Import, err)
	}
	return t, nil
}

// AddTask stores a task. On PostgreSQL a job for it is queued in the same
// transaction, if it is ready; on SQLite whoever works must be woken after the
// commit (the jobs lie in another file).
func (db *DB) AddTask(ctx context.Context, tx *Tx, t Task) error {
	_, err := tx.exec(ctx, `INSERT INTO task (org_id, import_id, kind, ready, actor_id, back, upload_key, files_key, request, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, t.Org, t.Import, string(t.Kind), t.Ready, null(t.Actor), null(string(t.Back)),
		null(t.UploadKey), null(t.FilesKey), t.Request, t.CreatedAt)
	if err != nil {
		return fmt.Errorf("task %s of import %d: %w", t.Kind, t.Import, err)
	}
	if !t.Ready {
		return nil
	}
	return db.queueIn(ctx, tx, t.job(0))
}

// ReadyTask lets a task be carried out whose upload is kept now, as AddTask does.
// From then on its import lives without signs of life.
func (db *DB) ReadyTask(ctx context.Context, tx *Tx, t Task) error {
	n, err1 := tx.exec(ctx, `UPDATE task SET ready = $4, request = $5 WHERE org_id = $1 AND import_id = $2 AND kind = $3`,
		t.Org, t.Import, string(t.Kind), true, t.Request)
	m, err2 := tx.exec(ctx, `UPDATE import SET lease_until = NULL WHERE org_id = $1 AND id = $2 AND state = 'planning'`, t.Org, t.Import)
	switch err := errors.Join(err1, err2); {
	case err != nil:
		return fmt.Errorf("task %s of import %d: %w", t.Kind, t.Import, err)
	case n != 1 || m != 1:
		return fmt.Errorf("import %d is no longer being planned", t.Import)
	}
	return db.queueIn(ctx, tx, t.job(0))
}

func (t Task) job(try int64) Job {
	return Job{What: string(t.Kind), Org: t.Org, ID: t.Import, Try: try}
}

// EndTask forgets a task. One whose upload is kept turns into a ClearTask, which
// is to be carried out, and ended in its turn, once the upload is removed: killed
// in between, no upload is left that nobody knows of. cleared is false then.
func (tx *Tx) EndTask(ctx context.Context, r TaskRef) (cleared bool, err error) {
	where := ` WHERE org_id = $1 AND import_id = $2 AND kind = $3`
	args := []any{r.Org, r.Import, string(r.Kind)}
	if r.Kind == PlanTask {
		n, err := tx.exec(ctx, `UPDATE task SET kind = 'clear', request = ''`+where+` AND upload_key IS NOT NULL`, args...)
		if err != nil || n > 0 {
			return false, wrapTask(r, err)
		}
	}
	_, err = tx.exec(ctx, `DELETE FROM task`+where, args...)
	return true, wrapTask(r, err)
}

func wrapTask(r TaskRef, err error) error {
	if err != nil {
		return fmt.Errorf("end task %s of import %d: %w", r.Kind, r.Import, err)
	}
	return nil
}

// abandonTask forgets the task of a plan that came to nothing before it was
// ready, with its upload.
func (tx *Tx) abandonTask(ctx context.Context, org, id int64, forget func(key string) error) error {
	var upload, files string
	err := one(ctx, tx, `SELECT coalesce(upload_key, ''), coalesce(files_key, '') FROM task WHERE org_id = $1 AND import_id = $2 AND kind = 'plan' AND NOT ready`,
		[]any{org, id}, &upload, &files)
	if errors.Is(err, ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, key := range []string{upload, files} {
		if key == "" {
			continue
		}
		if err := forget(key); err != nil {
			return err
		}
	}
	_, err = tx.exec(ctx, `DELETE FROM task WHERE org_id = $1 AND import_id = $2 AND kind = 'plan'`, org, id)
	return err
}

// RestartImport begins the plan of a queued import, or begins it anew: what an
// earlier attempt left is removed, its file with forget, and that attempt can
// store nothing more. It sets i.Attempt and insists that the import is still being
// planned.
func (db *DB) RestartImport(ctx context.Context, i *Import, forget func(key string) error) error {
	err := db.Write(ctx, func(tx *Tx) error {
		// Waits for an erase that is running, as StartImport does.
		if _, err := tx.take(ctx, i.Org, "import", 0); err != nil {
			return err
		}
		err := one(ctx, tx, `UPDATE import SET attempt = attempt + 1, lease_until = $3, masters_version = $4
			WHERE org_id = $1 AND id = $2 AND state = 'planning' RETURNING attempt`, []any{i.Org, i.ID, i.LeaseUntil, i.MastersVersion}, &i.Attempt)
		if err != nil {
			return err
		}
		return tx.abandon(ctx, i.Org, i.ID, forget)
	})
	if err != nil {
		return fmt.Errorf("begin import %d: %w", i.ID, err)
	}
	return nil
}

// EndPlan ends an import that is being planned, in the given state, and removes
// what there is of its plan, files with forget. In the same transaction it does
// what also does; nil: nothing. ended is false, and nothing is done, if the import
// is not being planned any more.
func (db *DB) EndPlan(ctx context.Context, org, id int64, state State, forget func(key string) error, also func(tx *Tx) error) (ended bool, err error) {
	err = db.Write(ctx, func(tx *Tx) error {
		if ended, err = tx.SetState(ctx, org, id, Planning, state); err != nil || !ended {
			return err
		}
		if err := tx.abandon(ctx, org, id, forget); err != nil || also == nil {
			return err
		}
		return also(tx)
	})
	if err != nil {
		return false, fmt.Errorf("end import %d: %w", id, err)
	}
	return ended, nil
}

// TellAuthor queues a mail of the given kind to the member who made an import, if
// it was a member who is still there and has an address.
func (tx *Tx) TellAuthor(ctx context.Context, i Import, kind string, now int64) error {
	if i.ActorID == 0 {
		return nil
	}
	id, err := tx.take(ctx, i.Org, "outbox", 1)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `INSERT INTO outbox (org_id, id, import_id, kind, member_id, state, attempts, next_at, created_at)
		SELECT $1, $2, $3, $4, m.id, 'pending', 0, $5, $5 FROM member m WHERE m.org_id = $1 AND m.id = $6 AND m.state = 1 AND m.email IS NOT NULL`,
		i.Org, id, i.ID, kind, now, i.ActorID)
	if err != nil {
		return fmt.Errorf("tell the author of import %d: %w", i.ID, err)
	}
	return nil
}

// IsAboutImport reports whether a kind of mail tells the author of an import how
// it stands: it has no link that ends.
func IsAboutImport(kind string) bool { return strings.HasPrefix(kind, "import_") }
