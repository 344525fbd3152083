package admin

import (
	"context"
	"errors"

	"meibo/internal/problem"
	"meibo/internal/store"
)

// A Verification is what looking over the whole organisation found.
type Verification struct {
	Journal  store.Verification // as far as it holds
	Broken   *problem.Problem   // JournalBroken; nil if the chain holds
	Members  int64
	Imports  int64 // whose rows were summed up
	Findings []store.Finding
}

// Right reports whether nothing is wrong.
func (v Verification) Right() bool { return v.Broken == nil && len(v.Findings) == 0 }

// Verify checks the chain of the journal (M8), the invariants of members, the row
// sums of plans, and that the files of members are there (G3), all as of one
// moment, while others go on working. It changes nothing. Only administrators may: it reads everything.
func (s *Service) Verify(ctx context.Context, a Actor) (Verification, error) {
	var v Verification
	if !a.admin {
		return v, problem.Of(problem.Forbidden, problem.OperatorOnly)
	}
	err := s.db.Snapshot(ctx, func(view *store.DB) error {
		if err := v.look(ctx, view, a.Org.ID, s.micros()); err != nil {
			return err
		}
		return s.lookFiles(ctx, view, a.Org.ID, &v)
	})
	return v, err
}

func (v *Verification) look(ctx context.Context, db *store.DB, org, now int64) (err error) {
	v.Journal, err = db.VerifyJournal(ctx, org)
	var p problem.Problem
	switch {
	case errors.As(err, &p) && p.Code == problem.JournalBroken:
		v.Broken = &p
	case err != nil:
		return wrap("verify journal", err)
	}
	if v.Members, err = db.CountMembers(ctx, org); err != nil {
		return err
	}
	if v.Findings, err = db.Invariants(ctx, org, now); err != nil {
		return err
	}
	imports, sums, err := db.RowSums(ctx, org)
	v.Imports, v.Findings = imports, append(v.Findings, sums...)
	return err
}
