package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"

	"golang.org/x/sync/errgroup"

	"meibo/internal/member"
	"meibo/internal/plan"
)

var changeColumns = []string{"org_id", "import_id", "seq", "line", "action", "ordinal", "member_id", "base_version", "mask",
	"email", "email_key", "login_id", "login_key", "name", "name_key", "login_allowed", "login_until", "system_role", "system_permission",
	"policy_id", "role_id", "remarks", "display_order", "fields", "group_ops", "secret", "must_change", "invitation_id", "invitation_op", "invitation_version",
	"hazards", "frees_email", "frees_login", "contested", "before", "problems", "notes", "salt", "digest"}

const saltSize = 16

// A sealed is a change with everything of its row that takes time to find out.
type sealed struct {
	*plan.Change
	docs                        plan.Documents
	salt                        []byte
	digest                      [plan.DigestSize]byte
	emailKey, loginKey, nameKey string
}

// A sealer finds that out, for one goroutine.
type sealer struct {
	digester plan.Digester
	salts    []byte
}

func (s *sealer) seal(row *sealed, c *plan.Change) error {
	if len(s.salts) < saltSize {
		s.salts = make([]byte, 512*saltSize)
		if _, err := rand.Read(s.salts); err != nil {
			return err
		}
	}
	salt := s.salts[:saltSize:saltSize]
	s.salts = s.salts[saltSize:]
	docs, m := plan.DocumentsOf(c), &c.After
	*row = sealed{c, docs, salt, s.digester.Digest(salt, c, docs), m.EmailKey(), m.LoginKey(), member.FoldText(m.Name)}
	return nil
}

// fill writes a change into a row of changeColumns.
func (c *sealed) fill(row []cell, org, imp int64) {
	m := &c.After
	ordinal := cell{}
	if c.Ordinal >= 0 {
		ordinal = numberOf(c.Ordinal)
	}
	_ = append(row[:0], numberOf(org), numberOf(imp), numberOf(c.Seq), someNumber(c.Line), numberOf(c.Action), ordinal,
		someNumber(c.MemberID), someNumber(c.Version), numberOf(int64(c.Mask)),
		someText(m.Email), someText(c.emailKey), someText(m.LoginID), someText(c.loginKey), someText(m.Name), someText(c.nameKey),
		boolOf(m.LoginAllowed), someText(m.LoginUntil), numberOf(m.Role), numberOf(m.Permission),
		someNumber(m.PolicyID), someNumber(m.RoleID), someText(m.Remarks), numberOf(m.DisplayOrder), textOf(c.docs.Fields), someText(c.docs.Groups), someText(c.Secret), boolOf(c.MustChange),
		someNumber(c.InvitationID), numberOf(c.InvitationOp), someNumber(c.InvitationVersion),
		numberOf(c.Hazards), someText(c.FreesEmail), someText(c.FreesLogin), boolOf(false), someText(c.docs.Before), someText(c.docs.Problems),
		someText(c.docs.Notes), bytesOf(c.salt), bytesOf(c.digest[:]))
}

// Sealed are changes of a plan with what their rows have besides them, which is found out
// beside storing the changes before. The zero value is ready for use; once stored, it has room
// for the next ones.
type Sealed struct {
	changes []plan.Change
	rows    []sealed // those with a row of their own
	keeps   []keep   // the others
	sealer  sealer
}

// Seal makes changes ready to be stored, in place of those before. Nobody may write to them
// until [DB.AddChanges] has returned.
func (s *Sealed) Seal(changes []plan.Change) error {
	s.changes, s.rows, s.keeps = changes, slices.Grow(s.rows[:0], len(changes)), s.keeps[:0]
	for i := range changes {
		c := &changes[i]
		if plainKeep(c) {
			s.keeps = append(s.keeps, keep{c.Seq, c.Line, c.MemberID})
			continue
		}
		s.rows = s.rows[:len(s.rows)+1]
		if err := s.sealer.seal(&s.rows[len(s.rows)-1], c); err != nil {
			return err
		}
	}
	return nil
}

// Changes are those that were sealed.
func (s *Sealed) Changes() []plan.Change { return s.changes }

// AddChanges stores changes of a plan that is being made, in one transaction,
// and says until when its process is to be taken for alive.
func (db *DB) AddChanges(ctx context.Context, i *Import, batches []*Sealed, lease int64) error {
	err := db.Write(ctx, func(tx *Tx) error {
		err := tx.keepAlive(ctx, i, lease) // first: an earlier attempt must not meet what the next one stored
		if err == nil {
			err = tx.lastIsThere(ctx, i)
		}
		if err == nil {
			err = tx.later(ctx)
		}
		for _, s := range batches {
			if err == nil {
				err = tx.insertChanges(ctx, i, s)
			}
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("changes of import %d: %w", i.ID, err)
	}
	return nil
}

// KeepAlive says until when the process that makes a plan is to be taken for
// alive. It fails when the plan was already taken for abandoned.
func (db *DB) KeepAlive(ctx context.Context, i *Import, lease int64) error {
	return db.Write(ctx, func(tx *Tx) error { return tx.keepAlive(ctx, i, lease) })
}

func (tx *Tx) keepAlive(ctx context.Context, i *Import, lease int64) error {
	n, err := tx.exec(ctx, `UPDATE import SET lease_until = $4 WHERE org_id = $1 AND id = $2 AND state = 'planning' AND attempt = $3`, i.Org, i.ID, i.Attempt, lease)
	if err == nil && n != 1 {
		return noLonger(i)
	}
	return err
}

// mine insists that the import is still being planned, in the attempt that asks.
func (tx *Tx) mine(ctx context.Context, i *Import) error {
	now, err := tx.Import(ctx, i.Org, i.ID)
	if err == nil && (now.State != Planning || now.Attempt != i.Attempt) {
		err = noLonger(i)
	}
	if err == nil {
		err = tx.lastIsThere(ctx, i)
	}
	return err
}

// lastIsThere insists that what was stored last of a plan is there: a server of PostgreSQL
// that broke down and came back may have lost it, and others before it, see later. What it
// lost is the last that was committed, so that looking for that each time finds any loss.
func (tx *Tx) lastIsThere(ctx context.Context, i *Import) error {
	if tx.dialect != postgres || i.written == nil || i.written.removed {
		return nil
	}
	last := max(i.written.last, i.written.lastRun)
	if last == 0 {
		return nil // nothing was stored
	}
	var there bool
	err := one(ctx, tx, `SELECT EXISTS (SELECT 1 FROM change WHERE org_id = $1 AND import_id = $2 AND seq = $3)
		OR EXISTS (SELECT 1 FROM keep_run WHERE org_id = $1 AND import_id = $2 AND last_seq = $3)`, []any{i.Org, i.ID, last}, &there)
	if err == nil && !there {
		err = fmt.Errorf("import %d: the database has lost rows of its plan", i.ID)
	}
	return err
}

// insertChanges stores changes in their order: those that keep a member as one run,
// each other in a row of its own.
func (tx *Tx) insertChanges(ctx context.Context, i *Import, s *Sealed) error {
	if i.written == nil {
		i.written = newSummer(i.Org, i.ID)
	}
	if n := len(s.keeps); n > 0 {
		digest, err := tx.insertKeeps(ctx, i.Org, i.ID, s.keeps)
		if err != nil {
			return err
		}
		i.written.addKeeps(s.keeps[n-1].seq, digest)
	}
	if len(s.rows) == 0 {
		return nil
	}
	if err := tx.insertRows(ctx, i.Org, i.ID, s.rows, i.written); err != nil {
		return err
	}
	if i.written.spoilt { // all are made anew
		i.written.blocks.full = nil
	}
	return tx.insertBlocks(ctx, i.Org, i.ID, &i.written.blocks)
}

// insertRows stores changes, each in a row of its own, and adds them to sum beside that;
// nil: not.
func (tx *Tx) insertRows(ctx context.Context, org, imp int64, rows []sealed, sum *summer) error {
	var group errgroup.Group
	if sum != nil {
		group.Go(func() error {
			for i := range rows {
				row := &rows[i]
				sum.add(row.Change, row.digest[:], row.docs.Groups, false, [3]string{row.emailKey, row.loginKey, row.nameKey})
			}
			return nil
		})
	}
	at := 0
	err := tx.bulk(ctx, "change", changeColumns, func(row []cell) (bool, error) {
		if at == len(rows) {
			return false, nil
		}
		rows[at].fill(row, org, imp)
		at++
		return true, nil
	})
	return errors.Join(err, group.Wait())
}

// insertAnew stores changes of a plan whose sum is made from what is stored (Import.spoil).
func (tx *Tx) insertAnew(ctx context.Context, org, imp int64, changes []plan.Change) error {
	rows, s := make([]sealed, len(changes)), sealer{}
	for i := range changes {
		if err := s.seal(&rows[i], &changes[i]); err != nil {
			return err
		}
	}
	return tx.insertRows(ctx, org, imp, rows, nil)
}

const changeSelect = `SELECT ` + changeFields + ` FROM change c `

// pastSelect and pastFrom read changes with the import they came from.
const (
	pastSelect = `SELECT ` + changeFields + `, i.id, i.kind, coalesce(i.actor_id, 0), coalesce(i.file_name, ''), coalesce(i.applied_at, 0)`
	pastFrom   = ` FROM change c JOIN import i ON i.org_id = c.org_id AND i.id = c.import_id `
)

const changeFields = `c.seq, coalesce(c.line, 0), c.action, coalesce(c.ordinal, -1), coalesce(c.member_id, 0), coalesce(c.base_version, 0), c.mask,
	coalesce(c.email, ''), coalesce(c.login_id, ''), coalesce(c.name, ''), c.login_allowed, coalesce(c.login_until, ''), c.system_role, c.system_permission,
	coalesce(c.policy_id, 0), coalesce(c.role_id, 0), coalesce(c.remarks, ''), coalesce(c.display_order, 0), c.fields, coalesce(c.group_ops, ''), coalesce(c.secret, ''), c.must_change,
	coalesce(c.invitation_id, 0), c.invitation_op, coalesce(c.invitation_version, 0), c.hazards, coalesce(c.frees_email, ''), coalesce(c.frees_login, ''),
	coalesce(c.before, ''), coalesce(c.problems, ''), coalesce(c.notes, ''), c.salt, c.digest,
	coalesce(c.email_key, ''), coalesce(c.login_key, ''), coalesce(c.name_key, ''), c.contested`

// A StoredChange is a change with what the store keeps beside it.
type StoredChange struct {
	plan.Change
	Salt      []byte // nil once a person in it was erased
	Digest    []byte
	keys      [3]string      // of e-mail, login ID and name, as applying will store them
	docs      plan.Documents // as they are stored
	contested bool           // its keys must be let go before others take them
}

// keysHold reports whether the keys are those of the values that the digest
// covers.
func (c *StoredChange) keysHold() bool {
	m := &c.After
	return c.keys == [3]string{m.EmailKey(), m.LoginKey(), member.FoldText(m.Name)}
}

func scanChange(scan func(...any) error) (c StoredChange, err error) {
	if err := scan(c.columns(nil)...); err != nil {
		return c, fmt.Errorf("change: scan: %w", err)
	}
	return c, c.decode()
}

// columns appends where the columns of changeFields go. What the documents hold
// is not in the change until it is decoded: reading them takes longer than all
// the rest, and a sum does not need it.
func (c *StoredChange) columns(dest []any) []any {
	m, docs := &c.After, &c.docs
	return append(dest, &c.Seq, &c.Line, &c.Action, &c.Ordinal, &c.MemberID, &c.Version, &c.Mask,
		&m.Email, &m.LoginID, &m.Name, &m.LoginAllowed, &m.LoginUntil, &m.Role, &m.Permission,
		&m.PolicyID, &m.RoleID, &m.Remarks, &m.DisplayOrder, &docs.Fields, &docs.Groups, &c.Secret, &c.MustChange,
		&c.InvitationID, &c.InvitationOp, &c.InvitationVersion, &c.Hazards, &c.FreesEmail, &c.FreesLogin,
		&docs.Before, &docs.Problems, &docs.Notes, &c.Salt, &c.Digest, &c.keys[0], &c.keys[1], &c.keys[2], &c.contested)
}

func (c *StoredChange) decode() error {
	var errs [5]error
	c.After.Fields, errs[0] = member.ParseFieldsJSON(c.docs.Fields)
	c.Before, errs[1] = plan.ParseBefore(c.docs.Before)
	c.Problems, errs[2] = plan.ParseProblems(c.docs.Problems)
	c.Notes, errs[3] = plan.ParseProblems(c.docs.Notes)
	c.Groups, errs[4] = plan.ParseGroups(c.docs.Groups)
	return errors.Join(errs[:]...)
}

// A ChangeQuery names changes of one plan. The zero query names all of them.
type ChangeQuery struct {
	Actions      []plan.Action // nil: all
	WithProblems bool
	WithNotes    bool
	Seqs         []int64 // if not nil, only these
	After        int64   // only those with a greater seq
	Limit        int     // 0: all
}

// keeps reports whether rows that only keep a member are among those asked for.
func (q ChangeQuery) keeps() bool {
	return !q.WithProblems && !q.WithNotes && q.Seqs == nil && (q.Actions == nil || slices.Contains(q.Actions, plan.Keep))
}

func (q ChangeQuery) where(d dialect, args []any) (string, []any) {
	sql := ""
	if q.Actions != nil {
		numbers := make([]int64, len(q.Actions))
		for i, a := range q.Actions {
			numbers[i] = int64(a)
		}
		args = append(args, list(d, numbers))
		sql += " AND " + d.among("c.action", len(args))
	}
	if q.Seqs != nil {
		args = append(args, list(d, q.Seqs))
		sql += " AND " + d.among("c.seq", len(args))
	}
	if q.WithProblems {
		sql += " AND c.problems IS NOT NULL"
	}
	if q.WithNotes {
		sql += " AND c.notes IS NOT NULL"
	}
	return sql, args
}

// Changes yields the changes of a plan in their order. No cursor is open while the
// body of the loop runs. An error is yielded last.
func (db *DB) Changes(ctx context.Context, org, imp int64, q ChangeQuery) iter.Seq2[StoredChange, error] {
	if len(q.Actions) == 1 && q.Limit > 0 && !q.WithProblems && !q.WithNotes && q.Seqs == nil { // perhaps few among many
		return func(yield func(StoredChange, error) bool) {
			cs, err := db.ChangePage(ctx, org, imp, ChangePage{Action: q.Actions[0], After: q.After, Limit: q.Limit})
			for i := range cs {
				if !yield(cs[i], nil) {
					return
				}
			}
			if err != nil {
				yield(StoredChange{}, err)
			}
		}
	}
	return changesOf(ctx, db.read(), db.dialect, org, imp, q)
}

func changesOf(ctx context.Context, r querier, d dialect, org, imp int64, q ChangeQuery) iter.Seq2[StoredChange, error] {
	return func(yield func(StoredChange, error) bool) {
		left := q.Limit
		for after := q.After; ; {
			n := page
			if q.Limit > 0 {
				n = min(page, left)
			}
			cs, more, err := changesAfter(ctx, r, d, org, imp, q, after, n)
			if err != nil {
				yield(StoredChange{}, fmt.Errorf("changes of import %d: %w", imp, err))
				return
			}
			if q.Limit > 0 && len(cs) > left {
				cs = cs[:left]
			}
			for _, c := range cs {
				if !yield(c, nil) {
					return
				}
				after = c.Seq
			}
			if left -= len(cs); !more || q.Limit > 0 && left == 0 {
				return
			}
		}
	}
}

// changesAfter returns the changes that come after one, limit of them or more if
// there are so many, and whether there may be more.
func changesAfter(ctx context.Context, r querier, d dialect, org, imp int64, q ChangeQuery, after int64, limit int) (cs []StoredChange, more bool, err error) {
	var keeps []keep
	upTo := int64(math.MaxInt64)
	if q.keeps() {
		if keeps, err = keepsAfter(ctx, r, org, imp, after, math.MaxInt64, nil, limit); err != nil {
			return nil, false, err
		}
		if len(keeps) == limit {
			upTo, more = keeps[limit-1].seq, true
		}
	}
	where, args := q.where(d, []any{org, imp, after, limit, upTo})
	var dest []any
	err = each(ctx, r, changeSelect+`WHERE c.org_id = $1 AND c.import_id = $2 AND c.seq > $3 AND c.seq <= $5`+where+` ORDER BY c.seq LIMIT $4`, args, func(scan func(...any) error) error {
		cs = append(cs, StoredChange{})
		c := &cs[len(cs)-1]
		dest = c.columns(dest[:0])
		if err := scan(dest...); err != nil {
			return fmt.Errorf("change: scan: %w", err)
		}
		return c.decode()
	})
	if err != nil {
		return nil, false, err
	}
	if len(cs) == limit {
		last := cs[limit-1].Seq
		i := slices.IndexFunc(keeps, func(k keep) bool { return k.seq > last })
		if more = true; i >= 0 {
			keeps = keeps[:i]
		}
	}
	cs, err = withKeeps(ctx, r, d, org, cs, keeps)
	return cs, more, err
}

// storedAtOnce is how many changes are read in one query where none is kept.
const storedAtOnce = 20_000

// eachStored calls f with every change of a plan that has a row of its own, in their
// order. What their documents hold is not in them. The change is f's until it returns:
// making one for each of a million was a third of what verifying them took. f holds a
// connection and may wait long, but must not ask for another one; between may, behind some
// thousands. nil: nothing is to be done there.
func eachStored(ctx context.Context, r querier, org, imp int64, f func(*StoredChange) error, between func() error) error {
	var c StoredChange
	dest := c.columns(nil)
	for after, n := int64(0), storedAtOnce; n == storedAtOnce; after = c.Seq {
		n = 0
		err := each(ctx, r, changeSelect+`WHERE c.org_id = $1 AND c.import_id = $2 AND c.seq > $3 ORDER BY c.seq LIMIT $4`,
			[]any{org, imp, after, storedAtOnce}, func(scan func(...any) error) error {
				n++
				if err := scan(dest...); err != nil {
					return fmt.Errorf("change: scan: %w", err)
				}
				return f(&c)
			})
		if err == nil && between != nil {
			err = between()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Rewrite lets f change those changes of a plan that is being made which have
// the given seqs, and stores them anew with new digests. It is the only way in
// which a stored change is ever changed.
func (db *DB) Rewrite(ctx context.Context, i *Import, seqs []int64, f func(c *plan.Change)) error {
	i.spoil()
	for len(seqs) > 0 {
		n := min(len(seqs), page)
		if err := db.rewrite(ctx, i, seqs[:n], f); err != nil {
			return fmt.Errorf("rewrite changes of import %d: %w", i.ID, err)
		}
		seqs = seqs[n:]
	}
	return nil
}

func (db *DB) rewrite(ctx context.Context, i *Import, seqs []int64, f func(c *plan.Change)) error {
	org, imp := i.Org, i.ID
	return db.Write(ctx, func(tx *Tx) error {
		if err := tx.mine(ctx, i); err != nil {
			return err
		}
		var changes []plan.Change
		for c, err := range changesOf(ctx, tx, tx.dialect, org, imp, ChangeQuery{Seqs: seqs}) {
			if err != nil {
				return err
			}
			f(&c.Change)
			changes = append(changes, c.Change)
		}
		if _, err := tx.exec(ctx, `DELETE FROM change WHERE org_id = $1 AND import_id = $2 AND `+tx.dialect.among("seq", 3), org, imp, list(tx.dialect, seqs)); err != nil {
			return err
		}
		return tx.insertAnew(ctx, org, imp, changes)
	})
}
