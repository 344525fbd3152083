package admin

import (
	"context"
	"errors"
	"time"

	"meibo/internal/member"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// A Standing is how far an import is that is being planned or applied (A4).
type Standing struct {
	State      store.State
	Background bool // it is planned or applied by [Service.Work]; what follows is false and zero otherwise
	Queued     bool // nobody is at it: not yet, or not any more
	// Progress is that of whoever is at it; zero before the first word of them.
	Progress
	BeganAt int64 // microseconds UTC; 0 if it was not begun
	MovedAt int64 // when Progress was known, microseconds UTC
	// Cancelling says that somebody has asked to stop it.
	Cancelling bool
}

// Progress returns how far an import is. It is cheap enough to be asked every
// second. Its problem is ImportUnknown.
func (s *Service) Progress(ctx context.Context, a Actor, id int64) (Standing, error) {
	imp, err := s.db.Import(ctx, a.Org.ID, id)
	if err != nil {
		return Standing{}, err
	}
	if err := a.mayReach(imp, member.ReadAccess); err != nil {
		return Standing{}, err
	}
	at := Standing{State: imp.State}
	ref, ok := taskOf(imp)
	if !ok {
		return at, nil
	}
	task, err := s.db.Task(ctx, ref)
	if errors.Is(err, store.ErrNoRows) {
		return at, nil
	}
	if err != nil {
		return at, err
	}
	run, err := s.db.TaskRun(ctx, ref)
	if err != nil {
		return at, err
	}
	at.Background, at.Cancelling, at.Queued = true, run.CancelsTask(task), run.LeaseUntil <= s.micros()
	if !at.Queued {
		at.Progress = Progress{Step: run.Step, Done: run.Done, Total: run.Total, Rows: run.Rows}
		at.BeganAt, at.MovedAt = run.BeganAt, run.MovedAt
	}
	return at, nil
}

// taskOf names the task that an import in its state has if it is in the background.
func taskOf(i store.Import) (store.TaskRef, bool) {
	ref := store.TaskRef{Org: i.Org, Import: i.ID, Kind: store.PlanTask}
	if i.State == store.Applying {
		ref.Kind = store.ApplyTask
	}
	return ref, i.State == store.Planning || i.State == store.Applying
}

// Rate returns how many rows were read a second; 0 if that cannot be told.
func (at Standing) Rate() float64 {
	if at.Rows == 0 || at.MovedAt <= at.BeganAt {
		return 0
	}
	return float64(at.Rows) / time.Duration((at.MovedAt-at.BeganAt)*1000).Seconds()
}

// fresh is how old progress may be to say how long the step will go on: whoever is at
// it tells every second. Later they are held up, or dead.
const fresh = 5 * time.Second

// Left returns how long the step will go on, if it goes on as it went so far; ok
// is false where nobody can tell. now is in microseconds UTC.
func (at Standing) Left(now int64) (left time.Duration, ok bool) {
	if now-at.MovedAt > fresh.Microseconds() || at.Done <= 0 || at.Total <= at.Done || at.MovedAt <= at.BeganAt {
		return 0, false
	}
	spent := time.Duration((at.MovedAt - at.BeganAt) * 1000)
	return time.Duration(float64(spent) * float64(at.Total-at.Done) / float64(at.Done)), true
}

// Cancel stops an import that is planned or applied in the background. It waits
// for nobody: who is at it stops within about a second, and then the import is in
// state cancelled; or it is done before, and then it is not. What waits in the
// queue is cancelled at once, by whoever works or, where nobody does, here.
//
// Its problems are ImportUnknown, NothingToCancel, and PlanAlreadyApplied after
// the commit.
func (s *Service) Cancel(ctx context.Context, a Actor, id int64) (store.Import, error) {
	imp, err := s.db.Import(ctx, a.Org.ID, id)
	if err != nil {
		return imp, err
	}
	if err := a.mayReach(imp, member.WriteAccess); err != nil {
		return store.Import{}, err
	}
	if imp.State == store.Applied {
		return imp, problem.Of(problem.Stale, problem.PlanAlreadyApplied, "id", line(id))
	}
	ref, ok := taskOf(imp)
	if ok {
		_, err = s.db.Task(ctx, ref)
	}
	if !ok || errors.Is(err, store.ErrNoRows) {
		return imp, problem.Of(problem.Conflict, problem.NothingToCancel, "id", line(id))
	}
	if err != nil {
		return imp, err
	}
	if err := s.db.AskToCancel(ctx, ref, s.micros()); err != nil {
		return imp, err
	}
	if s.working.Load() > 0 {
		s.wakeUp()
		return imp, nil
	}
	if err := s.carryOut(ctx, Workers{}.complete(), ref, true); err != nil {
		return imp, err
	}
	return s.db.Import(ctx, a.Org.ID, id)
}
