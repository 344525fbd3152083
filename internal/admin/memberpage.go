package admin

import (
	"context"
	"strconv"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// A MemberPage is one page of the list of members.
type MemberPage struct {
	Members []member.Member // in the order of the list
	Before  bool            // there are others in front of them
	After   bool            // there are others behind them
	Total   int64           // how many are in the list, or countedMembers
	AtLeast bool            // there are more than Total: counting ended there
}

// countedMembers is how far members of a search are counted: beyond it a reader
// wants to know that they are many, and counting them costs more than the page
// (measured with 300,000 members on SQLite: a whole count of a name takes half a
// second of a processor, of a condition on two fields two).
const countedMembers = 1_000

// MemberPage lists active members as [Service.Members] does, a page at a time.
func (s *Service) MemberPage(ctx context.Context, a Actor, w Which, search string, at store.PageAt, size int) (MemberPage, error) {
	var p MemberPage
	sel, err := s.whom(ctx, a, w, search, member.ReadAccess)
	if err != nil {
		return p, err
	}
	var more bool
	if p.Members, more, err = s.db.MemberPage(ctx, a.Org.ID, sel, at, size); err != nil {
		return p, err
	}
	switch {
	case at.Last:
		p.Before = more
	case at.Before != 0:
		p.Before, p.After = more, true
	default:
		p.Before, p.After = at.After != 0, more
	}
	return p, s.countPage(ctx, a, sel, &p)
}

// countPage fills in how many members the list has.
func (s *Service) countPage(ctx context.Context, a Actor, sel store.Selection, p *MemberPage) (err error) {
	switch {
	case !p.Before && !p.After:
		p.Total = int64(len(p.Members))
		return nil
	case sel.Everyone():
		p.Total, err = s.db.CountMembers(ctx, a.Org.ID)
		return err
	}
	n, err := s.db.CountSelectedUpTo(ctx, a.Org.ID, sel, countedMembers+1)
	p.Total, p.AtLeast = min(n, countedMembers), n > countedMembers
	return err
}

// whom understands which members are meant, for whoever has them open as far as
// a level.
func (s *Service) whom(ctx context.Context, a Actor, w Which, search string, level member.Level) (store.Selection, error) {
	if err := a.may(member.MembersArea, level); err != nil {
		return store.Selection{}, err
	}
	if w.IDs != nil && len(w.IDs) == 0 {
		return store.Selection{}, problem.New(problem.MembersUnselected)
	}
	masters, err := s.db.Masters(ctx, a.Org.ID)
	if err != nil {
		return store.Selection{}, err
	}
	sel, err := s.selection(ctx, a, masters, w)
	if err == nil {
		sel.Filter = searching(sel.Filter, member.Trim(search))
	}
	return sel, err
}

// PlanBatch makes the plan of one edit of all members that w and search name, and
// applies nothing. Its MemberID is not looked at. Members are read and decided
// batch by batch, however many they are; those who cannot be changed so are left
// out and told in the plan. Its problem is MembersUnselected or MembersNone where
// nobody is meant.
func (s *Service) PlanBatch(ctx context.Context, a Actor, w Which, search string, e Edit) (store.Import, error) {
	sel, err := s.whom(ctx, a, w, search, member.WriteAccess)
	if err != nil {
		return store.Import{}, err
	}
	n, err := s.db.CountSelectedUpTo(ctx, a.Org.ID, sel, 1)
	if err == nil && n == 0 {
		err = problem.Of(problem.NotFound, problem.MembersNone)
	}
	if err != nil {
		return store.Import{}, err
	}
	p, err := s.newPlanner(ctx, a, store.EditImport, batchOptions, nil)
	if err != nil {
		return store.Import{}, err
	}
	if _, err := p.batchDraft(e); err != nil {
		return store.Import{}, err
	}
	if err := p.start(ctx); err != nil {
		return p.imp, err
	}
	return p.end(ctx, p.batch(ctx, sel, e))
}

// batchOptions are those of a plan of one edit of many members.
var batchOptions = plan.Options{Layout: plan.Register, BadRows: "skip", New: "register"}

func (p *planner) batchDraft(e Edit) (plan.Draft, error) {
	e.MemberID, e.Version, e.Fields, e.Files = 0, 0, nil, nil
	return p.s.draft(p.a, e, p.masters)
}

// batch decides one edit of all who are selected.
func (p *planner) batch(ctx context.Context, sel store.Selection, e Edit) error {
	d, err := p.batchDraft(e)
	if err != nil {
		return err
	}
	return p.sweep(ctx, sweep{who: sel, edit: func(_ *member.Member, each *plan.Draft) { *each = d }})
}

// A MemberAbout is what a member's page says beside the member.
type MemberAbout struct {
	Owned       bool   // name and e-mail are the member's own to change (I3)
	MayUnlock   bool   // they have a second factor or passkeys, which the actor may take off
	LinkMail    string // kind of the mail with a link to a password that the actor may have sent; empty for none
	WithdrawnBy int64  // import that deleted the member; 0 if they are there, or erased
}

// AboutMember returns what a member's page says beside the member.
func (s *Service) AboutMember(ctx context.Context, a Actor, id int64) (MemberAbout, error) {
	var st MemberAbout
	if err := a.may(member.MembersArea, member.ReadAccess); err != nil {
		return st, err
	}
	if a.Org.Settings.Is(plan.PeopleOwnProfile) {
		owned, err := s.db.Accepted(ctx, a.Org.ID, []int64{id})
		if err != nil {
			return st, err
		}
		st.Owned = owned[id]
	}
	found, err := s.db.MembersByID(ctx, a.Org.ID, []int64{id})
	if err == nil && a.MemberID != id && a.may(member.MembersArea, member.WriteAccess) == nil && found[id] != nil {
		account, err := s.db.Account(ctx, a.Org.ID, id)
		if err != nil {
			return st, err
		}
		st.MayUnlock = (account.TOTP != nil || account.Passkeys > 0) && a.mayUnlock(found[id], id) == nil
		if s.mayGetLink(a, found[id]) {
			st.LinkMail = passwordMail(account)
		}
	}
	if err != nil || found[id] == nil || found[id].State != member.Withdrawn {
		return st, err
	}
	by, err := s.db.WithdrawnBy(ctx, a.Org.ID, []int64{id})
	st.WithdrawnBy = by[id]
	return st, err
}

// Show returns a function that shows attributes and fields of members, by
// identifier, as an export writes them ([Texts] shows all of them at once). It
// shows no password, and is for one goroutine.
func Show(a Actor, masters *plan.Masters) func(m *member.Member, identifier string) string {
	env := plan.Env{Masters: masters, Zone: a.Org.Zone}
	return func(m *member.Member, identifier string) string {
		if i, ok := masters.FieldIndex(identifier); ok {
			return env.ShowField(i, m.Fields[identifier])
		}
		if attribute, ok := member.AttributeNamed(identifier); ok && isListed(attribute) {
			return env.Show(attribute, m)
		}
		return ""
	}
}

// isListed reports whether a list of members can have a column for an attribute.
func isListed(a member.Attribute) bool {
	for _, listed := range registerColumns {
		if a == listed {
			return true
		}
	}
	return false
}

// ListColumns returns the columns of the actor's list of members, by identifier:
// those that they chose, less fields that are gone, or else the usual ones.
func (s *Service) ListColumns(ctx context.Context, a Actor) ([]string, error) {
	if err := a.may(member.MembersArea, member.ReadAccess); err != nil {
		return nil, err
	}
	chosen, err := s.db.ListColumns(ctx, a.Org.ID, a.MemberID)
	if err != nil {
		return nil, err
	}
	masters, err := s.db.Masters(ctx, a.Org.ID)
	if err != nil {
		return nil, err
	}
	if chosen == nil {
		chosen = usualColumns()
	}
	var columns []string
	for _, identifier := range chosen {
		if isColumn(identifier, masters) {
			columns = append(columns, identifier)
		}
	}
	return columns, nil
}

func usualColumns() []string {
	var columns []string
	for _, a := range []member.Attribute{member.Name, member.Email, member.LoginID, member.Groups, member.SystemRole, member.LoginAllowed} {
		columns = append(columns, a.String())
	}
	return columns
}

func isColumn(identifier string, masters *plan.Masters) bool {
	if _, ok := masters.FieldIndex(identifier); ok {
		return true
	}
	a, ok := member.AttributeNamed(identifier)
	return ok && isListed(a)
}

// Columns lists what a list of members can show, by identifier: attributes, then
// fields in their order.
func Columns(masters *plan.Masters) []string {
	names := defaultColumns(plan.Register, masters.Fields)
	return names[:len(names)-1] // _base is for files
}

// SetListColumns keeps which columns the actor's list of members has. Its problems
// are ColumnUnknown, ColumnTwice and ProfileMembersOnly.
func (s *Service) SetListColumns(ctx context.Context, a Actor, columns []string) error {
	if err := a.may(member.MembersArea, member.ReadAccess); err != nil {
		return err
	}
	if err := a.mustBeMember(); err != nil {
		return err
	}
	masters, err := s.db.Masters(ctx, a.Org.ID)
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, identifier := range columns {
		switch {
		case !isColumn(identifier, masters):
			return problem.Of(problem.NotFound, problem.ColumnUnknown, "name", identifier)
		case seen[identifier]:
			return problem.New(problem.ColumnTwice, "name", identifier)
		}
		seen[identifier] = true
	}
	if columns == nil {
		columns = []string{} // nothing but the ID, which is always there
	}
	return s.db.Write(ctx, func(tx *store.Tx) error { return tx.SetListColumns(ctx, a.Org.ID, a.MemberID, columns) })
}

// MemberID reads the ID of a member in the address of a page. Its problem is
// MemberUnknown.
func MemberID(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return 0, problem.Of(problem.NotFound, problem.MemberUnknown, "id", text, "layout", "")
	}
	return id, nil
}
