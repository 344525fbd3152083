package admin

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"meibo/internal/store"
)

const (
	// taskLease is how long a task is left to whoever carries it out after their
	// last sign of life; they give one every taskBeat.
	taskLease = 10 * time.Second
	taskBeat  = time.Second
	// taskTries is how often a task is begun that fails, or takes its process down.
	taskTries = 5
)

// Why a task that runs is not carried out to its end.
var (
	errCancelled = errors.New("somebody asked to stop it")
	errTaskLost  = errors.New("somebody else carries it out")
)

// taskWait is how long to wait after a number of failures: 5 seconds, twice as
// long each time.
func taskWait(failures int64) time.Duration { return 5 * time.Second << min(max(failures-1, 0), 8) }

// A taskRun carries out one task. What it does is safe to be done twice: a plan is
// begun anew, applying is one transaction that ends the task with it.
type taskRun struct {
	s    *Service
	w    Workers
	run  store.TaskRun
	task store.Task

	mu     sync.Mutex
	latest Progress
}

// carryOut carries out a task, if it is there and nobody else is at it. onlyCancel
// leaves it alone unless somebody asked to stop it.
func (s *Service) carryOut(ctx context.Context, w Workers, ref store.TaskRef, onlyCancel bool) error {
	now := s.now()
	run, mine, err := s.db.BeginRun(ctx, ref, now.UnixMicro(), now.Add(taskLease).UnixMicro())
	if err != nil || !mine {
		return err
	}
	t := &taskRun{s: s, w: w, run: run}
	t.task, err = s.db.Task(ctx, ref)
	if errors.Is(err, store.ErrNoRows) { // it is over: this job came twice, or late
		return s.db.EndRun(ctx, run)
	}
	if err == nil && onlyCancel && !run.CancelsTask(t.task) {
		return t.letGo(0, true)
	}
	if err == nil {
		err = t.live(ctx, t.do)
	}
	return t.settle(ctx, err)
}

// settle lets others have a task that was not carried out to its end.
func (t *taskRun) settle(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, errTaskLost):
		return nil
	case err == nil:
		after, cancel := afterwards(ctx)
		defer cancel()
		return t.s.db.EndRun(after, t.run)
	case ctx.Err() != nil: // a stop of the server is nobody's fault
		return t.letGo(0, true)
	}
	return errors.Join(fmt.Errorf("%s of import %d, try %d: %w", t.task.Kind, t.run.Import, t.run.Tries, err), t.letGo(taskWait(t.failures()), false))
}

// afterwards is for what must be noted although the caller has gone.
func afterwards(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
}

// failures is how often the task was begun in vain, this time included.
func (t *taskRun) failures() int64 { return t.run.Tries - t.run.Stops }

// letGo lets others have the task after a while. A try that was stopped does not
// count.
func (t *taskRun) letGo(wait time.Duration, stopped bool) error {
	ctx, cancel := afterwards(context.Background())
	defer cancel()
	r := t.run
	r.LeaseUntil = t.s.now().Add(wait).UnixMicro()
	if stopped {
		r.Stops++
	}
	return t.s.db.LetGoOfRun(ctx, r)
}

// live runs f, and beside it gives signs of life with the progress, and looks
// whether f is to be stopped: then the context that f has ends, and its cause says
// why.
func (t *taskRun) live(ctx context.Context, f func(ctx context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	done := make(chan struct{})
	defer func() { cancel(nil); <-done }()
	go func() {
		defer close(done)
		ticker := time.NewTicker(taskBeat)
		defer ticker.Stop()
		for last := time.Now(); ; {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			switch cancelled, ours, err := t.beat(ctx); {
			case !ours, err != nil && time.Since(last) > taskLease:
				cancel(errTaskLost)
			case cancelled:
				cancel(errCancelled)
			case err == nil:
				last = time.Now()
			}
		}
	}()
	return f(ctx)
}

// beat stores how far the task is.
func (t *taskRun) beat(ctx context.Context) (cancelled, ours bool, err error) {
	r, now := t.run, t.s.now()
	t.mu.Lock()
	r.Step, r.Done, r.Total, r.Rows = t.latest.Step, t.latest.Done, t.latest.Total, t.latest.Rows
	t.mu.Unlock()
	r.LeaseUntil, r.MovedAt = now.Add(taskLease).UnixMicro(), now.UnixMicro()
	r.CancelAt, ours, err = t.s.db.ReportRun(ctx, r)
	return r.CancelsTask(t.task), ours, err
}

// progress returns what notes how far the task is. Rows stay known when they are read.
func (t *taskRun) progress(ctx context.Context) func(Progress) {
	return func(p Progress) {
		t.mu.Lock()
		p.Rows = max(p.Rows, t.latest.Rows)
		t.latest = p
		t.mu.Unlock()
		if t.run.Kind != store.ExportTask {
			t.w.Watch(ctx, t.run.Org, t.run.Import, p)
		}
	}
}

// do carries out the task.
func (t *taskRun) do(ctx context.Context) error {
	if t.task.Kind == store.ClearTask {
		return t.clear(ctx)
	}
	if t.task.Kind == store.ExportTask {
		return t.export(ctx)
	}
	imp, err := t.s.db.Import(ctx, t.run.Org, t.run.Import)
	if err != nil {
		return err
	}
	switch ref, ok := taskOf(imp); {
	case !ok || ref != t.task.TaskRef: // somebody ended it otherwise: it was erased, for example
		err = t.end(ctx, imp)
	case t.task.Kind == store.ApplyTask:
		imp, err = t.apply(ctx, imp)
	default:
		imp, err = t.plan(ctx, imp)
	}
	if err != nil {
		return err
	}
	t.w.Ended(imp)
	return nil
}

// end ends a task whose import is none for it any more.
func (t *taskRun) end(ctx context.Context, imp store.Import) error {
	err := t.s.db.Write(ctx, func(tx *store.Tx) error { return t.ended(ctx, tx, imp) })
	if err != nil {
		return err
	}
	return t.clearUp(ctx)
}

// clear removes the upload of a plan that is over.
func (t *taskRun) clear(ctx context.Context) error {
	for _, key := range []string{t.task.UploadKey, t.task.FilesKey} {
		if key == "" {
			continue
		}
		if err := t.s.kept.remove(ctx, key); err != nil {
			return err
		}
	}
	ref := t.task.TaskRef
	ref.Kind = store.ClearTask
	return t.s.db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.EndTask(ctx, ref)
		return err
	})
}

// clearUp removes the upload right after the plan. If that fails it is queued, and
// tried again: the plan is made all the same.
func (t *taskRun) clearUp(ctx context.Context) error {
	if t.task.UploadKey == "" {
		return nil
	}
	ctx, cancel := afterwards(ctx)
	defer cancel()
	if err := t.clear(ctx); err != nil {
		t.w.Log.Error("remove upload", "organisation", t.run.Org, "import", t.run.Import, "error", err)
	}
	return nil
}
