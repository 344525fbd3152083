package admin

import (
	"context"
	"slices"
	"time"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// Imports lists imports, the newest first (A8). Edits and undos are imports too.
func (s *Service) Imports(ctx context.Context, a Actor, q store.ImportQuery) ([]store.Import, error) {
	if err := a.may(member.ImportsArea, member.ReadAccess); err != nil {
		return nil, err
	}
	return s.db.Imports(ctx, a.Org.ID, q)
}

// Approvals returns how many plans of others wait for somebody like the actor to
// approve them (P21): 0 where nobody has to, and for who may not.
func (s *Service) Approvals(ctx context.Context, a Actor) (int64, error) {
	if !a.Org.Settings.Is(plan.SecondApproval) || !a.Allows(member.ImportsArea, member.WriteAccess) {
		return 0, nil
	}
	return s.db.CountApprovals(ctx, a.Org.ID, a.MemberID)
}

// Authors returns the names of the members who made or approved imports, by member ID.
// Those who were erased, and the operator of the machine (0), are missing.
func (s *Service) Authors(ctx context.Context, a Actor, imports ...store.Import) (map[int64]string, error) {
	if err := a.may(member.ImportsArea, member.ReadAccess); err != nil {
		return nil, err
	}
	ids := make([]int64, 0, 2*len(imports))
	for _, i := range imports {
		ids = append(ids, i.ActorID, i.ApproverID)
	}
	return s.names(ctx, a, ids)
}

// UndoneBy returns which undo that was applied turned each of some imports back, by
// the ID of the import: the newest. Those that stand are missing.
func (s *Service) UndoneBy(ctx context.Context, a Actor, imports ...store.Import) (map[int64]int64, error) {
	if len(imports) == 0 {
		return nil, nil
	}
	ids := make([]int64, len(imports))
	for i, imp := range imports {
		if err := a.mayReach(imp, member.ReadAccess); err != nil {
			return nil, err
		}
		ids[i] = imp.ID
	}
	return s.standingUndos(ctx, a.Org.ID, ids)
}

// standingUndos returns the newest undo of each import that no standing undo turned
// back in turn.
func (s *Service) standingUndos(ctx context.Context, org int64, ids []int64) (map[int64]int64, error) {
	undos, err := s.db.Undos(ctx, org, ids)
	if err != nil || len(undos) == 0 {
		return nil, err
	}
	var all []int64
	for _, of := range undos {
		all = append(all, of...)
	}
	back, err := s.standingUndos(ctx, org, all)
	if err != nil {
		return nil, err
	}
	by := map[int64]int64{}
	for id, of := range undos {
		for _, undo := range of {
			if back[undo] == 0 {
				by[id] = undo
			}
		}
	}
	return by, nil
}

// names returns the names of members, by ID; those who were erased are missing.
func (s *Service) names(ctx context.Context, a Actor, ids []int64) (map[int64]string, error) {
	slices.Sort(ids)
	found, err := s.db.MembersByID(ctx, a.Org.ID, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	names := make(map[int64]string, len(found))
	for id, m := range found {
		if m.State != member.Erased {
			names[id] = m.Name
		}
	}
	return names, nil
}

// sameFile warns of a file that was applied before with the same options (A8).
func (p *planner) sameFile(ctx context.Context) error {
	if p.imp.Kind != store.FileImport {
		return nil
	}
	same, err := p.s.db.SameFile(ctx, p.imp.Org, p.imp.FileSHA256, p.imp.Options)
	if err != nil || same.ID == 0 {
		return err
	}
	who := ""
	if same.ActorID != 0 {
		found, err := p.s.db.MembersByID(ctx, p.imp.Org, []int64{same.ActorID})
		if err != nil {
			return err
		}
		who = "#" + line(same.ActorID)
		if m := found[same.ActorID]; m != nil && m.State != member.Erased {
			who = m.Name
		}
	}
	when := time.UnixMicro(same.AppliedAt).In(p.a.Org.Zone).Format("2006-01-02 15:04")
	p.warnings = append(p.warnings, problem.New(problem.SameFileApplied, "who", who, "when", when, "import", line(same.ID)))
	return nil
}
