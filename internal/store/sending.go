package store

import (
	"context"
	"fmt"
	"slices"

	"meibo/internal/member"
	"meibo/internal/problem"
)

// A Claim asks for mails to send. Nobody else is given them until the lease is
// over; then whoever had them is taken for dead.
type Claim struct {
	Org        int64
	Now        int64 // microseconds UTC
	LeaseUntil int64 // microseconds UTC
	Most       int   // mails at once
	Rate       int64 // tries in any minute, of all processes together; 0: any number
}

// minuteMicros is the time in which the rate is counted.
const minuteMicros = 60 * 1_000_000

// An Outgoing is a mail that was claimed, and what it needs to be written.
type Outgoing struct {
	Mail
	Claim     int64
	LinkUntil int64 // until when its link is good, microseconds UTC; 0 if it was never tried
	Language  string
	Name      string       // of the member
	Member    member.State // 0 of an invitation
	Epoch     int64        // of the member's sessions
	Requested int64        // when the new address was asked for; 0 if it is not waiting any more
}

// ClaimMails gives out mails that are due, those that wait longest first. room is
// false where the rate, not the outbox, was what ended the list.
func (tx *Tx) ClaimMails(ctx context.Context, c Claim) (mails []Outgoing, room bool, err error) {
	// Taking the number makes others who claim wait: they then see what is taken.
	number, err := tx.take(ctx, c.Org, "mail_claim", 1)
	if err != nil {
		return nil, false, err
	}
	most := int64(c.Most)
	if c.Rate > 0 {
		var tried int64
		if err := one(ctx, tx, `SELECT count(*) FROM outbox WHERE org_id = $1 AND tried_at > $2`, []any{c.Org, c.Now - minuteMicros}, &tried); err != nil {
			return nil, false, fmt.Errorf("claim mails: %w", err)
		}
		most = min(most, c.Rate-tried)
		if most <= 0 {
			return nil, false, nil
		}
	}
	n, err := tx.exec(ctx, `UPDATE outbox SET claim = $2, lease_until = $3, tried_at = $4, attempts = attempts + 1 WHERE org_id = $1 AND id IN (
		SELECT id FROM outbox WHERE org_id = $1 AND state = 'pending' AND next_at <= $4 AND (lease_until IS NULL OR lease_until <= $4)
		ORDER BY next_at, id LIMIT $5)`, c.Org, number, c.LeaseUntil, c.Now, most)
	if err != nil || n == 0 {
		return nil, true, wrapClaim(err)
	}
	mails, err = tx.claimed(ctx, c.Org, number)
	return mails, true, wrapClaim(err)
}

func wrapClaim(err error) error {
	if err != nil {
		return fmt.Errorf("claim mails: %w", err)
	}
	return nil
}

func (tx *Tx) claimed(ctx context.Context, org, number int64) ([]Outgoing, error) {
	var mails []Outgoing
	err := each(ctx, tx, `SELECT `+mailColumns+`, coalesce(o.link_until, 0), coalesce(a.language, ''), coalesce(m.name, ''), coalesce(m.state, 0),
		coalesce(s.epoch, 0), coalesce(e.requested_at, 0), coalesce(v.generation, 0)
		FROM `+mailTables+`
		LEFT JOIN account a ON a.org_id = o.org_id AND a.member_id = o.member_id
		LEFT JOIN session_epoch s ON s.org_id = o.org_id AND s.member_id = o.member_id
		WHERE o.org_id = $1 AND o.claim = $2 AND o.state = 'pending' ORDER BY o.next_at, o.id`, []any{org, number}, func(scan func(...any) error) error {
		m := Outgoing{Claim: number}
		err := scan(append(m.columns(), &m.LinkUntil, &m.Language, &m.Name, &m.Member, &m.Epoch, &m.Requested, &m.Invited.Generation)...)
		m.Invited.Email = m.To
		mails = append(mails, m)
		return err
	})
	return mails, err
}

// StartLinks lets the links of claimed mails be good from now, when they are
// sent (I1): invitations until expires, others until what each mail says.
func (tx *Tx) StartLinks(ctx context.Context, org, expires int64, mails []Outgoing) error {
	var invitations []int64
	for _, m := range mails {
		if m.InvitationID != 0 {
			invitations = append(invitations, m.InvitationID)
		} else if _, err := tx.exec(ctx, `UPDATE outbox SET link_until = $3 WHERE org_id = $1 AND id = $2`, org, m.ID, null(m.LinkUntil)); err != nil {
			return fmt.Errorf("mail %d: %w", m.ID, err)
		}
	}
	if len(invitations) == 0 {
		return nil
	}
	_, err := tx.exec(ctx, `UPDATE invitation SET expires_at = $2 WHERE org_id = $1 AND state = 1 AND `+tx.dialect.among("id", 3),
		org, expires, list(tx.dialect, invitations))
	if err != nil {
		return fmt.Errorf("invitations of mails: %w", err)
	}
	return nil
}

// SettleMail records what became of a claimed mail: m's State, NextAt, SentAt,
// Outcome and Answer. ours is false, and nothing is recorded, if it was claimed
// or queued anew meanwhile.
func (tx *Tx) SettleMail(ctx context.Context, org int64, m Outgoing) (ours bool, err error) {
	n, err := tx.exec(ctx, `UPDATE outbox SET state = $4, next_at = $5, sent_at = $6, outcome = $7, answer = $8, claim = NULL, lease_until = NULL
		WHERE org_id = $1 AND id = $2 AND claim = $3`,
		org, m.ID, m.Claim, string(m.State), m.NextAt, null(m.SentAt), null(string(m.Outcome)), null(m.Answer))
	if err != nil {
		return false, fmt.Errorf("mail %d: %w", m.ID, err)
	}
	return n == 1, nil
}

// MailsWaiting returns how many mails are to be sent, held ones left out, and when
// the next of them is due: microseconds UTC, 0 if there is none.
func (db *DB) MailsWaiting(ctx context.Context, org int64) (n, next int64, err error) {
	err = one(ctx, db.read(), `SELECT count(*), coalesce(min(CASE WHEN lease_until > next_at THEN lease_until ELSE next_at END), 0)
		FROM outbox WHERE org_id = $1 AND state = 'pending'`, []any{org}, &n, &next)
	if err != nil {
		return 0, 0, fmt.Errorf("mails waiting: %w", err)
	}
	return n, next, nil
}

// MailsDue reports whether a mail may be sent now.
func (db *DB) MailsDue(ctx context.Context, org, now int64) (due bool, err error) {
	err = one(ctx, db.read(), `SELECT EXISTS (SELECT 1 FROM outbox WHERE org_id = $1 AND state = 'pending' AND next_at <= $2
		AND (lease_until IS NULL OR lease_until <= $2))`, []any{org, now}, &due)
	if err != nil {
		return false, fmt.Errorf("mails due: %w", err)
	}
	return due, nil
}

// QueueMail queues a mail about a member that no plan makes. A kind that is queued
// for the member already, or was within the last wait (microseconds), is not
// queued again; queued says which. It takes a number either way: how long it takes
// tells nobody whether there is such a member.
func (tx *Tx) QueueMail(ctx context.Context, org, memberID int64, kind string, now, wait int64) (queued bool, err error) {
	id, err := tx.take(ctx, org, "outbox", 1)
	if err != nil || memberID == 0 {
		return false, err
	}
	n, err := tx.exec(ctx, `INSERT INTO outbox (org_id, id, kind, member_id, state, attempts, next_at, created_at)
		SELECT $1, $2, $3, $4, 'pending', 0, $5, $5 WHERE NOT EXISTS (
			SELECT 1 FROM outbox o WHERE o.org_id = $1 AND o.member_id = $4 AND o.kind = $3 AND (o.state IN ('pending', 'held') OR o.created_at > $6))`,
		org, id, kind, memberID, now, now-wait)
	if err != nil {
		return false, fmt.Errorf("queue mail: %w", err)
	}
	return n == 1, nil
}

// Problem returns what the outcome of a mail means to people; false if there
// is nothing to tell.
func (m Mail) Problem() (problem.Problem, bool) {
	known := []problem.Code{problem.MailUnreachable, problem.MailPostponed, problem.MailRefused, problem.MailGivenUp}
	switch {
	case m.Outcome == "":
		return problem.Problem{}, false
	case slices.Contains(known, m.Outcome):
		return problem.Of(problem.Conflict, m.Outcome, "answer", m.Answer), true
	case m.Outcome == problem.MailInvitationOver:
		return problem.Of(problem.Conflict, problem.MailInvitationOver, "state", m.Answer), true
	}
	return problem.Of(problem.Conflict, m.Outcome), true
}

// stillToChoose are the members with IDs from $2 to before $3 who have an address,
// may sign in on the day $4, have chosen no password, and have no link to one coming.
const stillToChoose = `FROM member m WHERE m.org_id = $1 AND m.id >= $2 AND m.id < $3 AND m.state = 1 AND m.email IS NOT NULL
	AND m.login_allowed AND (m.login_until IS NULL OR m.login_until >= $4)
	AND NOT EXISTS (SELECT 1 FROM member_secret s WHERE s.org_id = m.org_id AND s.member_id = m.id AND NOT s.must_change)
	AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.org_id = m.org_id AND o.member_id = m.id AND o.kind = 'first_password' AND o.state IN ('pending', 'held'))`

// CountFirstPasswords returns how many mails [Tx.QueueFirstPasswords] would queue.
func (db *DB) CountFirstPasswords(ctx context.Context, imp Import, today string) (n int64, err error) {
	if imp.Creates == 0 {
		return 0, nil
	}
	err = one(ctx, db.read(), `SELECT count(*) `+stillToChoose, []any{imp.Org, imp.FirstMember, imp.FirstMember + imp.Creates, today}, &n)
	if err != nil {
		return 0, fmt.Errorf("first passwords of import %d: %w", imp.ID, err)
	}
	return n, nil
}

// QueueFirstPasswords queues a mail for each member whom an import made, who has an
// address, may sign in today (2026-11-22), has chosen no password, and has no such
// mail waiting. It returns how many.
func (tx *Tx) QueueFirstPasswords(ctx context.Context, imp Import, now int64, today string) (int64, error) {
	first, err := tx.take(ctx, imp.Org, "outbox", imp.Creates) // numbers that nobody needs are left out; nothing minds
	if err != nil || imp.Creates == 0 {
		return 0, err
	}
	n, err := tx.exec(ctx, `INSERT INTO outbox (org_id, id, import_id, kind, member_id, state, attempts, next_at, created_at)
		SELECT m.org_id, $5 + row_number() OVER (ORDER BY m.id) - 1, $6, 'first_password', m.id, 'pending', 0, $7, $7 `+stillToChoose,
		imp.Org, imp.FirstMember, imp.FirstMember+imp.Creates, today, first, imp.ID, now)
	if err != nil {
		return 0, fmt.Errorf("first passwords of import %d: %w", imp.ID, err)
	}
	return n, nil
}
