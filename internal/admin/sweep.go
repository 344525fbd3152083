package admin

import (
	"context"
	"errors"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// A sweep is the same edit of many members, made as one plan: what has to
// happen to members before a group, role, policy or field goes (SPEC M8). It
// is in their history and can be undone like any other.
type sweep struct {
	who   store.Selection
	field string // identifier of the field that edit changes; empty for none
	// edit fills in what is asked of one member.
	edit   func(m *member.Member, d *plan.Draft)
	accept map[string]int64 // brakes by kind (P21)
	most   int64            // how many members may change; more are InUse; 0: any
	kind   store.Master     // what is in use by more than most
}

// sweep applies a sweep at once, or not at all. Where nobody is selected there
// is no plan, and the import is zero.
func (s *Service) sweep(ctx context.Context, a Actor, w sweep) (store.Import, error) {
	n, err := s.db.CountSelected(ctx, a.Org.ID, w.who)
	if err != nil || n == 0 {
		return store.Import{}, err
	}
	p, err := s.newPlanner(ctx, a, store.EditImport, plan.Options{Layout: plan.Register, BadRows: "stop", New: "register"}, nil)
	if err != nil {
		return store.Import{}, err
	}
	if err := p.start(ctx); err != nil {
		return p.imp, err
	}
	imp, err := p.end(ctx, p.sweep(ctx, w))
	if err != nil {
		return imp, err
	}
	if n := imp.Outcome.Counts[plan.Update]; w.most > 0 && n > w.most && imp.State != store.Rejected {
		return imp, errors.Join(inUse(w.kind, store.Use{Members: n}), s.giveUp(ctx, a, imp))
	}
	switch imp.State {
	case store.Planned:
		return s.apply(ctx, a, imp, ApplyOptions{})
	case store.NeedsAcceptance:
		return s.acceptSweep(ctx, a, imp, w.accept)
	case store.NeedsApproval:
		return imp, problem.Of(problem.Conflict, problem.ApprovalNeeded, "id", line(imp.ID))
	}
	if err := s.firstProblem(ctx, imp); err != nil {
		return imp, err
	}
	return imp, problem.Of(problem.Invalid, problem.PlanRejected, "id", line(imp.ID), "kind", string(imp.Kind))
}

// acceptSweep applies a sweep that brakes hold, if the numbers for them were
// given. If not, the plan is given up: asking again makes another one.
func (s *Service) acceptSweep(ctx context.Context, a Actor, imp store.Import, accept map[string]int64) (store.Import, error) {
	if err := accepted(imp.Outcome.Brakes, accept, 0); err != nil {
		return imp, errors.Join(err, s.giveUp(ctx, a, imp))
	}
	return s.apply(ctx, a, imp, ApplyOptions{Sum: imp.Sum, Accept: accept})
}

// giveUp discards the plan of a sweep.
func (s *Service) giveUp(ctx context.Context, a Actor, imp store.Import) error {
	return s.db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.SetState(ctx, a.Org.ID, imp.ID, imp.State, store.Discarded)
		return err
	})
}

func (p *planner) sweep(ctx context.Context, w sweep) error {
	mapping := &plan.Mapping{}
	if i, ok := p.masters.FieldIndex(w.field); ok {
		p.masters.Fields[i].Required = false // it is to go, with its values
		mapping.Columns = []plan.Column{{Header: w.field, Attribute: member.Fields, Field: w.field}}
	}
	mapping.Reindex(p.masters)
	p.imp.Header = *mapping
	p.newEnv(p.imp.Options.ForLayout(plan.Register), mapping)
	drafts := make([]plan.Draft, 0, batch)
	for m, err := range p.s.db.Members(ctx, p.imp.Org, w.who) {
		if err != nil {
			return err
		}
		drafts = append(drafts, p.draft(w, &m))
		if len(drafts) == batch {
			if err := p.sweepBatch(ctx, drafts); err != nil {
				return err
			}
			drafts = drafts[:0]
		}
	}
	if err := p.sweepBatch(ctx, drafts); err != nil {
		return err
	}
	return p.whole(ctx)
}

func (p *planner) draft(w sweep, m *member.Member) plan.Draft {
	var d plan.Draft
	if w.field != "" {
		d.FieldText, d.FieldClear = make([]string, len(p.masters.Fields)), make([]bool, len(p.masters.Fields))
		if i, ok := p.masters.FieldIndex(w.field); ok {
			d.FieldClear[i] = true
		}
	}
	if w.edit != nil {
		w.edit(m, &d)
	}
	d.Set = d.Set.With(member.MemberID)
	d.Text[member.MemberID] = line(m.ID)
	p.env.Complete(&d)
	return d
}

func (p *planner) sweepBatch(ctx context.Context, drafts []plan.Draft) error {
	p.imp.Rows += int64(len(drafts))
	p.progress(Progress{Step: "reading", Rows: p.imp.Rows})
	return p.decide(ctx, drafts)
}

// selected understands an expression about this organisation's members.
func (s *Service) selected(a Actor, masters *plan.Masters, expression string) (store.Selection, error) {
	sel := store.Selection{Now: s.now(), Zone: a.Org.Zone, Fields: masters.Fields}
	f, err := member.ParseFilter(expression)
	if err == nil {
		err = f.Check(fieldsByName(masters.Fields))
	}
	sel.Filter = &f
	return sel, err
}

// A retirement is a role or policy that goes, and the one that takes its place.
type retirement struct {
	kind      store.Master
	attribute member.Attribute
	id        int64
	to        int64 // 0: nobody has it, or it stays
	toCode    string
}

// retire deletes a role or policy. Members who have it get the other one by a
// plan, open invitations with the deletion. Without another one it is refused
// while anybody has it: never is access widened silently (SPEC G6).
func (s *Service) retire(ctx context.Context, a Actor, r retirement) (imp store.Import, err error) {
	if r.to != 0 {
		// By ID: filters fold case, codes do not.
		who := store.Selection{PolicyID: r.id}
		if r.kind == store.RoleMaster {
			who = store.Selection{RoleID: r.id}
		}
		imp, err = s.sweep(ctx, a, sweep{who: who, edit: func(_ *member.Member, d *plan.Draft) {
			d.Set = d.Set.With(r.attribute)
			d.Text[r.attribute] = r.toCode
		}})
		if err != nil {
			return imp, err
		}
	}
	return imp, s.db.Alter(ctx, a.Org.ID, func(tx *store.Tx) error { return s.retireIn(ctx, tx, a, r) })
}

func (s *Service) retireIn(ctx context.Context, tx *store.Tx, a Actor, r retirement) error {
	if r.to != 0 {
		if err := stillThere(ctx, tx, a, r); err != nil {
			return err
		}
		n, err := tx.MoveInvitations(ctx, a.Org.ID, r.kind, r.id, r.to, s.micros())
		if err != nil {
			return err
		}
		if n > 0 && !a.admin {
			return problem.Of(problem.Forbidden, problem.AdministratorOnly)
		}
	}
	use, err := tx.UseOf(ctx, a.Org.ID, r.kind, r.id, s.micros())
	if err != nil {
		return err
	}
	if use.Members+use.Invitations > 0 {
		return inUse(r.kind, use)
	}
	return tx.DeleteMaster(ctx, a.Org.ID, r.kind, r.id)
}

// stillThere insists, inside the transaction, on the one that takes the place.
func stillThere(ctx context.Context, tx *store.Tx, a Actor, r retirement) error {
	now, err := tx.Masters(ctx, a.Org.ID)
	if err != nil {
		return err
	}
	if r.kind == store.RoleMaster {
		_, err = roleWith(now, r.toCode)
	} else {
		_, err = policyWith(now, r.toCode)
	}
	return err
}

// inUse refuses to delete what members have. The kind lets the sentence say what
// can be done about it, which is another thing for each.
func inUse(kind store.Master, u store.Use) error {
	what := map[store.Master]string{store.GroupMaster: "group", store.FieldMaster: "field", store.RoleMaster: "role", store.PolicyMaster: "policy"}[kind]
	return problem.Of(problem.Conflict, problem.InUse, "kind", what, "members", line(u.Members), "invitations", line(u.Invitations))
}
