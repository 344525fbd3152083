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

// sync adds the deletion of every member whom the file does not name (P19).
// It is refused while a row is rejected, or for a file without rows: a broken
// file must not empty an organisation.
func (p *planner) sync(ctx context.Context) error {
	if !p.imp.Options.Sync || p.imp.Layout == plan.Memberships {
		return nil
	}
	if p.tally.Counts[plan.Reject] > 0 {
		p.refuseSync()
		return nil
	}
	if p.imp.Rows == 0 {
		return problem.New(problem.SyncEmpty)
	}
	within, err := p.selection(ctx, p.imp.Options.SyncWithin)
	if err != nil {
		return err
	}
	p.synced = true
	seq := p.imp.Rows
	err = p.storeAll(ctx, func(ctx context.Context, hand func([]plan.Change) error) error {
		return p.s.db.Absent(ctx, p.imp.Org, within, p.repeats.Named(), func(ms []member.Member) error {
			var changes []plan.Change
			for i := range ms {
				if !p.mayGo(&ms[i]) {
					continue
				}
				c := plan.Change{Seq: seq + 1, Ordinal: -1}
				if p.env.Withdraw(&c, &ms[i]); p.env.May(&c) {
					changes = append(changes, c)
					p.tally.Add(&c)
					seq++
				}
			}
			if len(changes) == 0 {
				return nil
			}
			return hand(changes)
		})
	}, nil)
	if err != nil {
		return err
	}
	// An invitation fulfils no filter of members.
	if p.imp.Options.New != "invite" || p.imp.Options.SyncWithin != "" {
		return nil
	}
	return p.cancelAbsent(ctx, seq)
}

func (p *planner) refuseSync() {
	p.problems = append(p.problems, problem.New(problem.SyncRefusedRejects, "count", line(p.tally.Counts[plan.Reject])))
}

// takeSyncBack removes the deletions of a sync when rows turned out to be
// rejected that were judged with them: nobody is shown as going then.
func (p *planner) takeSyncBack(ctx context.Context) error {
	if !p.synced || p.tally.Counts[plan.Reject] == 0 {
		return nil
	}
	for c, err := range p.s.db.Changes(ctx, p.imp.Org, p.imp.ID, store.ChangeQuery{After: p.imp.Rows}) {
		if err != nil {
			return err
		}
		p.tally.Remove(&c.Change)
	}
	p.refuseSync()
	return p.s.db.RemoveChanges(ctx, &p.imp, p.imp.Rows)
}

// mayGo reports whether a member that the file does not name is deleted: never
// a primary owner, oneself, an owner by who is none, or somebody whom the file
// could not have named because they lack its key.
func (p *planner) mayGo(m *member.Member) bool {
	switch {
	case m.Role == member.PrimaryOwner, m.ID == p.a.MemberID:
		return false
	case p.env.Mapping.Has(member.MemberID):
		return true
	}
	o := p.env.Options
	return o.Matches(member.Email) && p.env.Mapping.Has(member.Email) && m.Email != "" ||
		o.Matches(member.LoginID) && p.env.Mapping.Has(member.LoginID) && m.LoginID != ""
}

func (p *planner) add(ctx context.Context, changes []plan.Change) error {
	if len(changes) == 0 {
		return nil
	}
	for i := range changes {
		p.tally.Add(&changes[i])
	}
	return p.storeChanges(ctx, changes)
}

// cancelAbsent cancels the open invitations that an invitation file does not
// name, but for those that the actor could not cancel one by one.
func (p *planner) cancelAbsent(ctx context.Context, seq int64) error {
	return p.s.db.AbsentInvitations(ctx, p.imp.Org, p.imp.ID, p.now, func(is []plan.Invitation) error {
		var changes []plan.Change
		for i := range is {
			if c := p.env.Cancel(seq+1, &is[i]); p.env.May(&c) {
				changes = append(changes, c)
				seq++
			}
		}
		return p.add(ctx, changes)
	})
}

// selection parses a filter expression of an option; empty is everyone.
func (p *planner) selection(ctx context.Context, expression string) (store.Selection, error) {
	return p.s.selection(ctx, p.a, p.masters, Which{Filter: expression})
}

// renames points out new rows that are probably members under a new key (P20).
// Where there are too many it tells that it did not look.
func (p *planner) renames(ctx context.Context) error {
	const most = 10000
	n := p.tally.Counts[plan.Create] + p.tally.Counts[plan.Invite]
	if n == 0 || p.imp.Kind != store.FileImport {
		return nil
	}
	if n > most {
		some, err := p.s.db.AnyUnnamed(ctx, p.imp.Org, p.repeats.Named())
		if some {
			p.warnings = append(p.warnings, problem.New(problem.RenameNotLookedFor, "limit", line(most)))
		}
		return err
	}
	pairs, err := p.likely(ctx, n)
	if err != nil || len(pairs) == 0 {
		return err
	}
	return p.rewrite(ctx, slices.Sorted(maps.Keys(pairs)), func(c *plan.Change) {
		m := pairs[c.Seq]
		c.Notes = append(c.Notes, problem.New(problem.RenameLikely, "member", line(m.ID), "name", m.Name))
	})
}

func (p *planner) likely(ctx context.Context, n int64) (map[int64]member.Member, error) {
	newcomers, err := p.s.db.Newcomers(ctx, p.imp.Org, p.imp.ID)
	if err != nil {
		return nil, err
	}
	names, locals := make([]string, 0, n), []string{}
	for _, c := range newcomers {
		names = append(names, c.NameKey)
		if local, ok := c.Local(); ok {
			locals = append(locals, local)
		}
	}
	members, err := p.s.db.Unnamed(ctx, p.imp.Org, p.repeats.Named(), names, locals)
	if err != nil {
		return nil, err
	}
	return plan.LikelyRenames(newcomers, members), nil
}
