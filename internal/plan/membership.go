package plan

import (
	"slices"

	"meibo/internal/member"
	"meibo/internal/problem"
)

// DecideMembership says what a row of a memberships file does (G2): flag 0 (or
// blank) puts a member into a group, flag 1 takes them out. Both are harmless
// when done already.
func (e *Env) DecideMembership(d *Draft, f Found) Change {
	e.seq++
	c := Change{Seq: e.seq, Line: d.Line, Ordinal: -1}
	if !d.Set.Has(member.MemberID) {
		c.Problems = append(c.Problems, problem.New(problem.RequiredBlank, "attribute", member.MemberID.String()).At(e.Mapping.Place(d.Line, member.MemberID)))
	}
	m := e.match(&c, d, f)
	if m != nil {
		c.MemberID, c.Version = m.ID, m.Version
		c.After = member.Member{Email: m.Email, LoginID: m.LoginID, Name: m.Name}
	}
	remove := e.deletes(&c, d)
	e.unclearable(&c, d)
	id := e.membershipGroup(&c, d, m, remove)
	c.Problems = append(d.Problems, c.Problems...)
	ByColumn(c.Problems)
	if len(c.Problems) > 0 || m == nil {
		c.Fail()
		return c
	}
	if slices.Contains(m.Groups, id) != remove {
		c.Settle()
		c.Groups = []GroupOp{{ID: id, Adds: !remove}} // so that a later row which contradicts is told
		return c
	}
	c.Mask = member.MaskOf(member.Groups)
	c.become(m, m)
	c.Groups = []GroupOp{{ID: id, Adds: !remove}}
	e.mayChange(&c, d, m, m)
	if len(c.Problems) > 0 {
		c.Fail()
	}
	return c
}

func (e *Env) membershipGroup(c *Change, d *Draft, m *member.Member, remove bool) int64 {
	text := d.Text[member.Groups]
	if text == "" {
		e.refuse(c, d, member.Groups, problem.RequiredBlank, "attribute", member.Groups.String())
		return 0
	}
	var now []int64
	if m != nil {
		now = m.Groups
	}
	if id, ok := e.Masters.Group(text); ok && remove {
		return id
	}
	ids, ok := e.groupIDs(c, d, []string{text}, now)
	if !ok {
		return 0
	}
	return ids[0]
}
