package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"meibo/internal/plan"
)

// This file deletes members: the record stays for undo, its keys are free (M7), and they
// leave all groups. PostgreSQL joins members with the plan. SQLite would put what it joined
// into a table of its own, in order, and look for each member again, which was half of
// undoing a million; it goes through the members where they lie instead, from one to
// another, a stretch at a time.

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

// A leaver is a member whom the plan deletes, at the version at which it saw them.
type leaver struct{ id, version int64 }

// leaversAtOnce is how many are put in order at once, in 3 MB: where most of all members
// leave, those of a file in any order come to few stretches.
const leaversAtOnce = 200_000

func (a *applier) withdrawStretches(ctx context.Context) error {
	var left, gone int64 // members, memberships
	some := make([]leaver, 0, min(a.want.Withdrawn, leaversAtOnce))
	for seq, more := int64(0), true; more; {
		var err error
		if some, seq, err = a.leaversAfter(ctx, seq, some[:0]); err != nil {
			return fmt.Errorf("who leaves: %w", err)
		}
		more = len(some) == leaversAtOnce
		all := stretchesOf(some)
		n, err := a.tx.lite.runAll(ctx, `UPDATE OR ROLLBACK member AS m SET `+setWithdrawn+`? WHERE m.org_id = ? AND m.id BETWEEN ? AND ? AND m.version = ? AND m.state = 1`, 5,
			eachOf(all, func(row []cell, s stretch) {
				row[0], row[1], row[2], row[3], row[4] = numberOf(a.r.Now), numberOf(a.r.Org), numberOf(s.first), numberOf(s.last), numberOf(s.version)
			}))
		if err != nil {
			return fmt.Errorf("withdraw: %w", err)
		}
		left += n
		if a.want.Gone == 0 {
			continue
		}
		n, err = a.tx.lite.runAll(ctx, `DELETE FROM membership WHERE org_id = ? AND member_id BETWEEN ? AND ?`, 3,
			eachOf(all, func(row []cell, s stretch) {
				row[0], row[1], row[2] = numberOf(a.r.Org), numberOf(s.first), numberOf(s.last)
			}))
		if err != nil {
			return fmt.Errorf("take out of all groups: %w", err)
		}
		gone += n
	}
	return cmp.Or(mustTouch("withdraw", left, a.want.Withdrawn), mustTouch("take out of all groups", gone, a.want.Gone))
}

// eachOf gives the parameters of a statement for one stretch after another.
func eachOf(all []stretch, parameters func(row []cell, s stretch)) func(row []cell) (bool, error) {
	return func(row []cell) (bool, error) {
		if len(all) == 0 {
			return false, nil
		}
		parameters(row, all[0])
		all = all[1:]
		return true, nil
	}
}

// leaversAfter appends the leavers whose changes come after a seq to room, as far as that
// goes. It returns the seq of the last of them.
func (a *applier) leaversAfter(ctx context.Context, after int64, room []leaver) ([]leaver, int64, error) {
	var l leaver
	err := each(ctx, a.tx, `SELECT c.seq, c.member_id, c.base_version FROM change_block b CROSS JOIN change c
		ON c.org_id = b.org_id AND c.import_id = b.import_id AND c.seq > b.block * $5 AND c.seq <= (b.block + 1) * $5
		WHERE b.org_id = $1 AND b.import_id = $2 AND b.block >= $4 AND b.actions & $6 <> 0 AND +c.seq > $3 AND c.action = 4 AND c.member_id IS NOT NULL
		ORDER BY b.block, c.seq LIMIT $7`,
		[]any{a.r.Org, a.r.Import, after, blockOf(after + 1), changesInBlock, bitOf(plan.Delete), cap(room)}, func(scan func(...any) error) error {
			err := scan(&after, &l.id, &l.version)
			room = append(room, l)
			return err
		})
	return room, after, err
}

// A stretch is members whose IDs follow each other, all at one version.
type stretch struct{ first, last, version int64 }

// stretchesOf puts leavers in order of their IDs, and together.
func stretchesOf(some []leaver) (all []stretch) {
	slices.SortFunc(some, func(a, b leaver) int { return cmp.Compare(a.id, b.id) })
	for _, l := range some {
		if n := len(all) - 1; n >= 0 && all[n].last+1 == l.id && all[n].version == l.version {
			all[n].last = l.id
		} else {
			all = append(all, stretch{l.id, l.id, l.version})
		}
	}
	return all
}
