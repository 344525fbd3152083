package plan

import (
	"maps"
	"slices"

	"meibo/internal/member"
	"meibo/internal/problem"
)

// blankMember is a new member before any cell has spoken (M1).
func (e *Env) blankMember() *member.Member {
	return &member.Member{
		Role:         member.Regular,
		Permission:   member.Write,
		LoginAllowed: e.Settings.Is(LoginAllowedDefault),
	}
}

// create registers somebody new (P3).
func (e *Env) create(c *Change, d *Draft, f Found) {
	n := e.blankMember()
	c.Mask = 0
	for _, a := range attributesInOrder {
		e.fill(c, d, a, n)
	}
	e.requireWords(c, d)
	e.fields(c, d, nil, nil, n)
	e.groups(c, d, nil, nil)
	e.roles(c, d, nil, n)
	e.password(c, d, nil)
	for _, p := range n.Check() {
		if p.Code == problem.ContactRequired && d.Set.Has(member.LoginID) {
			continue // malformed, not missing
		}
		c.Problems = append(c.Problems, e.placed(d, p))
	}
	c.Action = Create
	e.mayLockOut(c, d, nil, n)
	e.mayChange(c, d, nil, n)
	if len(c.Problems) > 0 {
		c.Problems = dedupe(c.Problems)
		c.failAs(n)
		return
	}
	c.After, c.Version = *n, 0
	if n.Role.IsOwner() {
		c.Hazards |= TouchesOwner
	}
	e.closeInvitation(c, d, f)
	if e.RandomVerifier != nil && c.Secret == "" && c.password == "" {
		c.Secret, c.MustChange = e.RandomVerifier(c.Seq), true
		c.Mask = c.Mask.With(member.Password)
	}
}

// fill sets one attribute of a new member from its cell.
func (e *Env) fill(c *Change, d *Draft, a member.Attribute, n *member.Member) {
	if !d.Set.Has(a) {
		return
	}
	if err := e.setCell(d, a, n); err != nil {
		c.Problems = append(c.Problems, e.at(d, a, err))
		return
	}
	c.Mask = c.Mask.With(a)
}

// placed gives a problem that names an attribute the place of its cell.
func (e *Env) placed(d *Draft, p problem.Problem) problem.Problem {
	a, _ := member.AttributeNamed(p.Place.Attribute)
	return p.At(e.Mapping.Place(d.Line, a))
}

// dedupe drops what follows from a problem of the same cell, and repetitions: a
// malformed e-mail is not also a missing one.
func dedupe(ps []problem.Problem) []problem.Problem {
	var out []problem.Problem
	for _, p := range ps {
		again := slices.ContainsFunc(out, func(q problem.Problem) bool {
			sameCell := q.Place.Attribute == p.Place.Attribute && p.Place.Attribute != ""
			return sameCell && consequences[p.Code] || q.Code == p.Code && q.Place == p.Place && maps.Equal(q.Values, p.Values)
		})
		if !again {
			out = append(out, p)
		}
	}
	return out
}

// consequences are problems of the member as a whole, not worth telling of a
// cell that could not be read.
var consequences = map[problem.Code]bool{problem.NameRequired: true, problem.ContactRequired: true, problem.RequiredBlank: true,
	problem.OwnerWithWrite: true, problem.PolicyOnOwner: true, problem.RoleOnOwner: true, problem.RoleOnAdmin: true}

// closeInvitation closes the open invitation to an address that becomes a
// member's: its seat is the member's now (P3).
func (e *Env) closeInvitation(c *Change, d *Draft, f Found) {
	i := f.Invitation
	if i == nil || i.StateAt(e.Now) != InvitationOpen || c.ClaimsEmail() != member.FoldKey(i.Email) {
		return
	}
	c.InvitationID, c.InvitationOp, c.InvitationVersion = i.ID, CloseInvitation, i.Version
	if e.Own { // it is what was asked for
		return
	}
	c.note(problem.New(problem.InvitationAcceptedByImport).At(e.Mapping.Place(d.Line, member.Email)))
}

// invitedAttributes are what an invitation carries (P11): its address first.
var invitedAttributes = []member.Attribute{member.Email, member.SystemRole, member.SystemPermission, member.BrandPolicy, member.Role}

// invite offers somebody new to become a member (P11 to P14, P17).
func (e *Env) invite(c *Change, d *Draft, f Found) {
	n := e.blankMember()
	c.Mask = 0
	switch {
	case !d.Set.Has(member.Email):
		e.refuse(c, d, member.Email, problem.EmailBlank)
	default:
		e.fill(c, d, member.Email, n)
	}
	for _, a := range invitedAttributes[1:] {
		e.fill(c, d, a, n)
	}
	e.requireWords(c, d)
	if n.Role == member.PrimaryOwner {
		e.refuse(c, d, member.SystemRole, problem.InvitationPrimaryOwner)
	}
	e.roles(c, d, nil, n)
	c.Action = Invite
	e.mayChange(c, d, nil, n)
	if len(c.Problems) > 0 {
		c.Problems = dedupe(c.Problems)
		c.failAs(n)
		return
	}
	if i := f.Invitation; i != nil && i.StateAt(e.Now) == InvitationOpen {
		e.alreadyInvited(c, d, i, n)
		return
	}
	c.After, c.InvitationOp = *n, OpenInvitation
	e.ignored(c, d)
	if n.Role.IsOwner() {
		c.Hazards |= TouchesOwner
	}
}

// ignored warns of filled cells that an invitation does not carry: nothing is
// dropped in silence. The name of the workbook is for reading only (L1).
func (e *Env) ignored(c *Change, d *Draft) {
	carried := member.MaskOf(member.Email, member.Name, member.SystemRole, member.SystemPermission,
		member.BrandPolicy, member.Role, member.Delete, member.Base)
	var names []string
	for a := member.MemberID; a < member.Fields; a++ {
		if d.Set.Has(a) && !carried.Has(a) {
			names = append(names, a.String())
		}
	}
	for i, text := range d.FieldText {
		if text != "" {
			names = append(names, e.Masters.Fields[i].Identifier)
		}
	}
	if len(names) > 0 {
		c.note(problem.New(problem.CellsIgnored, "attributes", list(names...)).At(problem.Place{Line: int(d.Line)}))
	}
}

// alreadyInvited keeps an open invitation; other values in the file are a
// warning that names them (P11).
func (e *Env) alreadyInvited(c *Change, d *Draft, i *Invitation, n *member.Member) {
	was := member.Member{Role: i.Role, Permission: i.Permission, PolicyID: i.PolicyID, RoleID: i.RoleID}
	var differs []string
	for _, a := range []member.Attribute{member.SystemRole, member.SystemPermission, member.BrandPolicy, member.Role} {
		if e.Mapping.Has(a) && !same(a, &was, n) {
			differs = append(differs, a.String())
		}
	}
	place := e.Mapping.Place(d.Line, member.Email)
	note := problem.New(problem.AlreadyInvited).At(place)
	if len(differs) > 0 {
		note = problem.New(problem.InvitationDiffers, "attributes", list(differs...)).At(place)
	}
	c.Settle(note)
	c.InvitationID, c.Mask = i.ID, member.MaskOf(member.Email) // a later row to the same address is told (P8)
}
