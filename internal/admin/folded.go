package admin

import (
	"context"
	"maps"
	"slices"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// A Fold is all problems, or all warnings, of a plan that have one code.
type Fold struct {
	Code  problem.Code
	Count int64
	First []RowProblem // the first ones, at most foldedRows; empty where they are far away
}

// foldedRows is how many of equal problems are shown; searchedForFold among how
// many changes they are looked for.
const (
	foldedRows      = 5
	searchedForFold = 100_000
)

// Folded returns the problems and warnings of a plan by their codes, in the order of
// the file: a thousand times the same is one. found are the first of them, as
// [Service.Problems] returns them.
func (s *Service) Folded(ctx context.Context, a Actor, imp store.Import, found Found) (problems, warnings []Fold, err error) {
	if err := a.mayReach(imp, member.ReadAccess); err != nil {
		return nil, nil, err
	}
	problems, warnings = fold(found.Problems, imp.Outcome.ProblemCodes), fold(found.Warnings, imp.Outcome.WarningCodes)
	for i := range problems {
		if err := s.lookForFirst(ctx, imp, &problems[i], func(c *store.StoredChange) []problem.Problem { return c.Problems }); err != nil {
			return nil, nil, err
		}
	}
	for i := range warnings {
		if err := s.lookForFirst(ctx, imp, &warnings[i], func(c *store.StoredChange) []problem.Problem { return c.Notes }); err != nil {
			return nil, nil, err
		}
	}
	return problems, warnings, nil
}

// fold puts those of one code together. counts has all codes that there are; nil: it
// is not known, and what is shown is counted.
func fold(shown []RowProblem, counts plan.Codes) []Fold {
	var folds []Fold
	at := map[problem.Code]int{}
	for _, p := range shown {
		i, has := at[p.Code]
		if !has {
			i, at[p.Code] = len(folds), len(folds)
			folds = append(folds, Fold{Code: p.Code, Count: counts[p.Code]})
		}
		if counts == nil {
			folds[i].Count++
		}
		if len(folds[i].First) < foldedRows {
			folds[i].First = append(folds[i].First, p)
		}
	}
	for _, code := range slices.Sorted(maps.Keys(counts)) {
		if _, has := at[code]; !has {
			folds = append(folds, Fold{Code: code, Count: counts[code]})
		}
	}
	return folds
}

// lookForFirst finds the first of a code that comes after many others.
func (s *Service) lookForFirst(ctx context.Context, imp store.Import, f *Fold, of func(*store.StoredChange) []problem.Problem) error {
	if len(f.First) > 0 {
		return nil
	}
	changes, err := s.db.ChangePage(ctx, imp.Org, imp.ID, store.ChangePage{Code: f.Code, Within: searchedForFold, Limit: foldedRows})
	for i := range changes {
		for _, p := range ofRow(of(&changes[i]), &changes[i].Change) {
			if p.Code == f.Code && len(f.First) < foldedRows {
				f.First = append(f.First, p)
			}
		}
	}
	return err
}
