package admin

import (
	"context"
	"errors"
	"io"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// PlanAgain makes the plan of an import anew, with the same options: from its kept
// file, or what it undoes as it is now (A3). edit may change the options; nil: they
// stay. If the old plan still waited it is given up. Its problems are AgainImpossible
// where what is kept would not do the same, and those of planning. What is large is
// planned in the background (A4).
func (s *Service) PlanAgain(ctx context.Context, a Actor, id int64, edit func(o *plan.Options)) (imp store.Import, err error) {
	if err := a.may(member.ImportsArea, member.WriteAccess); err != nil {
		return store.Import{}, err
	}
	was, err := s.db.Import(ctx, a.Org.ID, id)
	if err != nil {
		return was, err
	}
	if err := CanPlanAgain(was); err != nil {
		return was, err
	}
	o := was.Options
	if edit != nil {
		edit(&o)
	}
	if was.Kind == store.UndoImport {
		var undone store.Import
		if undone, err = s.db.Import(ctx, a.Org.ID, was.UndoOf); err == nil {
			imp, err = s.SendUndo(ctx, a, undone, plan.Options{ChangedToo: o.ChangedToo})
		}
	} else {
		imp, err = s.planKept(ctx, a, was, o)
	}
	if err != nil || !was.State.Waits() {
		return imp, err
	}
	return imp, s.Discard(ctx, a, id)
}

// planKept plans the kept file of an import.
func (s *Service) planKept(ctx context.Context, a Actor, was store.Import, o plan.Options) (imp store.Import, err error) {
	kept, f, err := s.ownFile(ctx, was)
	if err != nil {
		return was, err
	}
	defer func() { err = errors.Join(err, f.Close(), kept.Close()) }()
	return s.send(ctx, a, Upload{Name: was.FileName, Content: kept, Size: kept.Size()}, o, false)
}

// BringAgain keeps the file of an import once more as an upload, to be planned with
// other options. What waits stays as it is until that is done. Its problems are
// AgainImpossible and FileGone.
func (s *Service) BringAgain(ctx context.Context, a Actor, imp store.Import) (u store.Upload, err error) {
	if err := a.may(member.ImportsArea, member.WriteAccess); err != nil {
		return u, err
	}
	if err := CanBringAgain(imp); err != nil {
		return u, err
	}
	kept, err := s.openKept(ctx, imp)
	if err != nil {
		return u, err
	}
	defer func() { err = errors.Join(err, kept.Close()) }()
	return s.KeepUpload(ctx, a, imp.FileName, io.NewSectionReader(kept, 0, kept.Size()))
}

// CanBringAgain tells why [Service.BringAgain] cannot bring the file of an import:
// its passwords were not kept, or it is not kept at all. Its problems are
// AgainImpossible and FileGone.
func CanBringAgain(imp store.Import) error {
	switch {
	case imp.Kind != store.FileImport:
		return problem.Of(problem.Conflict, problem.AgainImpossible, "reason", "edit")
	case len(imp.Header.Passwords()) > 0:
		return problem.Of(problem.Conflict, problem.AgainImpossible, "reason", "passwords")
	case imp.FileKey == "":
		return problem.Of(problem.NotFound, problem.FileGone, "import", line(imp.ID))
	}
	return nil
}

// CanPlanAgain tells why [Service.PlanAgain] cannot make the same plan of an
// import, as far as that is known without looking at its file: passwords and zips
// are not kept. Its problem is AgainImpossible.
func CanPlanAgain(imp store.Import) error {
	reason := ""
	switch {
	case imp.Kind == store.UndoImport:
	case imp.Kind != store.FileImport:
		reason = "edit"
	case len(imp.Header.Passwords()) > 0:
		reason = "passwords"
	case imp.Options.Files != "":
		reason = "files"
	}
	if reason == "" {
		return nil
	}
	return problem.Of(problem.Conflict, problem.AgainImpossible, "reason", reason)
}

// WhyStale says of an import in state stale what has changed since it was planned,
// and who changed it (A3): PlanStale.
func (s *Service) WhyStale(ctx context.Context, a Actor, imp store.Import) (problem.Problem, error) {
	if err := a.mayReach(imp, member.ReadAccess); err != nil {
		return problem.Problem{}, err
	}
	err := s.whoMoved(ctx, a.Org.ID, imp.Outcome.Stale.Problem())
	if p := (problem.Problem{}); errors.As(err, &p) {
		return p, nil
	}
	return problem.Problem{}, err
}
