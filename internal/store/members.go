package store

import (
	"context"
	"fmt"
	"iter"
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
	dest := append([]any{&m.ID, &m.Version, &m.State, &m.Email, &m.LoginID, &m.Name, &m.LoginAllowed, &m.LoginUntil,
		&m.Role, &m.Permission, &m.PolicyID, &m.RoleID, &m.Remarks, &m.DisplayOrder, &fields, &m.CreatedAt, &m.WithdrawnAt}, more...)
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

// opList is a subselect of c's groups, ascending, joined by commas, those that
// are taken away as negative numbers.
func (d dialect) opList() string {
	if d == postgres {
		return `coalesce((SELECT string_agg((CASE WHEN o.adds THEN o.group_id ELSE -o.group_id END)::text, ',' ORDER BY o.group_id)
			FROM change_group o WHERE o.org_id = c.org_id AND o.import_id = c.import_id AND o.seq = c.seq), '')`
	}
	return `coalesce((SELECT group_concat(x, ',') FROM (SELECT CASE WHEN o.adds THEN o.group_id ELSE -o.group_id END AS x
		FROM change_group o WHERE o.org_id = c.org_id AND o.import_id = c.import_id AND o.seq = c.seq ORDER BY o.group_id)), '')`
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
	query := db.dialect.selectMember() + `WHERE m.org_id = $1 AND ` + db.dialect.among("m.id", 2)
	err := each(ctx, db.read(), query, []any{org, list(db.dialect, ids)}, func(scan func(...any) error) error {
		m, err := scanWhole(scan)
		found[m.ID] = &m
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("members by id: %w", err)
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
	query := db.dialect.selectMember() + `WHERE m.org_id = $1 AND ` + db.dialect.among(column, 2)
	err := each(ctx, db.read(), query, []any{org, list(db.dialect, keys)}, func(scan func(...any) error) error {
		m, err := scanWhole(scan)
		found[of(m)] = &m
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("members by %s: %w", key, err)
	}
	return found, nil
}

// page is how many members are read at once where all of them are walked
// through: enough to make the round trip cheap, few enough to stay small.
const page = 2000

// Members yields the active members that the selection names, in the order of
// their IDs. No cursor is open while the body of the loop runs. An error is
// yielded last. Members added or removed meanwhile may or may not be seen;
// nobody is seen twice.
func (db *DB) Members(ctx context.Context, org int64, s Selection) iter.Seq2[member.Member, error] {
	return func(yield func(member.Member, error) bool) {
		for after := int64(0); ; {
			ms, err := db.membersAfter(ctx, org, s, after)
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
			if len(ms) < page {
				return
			}
		}
	}
}

func (db *DB) membersAfter(ctx context.Context, org int64, s Selection, after int64) ([]member.Member, error) {
	where, args, err := s.where(db.dialect, []any{org, after, page})
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
