package admin

import (
	"context"
	"time"

	"meibo/internal/member"
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

// Authors returns the names of the members who made imports, by member ID.
// Those who were erased, and the operator of the machine (0), are missing.
func (s *Service) Authors(ctx context.Context, a Actor, imports ...store.Import) (map[int64]string, error) {
	if err := a.may(member.ImportsArea, member.ReadAccess); err != nil {
		return nil, err
	}
	seen := map[int64]bool{0: true}
	var ids []int64
	for _, i := range imports {
		if !seen[i.ActorID] {
			seen[i.ActorID] = true
			ids = append(ids, i.ActorID)
		}
	}
	found, err := s.db.MembersByID(ctx, a.Org.ID, ids)
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
