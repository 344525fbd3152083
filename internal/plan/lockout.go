package plan

import (
	"time"

	"meibo/internal/member"
	"meibo/internal/problem"
)

// signIn are the attributes that say whether a member may sign in.
var signIn = member.MaskOf(member.LoginAllowed, member.LoginUntil)

// lockout refuses a change after which the actor, or the primary owner, could not
// sign in: nobody might be left who can take it back. To the primary owner an end is
// no better. The operator of the machine, whose way back is the command line, is
// stopped by a brake alone (P21).
func (e *Env) lockout(c *Change, n *member.Member) (problem.Problem, bool) {
	primary := n.Role == member.PrimaryOwner
	causes := signIn
	if primary {
		causes = causes.With(member.SystemRole)
	}
	after := *n
	after.State = member.Active // somebody new has none yet
	ends := primary && c.Mask.Has(member.LoginUntil) && n.LoginUntil != ""
	switch {
	case e.Actor.ID == 0 || c.Mask&causes == 0 || !ends && after.MaySignIn(time.UnixMicro(e.Now), e.Zone):
		return problem.Problem{}, false
	case primary:
		return problem.New(problem.LockoutPrimaryOwner), true
	}
	return problem.New(problem.LockoutSelf), n.ID == e.Actor.ID
}

// mayLockOut is [Env.lockout] for a row of a file or an edit.
func (e *Env) mayLockOut(c *Change, d *Draft, n *member.Member) {
	p, locks := e.lockout(c, n)
	if !locks {
		return
	}
	cell := member.SystemRole
	switch {
	case c.Mask.Has(member.LoginAllowed) && !n.LoginAllowed:
		cell = member.LoginAllowed
	case c.Mask.Has(member.LoginUntil):
		cell = member.LoginUntil
	}
	c.Problems = append(c.Problems, p.At(e.Mapping.Place(d.Line, cell)))
}
