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

// mayChange refuses what the actor could not do on a page either (G7).
func (e *Env) mayChange(c *Change, d *Draft, m, n *member.Member) {
	owner := (m != nil && m.Role.IsOwner()) || n.Role.IsOwner()
	switch {
	case owner && !e.Actor.Owner:
		c.Problems = append(c.Problems, problem.Of(problem.Forbidden, problem.OwnerOnly).At(problem.Place{Line: int(d.Line)}))
	case c.Action == Invite && !e.Actor.Invitations:
		c.Problems = append(c.Problems, problem.Of(problem.Forbidden, problem.ActorForbidden, "right", "invitations").At(problem.Place{Line: int(d.Line)}))
	case c.Action != Invite && !e.Actor.Members:
		c.Problems = append(c.Problems, problem.Of(problem.Forbidden, problem.ActorForbidden, "right", "members").At(problem.Place{Line: int(d.Line)}))
	}
	if e.Actor.Administrator {
		return
	}
	if m != nil && m.Permission == member.Admin && c.Action != Keep && !owner {
		c.Problems = append(c.Problems, problem.Of(problem.Forbidden, problem.AttributeForbidden,
			"attribute", member.SystemPermission.String()).At(problem.Place{Line: int(d.Line)}))
		return
	}
	for _, a := range []member.Attribute{member.SystemRole, member.SystemPermission, member.BrandPolicy, member.Role} {
		given := c.Mask.Has(a)
		if m == nil {
			given = !same(a, n, e.blankMember())
		}
		if given {
			c.Problems = append(c.Problems, problem.Of(problem.Forbidden, problem.AttributeForbidden,
				"attribute", a.String()).At(e.Mapping.Place(d.Line, a)))
		}
	}
}
