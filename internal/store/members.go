package store

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"meibo/internal/member"
)

// memberColumns are the columns that scanMember reads, of alias m.
const memberColumns = `m.id, m.version, m.state, coalesce(m.email, ''), coalesce(m.login_id, ''), coalesce(m.name, ''),
	m.login_allowed, coalesce(m.login_until, ''), m.system_role, m.system_permission, coalesce(m.policy_id, 0), coalesce(m.role_id, 0),
	coalesce(m.remarks, ''), coalesce(m.display_order, 0), m.fields, m.created_at, coalesce(m.withdrawn_at, 0)`

// scanMember reads memberColumns, and then whatever more is asked for.
func scanMember(scan func(...any) error, more ...any) (member.Member, error) {
	var m member.Member
	var fields string
	dest := append(make([]any, 0, 20), &m.ID, &m.Version, &m.State, &m.Email, &m.LoginID, &m.Name, &m.LoginAllowed, &m.LoginUntil,
		&m.Role, &m.Permission, &m.PolicyID, &m.RoleID, &m.Remarks, &m.DisplayOrder, &fields, &m.CreatedAt, &m.WithdrawnAt)
	dest = append(dest, more...)
	if err := scan(dest...); err != nil {
		return m, fmt.Errorf("member: scan: %w", err)
	}
	if fields != "{}" {
		var err error
		if m.Fields, err = member.ParseFieldsJSON(fields); err != nil {
			return m, fmt.Errorf("member %d: fields: %w", m.ID, err)
		}
	}
	return m, nil
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

func scanWhole(scan func(...any) error) (member.Member, error) {
	var groups string
	m, err := scanMember(scan, &groups)
	if err != nil {
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
	ms, err := membersAmong(ctx, db, org, "m.id", ids)
	if err != nil {
		return nil, fmt.Errorf("members by id: %w", err)
	}
	for i := range ms {
		found[ms[i].ID] = &ms[i]
	}
	return found, nil
}

// MembersByKey returns the active members with the given e-mail keys or login
// keys, by key. Those that nobody has are missing from the result.
func (db *DB) MembersByKey(ctx context.Context, org int64, key member.Attribute, keys []string) (map[string]*member.Member, error) {
	found := make(map[string]*member.Member, len(keys))
	if len(keys) == 0 {
		return found, nil
	}
	column, of := "m.email_key", member.Member.EmailKey
	if key == member.LoginID {
		column, of = "m.login_key", member.Member.LoginKey
	}
	ms, err := membersAmong(ctx, db, org, column, keys)
	if err != nil {
		return nil, fmt.Errorf("members by %s: %w", key, err)
	}
	for i := range ms {
		found[of(ms[i])] = &ms[i]
	}
	return found, nil
}

// membersAmong reads the members of whom a column is one of the values in a
// list, in no order. Their groups come in one query of their own rather than in a
// subselect for each.
func membersAmong[T cmp.Ordered](ctx context.Context, db *DB, org int64, column string, values []T) ([]member.Member, error) {
	ms := make([]member.Member, 0, len(values))
	at := make(map[int64]int, len(values))
	once := slices.Compact(slices.Sorted(slices.Values(values)))
	err := each(ctx, db.read(), `SELECT `+memberColumns+` FROM `+db.dialect.picked(column, 2)+` AND m.org_id = $1`, []any{org, list(db.dialect, once)}, func(scan func(...any) error) error {
		m, err := scanMember(scan)
		at[m.ID] = len(ms)
		ms = append(ms, m)
		return err
	})
	if err != nil || len(ms) == 0 {
		return ms, err
	}
	ids := slices.Sorted(maps.Keys(at))
	query := `SELECT member_id, group_id FROM membership WHERE org_id = $1 AND member_id BETWEEN $3 AND $4 AND ` + db.dialect.among("member_id", 2) + ` ORDER BY member_id, group_id`
	var id, group int64
	err = each(ctx, db.read(), query, []any{org, list(db.dialect, ids), ids[0], ids[len(ids)-1]}, func(scan func(...any) error) error {
		if err := scan(&id, &group); err != nil {
			return err
		}
		m := &ms[at[id]]
		m.Groups = append(m.Groups, group)
		return nil
	})
	return ms, err
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
