package store

import "context"

// expected is how many rows each step must touch, counted in one walk through
// the plan: a walk for each step cost as much as some of the steps.
type expected struct {
	withdrawn, released, rekeyed, updated, restored, created, secrets, invited int64

	gone, leaving, joining int64 // memberships that end with their member, that end, that begin or are there

	closed, cancelled, reopened int64 // invitations

	signedOut int64 // changes that end sessions; a member may have several
	known     int64 // changes of members who are there
}

func (a *applier) expect(ctx context.Context) error {
	w := &a.want
	err := one(ctx, a.tx, `SELECT
		count(CASE WHEN c.action = 4 AND c.member_id IS NOT NULL THEN 1 END),
		count(CASE WHEN c.contested THEN 1 END),
		count(DISTINCT CASE WHEN `+rekeys+` THEN c.member_id END),
		count(DISTINCT CASE WHEN `+updates+` THEN c.member_id END),
		count(CASE WHEN c.action = 1 AND c.member_id IS NOT NULL THEN 1 END),
		count(CASE WHEN c.action = 1 AND c.member_id IS NULL THEN 1 END),
		count(CASE WHEN c.action IN (1, 3) AND c.secret IS NOT NULL THEN 1 END),
		count(CASE WHEN c.action = 2 AND c.invitation_op = 1 THEN 1 END),
		count(CASE WHEN c.action <= 4 AND c.invitation_op = 4 THEN 1 END),
		count(CASE WHEN c.action <= 4 AND c.invitation_op = 3 THEN 1 END),
		count(CASE WHEN c.action <= 4 AND c.invitation_op = 2 THEN 1 END),
		count(CASE WHEN c.member_id IS NOT NULL AND (c.action = 1 OR c.action = 3 AND (c.mask & `+signInMask+`) <> 0) THEN 1 END),
		count(CASE WHEN c.member_id IS NOT NULL AND c.action IN (1, 3, 4) THEN 1 END),
		`+opsOf(`c.action = 4`, `-`)+`, `+opsOf(`c.action IN (1, 3)`, `-`)+`, `+opsOf(`c.action IN (1, 3)`, `,`)+` + count(CASE WHEN c.action IN (1, 3) THEN c.group_ops END)
		FROM change c WHERE c.org_id = $1 AND c.import_id = $2`, []any{a.r.Org, a.r.Import},
		&w.withdrawn, &w.released, &w.rekeyed, &w.updated, &w.restored, &w.created, &w.secrets, &w.invited, &w.closed, &w.cancelled, &w.reopened,
		&w.signedOut, &w.known, &w.gone, &w.leaving, &w.joining)
	w.joining -= w.leaving // of all
	return err
}

// opsOf counts how often a sign stands in the groups of some changes: they are
// '5,-7'.
func opsOf(which, sign string) string {
	return `CAST(coalesce(sum(CASE WHEN ` + which + ` THEN length(c.group_ops) - length(replace(c.group_ops, '` + sign + `', '')) END), 0) AS BIGINT)`
}
