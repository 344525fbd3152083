package store

import (
	"context"
	"errors"
	"fmt"

	"meibo/internal/plan"
	"meibo/internal/problem"
)

// A MailState says what became of a mail.
type MailState string

// The states of mails.
const (
	MailPending MailState = "pending" // to be sent
	MailHeld    MailState = "held"    // to be sent once it is released
	MailSent    MailState = "sent"
	MailFailed  MailState = "failed"  // every try failed, or the server refused it for good
	MailDropped MailState = "dropped" // what it was for was over before it was sent
)

// MailStates lists all states of mails.
var MailStates = []MailState{MailPending, MailHeld, MailSent, MailFailed, MailDropped}

// The kinds of mails. Invitations are about an invitation, the others about a
// member.
const (
	InvitationMail    = "invitation"
	WelcomeMail       = "welcome"
	FirstPasswordMail = "first_password"
	ResetMail         = "reset"   // a forgotten password
	ConfirmMail       = "confirm" // goes to a new address

	// To the author of an import that was planned or applied in the background (A4).
	ImportReviewMail = "import_review" // it waits to be looked at
	ImportDoneMail   = "import_done"
	ImportFailedMail = "import_failed" // nothing was applied
)

// A Mail is an entry of the outbox: to whom what is to be sent. Text, address
// and link are made when it is sent.
type Mail struct {
	ID           int64
	Import       int64  // that made it; 0 if none did
	Kind         string // see InvitationMail and below
	MemberID     int64  // whom it is about; 0 of an invitation
	InvitationID int64  // of an invitation; else 0
	To           string // the address as it is now; empty if there is none any more
	State        MailState
	Attempts     int64
	NextAt       int64           // microseconds UTC
	CreatedAt    int64           // microseconds UTC
	SentAt       int64           // microseconds UTC; 0 if it is not sent
	Invited      plan.Invitation // of an invitation: ID, state and until when; else zero

	Outcome problem.Code // what the last try, or dropping it, came to; empty: nothing to tell
	Answer  string       // of the server to the last try; may quote the address
}

// A MailQuery says which mails are wanted. The zero value is all.
type MailQuery struct {
	State  MailState
	Import int64
	Open   int64 // microseconds UTC: only mails that can still be sent then, as [Mail.Open]; 0: all
	Limit  int   // 0: no limit
	Before int64 // an ID: only older ones, for the next page; 0: any
}

func (q MailQuery) where(args []any) (string, []any) {
	sql := ""
	if q.State != "" {
		args = append(args, string(q.State))
		sql += fmt.Sprintf(` AND o.state = $%d`, len(args))
	}
	if q.Import != 0 {
		args = append(args, q.Import)
		sql += fmt.Sprintf(` AND o.import_id = $%d`, len(args))
	}
	if q.Open != 0 {
		args = append(args, q.Open)
		sql += ` AND ` + mailOpen(len(args))
	}
	return sql, args
}

// mailColumns are what Mail.columns reads, from mailTables. The address is that of
// whom the mail is about as it is now; a confirming mail goes to the new one.
const mailColumns = `o.id, coalesce(o.import_id, 0), o.kind, coalesce(o.member_id, 0), coalesce(o.invitation_id, 0),
	coalesce(CASE WHEN o.kind = 'confirm' THEN e.email ELSE m.email END, v.email, ''), o.state, o.attempts, o.next_at, o.created_at,
	coalesce(o.sent_at, 0), coalesce(o.outcome, ''), coalesce(o.answer, ''), coalesce(v.id, 0), coalesce(v.state, 0), coalesce(v.expires_at, 0)`

const mailTables = `outbox o
	LEFT JOIN member m ON m.org_id = o.org_id AND m.id = o.member_id
	LEFT JOIN email_change e ON e.org_id = o.org_id AND e.member_id = o.member_id
	LEFT JOIN invitation v ON v.org_id = o.org_id AND v.id = o.invitation_id`

func (m *Mail) columns() []any {
	return []any{&m.ID, &m.Import, &m.Kind, &m.MemberID, &m.InvitationID, &m.To, &m.State, &m.Attempts, &m.NextAt, &m.CreatedAt,
		&m.SentAt, &m.Outcome, &m.Answer, &m.Invited.ID, &m.Invited.State, &m.Invited.ExpiresAt}
}

// Open reports whether the invitation of a mail, if it is of one, can still be
// accepted: else it is not sent any more.
func (m Mail) Open(now int64) bool {
	return m.InvitationID == 0 || m.Invited.StateAt(now) == plan.InvitationOpen
}

// Mails lists mails, newest first, and how many there are on all pages.
func (db *DB) Mails(ctx context.Context, org int64, q MailQuery) ([]Mail, int64, error) {
	where, args := q.where([]any{org})
	var total int64
	if err := one(ctx, db.read(), `SELECT count(*) FROM outbox o WHERE o.org_id = $1`+where, args, &total); err != nil {
		return nil, 0, fmt.Errorf("mails: %w", err)
	}
	query := `SELECT ` + mailColumns + ` FROM ` + mailTables + `
		WHERE o.org_id = $1` + where
	if q.Before > 0 {
		query += fmt.Sprintf(` AND o.id < %d`, q.Before)
	}
	query += ` ORDER BY o.id DESC`
	if q.Limit > 0 {
		query += fmt.Sprintf(` LIMIT %d`, q.Limit)
	}
	var mails []Mail
	err := each(ctx, db.read(), query, args, func(scan func(...any) error) error {
		var m Mail
		err := scan(m.columns()...)
		mails = append(mails, m)
		return err
	})
	if err != nil {
		return nil, 0, fmt.Errorf("mails: %w", err)
	}
	return mails, total, nil
}

// FailedInvitationMails returns the failed mail of each of some invitations, by the ID
// of the invitation; those whose mail did not fail are missing.
func (db *DB) FailedInvitationMails(ctx context.Context, org int64, invitations []int64) (map[int64]Mail, error) {
	failed := map[int64]Mail{}
	if len(invitations) == 0 {
		return failed, nil
	}
	err := each(ctx, db.read(), `SELECT `+mailColumns+` FROM `+mailTables+`
		WHERE o.org_id = $1 AND o.state = 'failed' AND `+db.dialect.among("o.invitation_id", 2)+` ORDER BY o.id`,
		[]any{org, list(db.dialect, invitations)}, func(scan func(...any) error) error {
			var m Mail
			err := scan(m.columns()...)
			failed[m.InvitationID] = m
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("failed mails of invitations: %w", err)
	}
	return failed, nil
}

// afresh lets a mail be sent from now, parameter $2, on. Whoever is sending it
// just now lets go of it: what they report no longer counts, because the link may
// be another one.
const afresh = `state = 'pending', attempts = 0, next_at = $2, claim = NULL, lease_until = NULL, outcome = NULL, answer = NULL`

// queueInvitations lets the mail of each invitation be sent now: the one that
// was not sent yet, else one more.
func (tx *Tx) queueInvitations(ctx context.Context, org int64, ids []int64, now int64) error {
	some := list(tx.dialect, ids)
	if _, err := tx.exec(ctx, `UPDATE outbox SET `+afresh+`
		WHERE org_id = $1 AND state <> 'sent' AND `+tx.dialect.among("invitation_id", 3), org, now, some); err != nil {
		return err
	}
	// Numbers of those that need no other mail are left out; nothing minds.
	first, err := tx.take(ctx, org, "outbox", int64(len(ids)))
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `INSERT INTO outbox (org_id, id, import_id, kind, invitation_id, state, attempts, next_at, created_at)
		SELECT v.org_id, $3 + row_number() OVER (ORDER BY v.id) - 1, v.import_id, 'invitation', v.id, 'pending', 0, $2, $2
		FROM invitation v WHERE v.org_id = $1 AND `+tx.dialect.among("v.id", 4)+`
		AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.org_id = v.org_id AND o.invitation_id = v.id AND o.state <> 'sent')`,
		org, now, first, some)
	return err
}

// mailOpen is the condition that a mail o is open at the time in parameter n, as
// [Mail.Open] says it.
func mailOpen(n int) string {
	return fmt.Sprintf(`(o.invitation_id IS NULL OR EXISTS (SELECT 1 FROM invitation v
		WHERE v.org_id = o.org_id AND v.id = o.invitation_id AND v.state = 1 AND v.expires_at > $%d))`, n)
}

// ReleaseMails lets held mails be sent: those of one import, or of all with
// import 0. The invitations among them are valid from now on until expires (I1).
// Mails to invitations that are no longer open stay held; left says how many.
func (tx *Tx) ReleaseMails(ctx context.Context, org, imp, now, expires int64) (released, left int64, err error) {
	if _, err := tx.exec(ctx, `UPDATE invitation SET expires_at = $3 WHERE org_id = $1 AND state = 1 AND expires_at > $2
		AND EXISTS (SELECT 1 FROM outbox o WHERE o.org_id = $1 AND o.invitation_id = invitation.id AND o.state = 'held' AND (o.import_id = $4 OR $4 = 0))`,
		org, now, expires, imp); err != nil {
		return 0, 0, fmt.Errorf("release mails: %w", err)
	}
	released, err1 := tx.exec(ctx, `UPDATE outbox AS o SET `+afresh+`
		WHERE o.org_id = $1 AND o.state = 'held' AND (o.import_id = $3 OR $3 = 0) AND `+mailOpen(2), org, now, imp)
	err2 := one(ctx, tx, `SELECT count(*) FROM outbox WHERE org_id = $1 AND state = 'held' AND (import_id = $2 OR $2 = 0)`, []any{org, imp}, &left)
	return released, left, errors.Join(err1, err2)
}

// RetryMails lets failed mails be sent again: those with the given IDs, or, if
// there are none, those of one import, or of all with import 0. Mails to
// invitations that are no longer open stay failed; left says how many of all.
func (tx *Tx) RetryMails(ctx context.Context, org int64, ids []int64, imp, now int64) (retried, left int64, err error) {
	which := func(n int) (string, any) {
		if len(ids) > 0 {
			return tx.dialect.among("o.id", n), list(tx.dialect, ids)
		}
		return fmt.Sprintf(`(o.import_id = $%[1]d OR $%[1]d = 0)`, n), imp
	}
	among, arg := which(3)
	retried, err1 := tx.exec(ctx, `UPDATE outbox AS o SET `+afresh+`
		WHERE o.org_id = $1 AND o.state = 'failed' AND `+among+` AND `+mailOpen(2), org, now, arg)
	among, arg = which(2)
	err2 := one(ctx, tx, `SELECT count(*) FROM outbox o WHERE o.org_id = $1 AND o.state = 'failed' AND `+among, []any{org, arg}, &left)
	return retried, left, errors.Join(err1, err2)
}
