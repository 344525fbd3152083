package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"

	"golang.org/x/sync/errgroup"

	"meibo/internal/member"
	"meibo/internal/problem"
)

// This file, with those named apply_… beside it, is the one writer: nothing
// else in the program writes the member table, memberships or secrets, or makes invitations.
// (What erase.go does to them is the opposite of writing: it leaves nothing.)
// Three verbs change invitations that are there: Resend opens them again,
// MoveInvitations replaces a role or policy that is deleted, ReleaseMails and
// sending (StartLinks) let their time begin anew. One changes a secret, which stays
// the same password: StrengthenSecret.

// An ApplyRequest says which plan to carry out, and how.
type ApplyRequest struct {
	Org, Import int64
	Actor       int64  // member who applies; 0 for the operator
	Now         int64  // microseconds UTC
	Sum         []byte // if not nil, the sum of the plan that people saw
	HoldMails   bool
	Welcome     bool  // new members with an address get a mail
	ValidFor    int64 // how long a new invitation is open, microseconds

	// Check runs inside the transaction before anything is written: may the
	// author and the approver still do it, are the brakes accepted?
	Check func(ctx context.Context, tx *Tx, i Import) error
	// Queued applies a plan for its ApplyTask, which must be there: without it the
	// plan was applied, or is not to be any more.
	Queued bool
	// Ended is called in the transaction in which the import becomes applied or
	// stale; nil if nobody listens.
	Ended func(ctx context.Context, tx *Tx, i Import) error
	// Progress is told when a step of the work begins, and how many of how many
	// are done; nil if nobody listens.
	Progress func(step string, done, total int)
}

// Apply carries out every change of a plan in one transaction, set by set, and
// computes nothing anew. Called again after a crash it either does the whole
// plan or reports PlanAlreadyApplied. It reports PlanStale, and changes no
// member, if what the plan was made from has moved (A3); the import is then
// marked stale.
func (db *DB) Apply(ctx context.Context, r ApplyRequest) (Import, error) {
	// An apply holds a connection while it waits for another one, for its sum:
	// with all connections held by such applies none would go on.
	select {
	case db.applies <- struct{}{}:
		defer func() { <-db.applies }()
	case <-ctx.Done():
		return Import{}, ctx.Err()
	}
	var done Import
	err := db.Write(ctx, func(tx *Tx) error {
		a := &applier{db: db, tx: tx, r: r, progress: r.Progress}
		if a.progress == nil {
			a.progress = func(string, int, int) {}
		}
		err := a.run(ctx)
		done = a.i
		return err
	})
	if err != nil {
		err = db.whatMoved(ctx, r, err)
	}
	var p problem.Problem
	if errors.As(err, &p) && p.Code == problem.PlanStale {
		if err := db.markStale(ctx, r, done, p); err != nil {
			return done, err
		}
		done.State = Stale
		return done, p
	}
	if err != nil {
		return done, fmt.Errorf("apply import %d: %w", r.Import, err)
	}
	return done, nil
}

// markStale records that the plan can no longer be applied, and why.
func (db *DB) markStale(ctx context.Context, r ApplyRequest, i Import, p problem.Problem) error {
	i.Outcome.Stale = stalenessOf(p)
	_, _, outcome, err := i.documents()
	if err != nil {
		return err
	}
	return db.Write(ctx, func(tx *Tx) error {
		n, err := tx.exec(ctx, `UPDATE import SET state = 'stale', outcome = $3 WHERE org_id = $1 AND id = $2
			AND (state IN ('planned', 'needs_acceptance', 'needs_approval') OR state = 'applying' AND $4)`, i.Org, i.ID, outcome, r.Queued)
		if err != nil || n == 0 || r.Ended == nil {
			return err
		}
		i.State = Stale
		return r.Ended(ctx, tx, i)
	})
}

type applier struct {
	db        *DB
	tx        *Tx
	r         ApplyRequest
	i         Import
	want      expected
	aside     []index    // SQLite's, until all members are written
	newcomers *newcomers // nil: they are not copied
	joined    int64      // memberships of these, which were copied, too
	progress  func(step string, done, total int)
}

func (a *applier) run(ctx context.Context) error {
	if err := a.tx.lock(ctx, a.r.Org); err != nil {
		return err
	}
	var err error
	if a.i, err = a.tx.Import(ctx, a.r.Org, a.r.Import); err != nil {
		return err
	}
	if err := a.takeUp(ctx); err != nil {
		return err
	}
	if err := a.i.Ready(a.r.Sum); err != nil {
		return err
	}
	if a.r.Check != nil {
		if err := a.r.Check(ctx, a.tx, a.i); err != nil {
			return err
		}
	}
	if err := a.takeMembers(ctx); err != nil {
		return err
	}
	// The sum is taken again beside the writing, on a connection of its own:
	// stored changes do not move, and a second core is mostly free.
	var sums errgroup.Group
	var counted expected
	mismatch := problem.Of(problem.Stale, problem.SumMismatch)
	sumCtx, cancel := context.WithCancel(ctx)
	defer cancel()
	planned := a.i // which the steps go on to fill
	sums.Go(func() (err error) {
		if a.newcomers == nil {
			counted, err = a.db.verifySum(sumCtx, planned, nil)
			return err
		}
		counted, err = a.db.verifySum(sumCtx, planned, a.newcomers.put)
		return a.newcomers.end(sumCtx, err)
	})
	if err := a.steps(ctx); err != nil {
		written := errors.Is(err, errTouched) || isUnique(err)
		if !written {
			cancel()
		}
		if a.newcomers != nil {
			close(a.newcomers.enough)
		}
		// Else it is for the members, or for the plan's own rows, in which somebody has changed
		// something: only when all were verified it is known for which. New members that never
		// came are for whatever ended that.
		sum := sums.Wait()
		if sum == nil && counted != a.want {
			sum = mismatch
		}
		if written && sum != nil {
			return sum
		}
		return err
	}
	if err := sums.Wait(); err != nil {
		return err
	}
	if counted != a.want {
		return mismatch
	}
	if err := a.tx.analyzeMembers(ctx, a.i.Creates); err != nil {
		return err
	}
	if err := a.finish(ctx); err != nil {
		return err
	}
	a.progress("applying", 1, 1) // the last word before the commit
	return nil
}

// takeUp lets an import that is queued to be applied be what it was before.
func (a *applier) takeUp(ctx context.Context) error {
	if !a.r.Queued || a.i.State != Applying {
		return nil
	}
	task, err := a.tx.Task(ctx, TaskRef{Org: a.r.Org, Import: a.r.Import, Kind: ApplyTask})
	if errors.Is(err, ErrNoRows) {
		return nil
	}
	a.i.State = task.Back
	return err
}

// Ready refuses a plan that is not waiting to be applied, or is another one than
// was seen: that with the given sum; nil: any.
func (i Import) Ready(sum []byte) error {
	id := fmt.Sprint(i.ID)
	switch {
	case i.State == Applied:
		return problem.Of(problem.Stale, problem.PlanAlreadyApplied, "id", id)
	case i.State == Stale:
		return i.Outcome.Stale.Problem()
	case i.State == Discarded || i.State == Cancelled:
		return problem.Of(problem.Stale, problem.PlanDiscarded, "id", id)
	case i.State == Rejected:
		return problem.Of(problem.Invalid, problem.PlanRejected, "id", id, "kind", string(i.Kind))
	case i.State == Failed:
		return problem.Of(problem.Invalid, problem.PlanFailed, "id", id)
	case !i.State.Waits():
		return problem.Of(problem.Conflict, problem.PlanNotReady, "id", id)
	case sum != nil && !bytes.Equal(sum, i.Sum):
		return problem.Of(problem.Stale, problem.SumMismatch)
	}
	return nil
}

func (a *applier) steps(ctx context.Context) error {
	steps := []struct {
		name string
		do   func(context.Context) error
	}{
		{"checking", a.expire}, {"checking", a.expect}, {"checking", a.checkStale}, {"applying", a.groups}, {"applying", a.setIndexesAside}, {"applying", a.inOrder}, {"applying", a.withdraw}, {"applying", a.release},
		{"applying", a.update}, {"applying", a.restore}, {"applying", a.create}, {"applying", a.passwordHistory}, {"applying", a.secrets}, {"applying", a.endSessions}, {"applying", a.memberships}, {"applying", a.inAnyOrder}, {"applying", a.putIndexesBack}, {"applying", a.files},
		{"applying", a.invitations}, {"applying", a.outbox}, {"checking", a.checkAfter},
	}
	for i, s := range steps {
		a.progress(s.name, i, len(steps))
		if err := s.do(ctx); err != nil {
			return err
		}
	}
	return nil
}

// errTouched is that a statement did not touch as many rows as the plan has for it.
var errTouched = errors.New("another number of rows than the plan has")

// exec runs a statement whose first two parameters are organisation and
// import, and checks how many rows it touched; want -1 means any number.
func (a *applier) exec(ctx context.Context, what string, want int64, query string, args ...any) error {
	n, err := a.tx.exec(ctx, query, append([]any{a.r.Org, a.r.Import}, args...)...)
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if want < 0 {
		return nil
	}
	return mustTouch(what, n, want)
}

// mustTouch holds how many rows were touched against how many the plan has for it.
func mustTouch(what string, n, want int64) error {
	if n == want {
		return nil
	}
	return fmt.Errorf("%s: touched %d rows of %d: %w", what, n, want, errTouched)
}

// expire marks invitations whose time is over, so that their addresses are free.
func (a *applier) expire(ctx context.Context) error {
	_, err := a.tx.exec(ctx, `UPDATE invitation SET state = 3 WHERE org_id = $1 AND state = 1 AND expires_at <= $2`, a.r.Org, a.r.Now)
	return err
}

// groups makes the groups that the plan reserved (P7).
func (a *applier) groups(ctx context.Context) error {
	for _, g := range a.i.Outcome.NewGroups {
		if err := a.tx.SaveGroup(ctx, a.r.Org, &g); err != nil {
			return err
		}
	}
	return nil
}

// chosen is the condition that a member is the one of a change c, unmoved that they are as
// the plan saw them, too.
const (
	chosen  = `c.org_id = $1 AND c.import_id = $2 AND m.org_id = c.org_id AND m.id = c.member_id`
	unmoved = chosen + ` AND m.version = c.base_version AND m.state = CASE WHEN c.action = 1 THEN 2 ELSE 1 END`
)

// release lets go of keys that others in the plan take. No engine checks a
// unique index only at the end of a statement, so a swap needs this step; it
// costs as much as the update itself and is done for contested rows alone.
func (a *applier) release(ctx context.Context) error {
	want := a.want.Released
	if want == 0 {
		return nil
	}
	return a.exec(ctx, "release", want, `UPDATE member AS m SET
		email_key = CASE WHEN c.frees_email IS NULL THEN m.email_key END, login_key = CASE WHEN c.frees_login IS NULL THEN m.login_key END
		FROM change c WHERE `+chosen+` AND c.contested`)
}

// addressColumns are those that change with an address, otherColumns the others up to
// the fields, which are the last.
const (
	addressColumns = `email = c.email, email_key = c.email_key, login_id = c.login_id, login_key = c.login_key, `
	otherColumns   = `name = c.name, name_key = c.name_key, login_allowed = c.login_allowed, login_until = c.login_until,
	system_role = c.system_role, system_permission = c.system_permission, policy_id = c.policy_id, role_id = c.role_id, remarks = c.remarks,
	display_order = c.display_order, fields = `
)

// rekeys and updates are conditions of a change c: it changes an address, or only
// something else. SQLite writes the indexes of whatever columns an update names, so
// addresses that stay are not named. A change of the password alone moves no version
// (P9).
var (
	keyMask, passwordMask = member.MaskOf(member.Email, member.LoginID), member.MaskOf(member.Password)

	rekeys  = `c.action = 3 AND (c.mask & ` + bits(keyMask) + `) <> 0`
	updates = `c.action = 3 AND (c.mask & ` + bits(keyMask) + `) = 0 AND c.mask <> ` + bits(passwordMask)
)

func bits(m member.Mask) string { return strconv.Itoa(int(m)) }

func (a *applier) update(ctx context.Context) error {
	for _, u := range []struct {
		want           int64
		which, columns string
	}{{a.want.Rekeyed, rekeys, addressColumns + otherColumns}, {a.want.Updated, updates, otherColumns}} {
		if u.want == 0 {
			continue
		}
		if err := a.exec(ctx, "update", u.want, `UPDATE `+a.tx.dialect.orAll()+`member AS m SET version = c.base_version + 1, `+u.columns+a.tx.dialect.document("c.fields")+`
		FROM change c WHERE `+unmoved+` AND `+u.which); err != nil {
			return err
		}
	}
	return nil
}

// restore brings withdrawn members back; an undo does that.
func (a *applier) restore(ctx context.Context) error {
	want := a.want.Restored
	if want == 0 {
		return nil
	}
	return a.exec(ctx, "restore", want, `UPDATE `+a.tx.dialect.orAll()+`member AS m SET state = 1, version = c.base_version + 1, withdrawn_at = NULL, `+addressColumns+otherColumns+a.tx.dialect.document("c.fields")+`
		FROM change c WHERE `+unmoved+` AND c.action = 1`)
}

// memberOf is the member of a change c; of a new one it is known by its ordinal.
const memberOf = `CASE WHEN c.member_id IS NULL THEN $3 + c.ordinal ELSE c.member_id END`

func (a *applier) secrets(ctx context.Context) error {
	want := a.want.Secrets
	if want == 0 {
		return nil
	}
	return a.exec(ctx, "secrets", want, `INSERT INTO member_secret (org_id, member_id, verifier, must_change, set_at)
		SELECT c.org_id, `+memberOf+`, c.secret, c.must_change, $4 FROM change c
		WHERE c.org_id = $1 AND c.import_id = $2 AND c.action IN (1, 3) AND c.secret IS NOT NULL
		ON CONFLICT (org_id, member_id) DO UPDATE SET verifier = excluded.verifier, must_change = excluded.must_change, set_at = excluded.set_at`,
		a.i.FirstMember, a.r.Now)
}

func (a *applier) memberships(ctx context.Context) error {
	// Rows that are kept may have groups, too: so that a later row which contradicts them is told.
	ops := `FROM change c CROSS JOIN ` + a.tx.dialect.groupOps() + ` WHERE c.org_id = $1 AND c.import_id = $2 AND c.action IN (1, 3)`
	if a.want.Leaving > 0 {
		if err := a.exec(ctx, "take out of groups", a.want.Leaving, `DELETE FROM membership WHERE org_id = $1 AND (member_id, group_id) IN (
			SELECT c.member_id, -g.value `+ops+` AND g.value < 0)`); err != nil {
			return err
		}
	}
	joining := a.want.Joining
	if a.newcomers != nil { // they are in theirs
		joining -= a.joined
		ops += ` AND c.member_id IS NOT NULL`
	}
	if joining <= 0 {
		return nil
	}
	// Who is in the group already violates the key: nothing is put in twice.
	return a.exec(ctx, "put into groups", joining, `INSERT `+a.tx.dialect.orAll()+`INTO membership (org_id, member_id, group_id)
		SELECT c.org_id, `+memberOf+`, g.value `+ops+` AND g.value > 0`, a.i.FirstMember)
}

// finish marks the import applied and takes it into the journal.
func (a *applier) finish(ctx context.Context) error {
	i := &a.i
	if i.State == NeedsApproval {
		i.ApproverID = a.r.Actor
	}
	i.State, i.AppliedAt = Applied, a.r.Now
	last, err := lastJournal(ctx, a.tx, i.Org)
	if err != nil {
		return err
	}
	i.JournalNo, i.PrevHash = last.JournalNo+1, last.Hash
	i.Hash = journalHash(*i)
	err = a.exec(ctx, "import", 1, `UPDATE import SET state = 'applied', applied_at = $3, first_member_id = $4, first_invitation_id = $5,
		journal_no = $6, prev_hash = $7, hash = $8, approver_id = $9 WHERE org_id = $1 AND id = $2`,
		i.AppliedAt, null(i.FirstMember), null(i.FirstInvite), i.JournalNo, i.PrevHash, i.Hash, null(i.ApproverID))
	if err == nil && a.r.Ended != nil {
		err = a.r.Ended(ctx, a.tx, *i)
	}
	return err
}
