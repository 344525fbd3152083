package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
)

// A State is where an import stands (SPEC §10).
type State string

// The states. Rejected, stale, cancelled, failed, discarded and applied are ends.
const (
	Planning        State = "planning"
	Planned         State = "planned"
	NeedsAcceptance State = "needs_acceptance"
	NeedsApproval   State = "needs_approval"
	Applying        State = "applying"
	Applied         State = "applied"
	Rejected        State = "rejected"
	Stale           State = "stale"
	Cancelled       State = "cancelled"
	Failed          State = "failed"
	Discarded       State = "discarded"
)

// Waits reports whether an import in state s may still be applied.
func (s State) Waits() bool { return s == Planned || s == NeedsAcceptance || s == NeedsApproval }

// A Kind says what a plan was made from.
type Kind string

// The kinds of plans.
const (
	FileImport Kind = "file"
	EditImport Kind = "edit" // one or more members, on a page or by a verb
	UndoImport Kind = "undo"

	OwnImport    Kind = "own"    // what members change of themselves
	AcceptImport Kind = "accept" // an invitation was accepted: by nobody who was a member yet
)

// Seats are seats used before and after a plan, and how many there are (nil =
// unlimited).
type Seats struct {
	Before int64  `json:"before"`
	After  int64  `json:"after"`
	Limit  *int64 `json:"limit"`
}

// An Outcome is what planning found out beside the changes. It is kept with
// the import as JSON.
type Outcome struct {
	Counts            plan.Counts    `json:"counts"`
	Absent            plan.Counts    `json:"absent"`
	Seats             Seats          `json:"seats"`
	Brakes            []plan.Brake   `json:"brakes"`
	NeedOwner         int64          `json:"need_owner,omitempty"`         // changes that only an owner may make
	NeedAdministrator int64          `json:"need_administrator,omitempty"` // changes that only an administrator may make
	Cancelled         int64          `json:"cancelled,omitempty"`          // invitations cancelled on their own; they count as deletes
	Problems          string         `json:"problems,omitempty"`           // of the file as a whole, as plan.ProblemsJSON
	Warnings          string         `json:"warnings,omitempty"`           // likewise
	ProblemsTotal     int64          `json:"problems_total"`
	WarningsTotal     int64          `json:"warnings_total"`
	ProblemCodes      plan.Codes     `json:"problem_codes,omitempty"` // how many of them have each code; nil of plans made before these were counted
	WarningCodes      plan.Codes     `json:"warning_codes,omitempty"`
	NewGroups         []member.Group `json:"new_groups,omitempty"` // that applying creates
	Stale             *Staleness     `json:"stale,omitempty"`      // why it can no longer be applied
	Guessed           bool           `json:"guessed,omitempty"`    // the charset was guessed
	Sample            []string       `json:"sample,omitempty"`     // headers decoded by the guess
	Delimiter         string         `json:"delimiter,omitempty"`  // of a CSV, as it was found
	Sheet             string         `json:"sheet,omitempty"`      // of a workbook, as it was chosen
}

// An Import is one plan, from a file or not, with its options, outcome and state.
type Import struct {
	Org, ID        int64
	Kind           Kind
	UndoOf         int64 // 0 unless Kind is undo
	State          State
	ActorID        int64 // 0 for the operator of the machine
	FileName       string
	FileSHA256     []byte
	FileKey        string // where the file is kept; empty if it is not
	Layout         plan.Layout
	Options        plan.Options
	Header         plan.Mapping
	Charset        string
	MastersVersion int64
	Rows           int64
	Outcome        Outcome
	Creates        int64 // ordinals given to new members
	Invites        int64 // ordinals given to new invitations
	Mails          int64
	FirstMember    int64  // ID of the new member with ordinal 0, once applied
	FirstInvite    int64  // ID of the new invitation with ordinal 0, once applied
	PasswordSecret []byte // sealed; nil if there are no random passwords to fetch
	PasswordsUntil int64
	Sum            []byte // SHA-256 over the changes; nil before it is planned
	JournalNo      int64  // place in the journal; 0 unless applied
	PrevHash, Hash []byte
	LeaseUntil     int64 // while planning: after this time its process is taken for dead
	Attempt        int64 // at planning it; an earlier one can store nothing more
	ApproverID     int64 // member who approved it; 0 if nobody had to, or the operator did
	CreatedAt      int64
	AppliedAt      int64

	written *summer // while planning: of what was stored so far
}

// Stored returns how many rows of their own changes of a plan have that is being made. Who
// makes it may write to the rest of the import meanwhile.
func (i *Import) Stored() int64 {
	if i.written == nil {
		return 0
	}
	return i.written.rows
}

// Applied returns how many changes of the plan do something, with and without
// a line.
func (i Import) Applied() int64 { return i.Outcome.Counts.Applied() + i.Outcome.Absent.Applied() }

// Braked reports whether brakes hold the plan (SPEC P21): files, undo, and edits
// of more than one member at once.
func (i Import) Braked() bool {
	return i.Kind == FileImport || i.Kind == UndoImport || i.Rows > 1
}

const importColumns = `id, kind, coalesce(undo_of, 0), state, coalesce(actor_id, 0), coalesce(file_name, ''), file_sha256, coalesce(file_key, ''),
	layout, options, header, coalesce(charset, ''), masters_version, rows, outcome, creates, invites, mails,
	coalesce(first_member_id, 0), coalesce(first_invitation_id, 0), password_secret, coalesce(passwords_until, 0),
	sum, coalesce(journal_no, 0), prev_hash, hash, coalesce(lease_until, 0), attempt, coalesce(approver_id, 0), created_at, coalesce(applied_at, 0)`

func scanImport(org int64, scan func(...any) error) (Import, error) {
	i := Import{Org: org}
	var options, header, outcome string
	err := scan(&i.ID, &i.Kind, &i.UndoOf, &i.State, &i.ActorID, &i.FileName, &i.FileSHA256, &i.FileKey,
		&i.Layout, &options, &header, &i.Charset, &i.MastersVersion, &i.Rows, &outcome, &i.Creates, &i.Invites, &i.Mails,
		&i.FirstMember, &i.FirstInvite, &i.PasswordSecret, &i.PasswordsUntil,
		&i.Sum, &i.JournalNo, &i.PrevHash, &i.Hash, &i.LeaseUntil, &i.Attempt, &i.ApproverID, &i.CreatedAt, &i.AppliedAt)
	if err != nil {
		return i, err
	}
	return i, errors.Join(json.Unmarshal([]byte(options), &i.Options), json.Unmarshal([]byte(header), &i.Header),
		json.Unmarshal([]byte(outcome), &i.Outcome))
}

// Import returns one import. Its problem is ImportUnknown.
func (db *DB) Import(ctx context.Context, org, id int64) (Import, error) {
	return findImport(ctx, db.read(), org, id, "")
}

// Import returns one import as the transaction sees it.
func (tx *Tx) Import(ctx context.Context, org, id int64) (Import, error) {
	forUpdate := ""
	if tx.dialect == postgres {
		forUpdate = " FOR UPDATE"
	}
	return findImport(ctx, tx, org, id, forUpdate)
}

func findImport(ctx context.Context, q querier, org, id int64, suffix string) (Import, error) {
	i := Import{}
	found := false
	err := each(ctx, q, `SELECT `+importColumns+` FROM import WHERE org_id = $1 AND id = $2`+suffix, []any{org, id}, func(scan func(...any) error) (err error) {
		i, err = scanImport(org, scan)
		found = true
		return err
	})
	switch {
	case err != nil:
		return i, fmt.Errorf("import %d: %w", id, err)
	case !found:
		return i, problem.Of(problem.NotFound, problem.ImportUnknown, "id", fmt.Sprint(id))
	}
	return i, nil
}

// StartImport stores a new import in state planning and gives it its ID.
func (db *DB) StartImport(ctx context.Context, i *Import) error {
	return db.Write(ctx, func(tx *Tx) error { return tx.StartImport(ctx, i) })
}

// StartImport does so as part of a transaction.
func (tx *Tx) StartImport(ctx context.Context, i *Import) error {
	id, err := tx.take(ctx, i.Org, "import", 1)
	if err != nil {
		return err
	}
	i.ID, i.State = id, Planning
	options, header, outcome, err := i.documents()
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `INSERT INTO import (org_id, id, kind, undo_of, state, actor_id, file_name, layout, options, header,
		masters_version, rows, outcome, creates, invites, mails, lease_until, attempt, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12, 0, 0, 0, $13, $14, $15)`,
		i.Org, i.ID, string(i.Kind), null(i.UndoOf), string(i.State), null(i.ActorID), null(i.FileName), string(i.Layout),
		options, header, i.MastersVersion, outcome, null(i.LeaseUntil), i.Attempt, i.CreatedAt)
	return err
}

func (i *Import) documents() (options, header, outcome string, err error) {
	a, err1 := json.Marshal(i.Options)
	b, err2 := json.Marshal(i.Header)
	c, err3 := json.Marshal(i.Outcome)
	return string(a), string(b), string(c), errors.Join(err1, err2, err3)
}

// SaveImport stores everything of an import that planning finds out, and its
// state, and with it whatever also does; nil: nothing. It refuses to touch an
// import that is no longer being planned.
func (db *DB) SaveImport(ctx context.Context, i *Import, also func(tx *Tx) error) error {
	options, header, outcome, err := i.documents()
	if err != nil {
		return err
	}
	return db.Write(ctx, func(tx *Tx) error {
		if err := tx.lastIsThere(ctx, i); err != nil {
			return err
		}
		n, err := tx.exec(ctx, `UPDATE import SET state = $3, file_name = $4, file_sha256 = $5, file_key = $6, layout = $7, options = $8, header = $9,
			charset = $10, rows = $11, outcome = $12, creates = $13, invites = $14, mails = $15, password_secret = $16, passwords_until = $17,
			sum = $18, lease_until = $19 WHERE org_id = $1 AND id = $2 AND state = 'planning' AND attempt = $20`,
			i.Org, i.ID, string(i.State), null(i.FileName), i.FileSHA256, null(i.FileKey), string(i.Layout), options, header,
			null(i.Charset), i.Rows, outcome, i.Creates, i.Invites, i.Mails, i.PasswordSecret, null(i.PasswordsUntil),
			i.Sum, null(i.LeaseUntil), i.Attempt)
		switch {
		case err != nil:
			return err
		case n != 1:
			return noLonger(i)
		case also != nil:
			return also(tx)
		}
		return nil
	})
}

// noLonger says that somebody else ended the planning of an import, or does it now.
func noLonger(i *Import) error { return fmt.Errorf("import %d is no longer being planned", i.ID) }

// SetState moves an import from one state to another. It reports whether the
// import was in that state.
func (tx *Tx) SetState(ctx context.Context, org, id int64, from, to State) (bool, error) {
	n, err := tx.exec(ctx, `UPDATE import SET state = $4 WHERE org_id = $1 AND id = $2 AND state = $3`, org, id, string(from), string(to))
	return n == 1, err
}

// NameFile stores under which key the file of an import is going to be kept,
// before it is: killed in between, there is a key without a file, which does no
// harm, and never a file that nobody knows of.
func (db *DB) NameFile(ctx context.Context, i *Import, key string) error {
	return db.Write(ctx, func(tx *Tx) error {
		n, err := tx.exec(ctx, `UPDATE import SET file_key = $4 WHERE org_id = $1 AND id = $2 AND state = 'planning' AND attempt = $3`, i.Org, i.ID, i.Attempt, key)
		if err == nil && n != 1 {
			return noLonger(i)
		}
		return err
	})
}

// FailAbandoned marks plans whose process died while planning as failed, and
// removes their changes: nobody has seen them. Their files it gives to forget,
// which may be called twice for the same key. Plans in the background are left to
// whoever carries them out.
func (db *DB) FailAbandoned(ctx context.Context, org, now int64, forget func(key string) error) error {
	var dead []int64
	err := each(ctx, db.read(), `SELECT id FROM import WHERE org_id = $1 AND state = 'planning' AND lease_until < $2`+inForeground, []any{org, now}, func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		dead = append(dead, id)
		return err
	})
	if err != nil || len(dead) == 0 {
		return err
	}
	return db.Write(ctx, func(tx *Tx) error {
		for _, id := range dead {
			// It may have given a sign of life since.
			n, err := tx.exec(ctx, `UPDATE import SET state = 'failed' WHERE org_id = $1 AND id = $2 AND state = 'planning' AND lease_until < $3`+inForeground, org, id, now)
			if err != nil {
				return err
			}
			if n == 0 {
				continue
			}
			if err := tx.abandon(ctx, org, id, forget); err != nil {
				return err
			}
		}
		return nil
	})
}

// inForeground is the condition that no task of an import is ready.
const inForeground = ` AND NOT EXISTS (SELECT 1 FROM task t WHERE t.org_id = import.org_id AND t.import_id = import.id AND t.ready AND t.kind <> 'export')`

// abandon removes what a plan that came to nothing left: file, upload and changes.
func (tx *Tx) abandon(ctx context.Context, org, id int64, forget func(key string) error) error {
	var key string
	if err := one(ctx, tx, `SELECT coalesce(file_key, '') FROM import WHERE org_id = $1 AND id = $2`, []any{org, id}, &key); err != nil {
		return err
	}
	if key != "" {
		if err := forget(key); err != nil {
			return err
		}
		if _, err := tx.exec(ctx, `UPDATE import SET file_key = NULL WHERE org_id = $1 AND id = $2`, org, id); err != nil {
			return err
		}
	}
	if err := tx.abandonTask(ctx, org, id, forget); err != nil {
		return err
	}
	return tx.removeChanges(ctx, org, id, 0)
}

// removeChanges removes the changes of a plan with a greater seq than the given, and all
// blocks.
func (tx *Tx) removeChanges(ctx context.Context, org, id, after int64) error {
	_, err1 := tx.exec(ctx, `DELETE FROM change WHERE org_id = $1 AND import_id = $2 AND seq > $3`, org, id, after)
	_, err2 := tx.exec(ctx, `DELETE FROM keep_run WHERE org_id = $1 AND import_id = $2 AND last_seq > $3`, org, id, after)
	return errors.Join(err1, err2, tx.removeBlocks(ctx, org, id), tx.removeMarks(ctx, org, id))
}

// RemoveChanges removes the changes of a plan that came to nothing; those up to
// the given seq stay.
func (db *DB) RemoveChanges(ctx context.Context, i *Import, after int64) error {
	i.spoil()
	err := db.Write(ctx, func(tx *Tx) error { return tx.removeChanges(ctx, i.Org, i.ID, after) })
	i.written.removed = err == nil
	return err
}

// ForgetPasswords destroys what the random passwords of an import are derived from.
func (db *DB) ForgetPasswords(ctx context.Context, org, id int64) error {
	return db.Write(ctx, func(tx *Tx) error {
		_, err := tx.exec(ctx, `UPDATE import SET password_secret = NULL WHERE org_id = $1 AND id = $2`, org, id)
		return err
	})
}
