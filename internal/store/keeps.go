package store

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"meibo/internal/plan"
	"meibo/internal/problem"
)

// This file keeps the rows of a file that leave a member as they are and have
// nothing else to say. A file that comes back with few changes consists of them:
// many together are one row of keep_run. Planning and applying what is unchanged
// takes half of the processor time that it took with a change for each (100,000
// rows, both databases). Whom they are about is read from the members when somebody
// looks.

// A keep is a row of a file that leaves a member as they are.
type keep struct{ seq, line, member int64 }

// plainKeep reports whether a change can be part of a run.
func plainKeep(c *plan.Change) bool {
	return c.Action == plan.Keep && c.Line > 0 && c.MemberID > 0 && c.InvitationID == 0 && c.Mask == 0 &&
		len(c.Groups) == 0 && len(c.Notes) == 0 && len(c.Problems) == 0
}

// encodeKeeps writes keeps, which ascend by seq and line, as differences.
func encodeKeeps(keeps []keep) []byte {
	b := make([]byte, 0, 5*len(keeps))
	var last keep
	for _, k := range keeps {
		b = binary.AppendUvarint(b, uint64(k.seq-last.seq))
		b = binary.AppendUvarint(b, uint64(k.line-last.line))
		b = binary.AppendVarint(b, k.member-last.member)
		last = k
	}
	return b
}

func decodeKeeps(b []byte) ([]keep, error) {
	var keeps []keep
	err := eachKeep(b, func(k keep) bool {
		keeps = append(keeps, k)
		return true
	})
	return keeps, err
}

// eachKeep reads keeps until f returns false.
func eachKeep(b []byte, f func(keep) bool) error {
	var k keep
	for len(b) > 0 {
		seq, n1 := binary.Uvarint(b)
		line, n2 := binary.Uvarint(b[max(n1, 0):])
		id, n3 := binary.Varint(b[max(n1, 0)+max(n2, 0):])
		if n1 <= 0 || n2 <= 0 || n3 <= 0 {
			return errors.New("a run of kept rows is damaged")
		}
		k = keep{k.seq + int64(seq), k.line + int64(line), k.member + id}
		if b = b[n1+n2+n3:]; !f(k) {
			return nil
		}
	}
	return nil
}

// digestOfKeeps needs no salt: members' IDs and lines say nothing of anybody.
func digestOfKeeps(b []byte) []byte {
	sum := sha256.Sum256(append([]byte("meibo keeps 1"), b...))
	return sum[:plan.DigestSize]
}

// insertKeeps stores keeps, of which there must be some, as one run, and returns its digest.
func (tx *Tx) insertKeeps(ctx context.Context, org, imp int64, keeps []keep) (digest []byte, err error) {
	first, last, b := keeps[0], keeps[len(keeps)-1], encodeKeeps(keeps)
	digest = digestOfKeeps(b)
	_, err = tx.exec(ctx, `INSERT INTO keep_run (org_id, import_id, first_seq, last_seq, first_line, last_line, n, keeps, digest)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, org, imp, first.seq, last.seq, first.line, last.line, len(keeps), b, digest)
	return digest, err
}

// runsAtOnce is how many runs are read at once.
const runsAtOnce = 8

// eachRun reads some runs and calls f with the keeps of each.
func eachRun(ctx context.Context, r querier, where string, args []any, f func(last int64, keeps []keep) error) (n int, err error) {
	err = each(ctx, r, `SELECT last_seq, keeps FROM keep_run WHERE org_id = $1 AND import_id = $2 AND `+where, args, func(scan func(...any) error) error {
		var last int64
		var b []byte
		if err := scan(&last, &b); err != nil {
			return err
		}
		n++
		keeps, err := decodeKeeps(b)
		if err != nil {
			return err
		}
		return f(last, keeps)
	})
	return n, err
}

// keepsAfter returns the first keeps with a greater seq than after and a smaller
// one than before, of members whom among has (nil: all), and no more than limit.
func keepsAfter(ctx context.Context, r querier, org, imp, after, before int64, among plan.IDSet, limit int) ([]keep, error) {
	var found []keep
	for from := after; ; {
		n, err := eachRun(ctx, r, fmt.Sprintf(`last_seq > $3 AND first_seq < $4 ORDER BY last_seq LIMIT %d`, runsAtOnce), []any{org, imp, from, before},
			func(last int64, keeps []keep) error {
				from = last
				for _, k := range keeps {
					if k.seq > after && k.seq < before && len(found) < limit && (among == nil || among.Has(k.member)) {
						found = append(found, k)
					}
				}
				return nil
			})
		if err != nil || n < runsAtOnce || len(found) >= limit {
			return found, err
		}
	}
}

// keepsBefore is keepsAfter from the other end: the last of those keeps, ascending.
func keepsBefore(ctx context.Context, r querier, org, imp, after, before int64, among plan.IDSet, limit int) ([]keep, error) {
	var found []keep
	for end := int64(math.MaxInt64); ; {
		n, err := eachRun(ctx, r, fmt.Sprintf(`last_seq < $3 AND first_seq < $4 AND last_seq > $5 ORDER BY last_seq DESC LIMIT %d`, runsAtOnce),
			[]any{org, imp, end, before, after}, func(last int64, keeps []keep) error {
				end = last
				for _, k := range slices.Backward(keeps) {
					if k.seq < before && k.seq > after && len(found) < limit && (among == nil || among.Has(k.member)) {
						found = append(found, k)
					}
				}
				return nil
			})
		if err != nil || n < runsAtOnce || len(found) >= limit {
			slices.Reverse(found)
			return found, err
		}
	}
}

// keepOfLine returns the keep of a line, if its seq is between two; none if the line
// has another change.
func keepOfLine(ctx context.Context, r querier, org, imp, line, after, before int64) (found []keep, err error) {
	_, err = eachRun(ctx, r, `first_line <= $3 AND last_line >= $3`, []any{org, imp, line}, func(_ int64, keeps []keep) error {
		if i, ok := slices.BinarySearchFunc(keeps, line, func(k keep, line int64) int { return cmp.Compare(k.line, line) }); ok && keeps[i].seq > after && keeps[i].seq < before {
			found = append(found, keeps[i])
		}
		return nil
	})
	return found, err
}

// withKeeps puts keeps among changes, both in order, and reads whom they are about.
func withKeeps(ctx context.Context, r querier, d dialect, org int64, cs []StoredChange, keeps []keep) ([]StoredChange, error) {
	if len(keeps) == 0 {
		return cs, nil
	}
	kept, err := changesOfKeeps(ctx, r, d, org, keeps)
	if err != nil || len(cs) == 0 {
		return kept, err
	}
	cs = append(cs, kept...)
	slices.SortFunc(cs, func(a, b StoredChange) int { return cmp.Compare(a.Seq, b.Seq) })
	return cs, nil
}

// notErased is the salt of a change that has none and whose person is there.
var notErased = []byte{}

// changesOfKeeps are keeps as changes, each with what tells who is meant: as the
// member is now.
func changesOfKeeps(ctx context.Context, r querier, d dialect, org int64, keeps []keep) ([]StoredChange, error) {
	cs, ids, at := make([]StoredChange, len(keeps)), make([]int64, len(keeps)), make(map[int64][]int, len(keeps))
	for i, k := range keeps {
		cs[i].Change = plan.Change{Seq: k.seq, Line: k.line, Action: plan.Keep, Ordinal: -1, MemberID: k.member}
		ids[i], at[k.member] = k.member, append(at[k.member], i)
	}
	var id int64
	var email, login, name string
	var there bool
	err := each(ctx, r, `SELECT m.id, coalesce(m.email, ''), coalesce(m.login_id, ''), coalesce(m.name, ''), m.erased_at IS NULL
		FROM member m WHERE m.org_id = $1 AND `+d.among("m.id", 2), []any{org, list(d, ids)}, func(scan func(...any) error) error {
		if err := scan(&id, &email, &login, &name, &there); err != nil {
			return err
		}
		for _, i := range at[id] {
			c := &cs[i]
			c.After.Email, c.After.LoginID, c.After.Name = email, login, name
			if there {
				c.Salt = notErased
			}
		}
		return nil
	})
	return cs, err
}

// UnpackKeeps gives each row that keeps one of the members a change of its own:
// where two rows may be about one, the queries that find them look at changes alone.
func (db *DB) UnpackKeeps(ctx context.Context, i *Import, members plan.IDSet) error {
	i.spoil()
	for from, more := int64(0), true; more; {
		err := db.Write(ctx, func(tx *Tx) (err error) {
			if err := tx.mine(ctx, i); err != nil {
				return err
			}
			from, more, err = tx.unpackRuns(ctx, i, members, from)
			return err
		})
		if err != nil {
			return fmt.Errorf("kept rows of import %d: %w", i.ID, err)
		}
	}
	return nil
}

// unpackRuns looks at some runs behind one, and says behind which to go on.
func (tx *Tx) unpackRuns(ctx context.Context, i *Import, members plan.IDSet, from int64) (last int64, more bool, err error) {
	runs := map[int64][]keep{} // those with one of the members, by their last seq
	n, err := eachRun(ctx, tx, fmt.Sprintf(`last_seq > $3 ORDER BY last_seq LIMIT %d`, runsAtOnce), []any{i.Org, i.ID, from}, func(end int64, keeps []keep) error {
		last = end
		if slices.ContainsFunc(keeps, func(k keep) bool { return members.Has(k.member) }) {
			runs[end] = keeps
		}
		return nil
	})
	if err != nil {
		return 0, false, err
	}
	for _, end := range slices.Sorted(maps.Keys(runs)) {
		var single, rest []keep
		for _, k := range runs[end] {
			if members.Has(k.member) {
				single = append(single, k)
			} else {
				rest = append(rest, k)
			}
		}
		if err := tx.unpack(ctx, i, end, single, rest); err != nil {
			return 0, false, err
		}
	}
	return last, n == runsAtOnce, nil
}

// unpack stores some keeps of a run as changes, and the rest as a run.
func (tx *Tx) unpack(ctx context.Context, i *Import, end int64, single, rest []keep) error {
	stored, err := changesOfKeeps(ctx, tx, tx.dialect, i.Org, single)
	if err != nil {
		return err
	}
	changes := make([]plan.Change, len(stored))
	for i := range stored {
		changes[i] = stored[i].Change
	}
	if _, err := tx.exec(ctx, `DELETE FROM keep_run WHERE org_id = $1 AND import_id = $2 AND last_seq = $3`, i.Org, i.ID, end); err != nil {
		return err
	}
	if len(rest) > 0 {
		if _, err := tx.insertKeeps(ctx, i.Org, i.ID, rest); err != nil {
			return err
		}
	}
	return tx.insertAnew(ctx, i.Org, i.ID, changes)
}

// sumKeeps adds the runs of a plan to its sum, behind its changes.
func (s *summer) sumKeeps(ctx context.Context, r querier, org, imp int64) error {
	return each(ctx, r, `SELECT last_seq, first_seq, first_line, last_line, n, keeps, digest FROM keep_run WHERE org_id = $1 AND import_id = $2 ORDER BY last_seq`,
		[]any{org, imp}, func(scan func(...any) error) error {
			var first, last keep
			var n int
			var b, digest []byte
			if err := scan(&last.seq, &first.seq, &first.line, &last.line, &n, &b, &digest); err != nil {
				return err
			}
			keeps, err := decodeKeeps(b)
			if err != nil || len(keeps) != n || n == 0 || !bytes.Equal(digest, digestOfKeeps(b)) || keeps[0].seq != first.seq || keeps[0].line != first.line ||
				keeps[n-1].seq != last.seq || keeps[n-1].line != last.line {
				return problem.Of(problem.Stale, problem.SumMismatch)
			}
			s.addKeeps(last.seq, digest)
			return nil
		})
}

// traceKeeps finds the imports with rows that left one of the people as they are,
// where something of the file is still there.
func (e *eraser) traceKeeps(ctx context.Context) error {
	var people plan.IDSet
	for _, id := range e.ids {
		people.Add(id)
	}
	return each(ctx, e.tx, `SELECT r.import_id, r.keeps FROM keep_run r JOIN import i ON i.org_id = r.org_id AND i.id = r.import_id
		WHERE r.org_id = $1 AND (i.file_key IS NOT NULL OR i.outcome LIKE '%"sample":%' OR i.state IN ('planned', 'needs_acceptance', 'needs_approval', 'applying'))`,
		[]any{e.r.Org}, func(scan func(...any) error) error {
			var imp int64
			var b []byte
			if err := scan(&imp, &b); err != nil || e.touched[imp] != nil && e.touched[imp].kept {
				return err
			}
			return eachKeep(b, func(k keep) bool {
				if people.Has(k.member) {
					e.of(imp).kept = true
					return false
				}
				return true
			})
		})
}
