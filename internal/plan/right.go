package plan

import (
	"meibo/internal/member"
	"meibo/internal/problem"
)

// ownerMarks are the attributes whose change on an owner a brake counts (P21).
var ownerMarks = member.MaskOf(member.SystemRole, member.SystemPermission, member.Email, member.LoginID,
	member.Password, member.LoginAllowed, member.LoginUntil)

func (e *Env) hazards(c *Change, m, n *member.Member) {
	if (m.Role.IsOwner() || n.Role.IsOwner()) && c.Mask&ownerMarks != 0 {
		c.Hazards |= TouchesOwner
	}
	if c.Mask.Has(member.BrandPolicy) && m.PolicyID != 0 && n.PolicyID == 0 && !n.Role.IsOwner() {
		c.Hazards |= WidensAccess
	}
}

// rightsGiven returns which of role, permission, policy and role code c gives
// or takes. m is nil for somebody new.
func (e *Env) rightsGiven(c *Change, m, n *member.Member) []member.Attribute {
	var given []member.Attribute
	for _, a := range invitedAttributes[1:] {
		if m != nil && c.Mask.Has(a) || m == nil && !same(a, n, e.blankMember()) {
			given = append(given, a)
		}
	}
	return given
}

// needs marks what c takes beside the right to members or invitations, so that
// applying can ask again (A3). It returns the rights that c gives.
func (e *Env) needs(c *Change, m, n *member.Member) []member.Attribute {
	given := e.rightsGiven(c, m, n)
	if m != nil && m.Role.IsOwner() || n.Role.IsOwner() {
		c.Hazards |= NeedsOwner
	}
	if len(given) > 0 || m != nil && m.Permission == member.Admin {
		c.Hazards |= NeedsAdministrator
	}
	return given
}

// lacking returns the right that the actor lacks for c as a whole.
func (e *Env) lacking(c *Change) (problem.Problem, bool) {
	invitation := c.Action == Invite || c.Action == Delete && c.MemberID == 0
	switch {
	case c.Hazards&NeedsOwner != 0 && !e.Actor.Owner:
		return problem.Of(problem.Forbidden, problem.OwnerOnly), true
	case invitation && !e.Actor.Invitations:
		return problem.Of(problem.Forbidden, problem.ActorForbidden, "right", string(member.InvitationsArea)), true
	case !invitation && !e.Actor.Members:
		return problem.Of(problem.Forbidden, problem.ActorForbidden, "right", string(member.MembersArea)), true
	}
	return problem.Problem{}, false
}

// May reports whether the actor may make c, which knows what it needs.
func (e *Env) May(c *Change) bool {
	_, lacks := e.lacking(c)
	return !lacks && (e.Actor.Administrator || c.Hazards&NeedsAdministrator == 0)
}

// administratorOnly is for who is no administrator where no cell alone is to blame.
var administratorOnly = problem.Of(problem.Forbidden, problem.AdministratorOnly)

func attributeForbidden(a member.Attribute) problem.Problem {
	return problem.Of(problem.Forbidden, problem.AttributeForbidden, "attribute", a.String())
}

// mayChange refuses what the actor could not do on a page either (G7). m is nil
// for somebody new.
func (e *Env) mayChange(c *Change, d *Draft, m, n *member.Member) {
	given := e.needs(c, m, n)
	row := problem.Place{Line: int(d.Line)}
	if p, lacks := e.lacking(c); lacks {
		c.Problems = append(c.Problems, p.At(row))
	}
	switch {
	case e.Actor.Administrator || c.Hazards&NeedsAdministrator == 0:
	case m != nil && m.Permission == member.Admin && c.Hazards&NeedsOwner == 0:
		c.Problems = append(c.Problems, administratorOnly.At(row))
	default:
		for _, a := range given {
			c.Problems = append(c.Problems, attributeForbidden(a).At(e.Mapping.Place(d.Line, a)))
		}
	}
}

// mayInvert is mayChange for one change of an undo.
func (e *Env) mayInvert(c *Change, m *member.Member) {
	before := m
	if c.Action == Create || c.MemberID == 0 { // who comes back is given what they had
		before = nil
	}
	e.needs(c, before, &c.After)
	if p, lacks := e.lacking(c); lacks {
		c.Fail(p)
	} else if !e.May(c) {
		c.Fail(administratorOnly)
	}
}
