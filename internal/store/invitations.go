package store

import (
	"context"
	"fmt"

	"meibo/internal/member"
	"meibo/internal/plan"
)

const invitationColumns = `i.id, i.version, i.state, coalesce(i.email, ''), i.generation, i.expires_at,
	i.system_role, i.system_permission, coalesce(i.policy_id, 0), coalesce(i.role_id, 0), i.created_at`

func scanInvitation(scan func(...any) error) (plan.Invitation, error) {
	var i plan.Invitation
	err := scan(&i.ID, &i.Version, &i.State, &i.Email, &i.Generation, &i.ExpiresAt, &i.Role, &i.Permission, &i.PolicyID, &i.RoleID, &i.CreatedAt)
	return i, err
}

// OpenInvitations returns the invitations in state open to the given addresses
// (lower case), by address. Some may have expired.
func (db *DB) OpenInvitations(ctx context.Context, org int64, emails []string) (map[string]*plan.Invitation, error) {
	found := map[string]*plan.Invitation{}
	if len(emails) == 0 {
		return found, nil
	}
	var some bool // mostly there is none, and looking for each address took a twentieth of planning
	if err := one(ctx, db.read(), `SELECT EXISTS (SELECT 1 FROM invitation WHERE org_id = $1 AND state = 1)`, []any{org}, &some); err != nil || !some {
		return found, err
	}
	err := each(ctx, db.read(), `SELECT `+invitationColumns+` FROM invitation i WHERE i.org_id = $1 AND i.state = 1 AND `+db.dialect.among("i.email_key", 2),
		[]any{org, list(db.dialect, emails)}, func(scan func(...any) error) error {
			i, err := scanInvitation(scan)
			found[member.FoldKey(i.Email)] = &i
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("open invitations: %w", err)
	}
	return found, nil
}

// InvitationsByID returns the invitations with the given IDs, by ID.
func (db *DB) InvitationsByID(ctx context.Context, org int64, ids []int64) (map[int64]*plan.Invitation, error) {
	found := map[int64]*plan.Invitation{}
	if len(ids) == 0 {
		return found, nil
	}
	err := each(ctx, db.read(), `SELECT `+invitationColumns+` FROM invitation i WHERE i.org_id = $1 AND `+db.dialect.among("i.id", 2),
		[]any{org, list(db.dialect, ids)}, func(scan func(...any) error) error {
			i, err := scanInvitation(scan)
			found[i.ID] = &i
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("invitations: %w", err)
	}
	return found, nil
}

// AbsentInvitations calls f for the invitations open at the given time whose
// address no row of the plan names, in pages, ascending by ID (P19).
func (db *DB) AbsentInvitations(ctx context.Context, org, imp, now int64, f func([]plan.Invitation) error) error {
	for after := int64(0); ; {
		var is []plan.Invitation
		err := each(ctx, db.read(), `SELECT `+invitationColumns+` FROM invitation i WHERE i.org_id = $1 AND i.state = 1 AND i.expires_at > $3 AND i.id > $4
			AND NOT EXISTS (SELECT 1 FROM change c WHERE c.org_id = $1 AND c.import_id = $2 AND (c.email_key = i.email_key OR c.invitation_id = i.id))
			ORDER BY i.id LIMIT $5`, []any{org, imp, now, after, page}, func(scan func(...any) error) error {
			i, err := scanInvitation(scan)
			is = append(is, i)
			return err
		})
		if err != nil {
			return fmt.Errorf("absent invitations: %w", err)
		}
		if len(is) == 0 {
			return nil
		}
		if err := f(is); err != nil {
			return err
		}
		after = is[len(is)-1].ID
	}
}

// An InvitationQuery says which invitations are wanted. The zero value is all.
type InvitationQuery struct {
	State  plan.InvitationState // at Now; 0: any
	Search string               // part of the address; empty: any
	Now    int64                // microseconds UTC
	Limit  int                  // 0: no limit
	Before int64                // an ID: only older ones, for the next page; 0: any
}

func (q InvitationQuery) where(args []any) (string, []any) {
	sql := ""
	if q.Search != "" {
		args = append(args, "%"+likeEscapes.Replace(member.FoldKey(q.Search))+"%")
		sql += fmt.Sprintf(` AND i.email_key LIKE $%d ESCAPE '\'`, len(args))
	}
	switch q.State {
	case 0:
	case plan.InvitationOpen:
		args = append(args, q.Now)
		sql += fmt.Sprintf(` AND i.state = 1 AND i.expires_at > $%d`, len(args))
	case plan.InvitationExpired: // also before the next write marks it so
		args = append(args, q.Now)
		sql += fmt.Sprintf(` AND (i.state = 3 OR i.state = 1 AND i.expires_at <= $%d)`, len(args))
	default:
		args = append(args, int16(q.State))
		sql += fmt.Sprintf(` AND i.state = $%d`, len(args))
	}
	return sql, args
}

// Invitations lists invitations, newest first, and how many there are on all
// pages.
func (db *DB) Invitations(ctx context.Context, org int64, q InvitationQuery) ([]plan.Invitation, int64, error) {
	where, args := q.where([]any{org})
	var total int64
	if err := one(ctx, db.read(), `SELECT count(*) FROM invitation i WHERE i.org_id = $1`+where, args, &total); err != nil {
		return nil, 0, fmt.Errorf("invitations: %w", err)
	}
	query := `SELECT ` + invitationColumns + ` FROM invitation i WHERE i.org_id = $1` + where
	if q.Before > 0 {
		query += fmt.Sprintf(` AND i.id < %d`, q.Before)
	}
	query += ` ORDER BY i.id DESC`
	if q.Limit > 0 {
		query += fmt.Sprintf(` LIMIT %d`, q.Limit)
	}
	is, err := scanInvitations(ctx, db.read(), query, args)
	if err != nil {
		return nil, 0, fmt.Errorf("invitations: %w", err)
	}
	return is, total, nil
}

func scanInvitations(ctx context.Context, q querier, query string, args []any) ([]plan.Invitation, error) {
	var is []plan.Invitation
	err := each(ctx, q, query, args, func(scan func(...any) error) error {
		i, err := scanInvitation(scan)
		is = append(is, i)
		return err
	})
	return is, err
}

// NewestInvitations returns the newest invitation, in any state, to each of the
// given addresses (lower case), by address.
func (db *DB) NewestInvitations(ctx context.Context, org int64, emails []string) (map[string]*plan.Invitation, error) {
	return newestInvitations(ctx, db.read(), db.dialect, org, emails)
}

// NewestInvitations is as the transaction sees it.
func (tx *Tx) NewestInvitations(ctx context.Context, org int64, emails []string) (map[string]*plan.Invitation, error) {
	return newestInvitations(ctx, tx, tx.dialect, org, emails)
}

func newestInvitations(ctx context.Context, q querier, d dialect, org int64, emails []string) (map[string]*plan.Invitation, error) {
	is, err := scanInvitations(ctx, q, `SELECT `+invitationColumns+` FROM invitation i WHERE i.org_id = $1 AND `+d.among("i.email_key", 2)+` ORDER BY i.id`,
		[]any{org, list(d, emails)})
	if err != nil {
		return nil, fmt.Errorf("newest invitations: %w", err)
	}
	newest := map[string]*plan.Invitation{}
	for _, i := range is {
		newest[member.FoldKey(i.Email)] = &i
	}
	return newest, nil
}

// MembersWithEmail returns the IDs of the active members with the given
// addresses (lower case), by address.
func (tx *Tx) MembersWithEmail(ctx context.Context, org int64, emails []string) (map[string]int64, error) {
	found := map[string]int64{}
	err := each(ctx, tx, `SELECT m.email_key, m.id FROM member m WHERE m.org_id = $1 AND `+tx.dialect.among("m.email_key", 2),
		[]any{org, list(tx.dialect, emails)}, func(scan func(...any) error) error {
			var email string
			var id int64
			err := scan(&email, &id)
			found[email] = id
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("members with addresses: %w", err)
	}
	return found, nil
}

// Resend opens invitations again for the given time, with new links: their
// generation moves, and with it every link given out before is dead (I1). Their
// mails are queued, or, if the last one was not sent yet, sent at once.
//
// It changes no member and nothing that a plan decides, so it needs neither
// plan nor journal. The caller has looked, in this transaction, whether they may
// be opened; a violated unique index says that an address has another open one.
func (tx *Tx) Resend(ctx context.Context, org int64, ids []int64, now, expires int64) error {
	n, err := tx.exec(ctx, `UPDATE invitation SET state = 1, generation = generation + 1, version = version + 1, expires_at = $2
		WHERE org_id = $1 AND state IN (1, 3) AND `+tx.dialect.among("id", 3), org, expires, list(tx.dialect, ids))
	if err == nil && n != int64(len(ids)) {
		err = fmt.Errorf("touched %d of %d rows", n, len(ids))
	}
	if err == nil {
		err = tx.queueInvitations(ctx, org, ids, now)
	}
	if err != nil {
		return fmt.Errorf("resend invitations: %w", err)
	}
	return nil
}

// Lock makes the transaction wait for every apply of the organisation, so that
// seats and addresses stay as it sees them.
func (tx *Tx) Lock(ctx context.Context, org int64) error { return tx.lock(ctx, org) }
