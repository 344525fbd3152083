package admin

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/sheet"
	"meibo/internal/store"
)

// A planRequest is what planning a file in the background is told beside the
// options.
type planRequest struct {
	Limits sheet.Limits // zero: those of the organisation's settings
}

// An applyRequest is what applying in the background is told beside the plan.
type applyRequest struct {
	Sum    string // hexadecimal; empty: whatever it is
	Accept map[string]int64
	Hold   bool
}

// IsLarge reports whether a file has more rows than are planned at once (A4). It
// reads no further than that. Of a file that cannot be read it is false: planning
// tells why.
func (s *Service) IsLarge(ctx context.Context, a Actor, u Upload, o plan.Options) (large bool, err error) {
	if err := a.may(member.ImportsArea, member.WriteAccess); err != nil {
		return false, err
	}
	delimiter, err := delimiterOf(o.Delimiter)
	if err != nil {
		return false, err
	}
	f, err := sheet.Open(u.Content, u.Size, sheet.Options{Format: sheet.Format(o.Format), Sheet: o.Sheet, Charset: o.Charset, Delimiter: delimiter,
		Limits: uploadLimits(a, u)})
	if p := (problem.Problem{}); errors.As(err, &p) {
		return false, nil
	}
	if err != nil {
		return false, wrap("open file", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	limit, rows := a.Org.Settings.Count(plan.BackgroundRows), int64(-1) // the header is none
	for _, err := range f.Rows(ctx) {
		if err != nil {
			return false, ctx.Err()
		}
		if rows++; rows > limit {
			return true, nil
		}
	}
	return false, nil
}

// IsLargePlan reports whether a plan has more rows than are applied, or undone,
// at once (A4).
func (s *Service) IsLargePlan(a Actor, imp store.Import) bool {
	return imp.Rows > a.Org.Settings.Count(plan.BackgroundRows)
}

// Submit keeps a file, sealed, and queues it to be planned in the background. The
// import it returns is in state planning; [Service.Work], in this process or
// another one, plans it and tells its author by mail. A file that is larger than
// it may be is rejected at once.
//
// The upload is kept as it came, with its passwords, for no longer than until it
// is planned; what stays is kept as [Service.Plan] does.
func (s *Service) Submit(ctx context.Context, a Actor, u Upload, o plan.Options) (store.Import, error) {
	if err := a.may(member.ImportsArea, member.WriteAccess); err != nil {
		return store.Import{}, err
	}
	if err := CheckDelimiter(o.Delimiter); err != nil {
		return store.Import{}, err
	}
	if u.Size > uploadLimits(a, u).FileBytes {
		return s.Plan(ctx, a, u, o, nil)
	}
	if err := s.db.PrepareQueue(ctx); err != nil {
		return store.Import{}, err
	}
	request, err := json.Marshal(planRequest{Limits: u.Limits})
	if err != nil {
		return store.Import{}, err
	}
	imp := store.Import{Org: a.Org.ID, Kind: store.FileImport, ActorID: a.MemberID, FileName: baseName(u.Name), Layout: o.Layout, Options: o,
		LeaseUntil: s.now().Add(lease).UnixMicro(), CreatedAt: s.micros()}
	t := store.Task{Actor: a.MemberID, UploadKey: uploadName(a), Request: string(request), CreatedAt: imp.CreatedAt}
	if u.Files != nil {
		t.FilesKey = uploadName(a)
	}
	// Names first: killed while keeping, there are names without files, and never
	// files that nobody knows of.
	if err := s.db.Write(ctx, func(tx *store.Tx) error { return s.queuePlan(ctx, tx, &imp, &t) }); err != nil {
		return store.Import{}, wrap("submit file", err)
	}
	if err := s.keepUpload(ctx, u, t); err != nil {
		_, ended := s.db.EndPlan(context.WithoutCancel(ctx), imp.Org, imp.ID, store.Failed, s.kept.forget(context.WithoutCancel(ctx)), nil)
		return imp, errors.Join(err, ended)
	}
	s.wakeUp()
	return imp, nil
}

// uploadName names an upload that is kept. Nobody can guess it, nor does it tell
// anything.
func uploadName(a Actor) string { return fmt.Sprintf("upload-%d-%s", a.Org.ID, rand.Text()) }

// queuePlan stores an import with the task to plan it.
func (s *Service) queuePlan(ctx context.Context, tx *store.Tx, imp *store.Import, t *store.Task) error {
	if err := tx.StartImport(ctx, imp); err != nil {
		return err
	}
	t.TaskRef = store.TaskRef{Org: imp.Org, Import: imp.ID, Kind: store.PlanTask}
	return s.db.AddTask(ctx, tx, *t)
}

// keepUpload keeps what a task was named for, and lets it be carried out.
func (s *Service) keepUpload(ctx context.Context, u Upload, t store.Task) error {
	err := s.keepAs(ctx, t.UploadKey, u.Content, u.Size)
	if err == nil && t.FilesKey != "" {
		err = s.keepAs(ctx, t.FilesKey, u.Files, u.FilesSize)
	}
	if err == nil {
		err = s.db.Write(ctx, func(tx *store.Tx) error { return s.db.ReadyTask(ctx, tx, t) })
	}
	return wrap("keep upload of import "+line(t.Import), err)
}

func (s *Service) keepAs(ctx context.Context, name string, content io.ReaderAt, size int64) error {
	return s.kept.keep(ctx, name, func(w io.Writer) error {
		_, err := io.Copy(w, io.NewSectionReader(content, 0, size))
		return err
	})
}

// SubmitUndo queues the plan that turns an applied import back, as [Service.PlanUndo]
// makes it, to be made in the background.
func (s *Service) SubmitUndo(ctx context.Context, a Actor, id int64, o plan.Options) (store.Import, error) {
	done, o, err := s.undoable(ctx, a, id, o)
	if err != nil {
		return store.Import{}, err
	}
	if err := s.db.PrepareQueue(ctx); err != nil {
		return store.Import{}, err
	}
	imp := store.Import{Org: a.Org.ID, Kind: store.UndoImport, UndoOf: id, ActorID: a.MemberID, FileName: done.FileName, Layout: o.Layout, Options: o, CreatedAt: s.micros()}
	t := store.Task{Ready: true, Actor: a.MemberID, CreatedAt: imp.CreatedAt}
	if err := s.db.Write(ctx, func(tx *store.Tx) error { return s.queuePlan(ctx, tx, &imp, &t) }); err != nil {
		return store.Import{}, wrap("submit undo of import "+line(id), err)
	}
	s.wakeUp()
	return imp, nil
}

// SubmitApply queues a plan to be applied in the background. The import it returns
// is in state applying, and stays so until it is applied, stale, cancelled, or
// back where it was: whoever works tries for a while. o.Progress is not used. Its
// problems are those of [Service.Apply], as far as they can be known now.
func (s *Service) SubmitApply(ctx context.Context, a Actor, id int64, o ApplyOptions) (store.Import, error) {
	imp, err := s.db.Import(ctx, a.Org.ID, id)
	if err != nil {
		return imp, err
	}
	if err := a.mayReach(imp, member.WriteAccess); err != nil {
		return store.Import{}, err
	}
	request, err := json.Marshal(applyRequest{Sum: hex.EncodeToString(o.Sum), Accept: o.Accept, Hold: o.HoldMails})
	if err != nil {
		return imp, err
	}
	ref := store.TaskRef{Org: imp.Org, Import: id, Kind: store.ApplyTask}
	if err := s.db.PrepareQueue(ctx); err != nil {
		return imp, err
	}
	err = s.db.Write(ctx, func(tx *store.Tx) error {
		if imp, err = tx.Import(ctx, imp.Org, id); err != nil {
			return err
		}
		if err := imp.Ready(o.Sum); err != nil {
			return err
		}
		if err := s.mayApply(ctx, tx, a, imp, o); err != nil {
			return err
		}
		t := store.Task{TaskRef: ref, Ready: true, Actor: a.MemberID, Back: imp.State, Request: string(request), CreatedAt: s.micros()}
		if _, err := tx.SetState(ctx, imp.Org, id, imp.State, store.Applying); err != nil {
			return err
		}
		imp.State = store.Applying
		return s.db.AddTask(ctx, tx, t)
	})
	if err != nil {
		return imp, s.whoMoved(ctx, a.Org.ID, err)
	}
	s.wakeUp()
	return imp, nil
}

// wakeUp lets whoever works in this process look at once.
func (s *Service) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default: // woken already
	}
}
