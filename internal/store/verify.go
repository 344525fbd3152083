package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"meibo/internal/member"
)

// A Finding is something that must not be: a rule that the stored rows break.
type Finding struct {
	Kind  string  // key of the catalogues under "verify."
	Rule  string  // of SPEC: M2, M3 …; empty for what no rule names
	Count int64   // how many there are
	IDs   []int64 // of the first of them, ascending; of members, invitations or imports, as Kind says
}

// mostIDs is how many IDs a Finding names.
const mostIDs = 100

// invariants are queries that return IDs of what breaks a rule, ascending. $1 is
// the organisation, $2, where it is used, the time.
var invariants = []struct{ kind, rule, query string }{
	{"contact", "M2", `SELECT id FROM member WHERE org_id = $1 AND state = 1 AND email_key IS NULL AND login_key IS NULL`},
	{"owner_rights", "M4", `SELECT id FROM member WHERE org_id = $1 AND state = 1 AND system_role IN (1, 2)
		AND (system_permission <> 1 OR policy_id IS NOT NULL OR role_id IS NOT NULL)`},
	{"role_misplaced", "M5", `SELECT id FROM member WHERE org_id = $1 AND state = 1 AND role_id IS NOT NULL
		AND (system_role <> 3 OR system_permission <> 2)`},
	{"policy_misplaced", "M5", `SELECT id FROM member WHERE org_id = $1 AND state = 1 AND policy_id IS NOT NULL AND system_role <> 3`},
	{"keys_kept", "M7", `SELECT id FROM member WHERE org_id = $1 AND state <> 1 AND (email_key IS NOT NULL OR login_key IS NOT NULL)`},
	{"role_missing", "", `SELECT m.id FROM member m WHERE m.org_id = $1 AND m.state = 1 AND m.role_id IS NOT NULL
		AND NOT EXISTS (SELECT 1 FROM role r WHERE r.org_id = m.org_id AND r.id = m.role_id)`},
	{"policy_missing", "", `SELECT m.id FROM member m WHERE m.org_id = $1 AND m.state = 1 AND m.policy_id IS NOT NULL
		AND NOT EXISTS (SELECT 1 FROM policy p WHERE p.org_id = m.org_id AND p.id = m.policy_id)`},
	{"membership_member", "", `SELECT DISTINCT s.member_id FROM membership s WHERE s.org_id = $1
		AND NOT EXISTS (SELECT 1 FROM member m WHERE m.org_id = s.org_id AND m.id = s.member_id AND m.state = 1)`},
	{"membership_group", "", `SELECT DISTINCT s.member_id FROM membership s WHERE s.org_id = $1
		AND NOT EXISTS (SELECT 1 FROM org_group g WHERE g.org_id = s.org_id AND g.id = s.group_id)`},
	{"invitation_of_member", "P3", `SELECT i.id FROM invitation i WHERE i.org_id = $1 AND i.state = 1 AND i.expires_at > $2
		AND EXISTS (SELECT 1 FROM member m WHERE m.org_id = i.org_id AND m.email_key = i.email_key)`},
	{"invitation_primary_owner", "P14", `SELECT id FROM invitation WHERE org_id = $1 AND state = 1 AND system_role = 1`},
}

// Invariants looks for rows that break the rules M2 to M7, and for keys that
// are not what their attributes fold to.
func (db *DB) Invariants(ctx context.Context, org, now int64) ([]Finding, error) {
	var found []Finding
	for _, i := range invariants {
		f := Finding{Kind: i.kind, Rule: i.rule}
		args := []any{org, now}
		if !strings.Contains(i.query, "$2") {
			args = args[:1]
		}
		err := each(ctx, db.read(), i.query+` ORDER BY 1`, args, func(scan func(...any) error) error {
			var id int64
			err := scan(&id)
			f.add(id)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("verify %s: %w", i.kind, err)
		}
		found = f.appendTo(found)
	}
	for _, check := range []func(context.Context, int64, int64, []Finding) ([]Finding, error){db.primaryOwner, db.seatsExceeded, db.foldedKeys} {
		var err error
		if found, err = check(ctx, org, now, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (f *Finding) add(id int64) {
	f.Count++
	if len(f.IDs) < mostIDs {
		f.IDs = append(f.IDs, id)
	}
}

func (f Finding) appendTo(found []Finding) []Finding {
	if f.Count == 0 {
		return found
	}
	return append(found, f)
}

// primaryOwner holds M3: exactly one.
func (db *DB) primaryOwner(ctx context.Context, org, _ int64, found []Finding) ([]Finding, error) {
	f := Finding{Kind: "primary_owner", Rule: "M3"}
	err := each(ctx, db.read(), `SELECT id FROM member WHERE org_id = $1 AND state = 1 AND system_role = 1 ORDER BY id`, []any{org},
		func(scan func(...any) error) error {
			var id int64
			err := scan(&id)
			f.add(id)
			return err
		})
	if err != nil || f.Count == 1 {
		return found, err
	}
	return append(found, f), nil // with none, too
}

// seatsExceeded holds M6. Count is how many seats are used too many.
func (db *DB) seatsExceeded(ctx context.Context, org, now int64, found []Finding) ([]Finding, error) {
	var limit *int64
	if err := one(ctx, db.read(), `SELECT seats FROM organisation WHERE id = $1`, []any{org}, &limit); err != nil || limit == nil {
		return found, err
	}
	used, err := db.Seats(ctx, org, now)
	if err != nil || used <= *limit {
		return found, err
	}
	return append(found, Finding{Kind: "seats", Rule: "M6", Count: used - *limit}), nil
}

// foldedKeys holds every key against its attribute. Folding is Go's, so it
// cannot be done in SQL.
func (db *DB) foldedKeys(ctx context.Context, org, _ int64, found []Finding) ([]Finding, error) {
	members := Finding{Kind: "member_keys", Rule: "M1"}
	err := each(ctx, db.read(), `SELECT id, state, coalesce(email, ''), coalesce(email_key, ''), coalesce(login_id, ''), coalesce(login_key, ''),
		coalesce(name, ''), coalesce(name_key, '') FROM member WHERE org_id = $1 AND state = 1 ORDER BY id`, []any{org}, func(scan func(...any) error) error {
		var m member.Member
		var email, login, name string
		err := scan(&m.ID, &m.State, &m.Email, &email, &m.LoginID, &login, &m.Name, &name)
		if m.EmailKey() != email || m.LoginKey() != login || member.FoldText(m.Name) != name {
			members.add(m.ID)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("verify keys of members: %w", err)
	}
	invitations := Finding{Kind: "invitation_keys", Rule: "M1"}
	err = each(ctx, db.read(), `SELECT id, coalesce(email, ''), coalesce(email_key, '') FROM invitation WHERE org_id = $1 ORDER BY id`, []any{org},
		func(scan func(...any) error) error {
			var id int64
			var email, key string
			err := scan(&id, &email, &key)
			if member.FoldKey(email) != key {
				invitations.add(id)
			}
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("verify keys of invitations: %w", err)
	}
	return invitations.appendTo(members.appendTo(found)), nil
}

// RowSums holds, for every plan whose changes are kept, the counts it tells
// against its changes, and the rows it read against those that have a line (A5).
// It returns how many plans it looked at.
func (db *DB) RowSums(ctx context.Context, org int64) (int64, []Finding, error) {
	stored := map[int64]*rowSum{}
	err := each(ctx, db.read(), `SELECT import_id, action, line IS NOT NULL, count(*) FROM change WHERE org_id = $1 GROUP BY 1, 2, 3
		UNION ALL SELECT import_id, 5, TRUE, CAST(sum(n) AS BIGINT) FROM keep_run WHERE org_id = $1 GROUP BY 1`, []any{org},
		func(scan func(...any) error) error {
			var id, n int64
			var action int16
			var lined bool
			err := scan(&id, &action, &lined, &n)
			if stored[id] == nil {
				stored[id] = &rowSum{}
			}
			stored[id].add(action, lined, n)
			return err
		})
	if err != nil {
		return 0, nil, fmt.Errorf("verify row sums: %w", err)
	}
	imports, f := int64(0), Finding{Kind: "row_sums", Rule: "A5"}
	err = each(ctx, db.read(), `SELECT id, kind, rows, outcome FROM import WHERE org_id = $1 AND state IN ('planned', 'needs_acceptance', 'needs_approval', 'applied', 'stale')
		ORDER BY id`, []any{org}, func(scan func(...any) error) error {
		var id, rows int64
		var kind Kind
		var text string
		var outcome Outcome
		if err := scan(&id, &kind, &rows, &text); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(text), &outcome); err != nil {
			return err
		}
		sum := stored[id]
		if sum == nil {
			sum = &rowSum{}
		}
		if !sum.agrees(kind, rows, outcome) {
			f.add(id)
		}
		imports++
		return nil
	})
	if err != nil {
		return 0, nil, fmt.Errorf("verify row sums: %w", err)
	}
	return imports, f.appendTo(nil), nil
}

// A rowSum is how many changes of a plan there are by action: those of lines,
// and the others.
type rowSum struct{ lines, others [8]int64 }

func (s *rowSum) add(action int16, lined bool, n int64) {
	if lined {
		s.lines[action&7] += n
	} else {
		s.others[action&7] += n
	}
}

func (s *rowSum) agrees(kind Kind, rows int64, o Outcome) bool {
	read := int64(0)
	for action := range o.Counts {
		counted, absent := s.lines[action], s.others[action]
		if kind != FileImport { // none of its changes needs a line
			counted, absent = counted+absent, 0
		}
		if o.Counts[action] != counted || o.Absent[action] != absent {
			return false
		}
		read += counted
	}
	return read == rows
}
