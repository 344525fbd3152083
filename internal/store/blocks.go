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
// index of them, which took a fifteenth of planning a million new members on SQLite, and
// applying need not count before it writes. A row for every two thousand changes is not felt.
//
// Blocks are made while changes are stored, and anew where stored ones were changed
// (DB.Complete). Applying holds what was counted against every change that it verifies. Who
// looks for changes asks those of a block that may have them, and believes a block that has
// none, as an index would be believed.

// changesInBlock is how many seqs a block has: as many as a batch of rows.
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

// A blockWriter puts changes, which come in order, into blocks.
type blockWriter struct {
	now  block
	full []block // behind which other blocks were begun
	seen seenMembers
}

func (w *blockWriter) add(c *plan.Change, groups string, contested bool, keys [3]string) {
	if n := blockOf(c.Seq); w.now.some && n != w.now.number {
		w.end()
	}
	w.now.some, w.now.number = true, blockOf(c.Seq)
	w.now.actions |= bitOf(c.Action)
	w.now.counts.count(c, groups, contested, &w.seen)
	for i, key := range keys {
		if key != "" && (i == 0 || key != keys[i-1]) {
			w.now.keys.WriteString(keyBegins)
			w.now.keys.WriteString(cut(key))
		}
	}
}

// keyRunes is how many characters of a key a block has: a cell of a rejected row may be a book.
const keyRunes = 64

// cut is what a block has of a key, or of how one begins.
func cut(key string) string {
	n := 0
	for i := range key {
		if n++; n > keyRunes {
			return key[:i]
		}
	}
	return key
}

// end ends the block that was begun.
func (w *blockWriter) end() {
	if w.now.some {
		w.full = append(w.full, w.now)
	}
	w.now = block{}
}

func bitOf(a plan.Action) int64 { return 1 << a }

// insertBlocks stores the blocks that are full, and forgets them.
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
		args = append(args, keyBegins+cut(begin))
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
