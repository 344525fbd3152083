package admin

import (
	"context"
	"errors"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// PlanAgain makes the plan of an import anew, with the same options: from its kept
// file, or what it undoes as it is now (A3). Its problems are AgainImpossible where
// what is kept would not do the same, and those of planning.
func (s *Service) PlanAgain(ctx context.Context, a Actor, id int64, progress func(Progress)) (imp store.Import, err error) {
	if err := a.may(member.ImportsArea, member.WriteAccess); err != nil {
		return store.Import{}, err
	}
	was, err := s.db.Import(ctx, a.Org.ID, id)
	if err != nil {
		return was, err
	}
	if was.Kind == store.UndoImport {
		return s.PlanUndo(ctx, a, was.UndoOf, plan.Options{ChangedToo: was.Options.ChangedToo}, progress)
	}
	if err := CanPlanAgain(was); err != nil {
		return was, err
	}
	kept, f, err := s.ownFile(was)
	if err != nil {
		return was, err
	}
	defer func() { err = errors.Join(err, f.Close(), kept.Close()) }()
	return s.Plan(ctx, a, Upload{Name: was.FileName, Content: kept, Size: kept.Size()}, was.Options, progress)
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
