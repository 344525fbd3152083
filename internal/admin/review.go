package admin

import (
	"context"
	"errors"
	"iter"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// MostProblems is how many problems, and how many warnings, an answer shows;
// the report has all of them.
const MostProblems = 1000

// Found are problems and warnings of a plan: first those of the file as a
// whole, then those of rows, in the order of the file.
type Found struct{ Problems, Warnings []RowProblem }

// A RowProblem is a problem or warning with whom it is about. The member
// matters where there is no line to point to, as in an undo.
type RowProblem struct {
	problem.Problem
	Member member.Member // ID, name, e-mail and login ID, as far as known; zero for the file as a whole
}

// Problems returns the first problems and the first warnings of a plan, at most
// limit of each.
func (s *Service) Problems(ctx context.Context, a Actor, imp store.Import, limit int) (Found, error) {
	if err := a.mayReach(imp, member.ReadAccess); err != nil {
		return Found{}, err
	}
	var f Found
	problems, err1 := plan.ParseProblems(imp.Outcome.Problems)
	warnings, err2 := plan.ParseProblems(imp.Outcome.Warnings)
	f.Problems, f.Warnings = ofRow(problems, nil), ofRow(warnings, nil)
	if err := errors.Join(err1, err2); err != nil {
		return f, err
	}
	for c, err := range s.rowsWith(ctx, imp, imp.Outcome.ProblemsTotal, store.ChangeQuery{WithProblems: true, Limit: limit}) {
		if err != nil {
			return f, err
		}
		f.Problems = append(f.Problems, ofRow(c.Problems, &c.Change)...)
	}
	for c, err := range s.rowsWith(ctx, imp, imp.Outcome.WarningsTotal, store.ChangeQuery{WithNotes: true, Limit: limit}) {
		if err != nil {
			return f, err
		}
		f.Warnings = append(f.Warnings, ofRow(c.Notes, &c.Change)...)
	}
	f.Problems, f.Warnings = f.Problems[:min(limit, len(f.Problems))], f.Warnings[:min(limit, len(f.Warnings))]
	return f, nil
}

// rowsWith yields changes of a plan that has so many of what is asked for: where
// there is nothing to be found, nobody looks through a million rows.
func (s *Service) rowsWith(ctx context.Context, imp store.Import, total int64, q store.ChangeQuery) iter.Seq2[store.StoredChange, error] {
	if total == 0 {
		return func(func(store.StoredChange, error) bool) {}
	}
	return s.db.Changes(ctx, imp.Org, imp.ID, q)
}

func ofRow(ps []problem.Problem, c *plan.Change) []RowProblem {
	rows, about := make([]RowProblem, len(ps)), member.Member{}
	if c != nil {
		ps = placed(ps, c.Line)
		about = member.Member{ID: c.MemberID, Name: c.After.Name, Email: c.After.Email, LoginID: c.After.LoginID}
	}
	for i, p := range ps {
		rows[i] = RowProblem{p, about}
	}
	return rows
}

// Changes yields the changes of a plan, in the order of the file.
func (s *Service) Changes(ctx context.Context, a Actor, imp store.Import, q store.ChangeQuery) iter.Seq2[store.StoredChange, error] {
	return func(yield func(store.StoredChange, error) bool) {
		if err := a.mayReach(imp, member.ReadAccess); err != nil {
			yield(store.StoredChange{}, err)
			return
		}
		s.db.Changes(ctx, imp.Org, imp.ID, q)(yield)
	}
}

// ChangePage returns one page of the changes of a plan. search is the line of a
// row, or what e-mail, login ID or name begin with; empty: anything.
func (s *Service) ChangePage(ctx context.Context, a Actor, imp store.Import, search string, p store.ChangePage) ([]store.StoredChange, error) {
	if err := a.mayReach(imp, member.ReadAccess); err != nil {
		return nil, err
	}
	search = member.Trim(search)
	if n, err := member.ParseMemberID(search); err == nil {
		p.Line = n
	} else {
		p.Begin = member.FoldText(search)
	}
	return s.db.ChangePage(ctx, imp.Org, imp.ID, p)
}

// Masters returns the organisation's groups, fields, roles, brands and policies:
// what names of a plan, a member, an invitation or a filter mean. Whoever may
// read any of these may read them.
func (s *Service) Masters(ctx context.Context, a Actor) (*plan.Masters, error) {
	if err := a.mayReadMasters(); err != nil {
		return nil, err
	}
	return s.db.Masters(ctx, a.Org.ID)
}

// PastMasters returns what Masters does, and what groups were called that are no
// more: for [Differences].
func (s *Service) PastMasters(ctx context.Context, a Actor) (*plan.Masters, error) {
	if err := a.mayReadMasters(); err != nil {
		return nil, err
	}
	return s.db.PastMasters(ctx, a.Org.ID)
}

func (a Actor) mayReadMasters() error {
	for _, area := range []member.Area{member.ImportsArea, member.HistoryArea, member.InvitationsArea, member.FiltersArea} {
		if a.may(area, member.ReadAccess) == nil {
			return nil
		}
	}
	return a.may(member.MembersArea, member.ReadAccess)
}

// Differences lists what a change gives a member, for a reader.
func Differences(c *plan.Change, a Actor, masters *plan.Masters) []plan.Difference {
	env := plan.Env{Masters: masters, Zone: a.Org.Zone}
	return env.Differences(c)
}
