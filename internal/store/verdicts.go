package store

import (
	"context"
	"fmt"

	"meibo/internal/member"
	"meibo/internal/plan"
)

// A Reason is why the whole file rejects a row, as it is stored until the row
// is rewritten. A row is told its reasons in this order.
type Reason int16

// The reasons.
const (
	AboutSameMember    Reason = 1 // as the row on line Other
	SameEmail          Reason = 2 // as the row on line Other
	SameLoginID        Reason = 3 // likewise
	RepeatedMembership Reason = 4 // the row on line Other asks for the same
	ContraryMembership Reason = 5 // the row on line Other asks for the opposite
	EmailTaken         Reason = 6 // by the member Owner
	LoginIDTaken       Reason = 7 // likewise
	EmailInvited       Reason = 8 // by an open invitation
	BundleTorn         Reason = 9 // with the row on line Other
)

func reasonOf(a member.Attribute, email, login Reason) Reason {
	if a == member.Email {
		return email
	}
	return login
}

// A Verdict is one reason to reject one row.
type Verdict struct {
	Seq    int64
	Reason Reason
	Other  int64 // line of the other row; 0 if there is none
	Owner  int64 // member who has the key; 0 if none
}

// mark keeps what a query finds: rows of seq, other and owner, each seq once.
// They stay in the database, as there may be as many as the file has rows (F11).
//
// They are read beside the transactions that write them: SQLite sorts in as much
// memory as the cache of its connection, of which the one that writes has most.
func (db *DB) mark(ctx context.Context, r Reason, query string, org, imp int64, more ...any) error {
	args := append([]any{org, imp}, more...)
	vs := make([]Verdict, 0, page)
	err := each(ctx, db.read(), `SELECT seq, other, owner FROM (`+query+`) found`, args, func(scan func(...any) error) error {
		v := Verdict{Reason: r}
		if err := scan(&v.Seq, &v.Other, &v.Owner); err != nil {
			return err
		}
		if vs = append(vs, v); len(vs) < page {
			return nil
		}
		err := db.keepMarks(ctx, org, imp, vs)
		vs = vs[:0]
		return err
	})
	if err == nil {
		err = db.keepMarks(ctx, org, imp, vs)
	}
	if err != nil {
		return fmt.Errorf("rows to be rejected for reason %d: %w", r, err)
	}
	return nil
}

func (db *DB) keepMarks(ctx context.Context, org, imp int64, vs []Verdict) error {
	if len(vs) == 0 {
		return nil
	}
	return db.Write(ctx, func(tx *Tx) error {
		i := 0
		return tx.bulk(ctx, "change_verdict", []string{"org_id", "import_id", "seq", "reason", "other", "owner"}, func(row []cell) (bool, error) {
			if i == len(vs) {
				return false, nil
			}
			v := vs[i]
			i++
			copy(row, []cell{numberOf(org), numberOf(imp), numberOf(v.Seq), numberOf(v.Reason), numberOf(v.Other), numberOf(v.Owner)})
			return true, nil
		})
	})
}

// RewriteJudged lets f change every row that was marked, in the order of the
// file, as [DB.Rewrite] does, and forgets the marks. vs has at least one verdict.
func (db *DB) RewriteJudged(ctx context.Context, i *Import, f func(c *plan.Change, vs []Verdict)) error {
	for after := int64(0); ; {
		seqs, marked, err := db.judgedAfter(ctx, i.Org, i.ID, after)
		if err != nil {
			return fmt.Errorf("rows to be rejected: %w", err)
		}
		if len(seqs) == 0 && after == 0 {
			return nil // nothing was marked
		}
		if len(seqs) == 0 {
			break
		}
		if err := db.Rewrite(ctx, i, seqs, func(c *plan.Change) { f(c, marked[c.Seq]) }); err != nil {
			return err
		}
		after = seqs[len(seqs)-1]
	}
	return db.Write(ctx, func(tx *Tx) error { return tx.removeMarks(ctx, i.Org, i.ID) })
}

// judgedAfter returns a page of marked rows, ascending, with all their verdicts.
func (db *DB) judgedAfter(ctx context.Context, org, imp, after int64) (seqs []int64, marked map[int64][]Verdict, err error) {
	const some = `FROM change_verdict WHERE org_id = $1 AND import_id = $2 AND seq > $3`
	marked = map[int64][]Verdict{}
	err = each(ctx, db.read(), `SELECT seq, reason, other, owner `+some+`
		AND seq <= (SELECT max(seq) FROM (SELECT seq `+some+` ORDER BY seq LIMIT $4) x) ORDER BY seq, reason`,
		[]any{org, imp, after, page}, func(scan func(...any) error) error {
			var v Verdict
			err := scan(&v.Seq, &v.Reason, &v.Other, &v.Owner)
			if marked[v.Seq] == nil {
				seqs = append(seqs, v.Seq)
			}
			marked[v.Seq] = append(marked[v.Seq], v)
			return err
		})
	return seqs, marked, err
}

func (tx *Tx) removeMarks(ctx context.Context, org, imp int64) error {
	_, err := tx.exec(ctx, `DELETE FROM change_verdict WHERE org_id = $1 AND import_id = $2`, org, imp)
	return err
}
