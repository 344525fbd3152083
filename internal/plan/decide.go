package plan

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"unicode/utf8"

	"meibo/internal/member"
	"meibo/internal/problem"
)

// Decide says what a row does. It never fails: bad news is a reject.
func (e *Env) Decide(d *Draft, f Found) Change {
	e.seq++
	c := Change{Seq: e.seq, Line: d.Line, Ordinal: -1}
	m := e.match(&c, d, f)
	e.name(&c, d, m)
	intended, known := e.decide(&c, d, m, f)
	if known && c.Action != Keep && !e.Options.Allows(intended) {
		c.Problems, c.Notes = nil, nil
		c.Settle(problem.New(problem.OptionOnly, "action", intended.String()))
	}
	if c.Action == Create || c.Action == Invite {
		c.Ordinal = e.ordinal(c.Action)
	}
	byColumn(c.Problems)
	return c
}

// byColumn puts the problems of a row in the order in which a person reads it;
// those of the row as a whole come first.
func byColumn(ps []problem.Problem) {
	slices.SortStableFunc(ps, func(p, q problem.Problem) int {
		return cmp.Or(cmp.Compare(len(p.Place.Column), len(q.Place.Column)), cmp.Compare(p.Place.Column, q.Place.Column))
	})
}

// decide returns what the row means to do. known is false where that cannot be
// told: the row is damaged, names nobody, or its delete flag is no flag.
func (e *Env) decide(c *Change, d *Draft, m *member.Member, f Found) (intended Action, known bool) {
	intended = Update
	if m == nil {
		intended = choose2(e.Options.New == "invite", Invite, Create)
	}
	deletes := e.deletes(c, d)
	e.unclearable(c, d)
	switch {
	case len(d.Problems) > 0:
		c.Fail(d.Problems...)
		return intended, false
	case len(c.Problems) > 0:
		if !deletes {
			e.inspect(c, d, m)
		}
		c.Fail()
		return intended, false
	case m == nil && e.namesNobody(d):
		c.Settle()
		return intended, true
	case deletes && m != nil:
		e.delete(c, d, m)
		return Delete, true
	case deletes && e.Options.Layout != InviteSheet:
		c.Fail(problem.New(problem.DeleteUnmatched).At(e.Mapping.Place(d.Line, member.Delete)))
		return Delete, true
	case m != nil:
		e.update(c, d, m, f)
		return Update, true
	case intended == Invite:
		e.invite(c, d, f)
		if deletes && c.Action != Reject {
			c.note(problem.New(problem.DeleteIgnored).At(e.Mapping.Place(d.Line, member.Delete)))
		}
		return Invite, true
	}
	e.create(c, d, f)
	return Create, true
}

func choose2(first bool, a, b Action) Action {
	if first {
		return a
	}
	return b
}

// at gives an error of a cell its place. Errors of parsing are always problems.
func (e *Env) at(d *Draft, a member.Attribute, err error) problem.Problem {
	return asProblem(err).At(e.Mapping.Place(d.Line, a))
}

func asProblem(err error) problem.Problem {
	var p problem.Problem
	if errors.As(err, &p) {
		return p
	}
	panic("plan: a rule returned something that is not a problem: " + err.Error())
}

// deletes reads the delete flag (P4, P5).
func (e *Env) deletes(c *Change, d *Draft) bool {
	text := d.Text[member.Delete]
	if !d.Set.Has(member.Delete) {
		return false
	}
	yes, err := member.ParseBoolean(text)
	// true and false are the only words of the invitation layout.
	if err != nil || (e.Options.Layout == InviteSheet && utf8.RuneCountInString(text) == 1) {
		e.refuse(c, d, member.Delete, problem.DeleteFlagMalformed, "value", text)
		return false
	}
	return yes
}

// unclearable refuses the word that clears in a column that holds nothing to
// clear (F10).
func (e *Env) unclearable(c *Change, d *Draft) {
	for _, a := range []member.Attribute{member.MemberID, member.Password, member.PasswordHash, member.Delete, member.Base} {
		if d.Clear.Has(a) {
			e.refuse(c, d, a, problem.ValueClearRefused, "attribute", a.String())
		}
	}
}

// delete withdraws m. The other cells are not looked at, but for what P12 and
// P15 say of the role.
func (e *Env) delete(c *Change, d *Draft, m *member.Member) {
	saysPrimary := d.Text[member.SystemRole] == member.PrimaryOwner.String()
	switch {
	case m.Role == member.PrimaryOwner || saysPrimary:
		c.Fail(problem.New(problem.DeletePrimaryOwner).At(e.Mapping.Place(d.Line, member.Delete)))
		return
	case e.Actor.ID != 0 && m.ID == e.Actor.ID:
		c.Fail(problem.New(problem.DeleteSelf).At(e.Mapping.Place(d.Line, member.Delete)))
		return
	}
	if e.Options.Layout == InviteSheet {
		scratch := *m
		e.words(c, d, &scratch)
	}
	e.Withdraw(c, m)
	e.mayChange(c, d, m, m)
	if len(c.Problems) > 0 {
		c.Fail()
	}
}

// Withdraw makes c the deletion of m, whatever the rules say.
func (e *Env) Withdraw(c *Change, m *member.Member) {
	c.Action, c.MemberID, c.Version, c.After, c.Mask = Delete, m.ID, m.Version, *m, 0
	c.FreesEmail, c.FreesLogin = m.EmailKey(), m.LoginKey()
	c.Groups = nil
	for _, id := range m.Groups {
		c.Groups = append(c.Groups, GroupOp{ID: id})
	}
	if m.Role.IsOwner() {
		c.Hazards |= TouchesOwner
	}
	e.needs(c, m, m)
}

// words checks the code words of a role and a permission that are filled in (P12).
func (e *Env) words(c *Change, d *Draft, n *member.Member) {
	for _, a := range []member.Attribute{member.SystemRole, member.SystemPermission} {
		if !d.Set.Has(a) {
			continue
		}
		if err := e.set(a, d.Text[a], n); err != nil {
			c.Problems = append(c.Problems, e.at(d, a, err))
		}
	}
}

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
	e.fixedCells(c, d, m)
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

// fixedCells warns of an e-mail or login ID that the invitation layout shows
// and never changes (SPEC §5). The name is for reading only (L1).
func (e *Env) fixedCells(c *Change, d *Draft, m *member.Member) {
	if e.Options.Layout != InviteSheet {
		return
	}
	var names []string
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
	if d.Set.Has(a) && (e.shows(c, a.String(), d.Text[a], e.Show(a, m)) ||
		past != nil && e.shows(c, a.String(), d.Text[a], e.Show(a, past.Member))) {
		return
	}
	if d.Clear.Has(a) && same(a, m, e.blankMember()) {
		return // cleared already: it is what the same cell gives somebody new (P10)
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
	return e.set(a, d.Text[a], n)
}

// shows reports whether a cell shows a text: the same, or what a narrow
// charset made of it (F13), which is worth a note.
func (e *Env) shows(c *Change, attribute, cell, text string) bool {
	if cell == text {
		return true
	}
	if e.RoundTrip == nil || text == "" {
		return false
	}
	there, _ := CellText(e.RoundTrip(CellOf(text, false)))
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
		e.ownerCells(c, d, n)
	} else if n.Permission == member.Admin && d.Set.Has(member.Role) {
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
func (e *Env) ownerCells(c *Change, d *Draft, n *member.Member) {
	if n.Permission == member.Write {
		e.refuse(c, d, member.SystemPermission, problem.OwnerWithWrite)
	}
	if d.Set.Has(member.BrandPolicy) {
		e.refuse(c, d, member.BrandPolicy, problem.PolicyOnOwner, "value", d.Text[member.BrandPolicy])
	}
	if d.Set.Has(member.Role) {
		e.refuse(c, d, member.Role, problem.RoleOnOwner, "value", d.Text[member.Role])
	}
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

func number(n int64) string { return strconv.FormatInt(n, 10) }
