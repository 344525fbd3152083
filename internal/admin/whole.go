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
	if err := p.analyse(ctx); err != nil {
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
	if err := p.sync(ctx); err != nil { // the addresses of those who go are free
		return err
	}
	if err := p.uniqueness(ctx); err != nil {
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

// reject turns rows into rejects.
func (p *planner) reject(ctx context.Context, seqs []int64, why problem.Problem) error {
	return p.rewrite(ctx, seqs, func(c *plan.Change) { c.Fail(why) })
}

// rejectJudged turns the rows that the store marked into rejects, each with its
// reasons. f, if not nil, sees each row afterwards.
func (p *planner) rejectJudged(ctx context.Context, f func(c *plan.Change)) error {
	return p.s.db.RewriteJudged(ctx, &p.imp, func(c *plan.Change, vs []store.Verdict) {
		p.tally.Remove(c)
		for _, v := range vs {
			switch {
			case v.Reason == store.RepeatedMembership:
				c.Settle()
			case c.Action != plan.Reject || p.adds(c, v):
				c.Fail(p.reason(c, v))
			}
		}
		plan.ByColumn(c.Problems)
		if f != nil {
			f(c)
		}
		p.tally.Add(c)
	})
}

// adds reports whether a reason tells who reads it more than why the row is rejected
// already: not in an undo, which says what stands in its way once, nor of a row that
// was not found to ask for the key.
func (p *planner) adds(c *plan.Change, v store.Verdict) bool {
	if v.Reason != store.EmailTaken && v.Reason != store.LoginIDTaken {
		return true
	}
	return p.imp.Kind != store.UndoImport && !slices.ContainsFunc(c.Problems, func(p problem.Problem) bool {
		return p.Code == problem.MemberAmbiguous || p.Code == problem.DeleteUnmatched
	})
}

// rewrite changes rows of the plan, in ascending order, and keeps the tally right.
func (p *planner) rewrite(ctx context.Context, seqs []int64, f func(c *plan.Change)) error {
	return p.s.db.Rewrite(ctx, &p.imp, seqs, func(c *plan.Change) {
		p.tally.Remove(c)
		f(c)
		p.tally.Add(c)
	})
}

// place points to the column of an attribute; the line is the change's own.
func (p *planner) place(a member.Attribute) problem.Place { return p.env.Mapping.Place(0, a) }

func line(n int64) string { return strconv.FormatInt(n, 10) }

// reason is what a row that the whole file rejects is told.
func (p *planner) reason(c *plan.Change, v store.Verdict) problem.Problem {
	email, login, first := c.After.Email, c.After.LoginID, line(v.Other)
	switch v.Reason {
	case store.SameEmail:
		return problem.New(problem.DuplicateEmail, "value", email, "first", first).At(p.place(member.Email))
	case store.SameLoginID:
		return problem.New(problem.DuplicateLoginID, "value", login, "first", first).At(p.place(member.LoginID))
	case store.EmailTaken:
		return p.taken(member.Email, problem.EmailTaken, email, v.Owner)
	case store.LoginIDTaken:
		return p.taken(member.LoginID, problem.LoginIDTaken, login, v.Owner)
	case store.EmailInvited:
		return problem.New(problem.AddressTakenSince, "value", email).At(p.place(member.Email))
	case store.BundleTorn:
		return p.torn(c, first)
	}
	place := problem.Place{} // of the cell that named the member, if there is one that always does
	if p.env.Mapping.Has(member.MemberID) {
		place = p.place(member.MemberID)
	}
	return problem.New(problem.DuplicateMember, "first", first).At(place)
}

func (p *planner) taken(key member.Attribute, code problem.Code, value string, owner int64) problem.Problem {
	if p.imp.Kind == store.UndoImport {
		return problem.Of(problem.Conflict, problem.AddressTakenSince, "value", value)
	}
	return problem.New(code, "value", value, "member", line(owner)).At(p.place(key))
}

func (p *planner) torn(c *plan.Change, other string) problem.Problem {
	if p.imp.Kind != store.UndoImport {
		return problem.New(problem.BundleRejected, "line", other)
	}
	value := c.After.Email
	if value == "" {
		value = c.After.LoginID
	}
	return problem.Of(problem.Conflict, problem.AddressTakenSince, "value", value)
}

// keys are the attributes that are unique.
var keys = []member.Attribute{member.Email, member.LoginID}

// duplicates rejects every later row about the same member or with the same
// key (P8). Such a row asks for nothing any more: that the first one hands an
// address over is not spoilt by its copy.
//
// The database is asked only where something may repeat.
func (p *planner) duplicates(ctx context.Context) error {
	if again := p.repeats.Members(); len(again) > 0 && p.imp.Kind != store.UndoImport { // an undo mirrors a plan that was judged
		if err := p.s.db.UnpackKeeps(ctx, &p.imp, again); err != nil {
			return err
		}
		if err := p.s.db.SameMember(ctx, p.imp.Org, p.imp.ID); err != nil {
			return err
		}
	}
	for _, key := range keys {
		if !p.repeats.Keys(key) {
			continue
		}
		if err := p.s.db.SameKey(ctx, p.imp.Org, p.imp.ID, key); err != nil {
			return err
		}
	}
	return p.rejectJudged(ctx, func(c *plan.Change) { c.Mask = 0 })
}

// sameMemberships settles rows that repeat a pair of member and group, and
// rejects those that contradict an earlier one (G2).
func (p *planner) sameMemberships(ctx context.Context) error {
	if err := p.s.db.SameMembership(ctx, p.imp.Org, p.imp.ID); err != nil {
		return err
	}
	return p.rejectJudged(ctx, nil)
}

// uniqueness judges addresses and login IDs on the state after the whole file
// (P8), and rejects the rows that hand addresses over with a rejected one. Of an
// undo only those that cannot have theirs: the others go on (A6).
//
// In most files nobody asks for what somebody has. Mostly that was seen while the rows
// were decided; else the few members or one walk through the plan tell, which saves the four
// that would find who.
func (p *planner) uniqueness(ctx context.Context) error {
	claims, err := p.anyClaim(ctx)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if !claims {
			break
		}
		if err := p.s.db.Taken(ctx, p.imp.Org, p.imp.ID, key); err != nil {
			return err
		}
	}
	if err := p.s.db.TakenByInvitation(ctx, p.imp.Org, p.imp.ID, p.now); err != nil {
		return err
	}
	if err := p.rejectJudged(ctx, nil); err != nil {
		return err
	}
	if err := p.takeSyncBack(ctx); err != nil || !claims {
		return err
	}
	if err := p.s.db.Bundles(ctx, &p.imp, p.imp.Kind == store.UndoImport); err != nil {
		return err
	}
	return p.rejectJudged(ctx, nil)
}

// rowsPerMember is how many more rows than members there must be for each member's keys to
// be looked for among those of the rows, rather than each row's among the members'.
const rowsPerMember = 10

// anyClaim reports whether a row asks for a key that somebody has.
func (p *planner) anyClaim(ctx context.Context) (bool, error) {
	if !p.repeats.Claims() {
		return false, nil
	}
	last, err := p.s.db.LastMember(ctx, p.imp.Org)
	if err != nil {
		return false, err
	}
	if last <= p.imp.Rows/rowsPerMember { // as in a first import, which reads nothing of its plan again
		some := false
		err := p.s.db.Keys(ctx, p.imp.Org, func(email, login string) {
			some = some || p.repeats.Asks(member.Email, email) || p.repeats.Asks(member.LoginID, login)
		})
		if err != nil || !some {
			return false, err
		}
	}
	return p.s.db.AnyClaim(ctx, p.imp.Org, p.imp.ID)
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
	invited, err := p.s.db.InvitationSeats(ctx, p.imp.Org, p.now) // all members are not counted twice
	if err != nil {
		return err
	}
	p.fill(used, used-invited)
	return nil
}

// primaryOwner rejects every row that takes part in there being none or two,
// and nothing of a file is applied then. An undo leaves them alone and goes on.
func (p *planner) primaryOwner(ctx context.Context) error {
	owners, err := p.s.db.PrimaryOwners(ctx, p.imp.Org)
	if err != nil {
		return err
	}
	verdict, bad := p.tally.PrimaryOwnerProblem(owners)
	if !bad || p.imp.Kind == store.EditImport && owners == 0 { // setting up: the first one was rejected
		return nil
	}
	p.blocked = p.imp.Kind != store.UndoImport
	return p.rejectMovers(ctx, verdict.At(p.place(member.SystemRole)))
}

// rejectMovers rejects the rows that make or unmake a primary owner, some at a
// time: there may be as many as the file has.
func (p *planner) rejectMovers(ctx context.Context, why problem.Problem) error {
	var seqs []int64
	for c, err := range p.s.db.Changes(ctx, p.imp.Org, p.imp.ID, store.ChangeQuery{Actions: []plan.Action{plan.Create, plan.Update}}) {
		if err != nil {
			return err
		}
		if c.PrimaryOwners() == 0 {
			continue
		}
		if seqs = append(seqs, c.Seq); len(seqs) == batch {
			if err := p.reject(ctx, seqs, why); err != nil {
				return err
			}
			seqs = seqs[:0]
		}
	}
	return p.reject(ctx, seqs, why)
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
	for n := used + p.tally.Seats - *p.a.Org.Seats; n > 0; {
		last, err := p.s.db.SeatTakers(ctx, p.imp.Org, p.imp.ID, n)
		if err != nil || len(last) == 0 {
			return err
		}
		if err := p.reject(ctx, last, missing); err != nil {
			return err
		}
		n -= int64(len(last))
	}
	return nil
}

// fill writes into the import what was counted.
func (p *planner) fill(used, members int64) {
	t, out := p.tally, &p.imp.Outcome
	out.Counts, out.Absent, out.Cancelled = t.Counts, t.Absent, t.Cancelled
	out.NeedOwner, out.NeedAdministrator = t.NeedOwner, t.NeedAdministrator
	out.Seats = store.Seats{Before: used, After: used + t.Seats, Limit: p.a.Org.Seats}
	out.Problems, out.ProblemCodes = plan.ProblemsJSON(p.problems), maps.Clone(t.Codes)
	out.ProblemsTotal = t.Problems + int64(len(p.problems))
	out.ProblemCodes.Add(p.problems, 1)
	p.fillWarnings()
	out.Brakes = t.Brakes(p.a.Org.Settings, members, p.imp.Options.HoldMails, p.imp.Options.Sync)
	p.imp.Mails = t.Mails
	if p.env != nil && p.imp.Sum == nil {
		p.imp.Creates, p.imp.Invites = p.env.Ordinals()
	}
}

func (p *planner) fillWarnings() {
	t, out := p.tally, &p.imp.Outcome
	out.Warnings, out.WarningCodes = plan.ProblemsJSON(p.warnings), maps.Clone(t.Noted)
	out.WarningsTotal = t.Warnings + int64(len(p.warnings))
	out.WarningCodes.Add(p.warnings, 1)
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
