package store

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"

	"meibo/internal/plan"
)

// This part of the one writer deletes members: the record stays for undo, its keys are free
// (M7), and they leave all groups. PostgreSQL joins members with the plan. SQLite would put
// what it joined into a table of its own, in order, and look for each member again, which
// with their memberships was two fifths of undoing a million. It goes through the members
// where they lie instead, a stretch of IDs at a time: those of one import lie together.
// Members here and there cost two statements each, which is as fast as the join.

// setWithdrawn is what becomes of a member m who is deleted, up to the time.
const setWithdrawn = `state = 2, email_key = NULL, login_key = NULL, version = m.version + 1, withdrawn_at = `

func (a *applier) withdraw(ctx context.Context) error {
	if a.want.Withdrawn == 0 {
		return nil
	}
	if a.tx.dialect == sqlite {
		return a.withdrawStretches(ctx)
	}
	// By a list of who is meant, and at which version, it came to them in the order of a
	// hash, 17 s for a million in place of 7.
	err := a.exec(ctx, "withdraw", a.want.Withdrawn, `UPDATE member AS m SET `+setWithdrawn+`$3 FROM change c WHERE `+unmoved+` AND c.action = 4`, a.r.Now)
	if err != nil || a.want.Gone == 0 {
		return err
	}
	return a.exec(ctx, "take out of all groups", a.want.Gone, `DELETE FROM membership WHERE org_id = $1 AND member_id IN (
		SELECT c.member_id FROM change c WHERE c.org_id = $1 AND c.import_id = $2 AND c.action = 4 AND c.member_id IS NOT NULL)`)
}

func (a *applier) withdrawStretches(ctx context.Context) error {
	all, err := a.leavers(ctx)
	if err != nil {
		return fmt.Errorf("who leaves: %w", err)
	}
	var left, gone int64 // members, memberships
	for _, version := range slices.Sorted(maps.Keys(all)) {
		n, err := a.eachStretch(ctx, all[version], `UPDATE OR ROLLBACK member AS m SET `+setWithdrawn+`?4 WHERE m.org_id = ?1 AND m.id BETWEEN ?2 AND ?3 AND m.version = ?5 AND m.state = 1`,
			a.r.Now, version)
		if err != nil {
			return fmt.Errorf("withdraw: %w", err)
		}
		left += n
		if a.want.Gone == 0 {
			continue
		}
		if n, err = a.eachStretch(ctx, all[version], `DELETE FROM membership WHERE org_id = ?1 AND member_id BETWEEN ?2 AND ?3`); err != nil {
			return fmt.Errorf("take out of all groups: %w", err)
		}
		gone += n
	}
	return cmp.Or(mustTouch("withdraw", left, a.want.Withdrawn), mustTouch("take out of all groups", gone, a.want.Gone))
}

// leavers are the members whom the plan deletes, by the version at which it saw them.
func (a *applier) leavers(ctx context.Context) (map[int64]plan.IDSet, error) {
	all := map[int64]plan.IDSet{}
	var id, version int64
	err := each(ctx, a.tx, `SELECT member_id, base_version FROM change WHERE org_id = $1 AND import_id = $2 AND action = 4 AND member_id IS NOT NULL`,
		[]any{a.r.Org, a.r.Import}, func(scan func(...any) error) error {
			err := scan(&id, &version)
			if all[version] == nil {
				all[version] = plan.IDSet{}
			}
			set := all[version]
			set.Add(id)
			return err
		})
	return all, err
}

// eachStretch runs a statement for each stretch of IDs, and returns how many rows it
// touched. Its first parameters are the organisation and the first and last ID.
func (a *applier) eachStretch(ctx context.Context, ids plan.IDSet, query string, more ...int64) (int64, error) {
	next, stop := iter.Pull2(ids.Stretches())
	defer stop()
	return a.tx.lite.runAll(ctx, query, 3+len(more), func(row []cell) (bool, error) {
		first, last, ok := next()
		row[0], row[1], row[2] = numberOf(a.r.Org), numberOf(first), numberOf(last)
		for i, n := range more {
			row[3+i] = numberOf(n)
		}
		return ok, nil
	})
}
