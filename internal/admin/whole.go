package admin

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// whole judges what no row knows of itself (P8, P14, P16, P19 to P21). The set
// queries are the store's, the sentences plan's; here they meet.
func (p *planner) whole(ctx context.Context) error {
	p.progress(Progress{Step: "checking"})
	if err := p.s.db.Analyze(ctx, p.imp.Rows); err != nil {
		return err
	}
	if base, bad := p.env.BaseVerdict(); bad {
		return base
	}
	if p.imp.Layout == plan.Memberships {
		if err := p.sameMemberships(ctx); err != nil {
			return err
		}
	} else if err := p.duplicates(ctx); err != nil {
		return err
	}
	if err := p.uniqueness(ctx); err != nil {
		return err
	}
	if err := p.sync(ctx); err != nil {
		return err
	}
	if err := p.renames(ctx); err != nil {
		return err
	}
	if err := p.organisation(ctx); err != nil {
		return err
	}
	return p.pruneGroups(ctx)
}

// pruneGroups forgets new groups that only rejected rows name.
func (p *planner) pruneGroups(ctx context.Context) error {
	if len(p.imp.Outcome.NewGroups) == 0 {
		return nil
	}
	given, err := p.s.db.GivenGroups(ctx, p.imp.Org, p.imp.ID)
	p.imp.Outcome.NewGroups = slices.DeleteFunc(p.imp.Outcome.NewGroups, func(g member.Group) bool { return !given[g.ID] })
	return err
}

// rejects are the problems of rows that the whole file rejects, by seq.
type rejects map[int64][]problem.Problem

func (r rejects) add(seq int64, p problem.Problem) { r[seq] = append(r[seq], p) }

// reject turns rows into rejects. f, if not nil, sees each row afterwards.
func (p *planner) reject(ctx context.Context, r rejects, f func(c *plan.Change)) error {
	return p.rewrite(ctx, slices.Sorted(maps.Keys(r)), func(c *plan.Change) {
		c.Fail(r[c.Seq]...)
		if f != nil {
			f(c)
		}
	})
}

// rewrite changes rows of the plan, in ascending order, and keeps the tally right.
func (p *planner) rewrite(ctx context.Context, seqs []int64, f func(c *plan.Change)) error {
	return p.s.db.Rewrite(ctx, p.imp.Org, p.imp.ID, seqs, func(c *plan.Change) {
		p.tally.Remove(c)
		f(c)
		p.tally.Add(c)
	})
}

// place points to the column of an attribute; the line is the change's own.
func (p *planner) place(a member.Attribute) problem.Place { return p.env.Mapping.Place(0, a) }

func line(n int64) string { return strconv.FormatInt(n, 10) }

// keys are the attributes that are unique, each with what a second row that
// asks for the same is told, and one that asks for what a member has.
var keys = []struct {
	attribute         member.Attribute
	duplicate, belong problem.Code
}{
	{member.Email, problem.DuplicateEmail, problem.EmailTaken},
	{member.LoginID, problem.DuplicateLoginID, problem.LoginIDTaken},
}

// duplicates rejects every later row about the same member or with the same
// key (P8). Such a row asks for nothing any more: that the first one hands an
// address over is not spoilt by its copy.
func (p *planner) duplicates(ctx context.Context) error {
	found := rejects{}
	if p.imp.Kind != store.UndoImport { // it mirrors a plan that was judged
		members, err := p.s.db.SameMember(ctx, p.imp.Org, p.imp.ID)
		if err != nil {
			return err
		}
		for _, v := range members {
			found.add(v.Seq, p.sameMember(v))
		}
	}
	for _, key := range keys {
		same, err := p.s.db.SameKey(ctx, p.imp.Org, p.imp.ID, key.attribute)
		if err != nil {
			return err
		}
		for _, v := range same {
			found.add(v.Seq, problem.New(key.duplicate, "value", v.Value, "first", line(v.Other)).At(p.place(key.attribute)))
		}
	}
	return p.reject(ctx, found, func(c *plan.Change) { c.Mask = 0 })
}

// sameMember points to the cell that named the member, if there is one that
// always does.
func (p *planner) sameMember(v store.Verdict) problem.Problem {
	place := problem.Place{}
	if p.env.Mapping.Has(member.MemberID) {
		place = p.place(member.MemberID)
	}
	return problem.New(problem.DuplicateMember, "first", line(v.Other)).At(place)
}

// sameMemberships settles rows that repeat a pair of member and group, and
// rejects those that contradict an earlier one (G2).
func (p *planner) sameMemberships(ctx context.Context) error {
	same, err := p.s.db.SameMembership(ctx, p.imp.Org, p.imp.ID)
	if err != nil {
		return err
	}
	found := make(map[int64]store.Verdict, len(same))
	for _, v := range same {
		found[v.Seq] = v
	}
	return p.rewrite(ctx, slices.Sorted(maps.Keys(found)), func(c *plan.Change) {
		if v := found[c.Seq]; v.Value == "same" {
			c.Settle()
		} else {
			c.Fail(p.sameMember(v))
		}
	})
}

// uniqueness judges addresses and login IDs on the state after the whole file (P8).
func (p *planner) uniqueness(ctx context.Context) error {
	db, org, imp := p.s.db, p.imp.Org, p.imp.ID
	found := rejects{}
	for _, key := range keys {
		taken, err := db.Taken(ctx, org, imp, key.attribute)
		if err != nil {
			return err
		}
		for _, v := range taken {
			found.add(v.Seq, p.taken(key.attribute, key.belong, v))
		}
	}
	invited, err := db.TakenByInvitation(ctx, org, imp, p.now)
	if err != nil {
		return err
	}
	for _, v := range invited {
		found.add(v.Seq, problem.New(problem.AddressTakenSince, "value", v.Value).At(p.place(member.Email)))
	}
	if err := p.reject(ctx, found, nil); err != nil {
		return err
	}
	return p.bundles(ctx)
}

func (p *planner) taken(key member.Attribute, code problem.Code, v store.Verdict) problem.Problem {
	if p.imp.Kind == store.UndoImport {
		return problem.Of(problem.Conflict, problem.AddressTakenSince, "value", v.Value)
	}
	return problem.New(code, "value", v.Value, "member", line(v.Owner)).At(p.place(key))
}

// bundles rejects the rows that hand addresses over with a rejected one (P8).
// Of an undo only those that cannot have theirs: the others go on (A6).
func (p *planner) bundles(ctx context.Context) error {
	undo := p.imp.Kind == store.UndoImport
	torn, err := p.s.db.Bundles(ctx, p.imp.Org, p.imp.ID, undo)
	if err != nil {
		return err
	}
	found := rejects{}
	for _, v := range torn {
		if undo {
			found.add(v.Seq, problem.Of(problem.Conflict, problem.AddressTakenSince, "value", v.Value))
		} else {
			found.add(v.Seq, problem.New(problem.BundleRejected, "line", line(v.Other)))
		}
	}
	return p.reject(ctx, found, nil)
}

// organisation judges what concerns the organisation as a whole: the primary
// owner (P14), seats (P16), brakes (P21).
func (p *planner) organisation(ctx context.Context) error {
	if err := p.primaryOwner(ctx); err != nil {
		return err
	}
	used, err := p.s.db.Seats(ctx, p.imp.Org, p.now)
	if err != nil {
		return err
	}
	if err := p.seats(ctx, used); err != nil {
		return err
	}
	members, err := p.s.db.CountMembers(ctx, p.imp.Org)
	if err != nil {
		return err
	}
	p.fill(used, members)
	return nil
}

// primaryOwner rejects every row that takes part in there being none or two,
// and nothing of a file is applied then. An undo leaves them alone and goes on.
func (p *planner) primaryOwner(ctx context.Context) error {
	owners, err := p.s.db.PrimaryOwners(ctx, p.imp.Org)
	if err != nil {
		return err
	}
	verdict, seqs, bad := p.tally.PrimaryOwners(owners)
	if !bad || p.imp.Kind == store.EditImport && owners == 0 { // setting up: the first one was rejected
		return nil
	}
	found := rejects{}
	for _, seq := range seqs {
		found.add(seq, verdict.At(p.place(member.SystemRole)))
	}
	p.blocked = p.imp.Kind != store.UndoImport
	return p.reject(ctx, found, nil)
}

// seats stops a plan that needs more seats than there are. Of an undo it
// rejects the last changes that take one, so that the others go on (A6).
func (p *planner) seats(ctx context.Context, used int64) error {
	missing, bad := p.tally.SeatProblem(used, p.a.Org.Seats)
	if !bad {
		return nil
	}
	if p.imp.Kind != store.UndoImport {
		p.problems = append(p.problems, missing)
		return nil
	}
	last, err := p.s.db.SeatTakers(ctx, p.imp.Org, p.imp.ID, used+p.tally.Seats-*p.a.Org.Seats)
	if err != nil {
		return err
	}
	found := rejects{}
	for _, v := range last {
		found.add(v.Seq, missing)
	}
	return p.reject(ctx, found, nil)
}

// fill writes into the import what was counted.
func (p *planner) fill(used, members int64) {
	t, out := p.tally, &p.imp.Outcome
	out.Counts, out.Absent, out.Cancelled = t.Counts, t.Absent, t.Cancelled
	out.NeedOwner, out.NeedAdministrator = t.NeedOwner, t.NeedAdministrator
	out.Seats = store.Seats{Before: used, After: used + t.Seats, Limit: p.a.Org.Seats}
	out.Problems, out.Warnings = plan.ProblemsJSON(p.problems), plan.ProblemsJSON(p.warnings)
	out.ProblemsTotal = t.Problems + int64(len(p.problems))
	out.WarningsTotal = t.Warnings + int64(len(p.warnings))
	out.Brakes = t.Brakes(p.a.Org.Settings, members, p.imp.Options.HoldMails, p.imp.Options.Sync)
	p.imp.Mails = t.Mails
	if p.env != nil && p.imp.Sum == nil {
		p.imp.Creates, p.imp.Invites = p.env.Ordinals()
	}
}

// judge says where the plan stands now that everything is known.
func (p *planner) judge() {
	rejects, applied := p.tally.Counts[plan.Reject], p.tally.Counts.Applied()+p.tally.Absent.Applied()
	switch {
	case p.blocked, len(p.problems) > 0, rejects > 0 && p.imp.Options.BadRows == "stop", rejects > 0 && applied == 0:
		p.imp.State = store.Rejected
	case len(p.imp.Outcome.Brakes) > 0 && p.imp.Braked():
		p.imp.State = store.NeedsAcceptance
		if p.a.Org.Settings.Is(plan.SecondApproval) {
			p.imp.State = store.NeedsApproval
		}
	default:
		p.imp.State = store.Planned
	}
}
