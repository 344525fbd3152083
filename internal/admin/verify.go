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

// Verify checks the chain of the journal (M8), the invariants of members, and
// the row sums of plans. It changes nothing. Only administrators may: it reads
// everything.
func (s *Service) Verify(ctx context.Context, a Actor) (Verification, error) {
	var v Verification
	if !a.admin {
		return v, problem.Of(problem.Forbidden, problem.OperatorOnly)
	}
	var err error
	v.Journal, err = s.db.VerifyJournal(ctx, a.Org.ID)
	var p problem.Problem
	switch {
	case errors.As(err, &p) && p.Code == problem.JournalBroken:
		v.Broken = &p
	case err != nil:
		return v, wrap("verify journal", err)
	}
	if v.Members, err = s.db.CountMembers(ctx, a.Org.ID); err != nil {
		return v, err
	}
	if v.Findings, err = s.db.Invariants(ctx, a.Org.ID, s.micros()); err != nil {
		return v, err
	}
	imports, sums, err := s.db.RowSums(ctx, a.Org.ID)
	v.Imports, v.Findings = imports, append(v.Findings, sums...)
	return v, err
}
