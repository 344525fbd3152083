package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"meibo/internal/plan"
)

// This file keeps what is in each stretch of a plan: which actions, whose keys, and how
// many rows applying it is to touch. So a review finds few among a million without an
// index of them, and applying need not count before it writes. Two indexes cost a fifth of
// storing a plan; a row for every two thousand changes is not felt.
//
// Blocks are made while changes are stored, and anew where stored ones were changed
// (DB.Sum). None is believed: who looks for changes asks the changes, and applying holds
// what was counted against every change that it verifies.

// changesInBlock is how many seqs a block has: as many as are stored at once.
const changesInBlock = 2000

// blockOf is the number of the block of a seq, which is 1 or more.
func blockOf(seq int64) int64 { return (seq - 1) / changesInBlock }

// A block is what is in one stretch of a plan.
type block struct {
	number  int64
	some    bool            // it has a change
	actions int64           // a bit for each that there is
	counts  expected        // what applying its changes is to touch
	keys    strings.Builder // of who its changes are about, each behind keyBegins
}

// keyBegins stands before each key, so that the beginning of one is a part of them all.
const keyBegins = "\n"

// A blockWriter puts changes, which come in order, into blocks. Members of whom more than
// one change is are counted once in a plan.
type blockWriter struct {
	now  block
	full []block // behind which other blocks were begun
	seen seenMembers
}

// seenMembers are those of whom a change was counted.
type seenMembers struct{ rekeyed, updated plan.IDSet }

func (w *blockWriter) add(c *plan.Change, groups string, contested bool, keys [3]string) {
	if n := blockOf(c.Seq); w.now.some && n != w.now.number {
		w.end()
	}
	w.now.some, w.now.number = true, blockOf(c.Seq)
	w.now.actions |= bitOf(c.Action)
	w.now.counts.add(c, groups, contested, &w.seen)
	for i, key := range keys {
		if key != "" && (i == 0 || key != keys[i-1]) {
			w.now.keys.WriteString(keyBegins)
			w.now.keys.WriteString(key)
		}
	}
}

// end ends the block that was begun.
func (w *blockWriter) end() {
	if w.now.some {
		w.full = append(w.full, w.now)
	}
	w.now = block{}
}

func bitOf(a plan.Action) int64 { return 1 << a }

// insertBlocks stores the blocks that are full.
func (tx *Tx) insertBlocks(ctx context.Context, org, imp int64, w *blockWriter) error {
	for i := range w.full {
		b := &w.full[i]
		counts, err := json.Marshal(b.counts)
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `INSERT INTO change_block (org_id, import_id, block, actions, counts, keys) VALUES ($1, $2, $3, $4, $5, $6)`,
			org, imp, b.number, b.actions, string(counts), b.keys.String()); err != nil {
			return fmt.Errorf("block %d: %w", b.number, err)
		}
	}
	w.full = nil
	return nil
}

// removeBlocks removes the blocks of a plan.
func (tx *Tx) removeBlocks(ctx context.Context, org, imp int64) error {
	_, err := tx.exec(ctx, `DELETE FROM change_block WHERE org_id = $1 AND import_id = $2`, org, imp)
	return err
}

// remakeBlocks makes some blocks of a plan anew from its changes. What they count stays:
// nothing is applied of which a change was taken away.
func (tx *Tx) remakeBlocks(ctx context.Context, org, imp int64, seqs []int64) error {
	done := map[int64]bool{}
	for _, seq := range seqs {
		n := blockOf(seq)
		if done[n] {
			continue
		}
		done[n] = true
		var w blockWriter
		err := each(ctx, tx, `SELECT seq, action, coalesce(email_key, ''), coalesce(login_key, ''), coalesce(name_key, '') FROM change
			WHERE org_id = $1 AND import_id = $2 AND seq > $3 AND seq <= $4 ORDER BY seq`,
			[]any{org, imp, n * changesInBlock, (n + 1) * changesInBlock}, func(scan func(...any) error) error {
				var c plan.Change
				var keys [3]string
				err := scan(&c.Seq, &c.Action, &keys[0], &keys[1], &keys[2])
				w.add(&c, "", false, keys)
				return err
			})
		if err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `UPDATE change_block SET actions = $4, keys = $5 WHERE org_id = $1 AND import_id = $2 AND block = $3`,
			org, imp, n, w.now.actions, w.now.keys.String()); err != nil {
			return err
		}
	}
	return nil
}

// inBlocks calls find for each block between two seqs, the second one among them, that
// may have a change of an action (0: any) and with a key that begins so (empty: any), from
// either end, until it has found enough: find gets the part of the block that is between them.
func (db *DB) inBlocks(ctx context.Context, org, imp int64, s search, action plan.Action, begin string, find func(ctx context.Context, after, upTo int64) ([]int64, error)) ([]int64, error) {
	query := `SELECT block FROM change_block WHERE org_id = $1 AND import_id = $2 AND block >= $3 AND block <= $4`
	args := []any{org, imp, blockOf(s.after + 1), blockOf(s.upTo)}
	if action != 0 {
		args = append(args, bitOf(action))
		query += fmt.Sprintf(` AND actions & $%d <> 0`, len(args))
	}
	if begin != "" {
		args = append(args, keyBegins+begin)
		query += ` AND ` + db.dialect.hasPart("keys", len(args))
	}
	query += ` ORDER BY block`
	if s.backward {
		query += ` DESC`
	}
	blocks, err := numbers(ctx, db.read(), query, args)
	var found []int64
	for _, n := range blocks {
		if err != nil || len(found) >= s.limit {
			break
		}
		var some []int64
		some, err = find(ctx, max(s.after, n*changesInBlock), min(s.upTo, (n+1)*changesInBlock))
		found = append(found, some...)
	}
	return found[:min(len(found), s.limit)], err
}

// expected is how many rows each step of applying must touch. A walk through the plan for
// each step would cost as much as some of the steps.
type expected struct {
	Withdrawn int64 `json:"withdrawn,omitempty"`
	Released  int64 `json:"released,omitempty"`
	Rekeyed   int64 `json:"rekeyed,omitempty"`
	Updated   int64 `json:"updated,omitempty"`
	Restored  int64 `json:"restored,omitempty"`
	Created   int64 `json:"created,omitempty"`
	Secrets   int64 `json:"secrets,omitempty"`
	Invited   int64 `json:"invited,omitempty"`

	Gone    int64 `json:"gone,omitempty"`    // memberships that end with their member
	Leaving int64 `json:"leaving,omitempty"` // that end
	Joining int64 `json:"joining,omitempty"` // that begin

	Closed    int64 `json:"closed,omitempty"` // invitations
	Cancelled int64 `json:"cancelled,omitempty"`
	Reopened  int64 `json:"reopened,omitempty"`

	SignedOut int64 `json:"signed_out,omitempty"` // changes that end sessions; a member may have several
	Known     int64 `json:"known,omitempty"`      // changes of members who are there
}

// add counts a change with its groups as they are stored. A member whom
// several change is touched once.
func (e *expected) add(c *plan.Change, groups string, contested bool, seen *seenMembers) {
	known, of := c.MemberID > 0, int64(strings.Count(groups, ",")+1)
	leaving := int64(strings.Count(groups, "-"))
	if groups == "" {
		of = 0
	}
	switch c.Action {
	case plan.Create:
		if known {
			e.Restored++
			e.SignedOut++
		} else {
			e.Created++
		}
	case plan.Update:
		switch {
		case !known || c.Mask == passwordMask:
		case c.Mask&keyMask == 0:
			if !seen.updated.Add(c.MemberID) {
				e.Updated++
			}
		case !seen.rekeyed.Add(c.MemberID):
			e.Rekeyed++
		}
		if known && c.Mask&signInMask != 0 {
			e.SignedOut++
		}
	case plan.Delete:
		if known {
			e.Withdrawn++
		}
		e.Gone += leaving
	case plan.Invite:
		if c.InvitationOp == plan.OpenInvitation {
			e.Invited++
		}
	}
	if contested {
		e.Released++
	}
	if c.Action == plan.Create || c.Action == plan.Update {
		e.Leaving += leaving
		e.Joining += of - leaving
		if c.Secret != "" {
			e.Secrets++
		}
	}
	if known && c.Action.Applies() && c.Action != plan.Invite {
		e.Known++
	}
	if c.Action.Applies() {
		switch c.InvitationOp {
		case plan.CloseInvitation:
			e.Closed++
		case plan.CancelInvitation:
			e.Cancelled++
		case plan.ReopenInvitation:
			e.Reopened++
		}
	}
}

// sum adds what another part of the plan is to touch.
func (e *expected) sum(o expected) {
	for _, n := range []struct {
		to   *int64
		from int64
	}{
		{&e.Withdrawn, o.Withdrawn}, {&e.Released, o.Released}, {&e.Rekeyed, o.Rekeyed}, {&e.Updated, o.Updated}, {&e.Restored, o.Restored},
		{&e.Created, o.Created}, {&e.Secrets, o.Secrets}, {&e.Invited, o.Invited}, {&e.Gone, o.Gone}, {&e.Leaving, o.Leaving}, {&e.Joining, o.Joining},
		{&e.Closed, o.Closed}, {&e.Cancelled, o.Cancelled}, {&e.Reopened, o.Reopened}, {&e.SignedOut, o.SignedOut}, {&e.Known, o.Known},
	} {
		*n.to += n.from
	}
}

// expectedOf reads what applying a plan is to touch.
func expectedOf(ctx context.Context, r querier, org, imp int64) (all expected, err error) {
	err = each(ctx, r, `SELECT counts FROM change_block WHERE org_id = $1 AND import_id = $2 ORDER BY block`, []any{org, imp}, func(scan func(...any) error) error {
		var text string
		var e expected
		if err := scan(&text); err != nil {
			return err
		}
		err := json.Unmarshal([]byte(text), &e)
		all.sum(e)
		return err
	})
	if err != nil {
		return all, fmt.Errorf("what applying import %d is to touch: %w", imp, err)
	}
	return all, nil
}

func (a *applier) expect(ctx context.Context) (err error) {
	a.want, err = expectedOf(ctx, a.tx, a.r.Org, a.r.Import)
	return err
}
