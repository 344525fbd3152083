package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"meibo/internal/member"
	"meibo/internal/plan"
)

// An Organisation owns everything else.
type Organisation struct {
	ID            int64
	Code          string
	Name          string
	Zone          *time.Location
	Seats         *int64 // nil = unlimited
	Settings      plan.Settings
	DefaultAccess member.Access // of member + write without a role (SPEC G5)
}

// Organisations lists all organisations by ID.
func (db *DB) Organisations(ctx context.Context) ([]Organisation, error) {
	var all []Organisation
	err := each(ctx, db.read(), `SELECT id, code, name, time_zone, seats, settings, default_access FROM organisation ORDER BY id`, nil,
		func(scan func(...any) error) error {
			o, err := scanOrganisation(scan)
			all = append(all, o)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("organisations: %w", err)
	}
	return all, nil
}

func scanOrganisation(scan func(...any) error) (Organisation, error) {
	var o Organisation
	var zone, settings, access string
	if err := scan(&o.ID, &o.Code, &o.Name, &zone, &o.Seats, &settings, &access); err != nil {
		return o, err
	}
	var err1, err2, err3 error
	o.Zone, err1 = time.LoadLocation(zone)
	o.Settings, err2 = plan.ParseSettings(settings)
	err3 = o.DefaultAccess.UnmarshalJSON([]byte(access))
	return o, errors.Join(err1, err2, err3)
}

// NewOrganisation stores a new organisation and gives it its ID. Its code must
// be free.
func (tx *Tx) NewOrganisation(ctx context.Context, o *Organisation, now int64) error {
	id, err := tx.take(ctx, 0, "organisation", 1)
	if err != nil {
		return err
	}
	o.ID = id
	access, err := o.DefaultAccess.MarshalJSON()
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `INSERT INTO organisation (id, code, name, time_zone, seats, settings, default_access, masters_version, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8)`,
		o.ID, o.Code, o.Name, o.Zone.String(), o.Seats, o.Settings.JSON(), string(access), now)
	if err != nil {
		return fmt.Errorf("organisation %s: %w", o.Code, err)
	}
	return nil
}

// BeginAgain stores zone, seats and settings of an organisation that never had a
// member; begun is false, and nothing is stored, if it has or had one.
func (tx *Tx) BeginAgain(ctx context.Context, o Organisation) (begun bool, err error) {
	n, err := tx.exec(ctx, `UPDATE organisation SET time_zone = $2, seats = $3, settings = $4, masters_version = masters_version + 1
		WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM member WHERE org_id = $1)`, o.ID, o.Zone.String(), o.Seats, o.Settings.JSON())
	if err != nil {
		return false, fmt.Errorf("organisation %d: %w", o.ID, err)
	}
	return n == 1, nil
}

// SaveOrganisation stores all but the code.
func (tx *Tx) SaveOrganisation(ctx context.Context, o Organisation) error {
	access, err := o.DefaultAccess.MarshalJSON()
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, `UPDATE organisation SET name = $2, time_zone = $3, seats = $4, settings = $5, default_access = $6, masters_version = masters_version + 1 WHERE id = $1`,
		o.ID, o.Name, o.Zone.String(), o.Seats, o.Settings.JSON(), string(access))
	if err != nil {
		return fmt.Errorf("organisation %d: %w", o.ID, err)
	}
	return nil
}

// DefaultAccess returns the access of members without a role as the transaction
// sees it.
func (tx *Tx) DefaultAccess(ctx context.Context, org int64) (a member.Access, err error) {
	var text string
	if err := one(ctx, tx, `SELECT default_access FROM organisation WHERE id = $1`, []any{org}, &text); err != nil {
		return 0, fmt.Errorf("default access: %w", err)
	}
	err = a.UnmarshalJSON([]byte(text))
	return a, err
}

// take gives out n numbers one after another and returns the first. They are
// never given out again, unless the transaction is rolled back.
func (tx *Tx) take(ctx context.Context, org int64, name string, n int64) (int64, error) {
	var next int64
	err := one(ctx, tx, `INSERT INTO counter (org_id, name, next) VALUES ($1, $2, 1 + $3)
		ON CONFLICT (org_id, name) DO UPDATE SET next = counter.next + $3 RETURNING next`, []any{org, name, n}, &next)
	if err != nil {
		return 0, fmt.Errorf("next %s: %w", name, err)
	}
	return next - n, nil
}

// KeyCheck returns what was stored of the instance's key; nil for a new database.
func (db *DB) KeyCheck(ctx context.Context) ([]byte, error) {
	var check []byte
	err := one(ctx, db.read(), `SELECT key_check FROM instance WHERE id = 1`, nil, &check)
	if errors.Is(err, ErrNoRows) {
		return nil, nil
	}
	return check, err
}

// SetKeyCheck stores what tells the instance's key from others, if nothing is stored yet.
func (tx *Tx) SetKeyCheck(ctx context.Context, check []byte, now int64) error {
	_, err := tx.exec(ctx, `INSERT INTO instance (id, key_check, created_at) VALUES (1, $1, $2) ON CONFLICT (id) DO NOTHING`, check, now)
	return err
}

// activeMembers counts by indexes alone: all, less the few that are gone. SQLite counts
// a whole table by its pages, and what a condition is asked of row by row: where there is
// one organisation, as mostly, nothing is asked (100,000 members: 2 instead of 200 ms).
const activeMembers = `CASE WHEN (SELECT count(*) FROM organisation) = 1 THEN (SELECT count(*) FROM member)
		ELSE (SELECT count(*) FROM member WHERE org_id = $1) END - (SELECT count(*) FROM member WHERE org_id = $1 AND state <> 1)`

// Seats returns how many seats are used (M6): active members and invitations
// that are open at the given time.
func (db *DB) Seats(ctx context.Context, org, now int64) (int64, error) {
	return seats(ctx, db.read(), org, now)
}

func seats(ctx context.Context, q querier, org, now int64) (int64, error) {
	var used int64
	err := one(ctx, q, `SELECT `+activeMembers+`
		+ `+openInvitations, []any{org, now}, &used)
	if err != nil {
		return 0, fmt.Errorf("seats: %w", err)
	}
	return used, nil
}

const openInvitations = `(SELECT count(*) FROM invitation WHERE org_id = $1 AND state = 1 AND expires_at > $2)`

// InvitationSeats returns how many of the used seats are those of invitations.
func (db *DB) InvitationSeats(ctx context.Context, org, now int64) (int64, error) {
	var n int64
	err := one(ctx, db.read(), `SELECT `+openInvitations, []any{org, now}, &n)
	return n, err
}

// CountMembers returns how many active members there are.
func (db *DB) CountMembers(ctx context.Context, org int64) (int64, error) {
	var n int64
	err := one(ctx, db.read(), `SELECT `+activeMembers, []any{org}, &n)
	return n, err
}

// HadMembers reports whether an organisation has or ever had a member.
func (db *DB) HadMembers(ctx context.Context, org int64) (bool, error) {
	var n int64
	err := one(ctx, db.read(), `SELECT count(*) FROM (SELECT 1 FROM member WHERE org_id = $1 LIMIT 1) AS m`, []any{org}, &n)
	return n > 0, err
}

// primaryOwners returns how many active primary owners there are (M3: one).
func primaryOwners(ctx context.Context, q querier, org int64) (int64, error) {
	var n int64
	err := one(ctx, q, `SELECT count(*) FROM member WHERE org_id = $1 AND state = 1 AND system_role = 1`, []any{org}, &n)
	return n, err
}

// PrimaryOwners returns how many active primary owners there are.
func (db *DB) PrimaryOwners(ctx context.Context, org int64) (int64, error) {
	return primaryOwners(ctx, db.read(), org)
}
