package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"meibo/internal/problem"
)

// This file forgets people (M7, M8): of a withdrawn member only the ID, the
// dates and the counts remain. What to look for is in traces.go, how
// it is found inside other texts in mention.go.

// An EraseRequest says whom to erase.
type EraseRequest struct {
	Org int64
	IDs []int64 // those who are not withdrawn are left alone
	Now int64   // microseconds UTC

	// Names reports whether the kept file of an import names one of the people
	// in the rows that begin on the given lines, ascending: rows so damaged that
	// nothing of them is known. knows tells a cell that does.
	Names func(ctx context.Context, i Import, lines []int, knows func(cell string) bool) (bool, error)

	// Forget removes kept files from where they are. It runs before the
	// transaction commits: killed in between, the files are gone and the people
	// are erased by the next attempt. It may be called twice for the same files.
	Forget func(ctx context.Context, keys []string) error

	// ForgetMembers does the same for the files in fields of members.
	ForgetMembers func(ctx context.Context, keys []string) error
}

// Erase removes the personal data of withdrawn members from their records, from
// every change that is about them, from invitations to their addresses, from
// rejected rows of nobody's that name them, and from what problems of other
// rows, headers and recorded filters quote of them. Plans in which they were and
// that still waited become stale. It returns who was erased.
//
// The digests of changes stay and their salts go, so the journal still verifies
// and says nothing of a person. Addresses and login IDs that somebody has again
// are theirs, and stay where nothing but the address tells whose a row is.
//
// Its problem is EraseBusy while a file is being planned: that plan could name
// somebody who is gone by the time it is stored.
func (db *DB) Erase(ctx context.Context, r EraseRequest) ([]int64, error) {
	var erased []int64
	err := db.Write(ctx, func(tx *Tx) error {
		e := &eraser{tx: tx, r: r, touched: map[int64]*touched{}}
		err := e.run(ctx)
		erased = e.ids
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("erase members: %w", err)
	}
	if len(erased) == 0 {
		return nil, nil
	}
	return erased, errors.Join(db.eraseSide(ctx, r.Org, erased), db.scrub(ctx))
}

// An eraser is one run of Erase.
type eraser struct {
	tx *Tx
	r  EraseRequest

	ids     []int64 // who is erased, ascending
	people  people
	touched map[int64]*touched // by import
}

// touched is what is erased of one import.
type touched struct {
	seqs     []int64          // changes that are emptied
	redacted map[int64]quotes // changes of other people whose problems are
	kept     bool             // rows leave one of the people as they are
}

// quotes are the problems and notes of a change, as they are stored.
type quotes struct{ problems, notes string }

func (e *eraser) run(ctx context.Context) error {
	if err := e.tx.lock(ctx, e.r.Org); err != nil {
		return err
	}
	// Whoever begins a plan takes a number, and waits until this has committed.
	if _, err := e.tx.take(ctx, e.r.Org, "import", 0); err != nil {
		return err
	}
	if err := e.idle(ctx); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{e.find, e.trace, e.traceKeys, e.traceQuotes, e.traceOutcomes, e.traceFiles} {
		if err := step(ctx); err != nil || len(e.ids) == 0 {
			return err
		}
	}
	for _, imp := range slices.Sorted(maps.Keys(e.touched)) {
		if err := e.emptyChanges(ctx, imp, e.touched[imp]); err != nil {
			return fmt.Errorf("import %d: %w", imp, err)
		}
	}
	for _, step := range []func(context.Context) error{e.emptyRecords, e.emptyOptions, e.imports, e.memberFiles} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// idle insists that no plan is being made.
func (e *eraser) idle(ctx context.Context) error {
	var n int64
	err := one(ctx, e.tx, `SELECT count(*) FROM import WHERE org_id = $1 AND state = 'planning' AND lease_until >= $2`, []any{e.r.Org, e.r.Now}, &n)
	if err == nil && n > 0 {
		err = problem.Of(problem.Conflict, problem.EraseBusy)
	}
	return err
}

func (e *eraser) of(imp int64) *touched {
	t := e.touched[imp]
	if t == nil {
		t = &touched{redacted: map[int64]quotes{}}
		e.touched[imp] = t
	}
	return t
}

// exec runs a statement whose first parameter is the organisation.
func (e *eraser) exec(ctx context.Context, query string, args ...any) error {
	_, err := e.tx.exec(ctx, query, append([]any{e.r.Org}, args...)...)
	return err
}

// emptyChange leaves of a change its place, action, IDs and digest.
const emptyChange = `email = NULL, email_key = NULL, login_id = NULL, login_key = NULL, name = NULL, name_key = NULL,
	login_allowed = FALSE, login_until = NULL, system_role = 0, system_permission = 0, policy_id = NULL, role_id = NULL,
	remarks = NULL, display_order = NULL, fields = '{}', group_ops = NULL, secret = NULL, must_change = FALSE, mask = 0, hazards = 0,
	frees_email = NULL, frees_login = NULL, before = NULL, problems = NULL, notes = NULL, salt = NULL`

func (e *eraser) emptyChanges(ctx context.Context, imp int64, t *touched) error {
	for seqs := range slices.Chunk(t.seqs, page) {
		arg := list(e.tx.dialect, seqs)
		among := e.tx.dialect.among("seq", 3)
		if err := e.exec(ctx, `UPDATE change SET `+emptyChange+` WHERE org_id = $1 AND import_id = $2 AND `+among, imp, arg); err != nil {
			return err
		}
	}
	for seq, q := range t.redacted {
		if slices.Contains(t.seqs, seq) {
			continue
		}
		if err := e.exec(ctx, `UPDATE change SET problems = $4, notes = $5, salt = NULL WHERE org_id = $1 AND import_id = $2 AND seq = $3`,
			imp, seq, null(q.problems), null(q.notes)); err != nil {
			return err
		}
	}
	return e.tx.remakeBlocks(ctx, e.r.Org, imp, t.seqs)
}

// emptyRecords empties members and invitations, and removes what is only
// theirs. An invitation that is open goes to an address that somebody has, and
// is left.
func (e *eraser) emptyRecords(ctx context.Context) error {
	d := e.tx.dialect
	ids, emails := list(d, e.ids), list(d, slices.Sorted(maps.Keys(e.people.emails)))
	for _, s := range []struct {
		query string
		args  []any
	}{
		{`UPDATE member SET state = 3, version = version + 1, email = NULL, email_key = NULL, login_id = NULL, login_key = NULL,
			name = NULL, name_key = NULL, login_allowed = FALSE, login_until = NULL, system_role = 0, system_permission = 0,
			policy_id = NULL, role_id = NULL, remarks = NULL, display_order = NULL, fields = '{}', erased_at = $3
			WHERE org_id = $1 AND ` + d.among("id", 2), []any{ids, e.r.Now}},
		{`DELETE FROM member_secret WHERE org_id = $1 AND ` + d.among("member_id", 2), []any{ids}},
		{`DELETE FROM membership WHERE org_id = $1 AND ` + d.among("member_id", 2), []any{ids}},
		// What a server answered may quote the address.
		{`UPDATE outbox SET answer = NULL WHERE org_id = $1 AND ` + d.among("member_id", 2), []any{ids}},
		{`UPDATE outbox SET answer = NULL WHERE org_id = $1 AND invitation_id IN (
			SELECT id FROM invitation WHERE org_id = $1 AND ` + d.among("email_key", 2) + `)`, []any{emails}},
		{`UPDATE invitation SET email = NULL, email_key = NULL, policy_id = NULL, role_id = NULL, version = version + 1,
			state = CASE WHEN state = 1 THEN 3 ELSE state END WHERE org_id = $1 AND ` + d.among("email_key", 2), []any{emails}},
	} {
		if err := e.exec(ctx, s.query, s.args...); err != nil {
			return err
		}
	}
	for _, table := range personal {
		if err := e.exec(ctx, `DELETE FROM `+table+` WHERE org_id = $1 AND `+d.among("member_id", 2), ids); err != nil {
			return err
		}
	}
	return nil
}

// personal are the tables of what members sign in with and chose for themselves;
// personalSide those of them beside the database.
var (
	personal     = []string{"password_history", "session_epoch", "account", "list_columns", "recovery_code", "passkey", "account_event", "email_change"}
	personalSide = []string{"session", "used_step", "used_passkey"}
)

// eraseSide forgets the sessions of people who are erased.
func (db *DB) eraseSide(ctx context.Context, org int64, ids []int64) error {
	return db.WriteSide(ctx, func(tx *Tx) error {
		for _, table := range personalSide {
			if _, err := tx.exec(ctx, `DELETE FROM `+table+` WHERE org_id = $1 AND `+tx.dialect.among("member_id", 2), org, list(tx.dialect, ids)); err != nil {
				return err
			}
		}
		return nil
	})
}

// emptyOptions takes the people out of what exports and imports are recorded
// with: filters, headers, and the names of sheets and files. Saved filters, saved
// mappings and named exports are the organisation's own and stay.
func (e *eraser) emptyOptions(ctx context.Context) error {
	fileName := func(name string) (string, error) { return e.people.blotFileName(name), nil }
	for _, in := range []struct {
		table, column, condition string
		blot                     func(string) (string, error)
	}{
		{"export", "selection", "", e.people.blot},
		{"import", "options", ` AND (options LIKE '%"sync_within"%' OR options LIKE '%"sheet"%' OR options LIKE '%"ignore_columns"%' OR options LIKE '%"map"%')`, e.people.blot},
		{"import", "file_name", ` AND file_name IS NOT NULL`, fileName},
	} {
		texts := map[int64]string{}
		err := each(ctx, e.tx, `SELECT id, `+in.column+` FROM `+in.table+` WHERE org_id = $1`+in.condition, []any{e.r.Org}, func(scan func(...any) error) error {
			var id int64
			var text string
			err := scan(&id, &text)
			if err != nil {
				return err
			}
			blotted, err := in.blot(text)
			if blotted != text {
				texts[id] = blotted
			}
			return err
		})
		if err != nil {
			return err
		}
		for id, text := range texts {
			if err := e.exec(ctx, `UPDATE `+in.table+` SET `+in.column+` = $3 WHERE org_id = $1 AND id = $2`, id, text); err != nil {
				return err
			}
		}
	}
	return nil
}

// imports takes the kept files of the imports that were touched, empties what
// their outcomes quote, and lets no plan wait that is no longer what was shown.
func (e *eraser) imports(ctx context.Context) error {
	var all []Import
	query := `SELECT ` + importColumns + ` FROM import WHERE org_id = $1 AND ` + e.tx.dialect.among("id", 2) + ` ORDER BY id`
	args := []any{e.r.Org, list(e.tx.dialect, slices.Sorted(maps.Keys(e.touched)))}
	err := each(ctx, e.tx, query, args, func(scan func(...any) error) error {
		i, err := scanImport(e.r.Org, scan)
		all = append(all, i)
		return err
	})
	if err != nil {
		return err
	}
	var keys []string
	for i := range all {
		if all[i].FileKey != "" {
			keys = append(keys, all[i].FileKey)
		}
		if err := e.emptyImport(ctx, &all[i]); err != nil {
			return fmt.Errorf("import %d: %w", all[i].ID, err)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	return e.r.Forget(ctx, keys)
}

func (e *eraser) emptyImport(ctx context.Context, i *Import) (err error) {
	out := &i.Outcome
	out.Sample = nil // cells of the file, whoever is in them
	if out.Problems, _, err = e.people.redact(out.Problems, e.people.mentions); err != nil {
		return err
	}
	if out.Warnings, _, err = e.people.redact(out.Warnings, e.people.mentions); err != nil {
		return err
	}
	e.people.redactHeader(&i.Header)
	t := e.touched[i.ID]
	if (i.State.Waits() || i.State == Applying) && (t.kept || len(t.seqs)+len(t.redacted) > 0) { // applying: it is queued, for we have its lock
		i.State, out.Stale = Stale, &Staleness{What: "erased"}
	}
	_, header, outcome, err := i.documents()
	if err != nil {
		return err
	}
	return e.exec(ctx, `UPDATE import SET file_key = NULL, state = $3, outcome = $4, header = $5 WHERE id = $2 AND org_id = $1`,
		i.ID, string(i.State), outcome, header)
}

// IsErased reports whether the person was erased whom a change was about.
func (c *StoredChange) IsErased() bool {
	m := &c.After
	return c.Salt == nil && m.Email == "" && m.LoginID == "" && m.Name == "" && m.Role == 0 && c.Mask == 0 &&
		len(c.Problems)+len(c.Notes) == 0
}

// find reads who is to be erased.
func (e *eraser) find(ctx context.Context) error {
	e.people = newPeople()
	query := e.tx.dialect.selectMember() + `WHERE m.org_id = $1 AND m.state = 2 AND ` + e.tx.dialect.among("m.id", 2) + ` ORDER BY m.id`
	return each(ctx, e.tx, query, []any{e.r.Org, list(e.tx.dialect, e.r.IDs)}, func(scan func(...any) error) error {
		m, err := scanWhole(scan)
		if err != nil {
			return err
		}
		e.ids = append(e.ids, m.ID)
		e.people.ids[fmt.Sprint(m.ID)] = true
		e.people.add(&m)
		return nil
	})
}
