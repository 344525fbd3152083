package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"

	"meibo/internal/plan"
	"meibo/internal/problem"
)

// A summer adds up digests of changes in order, and of runs of kept rows, which come
// behind them, and puts the changes into blocks. It may do so while they are stored, for
// one goroutine.
type summer struct {
	h    hash.Hash
	buf  []byte
	last int64 // seq

	runs    []byte // seqs and digests of runs
	lastRun int64
	blocks  blockWriter
	rows    int64 // changes, those of runs aside
	spoilt  bool  // what is stored is no longer what was added
	removed bool  // nor is the last of it there
}

func newSummer(org, imp int64) *summer {
	s := &summer{h: sha256.New()}
	s.h.Write(binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64([]byte("meibo plan 1"), uint64(org)), uint64(imp)))
	return s
}

func (s *summer) add(c *plan.Change, digest []byte, groups string, contested bool, keys [3]string) {
	s.addDigest(c.Seq, digest)
	s.blocks.add(c, groups, contested, keys)
	s.rows++
}

func (s *summer) addDigest(seq int64, digest []byte) {
	s.spoilt = s.spoilt || seq <= s.last
	s.last = seq
	s.buf = append(binary.BigEndian.AppendUint64(s.buf[:0], uint64(seq)), digest...)
	s.h.Write(s.buf)
}

// addStored adds a change that was read.
func (s *summer) addStored(c *StoredChange) {
	s.add(&c.Change, c.Digest, c.docs.Groups, c.contested, c.keys)
}

// addKeeps adds a run of kept rows that ends with a seq.
func (s *summer) addKeeps(last int64, digest []byte) {
	s.spoilt = s.spoilt || last <= s.lastRun
	s.lastRun = last
	s.runs = append(binary.BigEndian.AppendUint64(s.runs, uint64(last)), digest...)
}

// spoil says that something that is stored is changed or removed: sum and blocks are to be
// made from the database.
func (i *Import) spoil() {
	if i.written == nil {
		i.written = newSummer(i.Org, i.ID)
	}
	i.written.spoilt = true
}

func (s *summer) sum() []byte {
	s.h.Write(s.runs)
	s.runs = nil
	return s.h.Sum(nil)
}

// Complete ends a plan that was made: it stores what blocks are left to be stored, and
// returns the plan's sum, a hash over the digests of its changes in their order, then of its
// runs of kept rows. Mostly both were made while the changes were stored: reading them once
// more was a twentieth of planning a million new members.
func (db *DB) Complete(ctx context.Context, i *Import) ([]byte, error) {
	s := i.written
	var err error
	if s == nil || s.spoilt {
		s, err = db.again(ctx, i)
	}
	if err == nil {
		s.blocks.end()
		err = db.addBlocks(ctx, i, &s.blocks)
	}
	if err != nil {
		return nil, fmt.Errorf("complete import %d: %w", i.ID, err)
	}
	return s.sum(), nil
}

// again sums up what is stored of a plan, and makes all blocks anew but for the last one.
func (db *DB) again(ctx context.Context, i *Import) (*summer, error) {
	s := newSummer(i.Org, i.ID)
	err := db.Write(ctx, func(tx *Tx) error {
		if err := tx.mine(ctx, i); err != nil {
			return err
		}
		return tx.removeBlocks(ctx, i.Org, i.ID)
	})
	if err == nil {
		err = eachStored(ctx, db.read(), i.Org, i.ID, func(c *StoredChange) error {
			s.addStored(c)
			return nil
		}, func() error { return db.addBlocks(ctx, i, &s.blocks) })
	}
	if err == nil {
		err = s.sumKeeps(ctx, db.read(), i.Org, i.ID)
	}
	return s, err
}

func (db *DB) addBlocks(ctx context.Context, i *Import, w *blockWriter) error {
	if len(w.full) == 0 {
		return nil
	}
	return db.Write(ctx, func(tx *Tx) error {
		if err := tx.mine(ctx, i); err != nil {
			return err
		}
		return tx.insertBlocks(ctx, i.Org, i.ID, w)
	})
}

// verifySum computes every digest anew from what is stored, and the sum from
// them, and compares both. A change whose person was erased has no content and
// no salt any more; its digest still counts. It returns what applying the plan
// touches. also is told each change, verified if it has content; nil: nobody.
func (db *DB) verifySum(ctx context.Context, i Import, also func(context.Context, *StoredChange) error) (counted expected, err error) {
	s := newSummer(i.Org, i.ID)
	var d plan.Digester
	var seen seenMembers
	err = eachStored(ctx, db.read(), i.Org, i.ID, func(c *StoredChange) error {
		if c.Salt != nil {
			digest := d.Digest(c.Salt, &c.Change, c.docs)
			if !bytes.Equal(digest[:], c.Digest) || !c.keysHold() {
				return problem.Of(problem.Stale, problem.SumMismatch)
			}
		}
		s.addDigest(c.Seq, c.Digest)
		counted.count(&c.Change, c.docs.Groups, c.contested, &seen)
		if also == nil {
			return nil
		}
		return also(ctx, c)
	}, nil)
	if err == nil {
		err = s.sumKeeps(ctx, db.read(), i.Org, i.ID)
	}
	if err == nil && !bytes.Equal(s.sum(), i.Sum) {
		err = problem.Of(problem.Stale, problem.SumMismatch)
	}
	return counted, err
}

// lastJournal returns the newest entry of the journal; the zero Import if it is empty.
func lastJournal(ctx context.Context, q querier, org int64) (Import, error) {
	i := Import{Org: org}
	err := each(ctx, q, `SELECT `+importColumns+` FROM import WHERE org_id = $1 AND journal_no IS NOT NULL ORDER BY journal_no DESC LIMIT 1`, []any{org},
		func(scan func(...any) error) (err error) {
			i, err = scanImport(org, scan)
			return err
		})
	return i, err
}

// journalHash binds an applied plan to the one before it (M8).
func journalHash(i Import) []byte {
	h := sha256.New()
	h.Write(i.PrevHash)
	h.Write(i.Sum)
	for _, n := range []int64{i.Org, i.ID, i.JournalNo, i.AppliedAt, i.ActorID, i.Rows, i.FirstMember, i.FirstInvite} {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(n)))
	}
	return h.Sum(nil)
}

// A Verification is what verifying the journal found.
type Verification struct {
	Entries int64 // applied plans, all of which hang together
	Changes int64 // changes whose content is as it was
	Erased  int64 // changes whose person was erased; their digests count
}

// VerifyJournal walks the journal from its beginning and computes everything
// anew. Its problem is JournalBroken, with the import at which it breaks.
func (db *DB) VerifyJournal(ctx context.Context, org int64) (Verification, error) {
	var v Verification
	var prev []byte
	for no := int64(1); ; no++ {
		i, found, err := db.journalEntry(ctx, org, no)
		if err != nil || !found {
			return v, err
		}
		if !bytes.Equal(i.PrevHash, prev) || !bytes.Equal(journalHash(i), i.Hash) {
			return v, problem.Of(problem.Conflict, problem.JournalBroken, "import", fmt.Sprint(i.ID))
		}
		if err := db.verifyEntry(ctx, i, &v); err != nil {
			return v, err
		}
		prev = i.Hash
	}
}

func (db *DB) journalEntry(ctx context.Context, org, no int64) (i Import, found bool, err error) {
	err = each(ctx, db.read(), `SELECT `+importColumns+` FROM import WHERE org_id = $1 AND journal_no >= $2 ORDER BY journal_no LIMIT 1`, []any{org, no},
		func(scan func(...any) error) (err error) {
			i, err = scanImport(org, scan)
			found = true
			return err
		})
	if err == nil && found && i.JournalNo != no {
		return i, true, problem.Of(problem.Conflict, problem.JournalBroken, "import", fmt.Sprint(i.ID))
	}
	return i, found, err
}

func (db *DB) verifyEntry(ctx context.Context, i Import, v *Verification) error {
	if _, err := db.verifySum(ctx, i, nil); err != nil {
		if errors.Is(err, problem.New(problem.SumMismatch)) {
			return problem.Of(problem.Conflict, problem.JournalBroken, "import", fmt.Sprint(i.ID))
		}
		return err
	}
	var kept, erased, runs int64
	err := one(ctx, db.read(), `SELECT count(salt), count(*) - count(salt) FROM change WHERE org_id = $1 AND import_id = $2`, []any{i.Org, i.ID}, &kept, &erased)
	if err == nil {
		err = one(ctx, db.read(), `SELECT CAST(coalesce(sum(n), 0) AS BIGINT) FROM keep_run WHERE org_id = $1 AND import_id = $2`, []any{i.Org, i.ID}, &runs)
	}
	v.Entries, v.Changes, v.Erased = v.Entries+1, v.Changes+kept+runs, v.Erased+erased
	return err
}
