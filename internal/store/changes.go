package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"

	"meibo/internal/member"
	"meibo/internal/plan"
)

var changeColumns = []string{"org_id", "import_id", "seq", "line", "action", "ordinal", "member_id", "base_version", "mask",
	"email", "email_key", "login_id", "login_key", "name", "name_key", "login_allowed", "login_until", "system_role", "system_permission",
	"policy_id", "role_id", "remarks", "display_order", "fields", "secret", "must_change", "invitation_id", "invitation_op", "invitation_version",
	"hazards", "frees_email", "frees_login", "contested", "before", "problems", "notes", "salt", "digest"}

var changeGroupColumns = []string{"org_id", "import_id", "seq", "group_id", "adds"}

const saltSize = 16

// changeWriter turns changes into rows. It is used by one goroutine.
type changeWriter struct {
	org, imp int64
	digester plan.Digester
	salts    []byte
	row      []any
}

func (w *changeWriter) values(c *plan.Change) ([]any, error) {
	if len(w.salts) < saltSize {
		w.salts = make([]byte, 512*saltSize)
		if _, err := rand.Read(w.salts); err != nil {
			return nil, err
		}
	}
	salt := w.salts[:saltSize:saltSize]
	w.salts = w.salts[saltSize:]
	digest := w.digester.Digest(salt, c)
	m := &c.After
	ordinal := any(nil)
	if c.Ordinal >= 0 {
		ordinal = c.Ordinal
	}
	w.row = append(w.row[:0], w.org, w.imp, c.Seq, null(c.Line), int16(c.Action), ordinal, null(c.MemberID), null(c.Version), int64(c.Mask),
		null(m.Email), null(m.EmailKey()), null(m.LoginID), null(m.LoginKey()), null(m.Name), null(member.FoldText(m.Name)),
		m.LoginAllowed, null(m.LoginUntil), int16(m.Role), int16(m.Permission),
		null(m.PolicyID), null(m.RoleID), null(m.Remarks), m.DisplayOrder, member.FieldsJSON(m.Fields), null(c.Secret), c.MustChange,
		null(c.InvitationID), int16(c.InvitationOp), null(c.InvitationVersion),
		int16(c.Hazards), null(c.FreesEmail), null(c.FreesLogin), false, null(plan.BeforeJSON(c)), null(plan.ProblemsJSON(c.Problems)),
		null(plan.ProblemsJSON(c.Notes)), salt, digest[:])
	return w.row, nil
}

// AddChanges stores changes of a plan that is being made, in one transaction,
// and says until when its process is to be taken for alive.
func (db *DB) AddChanges(ctx context.Context, i *Import, changes []plan.Change, lease int64) error {
	err := db.Write(ctx, func(tx *Tx) error {
		if err := tx.keepAlive(ctx, i, lease); err != nil { // first: an earlier attempt must not meet what the next one stored
			return err
		}
		return tx.insertChanges(ctx, i.Org, i.ID, changes)
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
	return err
}

func (tx *Tx) insertChanges(ctx context.Context, org, imp int64, changes []plan.Change) error {
	w := &changeWriter{org: org, imp: imp}
	i := 0
	_, err := tx.bulk(ctx, "change", changeColumns, func() ([]any, error) {
		if i == len(changes) {
			return nil, nil
		}
		i++
		return w.values(&changes[i-1])
	})
	if err != nil {
		return err
	}
	c, g := 0, 0
	_, err = tx.bulk(ctx, "change_group", changeGroupColumns, func() ([]any, error) {
		for c < len(changes) && g == len(changes[c].Groups) {
			c, g = c+1, 0
		}
		if c == len(changes) {
			return nil, nil
		}
		op := changes[c].Groups[g]
		g++
		return []any{org, imp, changes[c].Seq, op.ID, op.Adds}, nil
	})
	return err
}

const changeSelect = `SELECT ` + changeFields + ` FROM change c `

// pastSelect, an opList and pastFrom read changes with the import they came
// from and their groups.
const (
	pastSelect = `SELECT ` + changeFields + `, i.id, i.kind, coalesce(i.actor_id, 0), coalesce(i.file_name, ''), coalesce(i.applied_at, 0), `
	pastFrom   = ` FROM change c JOIN import i ON i.org_id = c.org_id AND i.id = c.import_id `
)

const changeFields = `c.seq, coalesce(c.line, 0), c.action, coalesce(c.ordinal, -1), coalesce(c.member_id, 0), coalesce(c.base_version, 0), c.mask,
	coalesce(c.email, ''), coalesce(c.login_id, ''), coalesce(c.name, ''), c.login_allowed, coalesce(c.login_until, ''), c.system_role, c.system_permission,
	coalesce(c.policy_id, 0), coalesce(c.role_id, 0), coalesce(c.remarks, ''), coalesce(c.display_order, 0), c.fields, coalesce(c.secret, ''), c.must_change,
	coalesce(c.invitation_id, 0), c.invitation_op, coalesce(c.invitation_version, 0), c.hazards, coalesce(c.frees_email, ''), coalesce(c.frees_login, ''),
	coalesce(c.before, ''), coalesce(c.problems, ''), coalesce(c.notes, ''), c.salt, c.digest,
	coalesce(c.email_key, ''), coalesce(c.login_key, ''), coalesce(c.name_key, '')`

// A StoredChange is a change with what the store keeps beside it.
type StoredChange struct {
	plan.Change
	Salt   []byte // nil once a person in it was erased
	Digest []byte
	keys   [3]string // of e-mail, login ID and name, as applying will store them
}

// keysHold reports whether the keys are those of the values that the digest
// covers.
func (c *StoredChange) keysHold() bool {
	m := &c.After
	return c.keys == [3]string{m.EmailKey(), m.LoginKey(), member.FoldText(m.Name)}
}

func scanChange(scan func(...any) error) (StoredChange, error) {
	var c StoredChange
	var fields, before, problems, notes string
	m := &c.After
	err := scan(&c.Seq, &c.Line, &c.Action, &c.Ordinal, &c.MemberID, &c.Version, &c.Mask,
		&m.Email, &m.LoginID, &m.Name, &m.LoginAllowed, &m.LoginUntil, &m.Role, &m.Permission,
		&m.PolicyID, &m.RoleID, &m.Remarks, &m.DisplayOrder, &fields, &c.Secret, &c.MustChange,
		&c.InvitationID, &c.InvitationOp, &c.InvitationVersion, &c.Hazards, &c.FreesEmail, &c.FreesLogin,
		&before, &problems, &notes, &c.Salt, &c.Digest, &c.keys[0], &c.keys[1], &c.keys[2])
	if err != nil {
		return c, fmt.Errorf("change: scan: %w", err)
	}
	var errs [4]error
	if fields != "{}" {
		m.Fields, errs[0] = member.ParseFieldsJSON(fields)
	}
	c.Before, errs[1] = plan.ParseBefore(before)
	c.Problems, errs[2] = plan.ParseProblems(problems)
	c.Notes, errs[3] = plan.ParseProblems(notes)
	return c, errors.Join(errs[:]...)
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

// Changes yields the changes of a plan in their order, with their groups. No
// cursor is open while the body of the loop runs. An error is yielded last.
func (db *DB) Changes(ctx context.Context, org, imp int64, q ChangeQuery) iter.Seq2[StoredChange, error] {
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
			cs, err := changesAfter(ctx, r, d, org, imp, q, after, n)
			if err != nil {
				yield(StoredChange{}, fmt.Errorf("changes of import %d: %w", imp, err))
				return
			}
			for _, c := range cs {
				if !yield(c, nil) {
					return
				}
				after = c.Seq
			}
			if left -= len(cs); len(cs) < n || q.Limit > 0 && left == 0 {
				return
			}
		}
	}
}

func changesAfter(ctx context.Context, r querier, d dialect, org, imp int64, q ChangeQuery, after int64, limit int) ([]StoredChange, error) {
	where, args := q.where(d, []any{org, imp, after, limit})
	var cs []StoredChange
	err := each(ctx, r, changeSelect+`WHERE c.org_id = $1 AND c.import_id = $2 AND c.seq > $3`+where+` ORDER BY c.seq LIMIT $4`, args, func(scan func(...any) error) error {
		c, err := scanChange(scan)
		cs = append(cs, c)
		return err
	})
	if err != nil || len(cs) == 0 {
		return nil, err
	}
	return cs, addGroups(ctx, r, org, imp, cs)
}

// addGroups reads the groups of changes, which are in order.
func addGroups(ctx context.Context, r querier, org, imp int64, cs []StoredChange) error {
	i := 0
	return each(ctx, r, `SELECT seq, group_id, adds FROM change_group WHERE org_id = $1 AND import_id = $2 AND seq BETWEEN $3 AND $4 ORDER BY seq, group_id`,
		[]any{org, imp, cs[0].Seq, cs[len(cs)-1].Seq}, func(scan func(...any) error) error {
			var seq int64
			var op plan.GroupOp
			if err := scan(&seq, &op.ID, &op.Adds); err != nil {
				return err
			}
			for i < len(cs) && cs[i].Seq < seq {
				i++
			}
			if i < len(cs) && cs[i].Seq == seq {
				cs[i].Groups = append(cs[i].Groups, op)
			}
			return nil
		})
}

// Rewrite lets f change those changes of a plan that is being made which have
// the given seqs, and stores them anew with new digests. It is the only way in
// which a stored change is ever changed.
func (db *DB) Rewrite(ctx context.Context, i *Import, seqs []int64, f func(c *plan.Change)) error {
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
		arg := list(tx.dialect, seqs)
		for _, table := range []string{"change_group", "change"} {
			if _, err := tx.exec(ctx, `DELETE FROM `+table+` WHERE org_id = $1 AND import_id = $2 AND `+tx.dialect.among("seq", 3), org, imp, arg); err != nil {
				return err
			}
		}
		return tx.insertChanges(ctx, org, imp, changes)
	})
}
