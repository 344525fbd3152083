package admin

import (
	"context"
	"strconv"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// MemberList are the first of the members that were asked for.
type MemberList struct {
	Members []member.Member // by ID, ascending
	Total   int64           // how many there are, the rest included
}

// Members lists active members: those of w whose name, e-mail, login ID or
// member ID has search in it (empty: all of w), at most limit of them.
func (s *Service) Members(ctx context.Context, a Actor, w Which, search string, limit int) (MemberList, error) {
	sel, err := s.whom(ctx, a, w, search, member.ReadAccess)
	if err != nil {
		return MemberList{}, err
	}
	var l MemberList
	if limit > 0 {
		if l.Members, err = s.firstMembers(ctx, a, sel, limit); err != nil {
			return l, err
		}
	}
	if n := len(l.Members); n < limit { // nobody else is to be counted
		l.Total = int64(n)
		return l, nil
	}
	l.Total, err = s.db.CountSelected(ctx, a.Org.ID, sel)
	return l, err
}

func (s *Service) firstMembers(ctx context.Context, a Actor, sel store.Selection, n int) (ms []member.Member, err error) {
	for m, err := range s.db.Members(ctx, a.Org.ID, sel) {
		if err != nil {
			return nil, err
		}
		if ms = append(ms, m); len(ms) == n {
			break
		}
	}
	return ms, nil
}

// searching narrows a filter (nil: everyone) to whom a text names.
func searching(f *member.Filter, text string) *member.Filter {
	if text == "" {
		return f
	}
	part := func(a member.Attribute) member.Node {
		return member.Comparison{Attribute: a.String(), Op: member.Contains, Value: member.FilterValue{Kind: member.TextValue, Text: text}}
	}
	root := member.Or{Terms: []member.Node{part(member.Name), part(member.Email), part(member.LoginID)}}
	if id, err := member.ParseMemberID(text); err == nil {
		root.Terms = append(root.Terms, member.Comparison{Attribute: member.MemberID.String(), Op: member.Equal,
			Value: member.FilterValue{Kind: member.NumberValue, Text: line(id)}})
	}
	if f == nil || f.Root == nil {
		return &member.Filter{Root: root}
	}
	return &member.Filter{Root: member.And{Terms: []member.Node{f.Root, root}}}
}

// Member finds one member: by ID in any state, or an active one by e-mail or
// login ID. Its problems are MemberUnknown (also of somebody erased) and
// MemberNotFound.
func (s *Service) Member(ctx context.Context, a Actor, who string) (member.Member, error) {
	if err := a.may(member.MembersArea, member.ReadAccess); err != nil {
		return member.Member{}, err
	}
	who = member.Trim(who)
	if id, err := strconv.ParseInt(who, 10, 64); err == nil {
		found, err := s.db.MembersByID(ctx, a.Org.ID, []int64{id})
		if err != nil {
			return member.Member{}, err
		}
		if m := found[id]; m != nil && m.State != member.Erased {
			return *m, nil
		}
		return member.Member{}, problem.Of(problem.NotFound, problem.MemberUnknown, "id", who, "layout", "")
	}
	key := member.FoldKey(who)
	for _, by := range []member.Attribute{member.Email, member.LoginID} {
		found, err := s.db.MembersByKey(ctx, a.Org.ID, by, []string{key})
		if err != nil {
			return member.Member{}, err
		}
		if m := found[key]; m != nil {
			return *m, nil
		}
	}
	return member.Member{}, problem.Of(problem.NotFound, problem.MemberNotFound, "value", who)
}

// History returns what was ever done to a member, newest first, with the import
// and line it came from (M8), and the names of those who did it, by member ID.
// Its problem is MemberUnknown; somebody erased has a history without content.
func (s *Service) History(ctx context.Context, a Actor, id int64) ([]store.Past, map[int64]string, error) {
	if err := a.may(member.HistoryArea, member.ReadAccess); err != nil {
		return nil, nil, err
	}
	there, err := s.db.MembersByID(ctx, a.Org.ID, []int64{id})
	if err != nil {
		return nil, nil, err
	}
	if there[id] == nil {
		return nil, nil, problem.Of(problem.NotFound, problem.MemberUnknown, "id", line(id), "layout", "")
	}
	pasts, err := s.db.History(ctx, a.Org.ID, id)
	if err != nil {
		return nil, nil, err
	}
	var actors []int64
	for _, p := range pasts {
		if p.ActorID != 0 {
			actors = append(actors, p.ActorID)
		}
	}
	found, err := s.db.MembersByID(ctx, a.Org.ID, actors)
	names := make(map[int64]string, len(found))
	for id, m := range found {
		names[id] = m.Name
	}
	return pasts, names, err
}

// Texts shows every attribute of a member as an export writes it, by identifier;
// fields too. There is no password among them.
func Texts(m *member.Member, a Actor, masters *plan.Masters) map[string]string {
	env := plan.Env{Masters: masters, Zone: a.Org.Zone}
	texts := map[string]string{}
	for i := member.MemberID; i < member.Delete; i++ {
		if i != member.Password {
			texts[i.String()] = env.Show(i, m)
		}
	}
	for i, f := range masters.Fields {
		texts[f.Identifier] = env.ShowField(i, m.Fields[f.Identifier])
	}
	return texts
}
