package plan

import (
	"meibo/internal/member"
	"meibo/internal/problem"
	"meibo/internal/sheet"
)

// update compares the row with m, cell by cell (P9, P10).
func (e *Env) update(c *Change, d *Draft, m *member.Member, f Found) {
	n := *m
	past := e.past(c, d, m, f)
	if past != nil && past.same {
		c.Settle()
		return
	}
	for _, a := range e.updatable(d, f, m) {
		e.compare(c, d, a, m, past, &n)
	}
	e.ownedCells(c, d, f)
	e.fixedCells(c, d, m, past)
	e.requireWords(c, d)
	e.fields(c, d, m, past, &n)
	e.groups(c, d, m, past)
	e.roles(c, d, m, &n)
	e.password(c, d, m)
	e.finish(c, d, f, m, &n)
}

// attributesInOrder are the attributes that a cell sets one by one. Groups,
// passwords and fields have ways of their own.
var attributesInOrder = []member.Attribute{member.LoginID, member.Email, member.Name, member.LoginAllowed,
	member.LoginUntil, member.SystemRole, member.SystemPermission, member.BrandPolicy, member.Role,
	member.Remarks, member.DisplayOrder}

// updatable returns the attributes that the row may change of an existing
// member: never the key it was found by, and in the invitation layout neither
// name nor e-mail nor login ID (SPEC §5).
func (e *Env) updatable(d *Draft, f Found, m *member.Member) []member.Attribute {
	fixed := member.Mask(0)
	if e.Options.Layout == InviteSheet {
		fixed = member.MaskOf(member.Name, member.Email, member.LoginID)
	}
	if !d.Set.Has(member.MemberID) {
		if e.Options.Matches(member.Email) && f.ByEmail != nil && f.ByEmail.ID == m.ID {
			fixed = fixed.With(member.Email)
		}
		if e.Options.Matches(member.LoginID) && f.ByLogin != nil && f.ByLogin.ID == m.ID {
			fixed = fixed.With(member.LoginID)
		}
	}
	if fixed == 0 {
		return attributesInOrder
	}
	return without(fixed)
}

// owned are the attributes that only the member may change where the setting says
// so (I3).
var owned = []member.Attribute{member.Name, member.Email}

// ownedCells refuses to change what only the member may.
func (e *Env) ownedCells(c *Change, d *Draft, f Found) {
	for _, a := range owned {
		if f.Owned && !e.Own && c.Mask.Has(a) {
			e.refuse(c, d, a, problem.ProfileOwned, "attribute", a.String())
		}
	}
}

// fixedCells warns of a name, e-mail or login ID that the invitation layout shows
// and never changes (SPEC §5, L1). What a member was called when the file was made
// is no attempt to change it.
func (e *Env) fixedCells(c *Change, d *Draft, m *member.Member, past *pastMember) {
	if e.Options.Layout != InviteSheet {
		return
	}
	var names []string
	if name := d.Text[member.Name]; d.Set.Has(member.Name) && !e.shows(name, m.Name) && (past == nil || !e.shows(name, past.Member.Name)) {
		names = append(names, member.Name.String())
	}
	if d.Set.Has(member.Email) && d.EmailKey != m.EmailKey() {
		names = append(names, member.Email.String())
	}
	if d.Set.Has(member.LoginID) && d.LoginKey != m.LoginKey() {
		names = append(names, member.LoginID.String())
	}
	if len(names) > 0 {
		c.note(problem.New(problem.CellsIgnored, "attributes", list(names...)).At(problem.Place{Line: int(d.Line)}))
	}
}

// compare lets one cell change n, if it says anything else than m (or than
// what m was, with _base).
func (e *Env) compare(c *Change, d *Draft, a member.Attribute, m *member.Member, past *pastMember, n *member.Member) {
	if !d.Has(a) {
		return
	}
	if d.Set.Has(a) && (e.shows(d.Text[a], e.Show(a, m)) ||
		past != nil && e.shows(d.Text[a], e.Show(a, past.Member))) {
		return
	}
	if d.Clear.Has(a) && !d.Word.Has(a) && same(a, m, e.blankMember()) {
		return // blank, and what a blank cell gives somebody new (P10)
	}
	next := *n
	err := e.put(a, d, &next)
	if err == nil && (same(a, &next, m) || past != nil && same(a, &next, past.Member)) {
		return
	}
	if err != nil {
		c.Problems = append(c.Problems, e.at(d, a, err))
		return
	}
	if past != nil && !same(a, past.Member, m) && e.Options.Conflicts != "file" {
		c.Problems = append(c.Problems, problem.Of(problem.Conflict, problem.CellConflict,
			"was", e.Show(a, past.Member), "now", e.Show(a, m), "yours", d.Text[a]).At(e.Mapping.Place(d.Line, a)))
		return
	}
	*n = next
	c.Mask = c.Mask.With(a)
}

// put sets or clears a in n as the cell says.
func (e *Env) put(a member.Attribute, d *Draft, n *member.Member) error {
	if d.Clear.Has(a) {
		return e.clear(a, n)
	}
	return e.setCell(d, a, n)
}

// shows reports whether a cell shows a text: the same, or what a narrow
// charset made of it (F13).
func (e *Env) shows(cell, text string) bool {
	if cell == text {
		return true
	}
	if e.RoundTrip == nil || text == "" {
		return false
	}
	there, _ := CellText(e.RoundTrip(CellOf(sheet.CSV, text, false)))
	return cell == there
}

// requireWords rejects blank code words where the invitation layout has the
// columns (P12).
func (e *Env) requireWords(c *Change, d *Draft) {
	if e.Options.Layout != InviteSheet {
		return
	}
	for _, a := range []member.Attribute{member.SystemRole, member.SystemPermission} {
		if e.Mapping.Has(a) && !d.Set.Has(a) {
			c.Problems = append(c.Problems, problem.New(problem.RequiredBlank, "attribute", a.String()).At(e.Mapping.Place(d.Line, a)))
		}
	}
}

// roles judges role, permission, role code and policy together (P12, P13), and
// takes away what M4 and M5 forbid after a change of role. m is nil for
// somebody new.
func (e *Env) roles(c *Change, d *Draft, m, n *member.Member) {
	if n.Role.IsOwner() {
		if !d.Set.Has(member.SystemPermission) && n.Permission != member.Admin {
			n.Permission = member.Admin
			c.Mask = c.Mask.With(member.SystemPermission)
		}
		e.ownerCells(c, d, m, n)
	} else if n.Permission == member.Admin && e.asks(c, d, member.Role, m) {
		e.refuse(c, d, member.Role, problem.RoleOnAdmin, "value", d.Text[member.Role])
	}
	if len(c.Problems) > 0 {
		return
	}
	stripped := n.Strip()
	names := make([]string, 0, len(stripped))
	for _, a := range stripped {
		if m != nil && same(a, m, n) {
			c.Mask = c.Mask.Without(a)
			continue
		}
		c.Mask = c.Mask.With(a)
		names = append(names, a.String())
	}
	if len(names) > 0 && m != nil {
		c.note(problem.New(problem.StrippedByRoleChange, "attributes", list(names...)))
	}
}

// ownerCells refuses what a row asks for beside an owner type.
func (e *Env) ownerCells(c *Change, d *Draft, m, n *member.Member) {
	if n.Permission == member.Write {
		e.refuse(c, d, member.SystemPermission, problem.OwnerWithWrite)
	}
	if e.asks(c, d, member.BrandPolicy, m) {
		e.refuse(c, d, member.BrandPolicy, problem.PolicyOnOwner, "value", d.Text[member.BrandPolicy])
	}
	if e.asks(c, d, member.Role, m) {
		e.refuse(c, d, member.Role, problem.RoleOnOwner, "value", d.Text[member.Role])
	}
}

// asks reports whether a filled cell asks for something. With a valid _base only
// one that [Env.compare] found different does (P9): what the cell said when the
// file was made is no problem, whatever the member has become since.
func (e *Env) asks(c *Change, d *Draft, a member.Attribute, m *member.Member) bool {
	based := m != nil && d.hasBase && e.Bases.Names(d.base, m.ID)
	return d.Set.Has(a) && (c.Mask.Has(a) || !based)
}

// refuse adds a problem of one cell.
func (e *Env) refuse(c *Change, d *Draft, a member.Attribute, code problem.Code, values ...string) {
	c.Problems = append(c.Problems, problem.New(code, values...).At(e.Mapping.Place(d.Line, a)))
}

// finish makes the change that n asks for, checks the member as a whole, and
// who may do it.
func (e *Env) finish(c *Change, d *Draft, f Found, m, n *member.Member) {
	if len(c.Problems) == 0 && c.Mask&^member.MaskOf(member.Password, member.Groups) != 0 {
		for _, p := range n.Check() {
			c.Problems = append(c.Problems, e.placed(d, p))
		}
	}
	if len(c.Problems) > 0 {
		c.Problems = dedupe(c.Problems)
		c.failAs(n)
		return
	}
	if c.Mask == 0 {
		c.Settle()
		return
	}
	c.become(m, n)
	if c.Mask.Has(member.Email) && m.EmailKey() != n.EmailKey() {
		c.FreesEmail = m.EmailKey()
	}
	if c.Mask.Has(member.LoginID) && m.LoginKey() != n.LoginKey() {
		c.FreesLogin = m.LoginKey()
	}
	e.hazards(c, m, n)
	e.closeInvitation(c, d, f)
	e.mayLockOut(c, d, m, n)
	e.mayChange(c, d, m, n)
	if len(c.Problems) > 0 {
		c.failAs(n)
	}
}

// become makes c the update that turns m into n.
func (c *Change) become(m, n *member.Member) {
	c.Action, c.Before, c.After = Update, *m, *n
	c.Before.Fields = nil
	if c.Mask.Has(member.Fields) {
		c.Before.Fields = changedFields(m.Fields, n.Fields)
	}
}

// failAs rejects c, and remembers the keys that it asked for: a later row that
// asks for the same is told (P8).
func (c *Change) failAs(n *member.Member) {
	if c.Mask.Has(member.Email) {
		c.After.Email = n.Email
	}
	if c.Mask.Has(member.LoginID) {
		c.After.LoginID = n.LoginID
	}
	c.Fail()
}
