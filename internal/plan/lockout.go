package plan

import (
	"time"

	"meibo/internal/member"
	"meibo/internal/problem"
)

// lockout refuses a change that takes from the actor, or from the primary owner,
// that they may sign in: nobody might be left who can take it back. To the primary
// owner an end is no better, and nobody becomes primary owner without being able
// to sign in for ever. The operator of the machine, whose way back is the command
// line, is stopped by a brake alone (P21). m is nil for somebody new.
func (e *Env) lockout(m, n *member.Member) (problem.Problem, bool) {
	now := time.UnixMicro(e.Now)
	after := *n
	after.State = member.Active // somebody new has none yet
	loses := (m == nil || m.MaySignIn(now, e.Zone)) && !after.MaySignIn(now, e.Zone)
	switch {
	case e.Actor.ID == 0:
		return problem.Problem{}, false
	case n.Role != member.PrimaryOwner:
		return problem.New(problem.LockoutSelf), loses && n.ID == e.Actor.ID
	case m == nil || m.Role != member.PrimaryOwner:
		return problem.New(problem.LockoutPrimaryOwner), n.LoginUntil != "" || !after.MaySignIn(now, e.Zone)
	}
	return problem.New(problem.LockoutPrimaryOwner), loses || endsSooner(m.LoginUntil, n.LoginUntil)
}

// endsSooner compares ends of sign-in, of which empty is none.
func endsSooner(before, after string) bool {
	return after != "" && (before == "" || after < before)
}

// mayLockOut is [Env.lockout] for a row of a file or an edit.
func (e *Env) mayLockOut(c *Change, d *Draft, m, n *member.Member) {
	p, locks := e.lockout(m, n)
	if !locks {
		return
	}
	cell := member.SystemRole
	switch {
	case c.Mask.Has(member.LoginAllowed) && !n.LoginAllowed:
		cell = member.LoginAllowed
	case c.Mask.Has(member.LoginUntil) && n.LoginUntil != "":
		cell = member.LoginUntil
	}
	c.Problems = append(c.Problems, p.At(e.Mapping.Place(d.Line, cell)))
}
