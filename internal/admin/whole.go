package admin

import (
	"context"
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
	return p.organisation(ctx)
}

// reject turns rows into rejects, each with the problem that say makes of it.
func (p *planner) reject(ctx context.Context, verdicts []store.Verdict, say func(v store.Verdict) problem.Problem) error {
	return p.rewrite(ctx, verdicts, func(c *plan.Change, v store.Verdict) { c.Fail(say(v)) })
}

// rewrite changes rows of the plan and keeps the tally right.
func (p *planner) rewrite(ctx context.Context, verdicts []store.Verdict, f func(c *plan.Change, v store.Verdict)) error {
	if len(verdicts) == 0 {
		return nil
	}
	of := make(map[int64][]store.Verdict, len(verdicts))
	var seqs []int64
	for _, v := range verdicts {
		if of[v.Seq] == nil {
			seqs = append(seqs, v.Seq)
		}
		of[v.Seq] = append(of[v.Seq], v)
	}
	slices.Sort(seqs)
	return p.s.db.Rewrite(ctx, p.imp.Org, p.imp.ID, seqs, func(c *plan.Change) {
		p.tally.Remove(c)
		for _, v := range of[c.Seq] {
			f(c, v)
		}
		p.tally.Add(c)
	})
}

// place points to the column of an attribute; the line is the change's own.
func (p *planner) place(a member.Attribute) problem.Place { return p.env.Mapping.Place(0, a) }

func line(n int64) string { return strconv.FormatInt(n, 10) }

// duplicates rejects every later row about the same member or with the same key (P8).
func (p *planner) duplicates(ctx context.Context) error {
	members, err := p.s.db.SameMember(ctx, p.imp.Org, p.imp.ID)
	if err != nil {
		return err
	}
	if err := p.reject(ctx, members, func(v store.Verdict) problem.Problem {
		return problem.New(problem.DuplicateMember, "first", line(v.Other))
	}); err != nil {
		return err
	}
	for key, code := range map[member.Attribute]problem.Code{member.Email: problem.DuplicateEmail, member.LoginID: problem.DuplicateLoginID} {
		same, err := p.s.db.SameKey(ctx, p.imp.Org, p.imp.ID, key)
		if err != nil {
			return err
		}
		if err := p.reject(ctx, same, func(v store.Verdict) problem.Problem {
			return problem.New(code, "value", v.Value, "first", line(v.Other)).At(p.place(key))
		}); err != nil {
			return err
		}
	}
	return nil
}

// sameMemberships settles rows that repeat a pair of member and group, and
// rejects those that contradict an earlier one (G2).
func (p *planner) sameMemberships(ctx context.Context) error {
	same, err := p.s.db.SameMembership(ctx, p.imp.Org, p.imp.ID)
	if err != nil {
		return err
	}
	return p.rewrite(ctx, same, func(c *plan.Change, v store.Verdict) {
		if v.Value == "same" {
			c.Settle()
			return
		}
		c.Fail(problem.New(problem.DuplicateMember, "first", line(v.Other)))
	})
}

// uniqueness judges addresses and login IDs on the state after the whole file (P8).
func (p *planner) uniqueness(ctx context.Context) error {
	for _, key := range []member.Attribute{member.Email, member.LoginID} {
		taken, err := p.s.db.Taken(ctx, p.imp.Org, p.imp.ID, key)
		if err != nil {
			return err
		}
		if err := p.reject(ctx, taken, func(v store.Verdict) problem.Problem { return p.taken(key, v) }); err != nil {
			return err
		}
	}
	invited, err := p.s.db.TakenByInvitation(ctx, p.imp.Org, p.imp.ID, p.now)
	if err != nil {
		return err
	}
	if err := p.reject(ctx, invited, func(v store.Verdict) problem.Problem {
		return problem.New(problem.AddressTakenSince, "value", v.Value).At(p.place(member.Email))
	}); err != nil {
		return err
	}
	bundles, err := p.s.db.Bundles(ctx, p.imp.Org, p.imp.ID)
	if err != nil {
		return err
	}
	return p.reject(ctx, bundles, func(v store.Verdict) problem.Problem {
		return problem.New(problem.BundleRejected, "line", line(v.Other))
	})
}

func (p *planner) taken(key member.Attribute, v store.Verdict) problem.Problem {
	if p.imp.Kind == store.UndoImport {
		return problem.Of(problem.Conflict, problem.AddressTakenSince, "value", v.Value)
	}
	code := problem.EmailTaken
	if key == member.LoginID {
		code = problem.LoginIDTaken
	}
	return problem.New(code, "value", v.Value, "member", line(v.Owner)).At(p.place(key))
}

// organisation judges what concerns the organisation as a whole: the primary
// owner (P14), seats (P16), brakes (P21).
func (p *planner) organisation(ctx context.Context) error {
	db, org := p.s.db, p.imp.Org
	owners, err := db.PrimaryOwners(ctx, org)
	if err != nil {
		return err
	}
	if verdict, seqs, bad := p.tally.PrimaryOwners(owners); bad && p.imp.Kind != store.EditImport || bad && owners > 0 {
		verdicts := make([]store.Verdict, len(seqs))
		for i, seq := range seqs {
			verdicts[i] = store.Verdict{Seq: seq}
		}
		if err := p.reject(ctx, verdicts, func(store.Verdict) problem.Problem { return verdict.At(p.place(member.SystemRole)) }); err != nil {
			return err
		}
		// Of an undo those rows are left out and the others go on (A6).
		p.blocked = p.imp.Kind != store.UndoImport
	}
	used, err := db.Seats(ctx, org, p.now)
	if err != nil {
		return err
	}
	if err := p.seats(ctx, used); err != nil {
		return err
	}
	members, err := db.CountMembers(ctx, org)
	if err != nil {
		return err
	}
	p.fill(used, members)
	return nil
}

// seats refuses a plan that needs more seats than there are (P16). Of an undo
// only the last of those who need one are left out (A6).
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
	return p.reject(ctx, last, func(store.Verdict) problem.Problem { return missing })
}

// fill writes into the import what was counted.
func (p *planner) fill(used, members int64) {
	t, out := p.tally, &p.imp.Outcome
	out.Counts, out.Absent, out.Owners, out.Cancelled = t.Counts, t.Absent, t.Owners(), t.Cancelled
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
