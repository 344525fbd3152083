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
	ByColumn(c.Problems)
	return c
}

// ByColumn puts the problems of a row in the order in which a person reads it;
// those of the row as a whole come first.
func ByColumn(ps []problem.Problem) {
	slices.SortStableFunc(ps, func(p, q problem.Problem) int {
		return cmp.Or(cmp.Compare(len(p.Place.Column), len(q.Place.Column)), cmp.Compare(p.Place.Column, q.Place.Column))
	})
}

// decide returns what the row means to do. known is false where that cannot be
// told: the row is damaged, names nobody, or its delete flag is no flag.
func (e *Env) decide(c *Change, d *Draft, m *member.Member, f Found) (intended Action, known bool) {
	intended = Update
	if m == nil {
		intended = choose(e.Options.New == "invite", Invite, Create)
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
		e.refuse(c, d, member.Delete, problem.DeleteFlagMalformed, "value", text, "layout", string(e.Options.Layout))
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

func number(n int64) string { return strconv.FormatInt(n, 10) }
