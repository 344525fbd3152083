package admin

import (
	"context"
	"errors"
	"maps"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/store"
)

// A lookup is what the roll knows of the members of a batch.
type lookup struct {
	byID     map[int64]*member.Member
	byEmail  map[string]*member.Member
	byLogin  map[string]*member.Member
	invited  map[string]*plan.Invitation
	past     map[int64]*member.Member
	deletion map[int64]int64 // member → import that withdrew them
	owned    map[int64]bool  // who alone may change name and e-mail
	matched  []int64         // IDs of those who were found
}

// lookup finds in db who drafts may be about. env is p's, or one beside it. near are
// members who may be among them.
func (p *planner) lookup(ctx context.Context, db *store.DB, env *plan.Env, drafts []plan.Draft, near []member.Member) (*lookup, error) {
	var ids []int64
	var emails, logins []string
	for i := range drafts {
		d := &drafts[i]
		if d.ID > 0 {
			ids = append(ids, d.ID)
		}
		if d.EmailKey != "" {
			emails = append(emails, d.EmailKey)
		}
		if d.LoginKey != "" {
			logins = append(logins, d.LoginKey)
		}
	}
	l := &lookup{}
	org := p.imp.Org
	var err1, err2, err3, err4 error
	l.byID, err1 = db.MembersByID(ctx, org, ids)
	if env.Options.Matches(member.Email) {
		l.byEmail, err2 = byKey(ctx, db, org, member.Email, emails, near)
	}
	if env.Options.Matches(member.LoginID) {
		l.byLogin, err3 = byKey(ctx, db, org, member.LoginID, logins, near)
	}
	l.invited, err4 = db.OpenInvitations(ctx, org, emails)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return nil, err
	}
	if err := p.history(ctx, db, env, l, drafts); err != nil {
		return nil, err
	}
	for i := range drafts {
		if m := l.match(&drafts[i]); m != nil {
			l.matched = append(l.matched, m.ID)
		}
	}
	l.owned, err1 = p.ownProfile(ctx, db, l.matched)
	return l, err1
}

// byKey finds the active members with the given keys among those that are near, and looks
// the others up. Who else is near is among what it returns.
func byKey(ctx context.Context, db *store.DB, org int64, key member.Attribute, keys []string, near []member.Member) (map[string]*member.Member, error) {
	if len(near) == 0 {
		return db.MembersByKey(ctx, org, key, keys)
	}
	found := make(map[string]*member.Member, len(near))
	for i := range near {
		if k := near[i].Key(key); k != "" {
			found[k] = &near[i]
		}
	}
	var others []string
	for _, k := range keys {
		if found[k] == nil {
			others = append(others, k)
		}
	}
	looked, err := db.MembersByKey(ctx, org, key, others)
	maps.Copy(found, looked)
	return found, err
}

// ownProfile returns which of the members alone may change their name and e-mail:
// those who accepted an invitation, if the setting says so (I3).
func (p *planner) ownProfile(ctx context.Context, db *store.DB, ids []int64) (map[int64]bool, error) {
	if !p.a.Org.Settings.Is(plan.PeopleOwnProfile) {
		return nil, nil //nolint:nilnil // a map without anybody
	}
	return db.Accepted(ctx, p.imp.Org, ids)
}

// history reads what members were at the versions that _base names, and who
// withdrew those that are gone.
func (p *planner) history(ctx context.Context, db *store.DB, env *plan.Env, l *lookup, drafts []plan.Draft) error {
	versions := map[int64]int64{}
	var withdrawn []int64
	for i := range drafts {
		m := l.match(&drafts[i])
		if version, ok := env.NeedsPast(&drafts[i], m); ok {
			versions[m.ID] = version
		}
		if m != nil && m.State == member.Withdrawn {
			withdrawn = append(withdrawn, m.ID)
		}
	}
	var err1, err2 error
	l.past, err1 = db.PastMembers(ctx, p.imp.Org, l.current(versions), versions)
	l.deletion, err2 = db.WithdrawnBy(ctx, p.imp.Org, withdrawn)
	return errors.Join(err1, err2)
}

// match finds a draft's member as matching will: by ID, else e-mail, else login ID.
func (l *lookup) match(d *plan.Draft) *member.Member {
	if d.ID > 0 {
		return l.byID[d.ID]
	}
	if m := l.byEmail[d.EmailKey]; m != nil && d.EmailKey != "" {
		return m
	}
	if d.LoginKey == "" {
		return nil
	}
	return l.byLogin[d.LoginKey]
}

func (l *lookup) current(versions map[int64]int64) map[int64]*member.Member {
	current := make(map[int64]*member.Member, len(versions))
	for id, m := range l.byID {
		if _, ok := versions[id]; ok {
			current[id] = m
		}
	}
	for _, byKey := range []map[string]*member.Member{l.byEmail, l.byLogin} {
		for _, m := range byKey {
			if _, ok := versions[m.ID]; ok {
				current[m.ID] = m
			}
		}
	}
	return current
}

func (l *lookup) of(d *plan.Draft) plan.Found {
	f := plan.Found{Invitation: l.invited[d.EmailKey]}
	if d.ID > 0 {
		f.ByID, f.WithdrawnBy = l.byID[d.ID], l.deletion[d.ID]
	}
	if d.EmailKey != "" {
		f.ByEmail = l.byEmail[d.EmailKey]
	}
	if d.LoginKey != "" {
		f.ByLogin = l.byLogin[d.LoginKey]
	}
	if m := l.match(d); m != nil {
		f.Past, f.Owned = l.past[m.ID], l.owned[m.ID]
	}
	return f
}

// holders returns who has the keys of a draft, as far as they were looked up.
func (l *lookup) holders(d *plan.Draft) (email, login plan.Holder) {
	if l.byEmail != nil {
		email = plan.Holder{Key: d.EmailKey, Member: l.byEmail[d.EmailKey]}
	}
	if l.byLogin != nil {
		login = plan.Holder{Key: d.LoginKey, Member: l.byLogin[d.LoginKey]}
	}
	return email, login
}
