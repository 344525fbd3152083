package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
)

// namedMembers is how many of the members that make a plan stale are named.
const namedMembers = 5

// A Staleness is why a plan can no longer be applied (A3).
type Staleness struct {
	What    string  `json:"what"`              // as the values of PlanStale name it
	Members []int64 `json:"members,omitempty"` // the first who are concerned, ascending
	Count   int64   `json:"count,omitempty"`   // how many are
}

// Problem tells a staleness; who changed the members is for the caller to find out.
func (s *Staleness) Problem() problem.Problem {
	if s == nil {
		s = &Staleness{} // nobody said
	}
	ids := make([]string, len(s.Members))
	for i, id := range s.Members {
		ids[i] = strconv.FormatInt(id, 10)
	}
	return problem.Of(problem.Stale, problem.PlanStale, "what", s.What, "members", strings.Join(ids, "\n"),
		"count", strconv.FormatInt(s.Count, 10), "who", "")
}

func stale(what string) problem.Problem { return (&Staleness{What: what}).Problem() }

// stalenessOf reads what Problem wrote.
func stalenessOf(p problem.Problem) *Staleness {
	s := Staleness{What: p.Values["what"]}
	for _, text := range strings.Fields(p.Values["members"]) {
		if id, err := strconv.ParseInt(text, 10, 64); err == nil {
			s.Members = append(s.Members, id)
		}
	}
	s.Count, _ = strconv.ParseInt(p.Values["count"], 10, 64) // written by Problem, or not there
	return &s
}

// checkStale looks again at everything that the plan was made from (A3).
func (a *applier) checkStale(ctx context.Context) error {
	for _, check := range []func(context.Context) error{a.checkMembers, a.checkKeys, a.checkInvitations, a.checkMasters, a.checkFiles} {
		if err := check(ctx); err != nil {
			return err
		}
	}
	return nil
}

// checkMembers insists on the versions that the plan saw of the members it changes.
// Where each of its changes is written by a statement that finds members of that version
// alone, these find out: see errTouched.
func (a *applier) checkMembers(ctx context.Context) error {
	if a.want.Known == a.want.Withdrawn+a.want.Rekeyed+a.want.Updated+a.want.Restored {
		return nil
	}
	return a.membersMoved(ctx)
}

func (a *applier) membersMoved(ctx context.Context) error {
	const changed = `FROM change c
		LEFT JOIN member m ON m.org_id = c.org_id AND m.id = c.member_id
		WHERE c.org_id = $1 AND c.import_id = $2 AND c.member_id IS NOT NULL AND c.action IN (1, 3, 4)
		AND (m.id IS NULL OR m.version <> c.base_version OR m.state <> CASE WHEN c.action = 1 THEN 2 ELSE 1 END)`
	return a.checkNobody(ctx, "member", "c.member_id", changed, a.r.Org, a.r.Import)
}

// whatMoved tells of a plan that could not be written what makes it stale: members that
// have moved, or keys that are taken. If it is nothing any more, err stays.
func (db *DB) whatMoved(ctx context.Context, r ApplyRequest, err error) error {
	look, otherwise := (*applier).membersMoved, err
	switch {
	case isUnique(err):
		look, otherwise = (*applier).keysTaken, stale("address") // the members who had it do so no more
	case !errors.Is(err, errTouched):
		return err
	}
	found := db.Write(ctx, func(tx *Tx) error { return look(&applier{db: db, tx: tx, r: r}, ctx) })
	if p := (problem.Problem{}); found != nil && !errors.As(found, &p) {
		return errors.Join(err, found) // it could not be found out
	}
	return cmp.Or(found, otherwise)
}

// checkNobody makes the plan stale where a query finds members. id is the column
// of their IDs.
func (a *applier) checkNobody(ctx context.Context, what, id, from string, args ...any) error {
	var count int64
	if err := one(ctx, a.tx, `SELECT count(DISTINCT `+id+`) `+from, args, &count); err != nil || count == 0 {
		return err
	}
	var ids []int64
	err := each(ctx, a.tx, fmt.Sprintf(`SELECT DISTINCT %s AS id %s ORDER BY id LIMIT %d`, id, from, namedMembers), args, func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		ids = append(ids, id)
		return err
	})
	if err != nil {
		return err
	}
	return (&Staleness{What: what, Members: ids, Count: count}).Problem()
}

// checkKeys insists that addresses to which invitations go are still nobody's. Keys that
// members get need not be looked for: writing them finds out, see whatMoved.
func (a *applier) checkKeys(ctx context.Context) error {
	if a.want.Invited+a.want.Reopened == 0 {
		return nil
	}
	return a.keysTaken(ctx)
}

func (a *applier) keysTaken(ctx context.Context) error {
	for _, key := range []member.Attribute{member.Email, member.LoginID} {
		column, _, frees, bit := keyOf(key)
		query := strings.NewReplacer("KEY", column, "FREES", frees).Replace(`FROM change c
			JOIN member m ON m.org_id = c.org_id AND m.KEY = c.KEY
			WHERE c.org_id = $1 AND c.import_id = $2 AND c.mask & $3 <> 0 AND c.action IN (1, 2, 3) AND m.id <> coalesce(c.member_id, 0)
			AND NOT EXISTS (SELECT 1 FROM change h WHERE h.org_id = $1 AND h.import_id = $2 AND h.member_id = m.id
				AND h.FREES = m.KEY AND h.action IN (3, 4))`)
		if err := a.checkNobody(ctx, "address", "m.id", query, a.r.Org, a.r.Import, bit); err != nil {
			return err
		}
	}
	return nil
}

// checkInvitations insists on the invitations that the plan saw, and that
// nobody was invited since at an address it takes.
func (a *applier) checkInvitations(ctx context.Context) error {
	var taken int64
	var open bool
	err := one(ctx, a.tx, anyInvitation, []any{a.r.Org, a.r.Now}, &open)
	if err == nil && open {
		err = one(ctx, a.tx, `SELECT count(*) FROM (`+takenByInvitation+`) x`, []any{a.r.Org, a.r.Import, emailBit, a.r.Now}, &taken)
	}
	if err == nil && taken == 0 && a.want.Closed+a.want.Cancelled+a.want.Reopened > 0 {
		err = one(ctx, a.tx, `SELECT count(*) FROM change c LEFT JOIN invitation i ON i.org_id = c.org_id AND i.id = c.invitation_id
			WHERE c.org_id = $1 AND c.import_id = $2 AND c.invitation_op IN (2, 3, 4) AND c.action IN (1, 2, 3, 4)
			AND (i.id IS NULL OR i.version <> c.invitation_version OR (c.invitation_op IN (3, 4)) <> (i.state = 1))`,
			[]any{a.r.Org, a.r.Import}, &taken)
	}
	if err != nil || taken == 0 {
		return err
	}
	return stale("invitation")
}

// checkMasters insists that every group, role, policy and field that the plan
// uses is still there.
func (a *applier) checkMasters(ctx context.Context) error {
	now, err := a.tx.Masters(ctx, a.r.Org)
	if err != nil {
		return err
	}
	for _, g := range a.i.Outcome.NewGroups {
		if _, taken := now.Group(g.Name); taken {
			return stale("group")
		}
		now.AddGroup(g)
	}
	if now.Version == a.i.MastersVersion {
		return nil
	}
	for _, c := range a.i.Header.Columns {
		if f, ok := now.Field(c.Field); c.Field != "" && (!ok || f.ID != a.i.Header.FieldIDs[c.Field]) {
			return stale("field")
		}
	}
	return a.checkUsed(ctx, now)
}

func (a *applier) checkUsed(ctx context.Context, now *plan.Masters) error {
	for _, use := range []struct {
		what, query string
		there       func(int64) bool
	}{
		{"group", `SELECT DISTINCT g.value FROM change c CROSS JOIN ` + a.tx.dialect.groupOps() + ` WHERE c.org_id = $1 AND c.import_id = $2 AND g.value > 0`, now.HasGroup},
		{"role", `SELECT role_id FROM change WHERE org_id = $1 AND import_id = $2 AND role_id IS NOT NULL AND action IN (1, 2, 3)` + reopened("role_id"),
			func(id int64) bool { return now.RoleCode(id) != "" }},
		{"policy", `SELECT policy_id FROM change WHERE org_id = $1 AND import_id = $2 AND policy_id IS NOT NULL AND action IN (1, 2, 3)` + reopened("policy_id"),
			func(id int64) bool { return now.PolicyCode(id) != "" }},
	} {
		gone := false
		err := each(ctx, a.tx, use.query, []any{a.r.Org, a.r.Import}, func(scan func(...any) error) error {
			var id int64
			err := scan(&id)
			gone = gone || !use.there(id)
			return err
		})
		if err != nil {
			return err
		}
		if gone {
			return stale(use.what)
		}
	}
	return nil
}

// reopened adds what the invitations have that an undo brings back.
func reopened(column string) string {
	return ` UNION SELECT v.` + column + ` FROM change c JOIN invitation v ON v.org_id = c.org_id AND v.id = c.invitation_id
		WHERE c.org_id = $1 AND c.import_id = $2 AND c.invitation_op = 2 AND v.` + column + ` IS NOT NULL`
}

// checkAfter holds the organisation's invariants against what was written:
// exactly one primary owner (M3), and no more seats than there are (M6).
func (a *applier) checkAfter(ctx context.Context) error {
	owners, err := primaryOwners(ctx, a.tx, a.r.Org)
	if err != nil {
		return err
	}
	if owners != 1 {
		return stale("primary_owner")
	}
	var limit *int64
	if err := one(ctx, a.tx, `SELECT seats FROM organisation WHERE id = $1`, []any{a.r.Org}, &limit); err != nil {
		return err
	}
	takes := a.i.Outcome.Seats.After - a.i.Outcome.Seats.Before
	if limit == nil || takes <= 0 {
		return nil
	}
	used, err := seats(ctx, a.tx, a.r.Org, a.r.Now)
	if err != nil {
		return err
	}
	if used > *limit {
		return stale("seats")
	}
	return nil
}
