package admin

import (
	"context"
	"maps"
	"slices"

	"go.opentelemetry.io/otel/attribute"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// PlanUndo makes the plan that turns an applied import back (A6). It is a plan
// like any other: to be looked at, applied, and undone itself.
func (s *Service) PlanUndo(ctx context.Context, a Actor, id int64, o plan.Options, progress func(Progress)) (store.Import, error) {
	done, o, err := s.undoable(ctx, a, id, o)
	if err != nil {
		return done, err
	}
	p, err := s.newPlanner(ctx, a, store.UndoImport, o, progress)
	if err != nil {
		return store.Import{}, err
	}
	p.imp.UndoOf, p.imp.FileName = id, done.FileName
	if err := p.start(ctx); err != nil {
		return p.imp, err
	}
	return p.end(ctx, p.undo(ctx, done))
}

// undoable returns an import that can be turned back, and the options to do so.
func (s *Service) undoable(ctx context.Context, a Actor, id int64, o plan.Options) (store.Import, plan.Options, error) {
	if err := a.may(member.ImportsArea, member.WriteAccess); err != nil {
		return store.Import{}, o, err
	}
	done, err := s.db.Import(ctx, a.Org.ID, id)
	if err != nil {
		return done, o, err
	}
	if done.State != store.Applied {
		return done, o, problem.Of(problem.Conflict, problem.UndoNotApplied, "import", line(id))
	}
	o.Layout, o.BadRows = done.Layout, "skip"
	return done, o, nil
}

func (p *planner) undo(ctx context.Context, done store.Import) (err error) {
	ctx, span := traced(ctx, "plan", aboutImport(p.imp.Org, p.imp.ID, string(p.imp.Kind))...)
	defer func() {
		span.SetAttributes(attribute.Int64("meibo.rows", p.imp.Rows))
		span.end(err)
	}()
	mapping := &plan.Mapping{}
	mapping.Reindex(p.masters)
	p.newEnv(p.imp.Options.ForLayout(done.Layout), mapping)
	p.env.Undone = done.Header.FieldIDs
	used, rows := map[string]bool{}, int64(0)
	err = p.storeAll(ctx, func(ctx context.Context, hand func([]plan.Change) error) error {
		return p.standing(ctx, done, func(u undoing) error {
			if len(u.done) == 0 {
				return nil
			}
			return hand(p.invert(u, used))
		})
	}, func(_ context.Context, changes []plan.Change) error {
		rows += int64(len(changes))
		p.progress(Progress{Step: "reading", Done: rows, Total: done.Applied(), Rows: rows})
		return nil
	})
	if err != nil {
		return err
	}
	p.imp.Header.Columns = usedFields(used)
	p.progress(Progress{Step: "checking"})
	if err := p.analyse(ctx); err != nil {
		return err
	}
	if err := p.uniqueness(ctx); err != nil {
		return err
	}
	return p.organisation(ctx)
}

// usedFields are the fields of what changes put back, each as a column: applying
// looks whether they are still there.
func usedFields(fields map[string]bool) []plan.Column {
	var columns []plan.Column
	for _, identifier := range slices.Sorted(maps.Keys(fields)) {
		columns = append(columns, plan.Column{Attribute: member.Fields, Field: identifier})
	}
	return columns
}

// resolved gives a change the IDs that applying gave it.
func resolved(c plan.Change, done store.Import) plan.Change {
	switch {
	case c.Action == plan.Create && c.MemberID == 0:
		c.MemberID = done.FirstMember + c.Ordinal
	case c.Action == plan.Invite && c.InvitationID == 0:
		c.InvitationID = done.FirstInvite + c.Ordinal
	}
	return c
}

// An undoing is some changes that are to be turned back, and how things stand.
type undoing struct {
	done []plan.Change
	now  []plan.Current // of each
	lost func(key string) bool
}

// standing reads the changes of an import in batches, and hands over each with how
// things stand for them.
func (p *planner) standing(ctx context.Context, done store.Import, hand func(undoing) error) error {
	changes := make([]plan.Change, 0, batch)
	look := func() error {
		u, err := p.lookAt(ctx, changes)
		if err != nil {
			return err
		}
		changes = make([]plan.Change, 0, batch)
		return hand(u)
	}
	for c, err := range p.s.db.Doings(ctx, done.Org, done.ID) {
		if err != nil {
			return err
		}
		if changes = append(changes, resolved(c, done)); len(changes) == batch {
			if err := look(); err != nil {
				return err
			}
		}
	}
	return look()
}

// lookAt finds out how things stand for changes that are to be turned back.
func (p *planner) lookAt(ctx context.Context, done []plan.Change) (u undoing, err error) {
	u.done, u.now = done, make([]plan.Current, len(done))
	var ids, invitations []int64
	for _, c := range done {
		if c.MemberID > 0 {
			ids = append(ids, c.MemberID)
		}
		if c.InvitationID > 0 {
			invitations = append(invitations, c.InvitationID)
		}
	}
	members, err := p.s.db.MembersByID(ctx, p.imp.Org, ids)
	if err != nil {
		return u, err
	}
	invited, err := p.s.db.InvitationsByID(ctx, p.imp.Org, invitations)
	if err != nil {
		return u, err
	}
	last, err := p.s.db.LastChanges(ctx, p.imp.Org, moved(done, members))
	if err != nil {
		return u, err
	}
	owned, err := p.ownProfile(ctx, p.s.db, ids)
	if err != nil {
		return u, err
	}
	for i, c := range done {
		u.now[i] = plan.Current{Member: members[c.MemberID], Invitation: invited[c.InvitationID],
			ChangedBy: last[c.MemberID].Who, ChangedAt: last[c.MemberID].At, Owned: owned[c.MemberID]}
	}
	u.lost, err = p.lostFiles(ctx, done)
	return u, err
}

// invert turns changes back, and adds the fields of which they have values to used.
func (p *planner) invert(u undoing, used map[string]bool) []plan.Change {
	p.env.Lost = u.lost
	changes := make([]plan.Change, len(u.done))
	for i := range u.done {
		changes[i] = p.env.Invert(&u.done[i], u.now[i])
	}
	p.imp.Rows += int64(len(changes))
	for i := range changes {
		p.tally.Add(&changes[i])
		p.repeats.AddUndone(&changes[i])
		if changes[i].Action == plan.Create || changes[i].Action == plan.Update {
			for identifier := range changes[i].After.Fields {
				used[identifier] = true
			}
		}
	}
	return changes
}

// moved returns the members who are not as the changes left them.
func moved(done []plan.Change, members map[int64]*member.Member) []int64 {
	var ids []int64
	for _, c := range done {
		if m := members[c.MemberID]; m != nil && m.Version != c.Version+1 {
			ids = append(ids, m.ID)
		}
	}
	return ids
}
