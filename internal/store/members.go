package store

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	"meibo/internal/member"
)

// memberColumns are the columns that scanMember reads, of alias m.
const memberColumns = `m.id, m.version, m.state, coalesce(m.email, ''), coalesce(m.login_id, ''), coalesce(m.name, ''),
	m.login_allowed, coalesce(m.login_until, ''), m.system_role, m.system_permission, coalesce(m.policy_id, 0), coalesce(m.role_id, 0),
	coalesce(m.remarks, ''), coalesce(m.display_order, 0), m.fields, m.created_at, coalesce(m.withdrawn_at, 0)`

// A memberReader reads memberColumns, and then whatever more is asked for.
type memberReader struct {
	m      member.Member
	fields string
	dest   []any
}

func newMemberReader(more ...any) *memberReader {
	r := &memberReader{}
	m := &r.m
	r.dest = append(make([]any, 0, 20), &m.ID, &m.Version, &m.State, &m.Email, &m.LoginID, &m.Name, &m.LoginAllowed, &m.LoginUntil,
		&m.Role, &m.Permission, &m.PolicyID, &m.RoleID, &m.Remarks, &m.DisplayOrder, &r.fields, &m.CreatedAt, &m.WithdrawnAt)
	r.dest = append(r.dest, more...)
	return r
}

// read reads a row into m, whose map of fields and list of groups, if it has them,
// are used again.
func (r *memberReader) read(m *member.Member, scan func(...any) error) (err error) {
	if err := scan(r.dest...); err != nil {
		return fmt.Errorf("member: scan: %w", err)
	}
	fields, groups := m.Fields, m.Groups
	*m = r.m
	m.Groups = groups[:0]
	if m.Fields, err = member.ParseFieldsInto(fields, r.fields); err != nil {
		return fmt.Errorf("member %d: fields: %w", m.ID, err)
	}
	return nil
}

// add appends the member of a row. Where there is room the member who was there
// before gives theirs.
func (r *memberReader) add(ms []member.Member, scan func(...any) error) ([]member.Member, error) {
	if len(ms) == cap(ms) {
		ms = append(ms, member.Member{})
	} else {
		ms = ms[:len(ms)+1]
	}
	return ms, r.read(&ms[len(ms)-1], scan)
}

// groupList is a subselect of m's group IDs, ascending, joined by commas;
// one query then serves a member and their memberships.
func (d dialect) groupList() string {
	if d == postgres {
		return `coalesce((SELECT string_agg(g.group_id::text, ',' ORDER BY g.group_id) FROM membership g WHERE g.org_id = m.org_id AND g.member_id = m.id), '')`
	}
	return `coalesce((SELECT group_concat(x, ',') FROM (SELECT g.group_id AS x FROM membership g WHERE g.org_id = m.org_id AND g.member_id = m.id ORDER BY g.group_id)), '')`
}

func parseIDs(text string) ([]int64, error) {
	if text == "" {
		return nil, nil
	}
	parts := strings.Split(text, ",")
	ids := make([]int64, len(parts))
	for i, p := range parts {
		id, err := strconv.ParseInt(p, 10, 64)
		if err != nil {
			return nil, err
		}
		ids[i] = id
	}
	return ids, nil
}

func (d dialect) selectMember() string {
	return `SELECT ` + memberColumns + `, ` + d.groupList() + ` FROM member m `
}

func scanWhole(scan func(...any) error) (m member.Member, err error) {
	var groups string
	if err := newMemberReader(&groups).read(&m, scan); err != nil {
		return m, err
	}
	m.Groups, err = parseIDs(groups)
	return m, err
}

// MembersByID returns the members with the given IDs, in any state, by ID.
// Those that nobody has are missing from the result.
func (db *DB) MembersByID(ctx context.Context, org int64, ids []int64) (map[int64]*member.Member, error) {
	found := make(map[int64]*member.Member, len(ids))
	if len(ids) == 0 {
		return found, nil
	}
	once := slices.Compact(slices.Sorted(slices.Values(ids)))
	from, args, most := db.dialect.picked("member", "m", "id", 2, "bigint"), []any{org, list(db.dialect, once)}, int64(len(once))
	if first, last := once[0], once[len(once)-1]; areClose(first, last, len(once)) {
		from, args, most = `member m WHERE m.org_id = $1 AND m.id BETWEEN $2 AND $3`, []any{org, first, last}, last-first+1
	}
	ms, err := db.membersFrom(ctx, org, from, args, int(most))
	if err != nil {
		return nil, fmt.Errorf("members by id: %w", err)
	}
	for i := range ms {
		if _, asked := slices.BinarySearch(once, ms[i].ID); asked {
			found[ms[i].ID] = &ms[i]
		}
	}
	return found, nil
}

// areClose reports whether n IDs, from first to last, lie so close together that reading
// whoever is there takes less than looking up each.
func areClose(first, last int64, n int) bool { return last-first < 2*int64(n) }

// MembersByKey returns the active members with the given e-mail keys or login
// keys, by key. Those that nobody has are missing from the result.
func (db *DB) MembersByKey(ctx context.Context, org int64, key member.Attribute, keys []string) (map[string]*member.Member, error) {
	found := make(map[string]*member.Member, len(keys))
	if len(keys) == 0 {
		return found, nil
	}
	column := "email_key"
	if key == member.LoginID {
		column = "login_key"
	}
	once := slices.Compact(slices.Sorted(slices.Values(keys)))
	ms, err := db.membersFrom(ctx, org, db.dialect.picked("member", "m", column, 2, "text"), []any{org, list(db.dialect, once)}, len(once))
	if err != nil {
		return nil, fmt.Errorf("members by %s: %w", key, err)
	}
	for i := range ms {
		found[ms[i].Key(key)] = &ms[i]
	}
	return found, nil
}

// MembersBetween returns the active members whose IDs lie between two, in no order.
func (db *DB) MembersBetween(ctx context.Context, org, first, last int64) ([]member.Member, error) {
	ms, err := db.membersFrom(ctx, org, `member m WHERE m.org_id = $1 AND m.id BETWEEN $2 AND $3 AND m.state = 1`, []any{org, first, last}, int(last-first+1))
	if err != nil {
		return nil, fmt.Errorf("members between IDs: %w", err)
	}
	return ms, nil
}

// membersFrom reads at most n members, in no order. Their groups come in one query of
// their own rather than in a subselect for each.
func (db *DB) membersFrom(ctx context.Context, org int64, from string, args []any, n int) ([]member.Member, error) {
	ms := make([]member.Member, 0, n)
	r := newMemberReader()
	err := each(ctx, db.read(), `SELECT `+memberColumns+` FROM `+from, args, func(scan func(...any) error) (err error) {
		ms, err = r.add(ms, scan)
		return err
	})
	if err != nil {
		return nil, err
	}
	byID := pointersTo(ms)
	slices.SortFunc(byID, func(a, b *member.Member) int { return cmp.Compare(a.ID, b.ID) })
	return ms, db.addGroups(ctx, org, byID)
}

func pointersTo(ms []member.Member) []*member.Member {
	all := make([]*member.Member, len(ms))
	for i := range ms {
		all[i] = &ms[i]
	}
	return all
}

// addGroups reads the groups of members, who ascend by their IDs.
func (db *DB) addGroups(ctx context.Context, org int64, ms []*member.Member) error {
	if len(ms) == 0 {
		return nil
	}
	first, last := ms[0].ID, ms[len(ms)-1].ID
	query, args := `SELECT member_id, group_id FROM membership WHERE org_id = $1 AND member_id BETWEEN $2 AND $3 ORDER BY member_id, group_id`, []any{org, first, last}
	if !areClose(first, last, len(ms)) {
		ids := make([]int64, len(ms))
		for i, m := range ms {
			ids[i] = m.ID
		}
		query, args = `SELECT s.member_id, s.group_id FROM `+db.dialect.picked("membership", "s", "member_id", 2, "bigint"), []any{org, list(db.dialect, ids)}
	}
	at := 0
	var id, group int64
	dest := []any{&id, &group}
	return each(ctx, db.read(), query, args, func(scan func(...any) error) error {
		if err := scan(dest...); err != nil {
			return err
		}
		if at < len(ms) && ms[at].ID != id { // mostly it is one of the next
			for at < len(ms) && ms[at].ID < id {
				at++
			}
		}
		if at == len(ms) || ms[at].ID != id {
			i, ok := slices.BinarySearchFunc(ms, id, func(m *member.Member, id int64) int { return cmp.Compare(m.ID, id) })
			if !ok {
				return nil
			}
			at = i
		}
		m := ms[at]
		m.Groups = append(m.Groups, group)
		if n := len(m.Groups); n > 1 && m.Groups[n-2] > group {
			slices.Sort(m.Groups)
		}
		return nil
	})
}

// page is how many members are read at once where all of them are walked
// through: enough to make the round trip cheap, few enough to stay small.
const page = 2000

// firstPage is how many are read at first: who shows a page of a list wants no
// more.
const firstPage = 100

// Members yields the active members that the selection names, in the order of
// their IDs. No cursor is open while the body of the loop runs. An error is
// yielded last. Members added or removed meanwhile may or may not be seen;
// nobody is seen twice.
func (db *DB) Members(ctx context.Context, org int64, s Selection) iter.Seq2[member.Member, error] {
	return func(yield func(member.Member, error) bool) {
		for after, n := int64(0), firstPage; ; n = page {
			ms, err := db.membersAfter(ctx, org, s, after, n)
			if err != nil {
				yield(member.Member{}, fmt.Errorf("members after %d: %w", after, err))
				return
			}
			for _, m := range ms {
				if !yield(m, nil) {
					return
				}
				after = m.ID
			}
			if len(ms) < n {
				return
			}
		}
	}
}

func (db *DB) membersAfter(ctx context.Context, org int64, s Selection, after int64, n int) ([]member.Member, error) {
	where, args, err := s.where(db.dialect, []any{org, after, n})
	if err != nil {
		return nil, err
	}
	query := db.dialect.selectMember() + `WHERE m.org_id = $1 AND m.id > $2 AND m.state = 1` + where + ` ORDER BY m.id LIMIT $3`
	var ms []member.Member
	err = each(ctx, db.read(), query, args, func(scan func(...any) error) error {
		m, err := scanWhole(scan)
		ms = append(ms, m)
		return err
	})
	return ms, err
}

// CountSelected returns how many active members a selection names.
func (db *DB) CountSelected(ctx context.Context, org int64, s Selection) (int64, error) {
	where, args, err := s.where(db.dialect, []any{org})
	if err != nil {
		return 0, err
	}
	if where == "" {
		return db.CountMembers(ctx, org) // by indexes: a tenth of the time
	}
	var n int64
	err = one(ctx, db.read(), `SELECT count(*) FROM member m WHERE m.org_id = $1 AND m.state = 1`+where, args, &n)
	return n, err
}

// Member returns one member as the transaction sees them; nil if there is none.
func (tx *Tx) Member(ctx context.Context, org, id int64) (*member.Member, error) {
	var found *member.Member
	err := each(ctx, tx, tx.dialect.selectMember()+`WHERE m.org_id = $1 AND m.id = $2`, []any{org, id}, func(scan func(...any) error) error {
		m, err := scanWhole(scan)
		found = &m
		return err
	})
	return found, err
}
