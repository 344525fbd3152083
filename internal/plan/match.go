package plan

import (
	"slices"
	"time"

	"meibo/internal/member"
	"meibo/internal/problem"
)

// match finds who the row is about (P1, P2); nil is somebody new, if there are
// no problems.
func (e *Env) match(c *Change, d *Draft, f Found) *member.Member {
	if d.Set.Has(member.MemberID) {
		return e.matchID(c, d, f)
	}
	byEmail := e.matchKey(c, d, member.Email, f.ByEmail)
	byLogin := e.matchKey(c, d, member.LoginID, f.ByLogin)
	if byEmail != nil && byLogin != nil && byEmail.ID != byLogin.ID {
		c.Problems = append(c.Problems, problem.New(problem.MemberAmbiguous,
			"email", number(byEmail.ID), "login", number(byLogin.ID)).At(e.Mapping.Place(d.Line, member.Email)))
		return nil
	}
	if byEmail == nil {
		return byLogin
	}
	return byEmail
}

func (e *Env) matchID(c *Change, d *Draft, f Found) *member.Member {
	place := e.Mapping.Place(d.Line, member.MemberID)
	switch {
	case d.ID == 0:
		_, err := member.ParseMemberID(d.Text[member.MemberID])
		c.Problems = append(c.Problems, e.at(d, member.MemberID, err))
	case f.ByID == nil || f.ByID.State == member.Erased:
		c.Problems = append(c.Problems, problem.New(problem.MemberUnknown, "id", number(d.ID), "layout", choose(asksToDelete(d), "delete", e.fileLayout(d))).At(place))
	case f.ByID.State == member.Withdrawn:
		day := time.UnixMicro(f.ByID.WithdrawnAt).In(e.Zone).Format(time.DateOnly)
		c.Problems = append(c.Problems, problem.New(problem.MemberWithdrawn,
			"id", number(d.ID), "date", day, "import", number(f.WithdrawnBy)).At(place))
	default:
		return f.ByID
	}
	return nil
}

// asksToDelete reports whether a row of a file asks to delete somebody.
func asksToDelete(d *Draft) bool {
	yes, err := member.ParseBoolean(d.Text[member.Delete])
	return d.Line > 0 && err == nil && yes
}

// fileLayout is the layout of the file in which a row stands; empty for edits,
// which stand in none.
func (e *Env) fileLayout(d *Draft) string {
	if d.Line == 0 {
		return ""
	}
	return string(e.Options.Layout)
}

// matchKey matches by e-mail or login ID where that option is on.
func (e *Env) matchKey(c *Change, d *Draft, a member.Attribute, found *member.Member) *member.Member {
	if !e.Options.Matches(a) || !d.Set.Has(a) {
		return nil
	}
	if (a == member.Email && d.EmailKey == "") || (a == member.LoginID && d.LoginKey == "") {
		c.Problems = append(c.Problems, e.malformed(d, a))
		return nil
	}
	return found
}

func (e *Env) malformed(d *Draft, a member.Attribute) problem.Problem {
	var err error
	if a == member.Email {
		_, err = member.ParseEmail(d.Text[a])
	} else {
		_, err = member.ParseLoginID(d.Text[a])
	}
	return e.at(d, a, err)
}

// name fills in who the row is about, for readers and for judging duplicates,
// also if it will be rejected.
func (e *Env) name(c *Change, d *Draft, m *member.Member) {
	if m != nil {
		c.MemberID, c.Version, c.After = m.ID, m.Version, *m
		return
	}
	if d.ID > 0 {
		c.MemberID = d.ID
	}
	c.After.Email, c.After.LoginID = d.Text[member.Email], d.Text[member.LoginID]
	c.After.Name = d.Text[member.Name]
	if d.EmailKey != "" {
		c.Mask = c.Mask.With(member.Email)
		c.After.Email, _ = member.ParseEmail(c.After.Email) // it has a key, so it parses
	}
	if d.LoginKey != "" {
		c.Mask = c.Mask.With(member.LoginID)
		c.After.LoginID, _ = member.ParseLoginID(c.After.LoginID)
	}
}

// inspect reads the other cells of a row that is rejected already, so that a
// person is told everything that is wrong with it at once (SPEC §6).
func (e *Env) inspect(c *Change, d *Draft, m *member.Member) {
	n := e.blankMember()
	if m != nil {
		*n = *m
	}
	for _, a := range e.readable(m) {
		if !d.Set.Has(a) || m != nil && d.Text[a] == e.Show(a, m) {
			continue
		}
		if err := e.set(a, d.Text[a], n); err != nil {
			c.Problems = append(c.Problems, e.at(d, a, err))
		}
	}
	if m == nil && e.Options.New == "invite" {
		e.requireWords(c, d)
	} else {
		e.inspectFields(c, d, m)
	}
	e.roles(c, d, m, n)
	c.Problems = dedupe(c.Problems)
}

// readable returns the attributes whose cells such a row would have been read for.
func (e *Env) readable(m *member.Member) []member.Attribute {
	switch {
	case m == nil && e.Options.New == "invite":
		return invitedAttributes
	case e.Options.Layout == InviteSheet:
		return without(member.MaskOf(member.Name, member.Email, member.LoginID))
	}
	return attributesInOrder
}

func (e *Env) inspectFields(c *Change, d *Draft, m *member.Member) {
	for i, text := range d.FieldText {
		if text == "" || text == e.ShowField(i, has(&e.Masters.Fields[i], m)) {
			continue
		}
		if _, err := e.parseField(i, false, text, m); err != nil {
			c.Problems = append(c.Problems, asProblem(err).At(e.fieldPlace(d, i)))
		}
	}
}

// without returns the attributes in their order, less those of a mask.
func without(fixed member.Mask) []member.Attribute {
	return slices.DeleteFunc(slices.Clone(attributesInOrder), fixed.Has)
}
