package store

import (
	"context"
	"errors"
	"fmt"

	"meibo/internal/member"
)

// Alter runs f in one transaction while nothing of the organisation is applied
// and no other Alter of it runs: what f reads of members stays so until it ends.
func (db *DB) Alter(ctx context.Context, org int64, f func(tx *Tx) error) error {
	return db.Write(ctx, func(tx *Tx) error {
		if err := tx.lock(ctx, org); err != nil {
			return err
		}
		return f(tx)
	})
}

// A Master is a kind of row that DeleteMaster deletes.
type Master string

// The kinds of masters, by their tables.
const (
	GroupMaster  Master = "org_group"
	FieldMaster  Master = "field"
	RoleMaster   Master = "role"
	BrandMaster  Master = "brand"
	PolicyMaster Master = "policy"
)

// parts are the rows that go with a deleted master.
var parts = map[Master]string{
	GroupMaster:  `DELETE FROM filter_group WHERE org_id = $1 AND group_id = $2`, // the filter is then seen by fewer
	BrandMaster:  `DELETE FROM policy_brand WHERE org_id = $1 AND brand_id = $2`,
	PolicyMaster: `DELETE FROM policy_brand WHERE org_id = $1 AND policy_id = $2`,
}

// DeleteMaster deletes a group, field, role, brand or policy. Who it belongs to
// must have been dealt with before (SPEC M8). The name of a group is kept.
func (tx *Tx) DeleteMaster(ctx context.Context, org int64, kind Master, id int64) error {
	if kind == GroupMaster {
		if _, err := tx.exec(ctx, `INSERT INTO deleted_group (org_id, id, name) SELECT org_id, id, name FROM org_group WHERE org_id = $1 AND id = $2`, org, id); err != nil {
			return fmt.Errorf("keep the name of group %d: %w", id, err)
		}
	}
	if query, ok := parts[kind]; ok {
		if _, err := tx.exec(ctx, query, org, id); err != nil {
			return fmt.Errorf("delete %s %d: %w", kind, id, err)
		}
	}
	if _, err := tx.exec(ctx, `DELETE FROM `+string(kind)+` WHERE org_id = $1 AND id = $2`, org, id); err != nil {
		return fmt.Errorf("delete %s %d: %w", kind, id, err)
	}
	return tx.touch(ctx, org)
}

// FreeGroupNames gives groups names that no group can have, so that names can
// be swapped: neither engine checks a unique index only at the end.
func (tx *Tx) FreeGroupNames(ctx context.Context, org int64, ids []int64) error {
	_, err := tx.exec(ctx, `UPDATE org_group SET name = '{' || id || '}' WHERE org_id = $1 AND `+tx.dialect.among("id", 2), org, list(tx.dialect, ids))
	return err
}

// SetDefaultGroups makes exactly these groups the default ones (SPEC G1).
func (tx *Tx) SetDefaultGroups(ctx context.Context, org int64, ids []int64) error {
	_, err := tx.exec(ctx, `UPDATE org_group SET is_default = (`+tx.dialect.among("id", 2)+`) WHERE org_id = $1`, org, list(tx.dialect, ids))
	return errors.Join(err, tx.touch(ctx, org))
}

// A Use is how many active members and open invitations have a master.
type Use struct{ Members, Invitations int64 }

// useColumns are where members and invitations name a role or policy.
var useColumns = map[Master]string{RoleMaster: "role_id", PolicyMaster: "policy_id"}

// UseOf counts who has a group, role or policy at the given time.
func (tx *Tx) UseOf(ctx context.Context, org int64, kind Master, id, now int64) (Use, error) {
	var u Use
	column, counted := useColumns[kind]
	query, args := `SELECT count(*), 0 FROM membership WHERE org_id = $1 AND group_id = $2`, []any{org, id}
	if counted {
		query, args = `SELECT (SELECT count(*) FROM member WHERE org_id = $1 AND state = 1 AND `+column+` = $2),
			(SELECT count(*) FROM invitation WHERE org_id = $1 AND state = 1 AND expires_at > $3 AND `+column+` = $2)`, []any{org, id, now}
	}
	if err := one(ctx, tx, query, args, &u.Members, &u.Invitations); err != nil {
		return u, fmt.Errorf("use of %s %d: %w", kind, id, err)
	}
	return u, nil
}

// Uses counts who has each group, role or policy, by its ID. Those that nobody
// has are missing.
func (db *DB) Uses(ctx context.Context, org int64, kind Master, now int64) (map[int64]Use, error) {
	return uses(ctx, db.read(), org, kind, now)
}

func uses(ctx context.Context, q querier, org int64, kind Master, now int64) (map[int64]Use, error) {
	column, counted := useColumns[kind]
	members := `SELECT group_id, count(*) FROM membership WHERE org_id = $1 GROUP BY group_id`
	if counted {
		members = `SELECT ` + column + `, count(*) FROM member WHERE org_id = $1 AND state = 1 AND ` + column + ` IS NOT NULL GROUP BY ` + column
	}
	all := map[int64]Use{}
	var id, n int64
	err := each(ctx, q, members, []any{org}, func(scan func(...any) error) error {
		err := scan(&id, &n)
		all[id] = Use{Members: n}
		return err
	})
	if err == nil && counted {
		err = each(ctx, q, `SELECT `+column+`, count(*) FROM invitation WHERE org_id = $1 AND state = 1 AND expires_at > $2 AND `+column+` IS NOT NULL GROUP BY `+column,
			[]any{org, now}, func(scan func(...any) error) error {
				err := scan(&id, &n)
				all[id] = Use{Members: all[id].Members, Invitations: n}
				return err
			})
	}
	if err != nil {
		return nil, fmt.Errorf("uses of %s: %w", kind, err)
	}
	return all, nil
}

// MoveInvitations gives the open invitations that have a role or policy another
// one (SPEC G6). An invitation is no member, so this is no plan; its version
// moves, so that plans made before look again.
func (tx *Tx) MoveInvitations(ctx context.Context, org int64, kind Master, from, to, now int64) (int64, error) {
	column := useColumns[kind]
	n, err := tx.exec(ctx, `UPDATE invitation SET `+column+` = $3, version = version + 1 WHERE org_id = $1 AND state = 1 AND expires_at > $4 AND `+column+` = $2`,
		org, from, to, now)
	if err != nil {
		return 0, fmt.Errorf("move invitations from %s %d: %w", kind, from, err)
	}
	return n, nil
}

// CountWithField counts the active members who have a value of a field.
func (db *DB) CountWithField(ctx context.Context, org int64, f member.Field) (int64, error) {
	return countWithField(ctx, db.read(), db.dialect, org, f)
}

// CountWithField counts inside the transaction.
func (tx *Tx) CountWithField(ctx context.Context, org int64, f member.Field) (int64, error) {
	return countWithField(ctx, tx, tx.dialect, org, f)
}

func countWithField(ctx context.Context, q querier, d dialect, org int64, f member.Field) (int64, error) {
	var n int64
	err := one(ctx, q, `SELECT count(*) FROM member m WHERE m.org_id = $1 AND m.state = 1 AND `+hasText(d.field(f.Identifier)), []any{org}, &n)
	if err != nil {
		return 0, fmt.Errorf("members with field %d: %w", f.ID, err)
	}
	return n, nil
}

// Organisation reads an organisation as it is now.
func (db *DB) Organisation(ctx context.Context, id int64) (Organisation, error) {
	return organisation(ctx, db.read(), id)
}

// Organisation reads an organisation inside the transaction.
func (tx *Tx) Organisation(ctx context.Context, id int64) (Organisation, error) {
	return organisation(ctx, tx, id)
}

func organisation(ctx context.Context, q querier, id int64) (Organisation, error) {
	var o Organisation
	err := each(ctx, q, `SELECT id, code, name, time_zone, seats, settings, default_access FROM organisation WHERE id = $1`, []any{id},
		func(scan func(...any) error) (err error) {
			o, err = scanOrganisation(scan)
			return err
		})
	if err == nil && o.ID == 0 {
		err = ErrNoRows
	}
	if err != nil {
		return o, fmt.Errorf("organisation %d: %w", id, err)
	}
	return o, nil
}

// Seats returns how many seats are used (M6), inside the transaction.
func (tx *Tx) Seats(ctx context.Context, org, now int64) (int64, error) {
	return seats(ctx, tx, org, now)
}
