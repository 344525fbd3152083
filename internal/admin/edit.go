package admin

import (
	"context"
	"errors"
	"maps"
	"slices"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// draftOf makes the draft of one edit. A value that is empty clears the
// attribute; attributes that are missing are left alone.
func draftOf(values map[member.Attribute]string) plan.Draft {
	var d plan.Draft
	for a, text := range values {
		if text = member.Trim(text); text == "" {
			d.Clear = d.Clear.With(a)
			continue
		}
		d.Set = d.Set.With(a)
		d.Text[a] = text
	}
	return d
}

// edit makes a plan of a few edits and applies it at once. It is the same plan,
// with the same rules, as one from a file; what is wrong is the error.
func (s *Service) edit(ctx context.Context, a Actor, drafts []plan.Draft, o plan.Options) (store.Import, error) {
	imp, err := s.planEdit(ctx, a, drafts, o)
	if err != nil {
		return imp, err
	}
	return s.applyEdit(ctx, a, imp)
}

// applyEdit applies the plan of an edit at once; what is wrong with it is the error.
func (s *Service) applyEdit(ctx context.Context, a Actor, imp store.Import) (store.Import, error) {
	switch imp.State {
	case store.Planned:
		return s.apply(ctx, a, imp, ApplyOptions{})
	case store.NeedsAcceptance:
		return imp, accepted(imp.Outcome.Brakes, nil, imp.ID)
	case store.NeedsApproval:
		return imp, problem.Of(problem.Conflict, problem.ApprovalNeeded, "id", line(imp.ID))
	}
	return imp, s.firstProblem(ctx, imp)
}

// firstProblem returns why a plan was rejected.
func (s *Service) firstProblem(ctx context.Context, imp store.Import) error {
	for c, err := range s.db.Changes(ctx, imp.Org, imp.ID, store.ChangeQuery{WithProblems: true, Limit: 1}) {
		if err != nil {
			return err
		}
		return c.Problems[0]
	}
	ps, err := plan.ParseProblems(imp.Outcome.Problems)
	if err != nil || len(ps) == 0 {
		return err
	}
	return ps[0]
}

func (s *Service) planEdit(ctx context.Context, a Actor, drafts []plan.Draft, o plan.Options) (store.Import, error) {
	return s.planDrafts(ctx, a, store.EditImport, drafts, o)
}

func (s *Service) planDrafts(ctx context.Context, a Actor, kind store.Kind, drafts []plan.Draft, o plan.Options) (store.Import, error) {
	return s.planWithFiles(ctx, a, kind, drafts, o, Upload{})
}

// planWithFiles plans drafts whose cells name files of u, which has no table.
func (s *Service) planWithFiles(ctx context.Context, a Actor, kind store.Kind, drafts []plan.Draft, o plan.Options, u Upload) (store.Import, error) {
	o.BadRows, o.Layout = "stop", plan.Register
	p, err := s.newPlanner(ctx, a, kind, o, nil)
	if err != nil {
		return store.Import{}, err
	}
	if err := p.start(ctx); err != nil {
		return p.imp, err
	}
	err = p.openFiles(u)
	if err == nil {
		err = p.edits(ctx, drafts)
	}
	return p.end(ctx, err)
}

func (p *planner) edits(ctx context.Context, drafts []plan.Draft) error {
	mapping := &plan.Mapping{}
	for i, f := range p.masters.Fields {
		if usesField(drafts, i) {
			mapping.Columns = append(mapping.Columns, plan.Column{Header: f.Identifier, Attribute: member.Fields, Field: f.Identifier})
		}
	}
	if slices.ContainsFunc(drafts, func(d plan.Draft) bool { return d.Set.Has(member.Base) }) {
		mapping.Columns = append(mapping.Columns, plan.Column{Header: member.Base.String(), Attribute: member.Base})
	}
	mapping.Reindex(p.masters)
	p.imp.Header = *mapping
	p.newEnv(p.imp.Options.ForLayout(plan.Register), mapping)
	for i := range drafts {
		p.env.Complete(&drafts[i])
	}
	p.imp.Rows = int64(len(drafts))
	if err := p.decide(ctx, drafts); err != nil {
		return err
	}
	return p.whole(ctx)
}

func usesField(drafts []plan.Draft, i int) bool {
	for _, d := range drafts {
		if i < len(d.FieldText) && (d.FieldText[i] != "" || d.FieldClear[i]) {
			return true
		}
	}
	return false
}

// An Edit is what somebody asks to change of one member. A value that is empty
// clears; what is missing is left alone.
type Edit struct {
	MemberID   int64 // 0: somebody new
	Version    int64 // of the member, that the person saw (P9); 0: whatever it is
	Attributes map[member.Attribute]string
	Fields     map[string]string   // by identifier
	Files      map[string]EditFile // by identifier of the field; only where there is one edit
	Delete     bool
}

// Edit changes members as a page or a verb does: each edit is a change of one
// plan, which is applied at once or not at all. Two edits of the same member are
// DuplicateMember; deleting somebody twice is deleting them. One edit alone, of
// nobody, is MemberUnknown and leaves no plan.
//
// More than one edit is a batch: with brakes it is BrakesNotAccepted, and the
// plan waits to be applied with its numbers accepted (P21).
func (s *Service) Edit(ctx context.Context, a Actor, edits []Edit) (store.Import, error) {
	imp, err := s.PlanEdit(ctx, a, edits)
	if err != nil {
		return imp, err
	}
	return s.applyEdit(ctx, a, imp)
}

// PlanEdit makes the plan of edits and applies nothing. What is wrong with it
// is in the import it returns, as with [Service.Plan]; MemberUnknown alone leaves none.
func (s *Service) PlanEdit(ctx context.Context, a Actor, edits []Edit) (store.Import, error) {
	drafts, err := s.drafts(ctx, a, edits)
	if err != nil {
		return store.Import{}, err
	}
	packed, size, err := packFiles(edits, a.Org.Settings.Count(plan.LimitFieldFile))
	if packed == nil || err != nil {
		if err != nil {
			return store.Import{}, wrap("pack files", err)
		}
		return s.planEdit(ctx, a, drafts, editOptions)
	}
	imp, err := s.planWithFiles(ctx, a, store.EditImport, drafts, editOptions, Upload{Files: packed, FilesSize: size})
	return imp, errors.Join(err, packed.Close())
}

var editOptions = plan.Options{New: "register", ResetPasswords: true}

func (s *Service) drafts(ctx context.Context, a Actor, edits []Edit) ([]plan.Draft, error) {
	if err := a.may(member.MembersArea, member.WriteAccess); err != nil {
		return nil, err
	}
	masters, err := s.db.Masters(ctx, a.Org.ID)
	if err != nil {
		return nil, err
	}
	drafts, deleted := make([]plan.Draft, 0, len(edits)), map[int64]bool{}
	for _, e := range edits {
		if e.Delete && e.MemberID != 0 {
			if deleted[e.MemberID] {
				continue // the same person by another name: one deletion
			}
			deleted[e.MemberID] = true
		}
		d, err := s.draft(a, e, masters)
		if err != nil {
			return nil, err
		}
		drafts = append(drafts, d)
	}
	return drafts, s.insistOnMember(ctx, a, edits)
}

// insistOnMember is MemberUnknown if the one edit is of nobody: that is a mistyped
// address, not an edit to be kept as rejected. Of a batch the plan says who is unknown.
func (s *Service) insistOnMember(ctx context.Context, a Actor, edits []Edit) error {
	if len(edits) != 1 || edits[0].MemberID == 0 {
		return nil
	}
	id := edits[0].MemberID
	there, err := s.db.MembersByID(ctx, a.Org.ID, []int64{id})
	if err != nil {
		return err
	}
	if m := there[id]; m == nil || m.State == member.Erased {
		return problem.Of(problem.NotFound, problem.MemberUnknown, "id", line(id), "layout", "")
	}
	return nil
}

func (s *Service) draft(a Actor, e Edit, masters *plan.Masters) (plan.Draft, error) {
	d := draftOf(e.Attributes)
	if clear := e.Attributes[member.Password]; clear != "" {
		d.Set, d.Clear = d.Set.With(member.Password), d.Clear.Without(member.Password)
		d.Text[member.Password] = clear // as typed: spaces are part of a password
	}
	s.baseDraft(a, e, &d)
	if e.MemberID > 0 {
		d.Set = d.Set.With(member.MemberID)
		d.Text[member.MemberID] = line(e.MemberID)
	}
	if e.Delete {
		d.Set = d.Set.With(member.Delete)
		d.Text[member.Delete] = "1"
	}
	if len(e.Fields)+len(e.Files) == 0 {
		return d, nil
	}
	d.FieldText, d.FieldClear = make([]string, len(masters.Fields)), make([]bool, len(masters.Fields))
	values := maps.Clone(e.Fields)
	for identifier, f := range e.Files {
		if values == nil {
			values = map[string]string{}
		}
		values[identifier] = f.cell(identifier)
	}
	for identifier, value := range values {
		i, ok := masters.FieldIndex(identifier)
		if !ok {
			return d, problem.Of(problem.NotFound, problem.FieldUnknown, "value", identifier)
		}
		d.FieldText[i] = member.Trim(value)
		d.FieldClear[i] = d.FieldText[i] == ""
	}
	return d, nil
}
