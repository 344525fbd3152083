package admin

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"

	"meibo/internal/member"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// plan makes the plan of a queued import. It returns an error if it is to be tried
// again.
func (t *taskRun) plan(ctx context.Context, imp store.Import) (store.Import, error) {
	switch {
	case t.run.CancelsTask(t.task):
		return t.endPlan(ctx, imp, store.Cancelled)
	case t.failures() > taskTries:
		return t.endPlan(ctx, imp, store.Failed)
	}
	p, err := t.planner(ctx, imp)
	if err != nil {
		return imp, err
	}
	err = t.make(ctx, p)
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errCancelled):
		p.rest()
		return t.endPlan(ctx, imp, store.Cancelled)
	case cause != nil && err != nil:
		p.rest()
		return imp, cause
	}
	if only := (problem.Problem{}); err != nil && !errors.As(err, &only) && t.failures() < taskTries {
		p.rest()
		return imp, err
	}
	saved := false
	p.ended = func(ctx context.Context, tx *store.Tx) (err error) {
		err = t.ended(ctx, tx, p.imp)
		saved = err == nil
		return err
	}
	imp, err = p.end(ctx, err)
	if !saved {
		return imp, err
	}
	if err != nil { // it is told at the import, too
		t.w.Log.Error("import failed", "organisation", imp.Org, "import", imp.ID, "error", err)
	}
	return imp, t.clearUp(ctx)
}

// planner returns a planner that has begun with the import anew.
func (t *taskRun) planner(ctx context.Context, imp store.Import) (*planner, error) {
	org, err := t.s.db.Organisation(ctx, imp.Org)
	if err != nil {
		return nil, err
	}
	a, err := t.s.actorByID(ctx, org, imp.ActorID)
	if err != nil {
		return nil, err
	}
	p, err := t.s.newPlanner(ctx, a, imp.Kind, imp.Options, t.progress(ctx))
	if err != nil {
		return nil, err
	}
	p.imp.ID, p.imp.State, p.imp.UndoOf, p.imp.FileName, p.imp.CreatedAt = imp.ID, imp.State, imp.UndoOf, imp.FileName, imp.CreatedAt
	p.imp.LeaseUntil = t.s.now().Add(lease).UnixMicro()
	if err := t.s.db.RestartImport(ctx, &p.imp, t.s.kept.forget(ctx)); err != nil {
		return nil, err
	}
	p.live(ctx)
	return p, nil
}

// make makes the plan: of the file that was kept, of a batch, or of an undo. Whether its author
// may is asked again.
func (t *taskRun) make(ctx context.Context, p *planner) error {
	if p.imp.Kind == store.EditImport {
		return t.batch(ctx, p)
	}
	if err := p.a.may(member.ImportsArea, member.WriteAccess); err != nil {
		return err
	}
	if p.imp.Kind == store.UndoImport {
		done, err := t.s.db.Import(ctx, p.imp.Org, p.imp.UndoOf)
		if err != nil {
			return err
		}
		return p.undo(ctx, done)
	}
	var request planRequest
	if err := json.Unmarshal([]byte(t.task.Request), &request); err != nil {
		return wrap("request", err)
	}
	u := Upload{Name: p.imp.FileName, Limits: request.Limits}
	return t.withUpload(ctx, &u, func() error {
		u.Limits = uploadLimits(p.a, u)
		return p.file(ctx, u)
	})
}

// withUpload opens what was kept of an upload, and runs f.
func (t *taskRun) withUpload(ctx context.Context, u *Upload, f func() error) (err error) {
	file, err := t.openUpload(ctx, t.task.UploadKey)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	u.Content, u.Size = file, file.Size()
	if t.task.FilesKey == "" {
		return f()
	}
	zip, err := t.openUpload(ctx, t.task.FilesKey)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, zip.Close()) }()
	u.Files, u.FilesSize = zip, zip.Size()
	return f()
}

func (t *taskRun) openUpload(ctx context.Context, key string) (*keptFile, error) {
	file, err := t.s.kept.open(ctx, key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, problem.Of(problem.NotFound, problem.FileGone, "import", line(t.run.Import))
	}
	return file, err
}

// endPlan ends an import without a plan.
func (t *taskRun) endPlan(ctx context.Context, imp store.Import, state store.State) (store.Import, error) {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	_, err := t.s.db.EndPlan(ctx, imp.Org, imp.ID, state, t.s.kept.forget(ctx), func(tx *store.Tx) error {
		imp.State = state
		return t.ended(ctx, tx, imp)
	})
	if err != nil {
		return imp, err
	}
	return imp, t.clearUp(ctx)
}

// ended ends the task in the transaction in which its import has come to state, and
// tells the author of the import (A4). Nobody is told what they asked for themselves.
func (t *taskRun) ended(ctx context.Context, tx *store.Tx, imp store.Import) error {
	if _, err := tx.EndTask(ctx, t.task.TaskRef); err != nil {
		return err
	}
	kind := store.ImportFailedMail
	switch {
	case imp.State == store.Cancelled:
		return nil
	case imp.State == store.Applied:
		kind = store.ImportDoneMail
	case imp.State.Waits() && t.task.Kind == store.PlanTask:
		kind = store.ImportReviewMail
	}
	return tx.TellAuthor(ctx, imp, kind, t.s.micros())
}

// apply carries a queued plan out: what was shown, once or not at all (A1, A2). It
// returns an error if it is to be tried again.
func (t *taskRun) apply(ctx context.Context, imp store.Import) (store.Import, error) {
	switch {
	case t.run.CancelsTask(t.task):
		return t.giveBack(ctx, imp, store.Cancelled)
	case t.failures() > taskTries:
		return t.giveBack(ctx, imp, t.task.Back)
	}
	var request applyRequest
	if err := json.Unmarshal([]byte(t.task.Request), &request); err != nil {
		return imp, wrap("request", err)
	}
	o := ApplyOptions{Accept: request.Accept, HoldMails: request.Hold, Progress: t.progress(ctx), queued: t.ended}
	if request.Sum != "" {
		sum, err := ParseSum(request.Sum)
		if err != nil {
			return imp, err
		}
		o.Sum = sum
	}
	org, err := t.s.db.Organisation(ctx, imp.Org)
	if err != nil {
		return imp, err
	}
	// What the member may do is asked inside the transaction, of the ID.
	done, err := t.s.apply(ctx, Actor{Org: org, MemberID: t.task.Actor}, imp, o)
	return t.applied(ctx, imp, done, err)
}

// applied judges how applying ended.
func (t *taskRun) applied(ctx context.Context, imp, done store.Import, err error) (store.Import, error) {
	only := problem.Problem{}
	switch cause := context.Cause(ctx); {
	case err == nil || done.State == store.Stale:
		return done, nil
	case errors.Is(cause, errCancelled):
		return t.giveBack(ctx, imp, store.Cancelled)
	case cause != nil:
		return imp, cause
	case errors.As(err, &only), t.failures() >= taskTries:
		t.w.Log.Error("import was not applied", "organisation", imp.Org, "import", imp.ID, "error", err)
		return t.giveBack(ctx, imp, t.task.Back)
	}
	return imp, err
}

// giveBack lets an import that was not applied be what it was, or cancelled. It
// stays what it is if it was applied all the same.
func (t *taskRun) giveBack(ctx context.Context, imp store.Import, state store.State) (store.Import, error) {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	err := t.s.db.Write(ctx, func(tx *store.Tx) error {
		given, err := tx.SetState(ctx, imp.Org, imp.ID, store.Applying, state)
		if err != nil || !given {
			return err
		}
		imp.State = state
		return t.ended(ctx, tx, imp)
	})
	if err != nil || imp.State == state {
		return imp, err
	}
	return t.s.db.Import(ctx, imp.Org, imp.ID)
}
