package plan

import (
	"maps"
	"slices"
	"time"

	"meibo/internal/member"
	"meibo/internal/problem"
)

// A Current is how things stand where an applied change is to be undone.
type Current struct {
	Member     *member.Member // in any state; nil if the change had no member
	Invitation *Invitation    // nil if the change had none
	ChangedBy  string         // who changed the member since; empty if unknown
	ChangedAt  int64          // microseconds UTC; 0 if unknown
	Owned      bool           // only the member may change name and e-mail (I3)
}

// Invert turns back one applied change (A6). done has the member or invitation
// ID that applying gave it. What cannot be turned back is a reject with its
// reason; what is back already is a keep.
func (e *Env) Invert(done *Change, now Current) Change {
	e.seq++
	c := Change{Seq: e.seq, Ordinal: -1, MemberID: done.MemberID, InvitationID: done.InvitationID}
	if now.Member != nil {
		c.Version, c.After = now.Member.Version, *now.Member
	} else if now.Invitation != nil {
		c.After = invited(now.Invitation)
	}
	switch {
	case done.MemberID == 0:
		e.invertInvitation(&c, done, now.Invitation)
	case e.stopped(&c, done, now):
	case done.Action == Create:
		e.Withdraw(&c, now.Member)
		e.reopen(&c, done, now.Invitation)
	case done.Action == Delete:
		e.restore(&c, done, now.Member)
		e.closeAgain(&c, done, now.Invitation)
	default:
		e.putBack(&c, done, now.Member)
		e.reopen(&c, done, now.Invitation)
		e.closeAgain(&c, done, now.Invitation)
	}
	if c.Action.Applies() {
		e.mayInvert(&c, now.Member)
	}
	return c
}

func invited(i *Invitation) member.Member {
	return member.Member{Email: i.Email, Role: i.Role, Permission: i.Permission, PolicyID: i.PolicyID, RoleID: i.RoleID}
}

// stopped settles what is back already, and rejects what must be left alone:
// somebody erased, deleted or changed since, the primary owner, oneself.
func (e *Env) stopped(c *Change, done *Change, now Current) bool {
	m := now.Member
	moved := m != nil && m.Version != done.Version+1
	switch {
	case m == nil || m.State == member.Erased:
		c.Fail(problem.New(problem.PersonErased))
	case moved && e.isBack(done, m):
		c.Settle()
	case m.State == member.Withdrawn && (moved || done.Action != Delete): // nor does ChangedToo restore anybody
		c.Fail(e.changedSince(now, "deleted"))
	case moved && !e.Options.ChangedToo:
		c.Fail(e.changedSince(now, ""))
	case now.Owned && done.Action == Update && done.Mask.Has(member.Name):
		c.Fail(problem.New(problem.ProfileOwned, "attribute", member.Name.String()))
	case now.Owned && done.Action == Update && done.Mask.Has(member.Email):
		c.Fail(problem.New(problem.ProfileOwned, "attribute", member.Email.String()))
	case done.Action == Create && m.Role == member.PrimaryOwner:
		c.Fail(problem.New(problem.DeletePrimaryOwner))
	case done.Action == Create && e.Actor.ID != 0 && m.ID == e.Actor.ID:
		c.Fail(problem.New(problem.DeleteSelf))
	default:
		return false
	}
	return true
}

// isBack reports whether m is as if done had not been: another undo may have put
// it back. Passwords are never put back (A6): of a change of nothing else there is
// nothing to do.
func (e *Env) isBack(done *Change, m *member.Member) bool {
	switch {
	case done.Action == Create:
		return m.State == member.Withdrawn
	case done.Action == Delete:
		return m.State == member.Active
	case m.State == member.Withdrawn:
		return false
	}
	var c Change
	e.putBack(&c, done, m)
	return c.Action == Keep
}

// changedSince tells of somebody changed since; what is "deleted" or empty.
func (e *Env) changedSince(now Current, what string) problem.Problem {
	when := ""
	if now.ChangedAt > 0 {
		when = time.UnixMicro(now.ChangedAt).In(e.Zone).Format("2006-01-02 15:04")
	}
	return problem.Of(problem.Conflict, problem.ChangedSince, "who", now.ChangedBy, "when", when, "what", what)
}

// restore brings a withdrawn member back as they were, groups included.
func (e *Env) restore(c *Change, done *Change, m *member.Member) {
	c.Action, c.After = Create, *m
	c.After.State, c.After.WithdrawnAt = member.Active, 0
	c.Mask = member.MaskOf(member.Email, member.LoginID)
	c.Groups = e.inverse(done.Groups)
	if ps := append(e.gone(&c.After, c.Groups), e.replaced(c.After.Fields)...); len(ps) > 0 {
		c.Fail(ps...)
		return
	}
	if m.Role.IsOwner() {
		c.Hazards |= TouchesOwner
	}
}

// gone returns a problem for each group, role or policy that is no more.
func (e *Env) gone(m *member.Member, groups []GroupOp) []problem.Problem {
	var ps []problem.Problem
	for _, g := range groups {
		if g.Adds && !e.Masters.HasGroup(g.ID) {
			ps = append(ps, problem.Of(problem.Conflict, problem.GroupGone, "value", e.Masters.GroupName(g.ID)))
		}
	}
	if _, ok := e.Masters.roleByID[m.RoleID]; m.RoleID != 0 && !ok {
		ps = append(ps, problem.Of(problem.Conflict, problem.RoleGone, "value", number(m.RoleID)))
	}
	if _, ok := e.Masters.policyByID[m.PolicyID]; m.PolicyID != 0 && !ok {
		ps = append(ps, problem.Of(problem.Conflict, problem.PolicyGone, "value", number(m.PolicyID)))
	}
	for identifier := range m.Fields {
		if _, ok := e.Masters.Field(identifier); !ok {
			ps = append(ps, problem.Of(problem.Conflict, problem.FieldGone, "value", identifier))
		}
	}
	return ps
}

// replaced returns a problem for each value that would be put back into another
// field than it is from: one of the same identifier, made since.
func (e *Env) replaced(values map[string]string) []problem.Problem {
	var ps []problem.Problem
	for _, identifier := range slices.Sorted(maps.Keys(values)) {
		f, ok := e.Masters.Field(identifier)
		if ok && values[identifier] != "" && f.ID != e.Undone[identifier] {
			ps = append(ps, problem.Of(problem.Conflict, problem.FieldGone, "value", identifier))
		}
	}
	return ps
}

// inverse turns memberships back. Who was in a group that is gone comes into the
// one that has its name now, unless done was about that one too: they were in it,
// or not, as itself.
func (e *Env) inverse(ops []GroupOp) []GroupOp {
	var out []GroupOp
	for _, g := range ops {
		back := GroupOp{ID: g.ID, Adds: !g.Adds}
		now, ok := e.Masters.successor(g.ID)
		if ok && back.Adds && !slices.ContainsFunc(ops, func(o GroupOp) bool { return o.ID == now }) {
			back.ID = now
		}
		if !slices.Contains(out, back) {
			out = append(out, back)
		}
	}
	return out
}

// putBack gives the attributes that done changed their old values. Passwords
// are not put back.
func (e *Env) putBack(c *Change, done *Change, m *member.Member) {
	n := *m
	for _, a := range attributesInOrder {
		if !done.Mask.Has(a) {
			continue
		}
		copyAttribute(a, &done.Before, &n)
		if !same(a, &n, m) {
			c.Mask = c.Mask.With(a)
		}
	}
	if done.Mask.Has(member.Fields) {
		e.putBackFields(c, done, m, &n)
	}
	e.putBackGroups(c, done, m)
	if c.Mask == 0 {
		c.Settle()
		return
	}
	ps := slices.Concat(e.gone(&n, c.Groups), e.replaced(done.Before.Fields), e.lost(done.Before.Fields))
	if len(ps) > 0 {
		c.Fail(ps...)
		return
	}
	c.become(m, &n)
	if m.EmailKey() != n.EmailKey() {
		c.FreesEmail = m.EmailKey()
	}
	if m.LoginKey() != n.LoginKey() {
		c.FreesLogin = m.LoginKey()
	}
	if p, locks := e.lockout(m, &n); locks {
		c.Fail(p)
		return
	}
	e.hazards(c, m, &n)
}

func (e *Env) putBackFields(c *Change, done *Change, m, n *member.Member) {
	n.Fields = maps.Clone(m.Fields)
	if n.Fields == nil {
		n.Fields = map[string]string{}
	}
	for identifier, value := range done.Before.Fields {
		if value == "" {
			delete(n.Fields, identifier)
		} else {
			n.Fields[identifier] = value
		}
	}
	if !maps.Equal(n.Fields, m.Fields) {
		c.Mask = c.Mask.With(member.Fields)
	}
}

// putBackGroups turns back memberships, but for those that are back already.
func (e *Env) putBackGroups(c *Change, done *Change, m *member.Member) {
	for _, g := range e.inverse(done.Groups) {
		if slices.Contains(m.Groups, g.ID) != g.Adds {
			c.Groups = append(c.Groups, g)
		}
	}
	if len(c.Groups) > 0 {
		c.Mask = c.Mask.With(member.Groups)
	}
}

func copyAttribute(a member.Attribute, from, to *member.Member) {
	switch a {
	case member.LoginID:
		to.LoginID = from.LoginID
	case member.Email:
		to.Email = from.Email
	case member.Name:
		to.Name = from.Name
	case member.LoginAllowed:
		to.LoginAllowed = from.LoginAllowed
	case member.LoginUntil:
		to.LoginUntil = from.LoginUntil
	case member.SystemRole:
		to.Role = from.Role
	case member.SystemPermission:
		to.Permission = from.Permission
	case member.BrandPolicy:
		to.PolicyID = from.PolicyID
	case member.Role:
		to.RoleID = from.RoleID
	case member.Remarks:
		to.Remarks = from.Remarks
	case member.DisplayOrder:
		to.DisplayOrder = from.DisplayOrder
	}
}

// invertInvitation turns back a change of an invitation alone. The same link
// works again: reopening keeps the generation.
func (e *Env) invertInvitation(c *Change, done *Change, i *Invitation) {
	switch {
	case i == nil || i.Email == "":
		c.Fail(problem.New(problem.PersonErased))
	case done.InvitationOp == CancelInvitation:
		e.reopenAlone(c, done, i)
	case i.StateAt(e.Now) == InvitationExpired || i.State == InvitationCancelled:
		c.Settle()
	case i.State == InvitationAccepted:
		c.Fail(problem.Of(problem.Conflict, problem.InvitationAcceptedSince))
	default:
		c.Action, c.InvitationOp, c.InvitationVersion = Delete, CancelInvitation, i.Version
		if i.Role.IsOwner() {
			c.Hazards |= TouchesOwner
		}
	}
}

func (e *Env) reopenAlone(c *Change, done *Change, i *Invitation) {
	if i.State != InvitationCancelled || i.Version != done.InvitationVersion+1 || i.ExpiresAt <= e.Now {
		c.Settle()
		return
	}
	c.Action, c.InvitationOp, c.InvitationVersion = Invite, ReopenInvitation, i.Version
	c.Mask = member.MaskOf(member.Email)
	if ps := e.gone(&c.After, nil); len(ps) > 0 {
		c.Fail(ps...)
	} else if i.Role.IsOwner() {
		c.Hazards |= TouchesOwner
	}
}

// reopen brings back the invitation that done closed beside its own work, unless
// its role or policy is gone: without a policy it would open all brands (G6).
func (e *Env) reopen(c *Change, done *Change, i *Invitation) {
	if done.InvitationOp != CloseInvitation || i == nil || i.Email == "" || !c.Action.Applies() {
		return
	}
	if offer := invited(i); len(e.gone(&offer, nil)) > 0 {
		return
	}
	if i.State == InvitationAccepted && i.Version == done.InvitationVersion+1 && i.ExpiresAt > e.Now {
		c.InvitationOp, c.InvitationVersion = ReopenInvitation, i.Version
	}
}

// closeAgain closes the invitation that done, itself an undo, had reopened.
func (e *Env) closeAgain(c *Change, done *Change, i *Invitation) {
	if done.InvitationOp != ReopenInvitation || i == nil || !c.Action.Applies() {
		return
	}
	if i.StateAt(e.Now) == InvitationOpen {
		c.InvitationOp, c.InvitationVersion = CloseInvitation, i.Version
	}
}

// Cancel is the change that cancels an open invitation on its own.
func (e *Env) Cancel(seq int64, i *Invitation) Change {
	c := Change{Seq: seq, Ordinal: -1, Action: Delete, After: invited(i), InvitationID: i.ID,
		InvitationOp: CancelInvitation, InvitationVersion: i.Version}
	e.needs(&c, nil, &c.After)
	if i.Role.IsOwner() {
		c.Hazards |= TouchesOwner
	}
	return c
}

// TakeBack turns m, as an applied update left it, into what it was before.
func TakeBack(c *Change, m *member.Member) {
	if c.Action != Update {
		return
	}
	for _, a := range attributesInOrder {
		if c.Mask.Has(a) {
			copyAttribute(a, &c.Before, m)
		}
	}
	for identifier, value := range c.Before.Fields {
		if m.Fields == nil {
			m.Fields = map[string]string{}
		}
		if m.Fields[identifier] = value; value == "" {
			delete(m.Fields, identifier)
		}
	}
	for _, g := range c.Groups {
		if g.Adds {
			m.Groups = slices.DeleteFunc(m.Groups, func(id int64) bool { return id == g.ID })
		} else {
			m.Groups = sorted(append(m.Groups, g.ID))
		}
	}
}
