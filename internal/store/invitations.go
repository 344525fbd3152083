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
