package admin

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"strconv"

	"meibo/internal/problem"
	"meibo/internal/store"
)

// An exportRequest is what an export in the background is told.
type exportRequest struct {
	Export
	Lang string // in which a workbook speaks
}

// An ExportJob is an export in the background, with how it stands.
type ExportJob struct {
	store.ExportJob
	Who  string // made it; empty for the operator of the machine
	Mine bool   // the actor made it, and may download it once it is done
	Done int64  // members so far
	// Problem is why it failed; nil if nobody knows, or it did not.
	Problem *problem.Problem
}

// shownJobs is how many exports in the background are listed.
const shownJobs = 20

// SubmitExport queues an export to be made in the background. Its file is kept,
// sealed, as long as imported files are. The problems are those of [Service.Export]
// that can be known without reading members.
func (s *Service) SubmitExport(ctx context.Context, a Actor, e Export, name string) (store.ExportJob, error) {
	j := store.ExportJob{ActorID: a.MemberID, State: store.ExportQueued, FileName: name, CreatedAt: s.micros()}
	if err := a.mayExport(); err != nil {
		return j, err
	}
	x, err := s.newExporter(ctx, a, e, s.db)
	if err != nil {
		return j, err
	}
	j.Members = x.done.Members
	request := exportRequest{Export: e}
	if e.Text != nil {
		request.Lang = e.Text.Lang()
	}
	text, err := json.Marshal(request)
	if err != nil {
		return j, err
	}
	j.FileKey = "export-" + strconv.FormatInt(a.Org.ID, 10) + "-" + rand.Text()
	if err := s.db.PrepareQueue(ctx); err != nil {
		return j, err
	}
	if err := s.db.AddExportJob(ctx, a.Org.ID, &j, string(text)); err != nil {
		return j, err
	}
	s.wakeUp()
	return j, nil
}

// ExportJobs lists the latest exports in the background, newest first.
func (s *Service) ExportJobs(ctx context.Context, a Actor) ([]ExportJob, error) {
	if err := a.mayExport(); err != nil {
		return nil, err
	}
	all, err := s.db.ExportJobs(ctx, a.Org.ID, shownJobs)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(all))
	for i, j := range all {
		ids[i] = j.ActorID
	}
	names, err := s.names(ctx, a, ids)
	if err != nil {
		return nil, err
	}
	jobs := make([]ExportJob, len(all))
	for i, j := range all {
		jobs[i] = ExportJob{ExportJob: j, Who: names[j.ActorID], Mine: j.ActorID == a.MemberID}
		if p := (problem.Problem{}); j.Problem != "" && json.Unmarshal([]byte(j.Problem), &p) == nil {
			jobs[i].Problem = &p
		}
		if j.State != store.ExportQueued {
			continue
		}
		run, err := s.db.TaskRun(ctx, store.TaskRef{Org: a.Org.ID, Import: j.ID, Kind: store.ExportTask})
		if err != nil {
			return nil, err
		}
		jobs[i].Done = run.Done
	}
	return jobs, nil
}

// An ExportedFile is the file of an export in the background, open for reading.
// Close it.
type ExportedFile struct {
	Name string
	blob
}

// OpenExport opens what an export in the background wrote: for who made it, as long
// as they may export. Its problem is ExportGone, also for one of somebody else.
func (s *Service) OpenExport(ctx context.Context, a Actor, id int64) (ExportedFile, error) {
	if err := a.mayExport(); err != nil {
		return ExportedFile{}, err
	}
	gone := problem.Of(problem.NotFound, problem.ExportGone)
	j, err := s.db.ExportJob(ctx, a.Org.ID, id)
	if errors.Is(err, store.ErrNoRows) || err == nil && (j.ActorID != a.MemberID || j.State != store.ExportDone) {
		return ExportedFile{}, gone
	}
	if err != nil {
		return ExportedFile{}, err
	}
	f, err := s.kept.open(ctx, j.FileKey)
	if errors.Is(err, fs.ErrNotExist) {
		return ExportedFile{}, gone
	}
	return ExportedFile{j.FileName, f}, err
}

// CancelExport stops an export in the background: for who asked for it. It is gone then,
// as soon as whoever makes it looks up, or it is done before. Its problems are ExportGone,
// also for one of somebody else, and NothingToCancel.
func (s *Service) CancelExport(ctx context.Context, a Actor, id int64) error {
	if err := a.mayExport(); err != nil {
		return err
	}
	j, err := s.db.ExportJob(ctx, a.Org.ID, id)
	switch {
	case errors.Is(err, store.ErrNoRows) || err == nil && j.ActorID != a.MemberID:
		return problem.Of(problem.NotFound, problem.ExportGone)
	case err != nil:
		return err
	case j.State != store.ExportQueued:
		return problem.Of(problem.Conflict, problem.NothingToCancel, "id", line(id))
	}
	ref := store.TaskRef{Org: a.Org.ID, Import: id, Kind: store.ExportTask}
	if err := s.db.AskToCancel(ctx, ref, s.micros()); err != nil {
		return err
	}
	if s.working.Load() > 0 {
		s.wakeUp()
		return nil
	}
	return s.carryOut(ctx, Workers{}.complete(), ref, true)
}

// dropExports removes the exports in the background that were queued before a time.
// One that is being made finds itself gone when it ends.
func (s *Service) dropExports(ctx context.Context, a Actor, before int64) error {
	old, err := s.db.ExportJobsBefore(ctx, a.Org.ID, before)
	if err != nil {
		return err
	}
	for _, j := range old {
		if err := s.kept.remove(ctx, j.FileKey); err != nil {
			return err
		}
		if err := s.db.ForgetExportJob(ctx, a.Org.ID, j.ID); err != nil {
			return err
		}
	}
	return nil
}

// eraseExports takes away what exports in the background that were queued before a
// time wrote or would write, because somebody is erased whom they may hold. Who asked
// for them finds out why.
func (s *Service) eraseExports(ctx context.Context, a Actor, before int64) error {
	old, err := s.db.ExportJobsBefore(ctx, a.Org.ID, before)
	if err != nil {
		return err
	}
	why, err := json.Marshal(problem.Of(problem.NotFound, problem.ExportErased))
	if err != nil {
		return err
	}
	for _, j := range old {
		// The file goes last, and also where the job has failed: whoever ends the job before
		// that has written it, and whoever ends it later removes it.
		if j.State != store.ExportFailed {
			j.Problem, j.EndedAt = string(why), s.micros()
			if err := s.db.FailExportJob(ctx, a.Org.ID, j); err != nil {
				return err
			}
		}
		if err := s.kept.remove(ctx, j.FileKey); err != nil {
			return err
		}
	}
	return nil
}

// export makes a queued export. Whether its author may is asked again. Made twice, the
// second file takes the place of the first.
func (t *taskRun) export(ctx context.Context) error {
	j, err := t.s.db.ExportJob(ctx, t.run.Org, t.run.Import)
	if errors.Is(err, store.ErrNoRows) {
		return t.s.db.ForgetExportJob(ctx, t.run.Org, t.run.Import)
	}
	if err != nil {
		return err
	}
	if t.run.CancelsTask(t.task) {
		return t.cancelExport(ctx, j)
	}
	var done Exported
	if t.failures() > taskTries {
		err = errTaskLost // it takes its process down each time
	} else {
		done, err = t.writeExport(ctx, j)
	}
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errCancelled) && err != nil:
		return t.cancelExport(ctx, j)
	case cause != nil && err != nil:
		return cause
	}
	j.State, j.Members = store.ExportDone, done.Members
	if err != nil {
		var p problem.Problem
		switch {
		case errors.As(err, &p):
			text, err := json.Marshal(p)
			if err != nil {
				return err
			}
			j.Problem = string(text)
		case t.failures() < taskTries:
			return err
		}
		j.State = store.ExportFailed
		t.w.Log.Error("export failed", "organisation", t.run.Org, "export", j.ID, "error", err)
	}
	return t.endExport(ctx, j)
}

// cancelExport forgets an export that somebody asked to stop, and what there is of its
// file.
func (t *taskRun) cancelExport(ctx context.Context, j store.ExportJob) error {
	if j.State != store.ExportQueued {
		return nil // it was done before
	}
	ctx, cancel := afterwards(ctx)
	defer cancel()
	if err := t.s.kept.remove(ctx, j.FileKey); err != nil {
		return err
	}
	return t.s.db.ForgetExportJob(ctx, t.run.Org, j.ID)
}

func (t *taskRun) writeExport(ctx context.Context, j store.ExportJob) (done Exported, err error) {
	org, err := t.s.db.Organisation(ctx, t.run.Org)
	if err != nil {
		return done, err
	}
	a, err := t.s.actorByID(ctx, org, j.ActorID)
	if err != nil {
		return done, err
	}
	var request exportRequest
	if err := json.Unmarshal([]byte(t.task.Request), &request); err != nil {
		return done, wrap("request", err)
	}
	if t.w.Text != nil {
		request.Text = t.w.Text(request.Lang)
	}
	err = t.s.kept.keep(ctx, j.FileKey, func(w io.Writer) error {
		done, err = t.s.Export(ctx, a, request.Export, w, nil, t.progress(ctx))
		return err
	})
	return done, err
}

// endExport notes how an export ended. What is not kept any more, or was dropped
// meanwhile, leaves no file.
func (t *taskRun) endExport(ctx context.Context, j store.ExportJob) error {
	ctx, cancel := afterwards(ctx)
	defer cancel()
	j.EndedAt = t.s.micros()
	ended, err := t.s.db.EndExportJob(ctx, t.run.Org, j)
	if err != nil {
		return err
	}
	if ended {
		defer t.w.Exported(j)
	}
	if ended && j.State == store.ExportDone {
		return nil
	}
	if !ended { // carried out twice, perhaps: then the file is that of the first
		if now, err := t.s.db.ExportJob(ctx, t.run.Org, j.ID); err == nil && now.State == store.ExportDone {
			return nil
		}
	}
	return t.s.kept.remove(ctx, j.FileKey)
}
