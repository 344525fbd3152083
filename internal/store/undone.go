package store

import (
	"context"
	"fmt"
	"iter"

	"meibo/internal/plan"
)

// Doings yields what turning an applied import back needs of its changes, in their
// order: what each did to whom, and what it overwrote, but not what it wrote. No
// cursor is open while the body of the loop runs. An error is yielded last.
func (db *DB) Doings(ctx context.Context, org, imp int64) iter.Seq2[plan.Change, error] {
	return func(yield func(plan.Change, error) bool) {
		for after, more := int64(0), true; more; {
			cs, err := db.doingsAfter(ctx, org, imp, after)
			if err != nil {
				yield(plan.Change{}, fmt.Errorf("changes of import %d: %w", imp, err))
				return
			}
			for _, c := range cs {
				if !yield(c, nil) {
					return
				}
				after = c.Seq
			}
			more = len(cs) == page
		}
	}
}

func (db *DB) doingsAfter(ctx context.Context, org, imp, after int64) ([]plan.Change, error) {
	cs := make([]plan.Change, 0, page)
	var groups, before string
	err := each(ctx, db.read(), `SELECT c.seq, c.action, coalesce(c.ordinal, -1), coalesce(c.member_id, 0), coalesce(c.base_version, 0), c.mask,
		coalesce(c.group_ops, ''), coalesce(c.invitation_id, 0), c.invitation_op, coalesce(c.invitation_version, 0), coalesce(c.before, '')
		FROM change c WHERE c.org_id = $1 AND c.import_id = $2 AND c.seq > $3 AND c.action <= 4 ORDER BY c.seq LIMIT $4`, []any{org, imp, after, page},
		func(scan func(...any) error) error {
			cs = append(cs, plan.Change{})
			c := &cs[len(cs)-1]
			err := scan(&c.Seq, &c.Action, &c.Ordinal, &c.MemberID, &c.Version, &c.Mask, &groups,
				&c.InvitationID, &c.InvitationOp, &c.InvitationVersion, &before)
			if err == nil {
				c.Groups, err = plan.ParseGroups(groups)
			}
			if err == nil {
				c.Before, err = plan.ParseBefore(before)
			}
			return err
		})
	return cs, err
}
