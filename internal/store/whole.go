package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"meibo/internal/member"
	"meibo/internal/plan"
)

// This file holds the set queries over a plan that is being made: what no row
// knows of itself. Each marks rows that are to be rejected; RewriteJudged then
// rewrites them, and package admin has the words.

var (
	emailBit = int64(member.MaskOf(member.Email))
	loginBit = int64(member.MaskOf(member.LoginID))
)

// keyOf returns the names of the columns of a key and its bit in a mask.
func keyOf(a member.Attribute) (key, text, frees string, bit int64) {
	if a == member.Email {
		return "email_key", "email", "frees_email", emailBit
	}
	return "login_key", "login_id", "frees_login", loginBit
}

// again picks the rows of which an earlier row has the same KEY. Each part is
// linear on both databases however many rows repeat: joining the rows to the
// repeated keys would scan the plan for each of them, as KEY has no index.
const again = `
	SELECT seq, first AS other, 0 AS owner FROM (
		SELECT c.seq, row_number() OVER w AS n, coalesce(first_value(c.line) OVER w, 0) AS first FROM change c
		WHERE c.org_id = $1 AND c.import_id = $2 AND CONDITION AND c.KEY IN (SELECT KEY FROM change c
			WHERE c.org_id = $1 AND c.import_id = $2 AND c.KEY IS NOT NULL AND CONDITION GROUP BY KEY HAVING count(*) > 1)
		WINDOW w AS (PARTITION BY c.KEY ORDER BY c.seq)) x
	WHERE n > 1`

// SameMember marks the rows that are about a member of whom an earlier row
// is already (P8), rejected or not: of a file, or of edits, which have no lines.
func (db *DB) SameMember(ctx context.Context, org, imp int64) error {
	query := strings.NewReplacer("KEY", "member_id", "CONDITION", "TRUE").Replace(again)
	return db.mark(ctx, AboutSameMember, query, org, imp)
}

// SameKey marks the rows that ask for an e-mail address or a login ID that an
// earlier row of the file asks for (P8), rejected or not.
func (db *DB) SameKey(ctx context.Context, org, imp int64, a member.Attribute) error {
	key, _, _, bit := keyOf(a)
	query := strings.NewReplacer("KEY", key, "CONDITION", "c.mask & $3 <> 0").Replace(again)
	return db.mark(ctx, reasonOf(a, SameEmail, SameLoginID), query, org, imp, bit)
}

// SameMembership marks the rows that name a pair of member and group that an
// earlier row names, by whether both ask for the same.
func (db *DB) SameMembership(ctx context.Context, org, imp int64) error {
	for _, r := range []struct {
		reason Reason
		adds   string
	}{{RepeatedMembership, "p.adds = f.adds"}, {ContraryMembership, "p.adds <> f.adds"}} {
		err := db.mark(ctx, r.reason, `
			WITH pair AS (SELECT c.seq, c.line, c.member_id, abs(g.value) AS group_id, g.value > 0 AS adds FROM change c CROSS JOIN `+db.dialect.groupOps()+`
				WHERE c.org_id = $1 AND c.import_id = $2 AND c.action IN (3, 5)),
			twice AS (SELECT member_id, group_id, min(seq) AS first FROM pair GROUP BY member_id, group_id HAVING count(*) > 1)
			SELECT p.seq, coalesce(f.line, 0) AS other, 0 AS owner FROM twice t
			JOIN pair p ON p.member_id = t.member_id AND p.group_id = t.group_id AND p.seq > t.first
			JOIN pair f ON f.seq = t.first AND f.group_id = t.group_id WHERE `+r.adds, org, imp)
		if err != nil {
			return err
		}
	}
	return nil
}

// claim is a row that asks for a key which an active member has, with the row
// of that member if it gives the key up, or would if it had no problem.
const claim = `
	SELECT c.seq, c.action, m.id AS owner, h.seq AS holder FROM change c
	JOIN member m ON m.org_id = c.org_id AND m.KEY = c.KEY
	LEFT JOIN change h ON h.org_id = c.org_id AND h.import_id = c.import_id AND h.member_id = m.id
		AND (h.FREES = m.KEY OR h.action = 6 AND h.mask & $3 <> 0 AND coalesce(h.KEY, '') <> m.KEY)
	WHERE c.org_id = $1 AND c.import_id = $2 AND c.mask & $3 <> 0 AND c.action IN (1, 2, 3, 6) AND m.id <> coalesce(c.member_id, 0)`

func claimOf(a member.Attribute) (string, int64) {
	key, _, frees, bit := keyOf(a)
	return strings.NewReplacer("KEY", key, "FREES", frees).Replace(claim), bit
}

// AnyClaim reports whether a row of a plan asks for a key that another active
// member has. Where it says no, there is nobody for [DB.Taken] and [DB.Bundles]
// to find.
func (db *DB) AnyClaim(ctx context.Context, org, imp int64) (bool, error) {
	// Joins, not an EXISTS for each key: PostgreSQL would search for both of every row.
	holder := func(alias, key, bit string) string {
		return ` LEFT JOIN member ` + alias + ` ON c.mask & ` + bit + ` <> 0 AND ` + alias + `.org_id = c.org_id AND ` + alias + `.` + key + ` = c.` + key
	}
	var some bool
	err := one(ctx, db.read(), `SELECT EXISTS (SELECT 1 FROM change c`+holder("e", "email_key", "$3")+holder("l", "login_key", "$4")+`
		WHERE c.org_id = $1 AND c.import_id = $2 AND c.action IN (1, 2, 3, 6)
		AND (e.id <> coalesce(c.member_id, 0) OR l.id <> coalesce(c.member_id, 0)))`, []any{org, imp, emailBit, loginBit}, &some)
	if err != nil {
		return false, fmt.Errorf("does anybody ask for what somebody has: %w", err)
	}
	return some, nil
}

// LastMember returns the greatest ID of a member: there are no more members.
func (db *DB) LastMember(ctx context.Context, org int64) (id int64, err error) {
	if err = one(ctx, db.read(), `SELECT coalesce(max(id), 0) FROM member WHERE org_id = $1`, []any{org}, &id); err != nil {
		return 0, fmt.Errorf("the last member: %w", err)
	}
	return id, nil
}

// Keys calls f with the keys of each member who has one; empty: none of this kind.
func (db *DB) Keys(ctx context.Context, org int64, f func(email, login string)) error {
	var email, login string
	err := each(ctx, db.read(), `SELECT coalesce(email_key, ''), coalesce(login_key, '') FROM member
		WHERE org_id = $1 AND (email_key IS NOT NULL OR login_key IS NOT NULL)`, []any{org}, func(scan func(...any) error) error {
		err := scan(&email, &login)
		f(email, login)
		return err
	})
	if err != nil {
		return fmt.Errorf("keys of members: %w", err)
	}
	return nil
}

// Taken marks the rows that ask for a key which a member has and no row of
// the plan gives up (P3, P8), rejected or not.
func (db *DB) Taken(ctx context.Context, org, imp int64, a member.Attribute) error {
	query, bit := claimOf(a)
	return db.mark(ctx, reasonOf(a, EmailTaken, LoginIDTaken), `SELECT seq, 0 AS other, owner FROM (`+query+`) x WHERE holder IS NULL`, org, imp, bit)
}

// TakenByInvitation marks the rows that ask for an address to which an open
// invitation goes that no row of the plan closes or cancels.
func (db *DB) TakenByInvitation(ctx context.Context, org, imp, now int64) error {
	var open bool
	if err := one(ctx, db.read(), anyInvitation, []any{org, now}, &open); err != nil || !open {
		return err
	}
	return db.mark(ctx, EmailInvited, takenByInvitation, org, imp, emailBit, now)
}

// anyInvitation is looked at first: mostly there is none, and the plan need not
// be walked through.
const anyInvitation = `SELECT EXISTS (SELECT 1 FROM invitation WHERE org_id = $1 AND state = 1 AND expires_at > $2)`

const takenByInvitation = `
	SELECT c.seq, 0 AS other, 0 AS owner FROM change c
	JOIN invitation i ON i.org_id = c.org_id AND i.email_key = c.email_key AND i.state = 1 AND i.expires_at > $4
	WHERE c.org_id = $1 AND c.import_id = $2 AND c.mask & $3 <> 0 AND c.action IN (1, 2, 3) AND i.id <> coalesce(c.invitation_id, 0)
	AND i.id NOT IN (SELECT h.invitation_id FROM change h WHERE h.org_id = $1 AND h.import_id = $2 AND h.invitation_id IS NOT NULL AND h.invitation_op IN (3, 4))`

// Bundles joins rows that hand addresses over to one another, and marks those
// that hang together with a rejected one (P8): a problem in one rejects
// the bundle. It notes whose keys must be let go before others take them.
//
// One way, only who asks for an address hangs on who gives it up.
//
// One recursive query, linear in the number of rows however long a chain is.
func (db *DB) Bundles(ctx context.Context, i *Import, oneWay bool) error {
	org, imp := i.Org, i.ID
	joined, err := db.join(ctx, org, imp, oneWay)
	if err != nil {
		return fmt.Errorf("bundles: %w", err)
	}
	if joined == 0 {
		return nil
	}
	err = db.mark(ctx, BundleTorn, `
		WITH RECURSIVE bad (seq) AS (
			SELECT seq FROM change WHERE org_id = $1 AND import_id = $2 AND action = 6
			UNION SELECT e.b FROM bad JOIN change_edge e ON e.org_id = $1 AND e.import_id = $2 AND e.a = bad.seq)
		SELECT c.seq, coalesce((SELECT min(f.line) FROM change_edge e JOIN change f ON f.org_id = $1 AND f.import_id = $2 AND f.seq = e.b
			WHERE e.org_id = $1 AND e.import_id = $2 AND e.a = c.seq), 0) AS other, 0 AS owner
		FROM bad JOIN change c ON c.org_id = $1 AND c.import_id = $2 AND c.seq = bad.seq WHERE c.action <> 6`, org, imp)
	if err != nil {
		return err
	}
	i.spoil()
	return db.Write(ctx, func(tx *Tx) error {
		if _, err := tx.exec(ctx, `UPDATE change SET contested = TRUE WHERE org_id = $1 AND import_id = $2 AND action = 3
			AND (frees_email IS NOT NULL OR frees_login IS NOT NULL)
			AND seq IN (SELECT a FROM change_edge WHERE org_id = $1 AND import_id = $2)`, org, imp); err != nil {
			return err
		}
		_, err := tx.exec(ctx, `DELETE FROM change_edge WHERE org_id = $1 AND import_id = $2`, org, imp)
		return err
	})
}

// join fills change_edge and returns how many edges there are.
func (db *DB) join(ctx context.Context, org, imp int64, oneWay bool) (int64, error) {
	edges, ways := int64(0), `SELECT 0 AS d UNION ALL SELECT 1`
	if oneWay {
		ways = `SELECT 1 AS d`
	}
	err := db.Write(ctx, func(tx *Tx) error {
		for _, a := range []member.Attribute{member.Email, member.LoginID} {
			query, bit := claimOf(a)
			n, err := tx.exec(ctx, `INSERT INTO change_edge (org_id, import_id, a, b)
				SELECT $1, $2, CASE WHEN d = 0 THEN seq ELSE holder END, CASE WHEN d = 0 THEN holder ELSE seq END
				FROM (`+query+` AND h.seq IS NOT NULL) x CROSS JOIN (`+ways+`) ways
				WHERE TRUE ON CONFLICT DO NOTHING`, org, imp, bit)
			if err != nil {
				return err
			}
			edges += n
		}
		return nil
	})
	return edges, err
}

// Newcomers returns the new members and the new invitations of a plan, in order.
func (db *DB) Newcomers(ctx context.Context, org, imp int64) ([]plan.Newcomer, error) {
	var all []plan.Newcomer
	err := each(ctx, db.read(), `SELECT seq, coalesce(email_key, ''), coalesce(name_key, ''), fields FROM change
		WHERE org_id = $1 AND import_id = $2 AND action IN (1, 2) AND member_id IS NULL ORDER BY seq`, []any{org, imp}, func(scan func(...any) error) error {
		var n plan.Newcomer
		var fields string
		if err := scan(&n.Seq, &n.EmailKey, &n.NameKey, &fields); err != nil {
			return err
		}
		var err error
		n.Fields, err = member.ParseFieldsJSON(fields)
		all = append(all, n)
		return err
	})
	return all, err
}

// GivenGroups returns the groups that applying a plan would put somebody into.
func (db *DB) GivenGroups(ctx context.Context, org, imp int64) (map[int64]bool, error) {
	given := map[int64]bool{}
	err := each(ctx, db.read(), `SELECT DISTINCT g.value FROM change c CROSS JOIN `+db.dialect.groupOps()+`
		WHERE c.org_id = $1 AND c.import_id = $2 AND c.action IN (1, 3) AND g.value > 0`, []any{org, imp}, func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		given[id] = true
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("groups that are given: %w", err)
	}
	return given, nil
}

// How many members who share what a row looks for are worth loading: with a
// local part, two are no pair any more; with a name, a field may still tell a
// few apart. More would fill the memory with the namesakes of one name.
const (
	sharedLocals = 2
	namesakes    = 20
)

// Unnamed returns the active members that no row of a plan is about and who
// have one of the given names (folded, see member.FoldText), or one of the
// given local parts before the @ of their e-mail, in lower case. named are the
// members whom rows are about. Whom a full sync deletes has a change, but no row:
// they are among them.
//
// Of those with the same local part the first two are returned, of names that
// more than twenty members have nobody.
func (db *DB) Unnamed(ctx context.Context, org int64, named plan.IDSet, names, locals []string) ([]member.Member, error) {
	d := db.dialect
	// One walk through the members, held against two hashed lists: names have no
	// index, and joining the local parts by ranges of the index of addresses took
	// SQLite minutes (10,000 of them, 30,000 members, measured).
	query := `WITH alike AS (SELECT m.id,
			CASE WHEN m.name_key IN (SELECT k.value FROM ` + d.each(2) + `) THEN m.name_key END AS name,
			CASE WHEN ` + d.localPart("m.email_key") + ` IN (SELECT k.value FROM ` + d.each(3) + `) THEN ` + d.localPart("m.email_key") + ` END AS local
			FROM member m WHERE m.org_id = $1 AND m.state = 1)
		SELECT id, coalesce(name, ''), coalesce(local, '') FROM alike WHERE name IS NOT NULL OR local IS NOT NULL ORDER BY id`
	byName, byLocal := map[string][]int64{}, map[string][]int64{}
	var id int64
	var name, local string
	err := each(ctx, db.read(), query, []any{org, list(d, names), list(d, locals)}, func(scan func(...any) error) error {
		if err := scan(&id, &name, &local); err != nil || named.Has(id) {
			return err
		}
		if ids := byName[name]; name != "" && len(ids) <= namesakes {
			byName[name] = append(ids, id)
		}
		if ids := byLocal[local]; local != "" && len(ids) < sharedLocals {
			byLocal[local] = append(ids, id)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("members that no row is about: %w", err)
	}
	var ids []int64
	for _, of := range byName {
		if len(of) <= namesakes {
			ids = append(ids, of...)
		}
	}
	for _, of := range byLocal {
		ids = append(ids, of...)
	}
	return db.membersInOrder(ctx, org, ids)
}

// membersInOrder returns the members with the given IDs, ascending by ID.
func (db *DB) membersInOrder(ctx context.Context, org int64, ids []int64) ([]member.Member, error) {
	found, err := db.MembersByID(ctx, org, ids)
	ms := make([]member.Member, 0, len(found))
	for _, id := range slices.Sorted(maps.Keys(found)) {
		ms = append(ms, *found[id])
	}
	return ms, err
}

// AnyUnnamed reports whether there is an active member that no row of a plan is
// about.
func (db *DB) AnyUnnamed(ctx context.Context, org int64, named plan.IDSet) (bool, error) {
	some := false
	err := db.unnamed(ctx, org, Selection{}, named, func([]int64) (bool, error) {
		some = true
		return false, nil
	})
	if err != nil {
		return false, fmt.Errorf("is there a member that no row is about: %w", err)
	}
	return some, nil
}

// Absent calls f for the active members of a selection whom no row of a plan is
// about, in pages, ascending by ID (P19). named are the members whom rows are about.
func (db *DB) Absent(ctx context.Context, org int64, s Selection, named plan.IDSet, f func([]member.Member) error) error {
	err := db.unnamed(ctx, org, s, named, func(ids []int64) (bool, error) {
		for some := range slices.Chunk(ids, page) {
			ms, err := db.selected(ctx, org, s, some)
			if err == nil {
				err = f(ms)
			}
			if err != nil {
				return false, err
			}
		}
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("absent members: %w", err)
	}
	return nil
}

// selected returns those of some members who are active and in a selection now,
// ascending by ID: between finding them and reading them some may have moved.
func (db *DB) selected(ctx context.Context, org int64, s Selection, ids []int64) (ms []member.Member, err error) {
	where, args, err := s.where(db.dialect, []any{org, list(db.dialect, ids)})
	if err != nil {
		return nil, err
	}
	query := db.dialect.selectMember() + `WHERE m.org_id = $1 AND m.state = 1 AND ` + db.dialect.among("m.id", 2) + where + ` ORDER BY m.id`
	err = each(ctx, db.read(), query, args, func(scan func(...any) error) error {
		m, err := scanWhole(scan)
		ms = append(ms, m)
		return err
	})
	return ms, err
}

// unnamed calls f for the IDs of the active members of a selection who are not
// named, in pages, ascending, until it returns false.
func (db *DB) unnamed(ctx context.Context, org int64, s Selection, named plan.IDSet, f func([]int64) (bool, error)) error {
	const idsAtOnce = 20_000
	where, args, err := s.where(db.dialect, []any{org, int64(0), idsAtOnce})
	if err != nil {
		return err
	}
	query := `SELECT m.id FROM member m WHERE m.org_id = $1 AND m.state = 1 AND m.id > $2` + where + ` ORDER BY m.id LIMIT $3`
	for {
		var absent []int64
		var id int64
		n := 0
		err := each(ctx, db.read(), query, args, func(scan func(...any) error) error {
			if err := scan(&id); err != nil {
				return err
			}
			if n++; !named.Has(id) {
				absent = append(absent, id)
			}
			return nil
		})
		if err != nil {
			return err
		}
		if len(absent) > 0 {
			if on, err := f(absent); err != nil || !on {
				return err
			}
		}
		if n < idsAtOnce {
			return nil
		}
		args[1] = id
	}
}

// SeatTakers returns the last changes of a plan that take a seat, at most n and
// not more than are rewritten at once, the last one first.
func (db *DB) SeatTakers(ctx context.Context, org, imp, n int64) ([]int64, error) {
	var seqs []int64
	err := each(ctx, db.read(), `SELECT seq FROM change WHERE org_id = $1 AND import_id = $2 AND action IN (1, 2) ORDER BY seq DESC LIMIT $3`,
		[]any{org, imp, min(n, page)}, func(scan func(...any) error) error {
			var seq int64
			err := scan(&seq)
			seqs = append(seqs, seq)
			return err
		})
	return seqs, err
}
