package store

import (
	"context"

	"meibo/internal/plan"
)

// This part of the one writer opens, closes and cancels invitations, and queues
// the mails that commit with them.

// invitations closes and cancels before it opens, so that an address is free
// for its next invitation.
func (a *applier) invitations(ctx context.Context) error {
	set := `UPDATE invitation AS v SET state = $3, version = v.version + 1 FROM change c
		WHERE c.org_id = $1 AND c.import_id = $2 AND v.org_id = c.org_id AND v.id = c.invitation_id AND c.action IN (1, 2, 3, 4) AND c.invitation_op = $4`
	for _, s := range []struct {
		op    plan.InvitationOp
		state plan.InvitationState
		want  int64
	}{{plan.CancelInvitation, plan.InvitationCancelled, a.want.Cancelled}, {plan.CloseInvitation, plan.InvitationAccepted, a.want.Closed},
		{plan.ReopenInvitation, plan.InvitationOpen, a.want.Reopened}} {
		if s.want == 0 {
			continue
		}
		if err := a.exec(ctx, "invitations", s.want, set, int16(s.state), int16(s.op)); err != nil {
			return err
		}
	}
	return a.invite(ctx)
}

func (a *applier) invite(ctx context.Context) error {
	if a.i.Invites == 0 {
		return nil
	}
	var err error
	if a.i.FirstInvite, err = a.tx.take(ctx, a.r.Org, "invitation", a.i.Invites); err != nil {
		return err
	}
	return a.exec(ctx, "invite", a.want.Invited, `INSERT INTO invitation (org_id, id, version, state, email, email_key, generation, expires_at,
		system_role, system_permission, policy_id, role_id, import_id, seq, created_at)
		SELECT c.org_id, $3 + c.ordinal, 1, 1, c.email, c.email_key, 1, $4, c.system_role, c.system_permission, c.policy_id, c.role_id,
		c.import_id, c.seq, $5 FROM change c WHERE c.org_id = $1 AND c.import_id = $2 AND c.action = 2 AND c.invitation_op = 1 ORDER BY c.seq`,
		a.i.FirstInvite, a.r.Now+a.r.ValidFor, a.r.Now)
}

// outbox queues the mails of the plan; they commit with the members (A7).
func (a *applier) outbox(ctx context.Context) error {
	if a.i.Mails == 0 {
		return nil
	}
	first, err := a.tx.take(ctx, a.r.Org, "outbox", a.i.Mails)
	if err != nil {
		return err
	}
	state := "pending"
	if a.r.HoldMails {
		state = "held"
	}
	return a.exec(ctx, "outbox", a.i.Mails, `INSERT INTO outbox (org_id, id, import_id, kind, member_id, invitation_id, state, attempts, next_at, created_at)
		SELECT c.org_id, $3 + row_number() OVER (ORDER BY c.seq) - 1, c.import_id, CASE WHEN c.action = 2 THEN 'invitation' ELSE 'welcome' END,
		CASE WHEN c.action = 1 THEN $4 + c.ordinal END, CASE WHEN c.action = 2 THEN $5 + c.ordinal END, $6, 0, $7, $7
		FROM change c WHERE c.org_id = $1 AND c.import_id = $2 AND (c.action = 2 AND c.invitation_op = 1
			OR c.action = 1 AND c.member_id IS NULL AND c.email IS NOT NULL AND $8)`,
		first, a.i.FirstMember, a.i.FirstInvite, state, a.r.Now, a.r.Welcome)
}
