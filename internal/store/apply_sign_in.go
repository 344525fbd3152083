package store

import (
	"context"
	"fmt"

	"meibo/internal/member"
)

// This part of the one writer lets go of what people sign in with: passwords that
// are replaced go into their history, and sessions end.

// signInMask are the attributes whose change ends all sessions of a member, and
// the links that were mailed to them.
var signInMask = member.MaskOf(member.LoginAllowed, member.LoginUntil, member.Password)

// passwordHistory keeps the passwords that the plan replaces, but for random
// ones: nobody chose those.
func (a *applier) passwordHistory(ctx context.Context) error {
	if a.want.Secrets == 0 {
		return nil
	}
	return a.exec(ctx, "password history", -1, `INSERT INTO password_history (org_id, member_id, set_at, verifier)
		SELECT s.org_id, s.member_id, s.set_at, s.verifier FROM change c JOIN member_secret s ON s.org_id = c.org_id AND s.member_id = c.member_id
		WHERE c.org_id = $1 AND c.import_id = $2 AND c.action = 3 AND c.secret IS NOT NULL AND NOT s.must_change
		ON CONFLICT (org_id, member_id, set_at) DO NOTHING`)
}

// endSessions ends the sessions of those whose password or permission to sign in
// changes, and of those who come back. Those who are deleted need nothing: nobody
// signs in who is not a member, and coming back ends what was left.
func (a *applier) endSessions(ctx context.Context) error {
	if a.want.SignedOut == 0 {
		return nil
	}
	return a.exec(ctx, "end sessions", -1, `INSERT INTO session_epoch (org_id, member_id, epoch)
		SELECT DISTINCT c.org_id, c.member_id, 1 FROM change c WHERE c.org_id = $1 AND c.import_id = $2 AND c.member_id IS NOT NULL
		AND (c.action = 1 OR c.action = 3 AND (c.mask & `+bits(signInMask)+`) <> 0)
		ON CONFLICT (org_id, member_id) DO UPDATE SET epoch = session_epoch.epoch + 1`)
}

// EndSessions ends all sessions of one member at once, and the links that were
// mailed to them.
func (tx *Tx) EndSessions(ctx context.Context, org, memberID int64) error {
	_, err := tx.exec(ctx, `INSERT INTO session_epoch (org_id, member_id, epoch) VALUES ($1, $2, 1)
		ON CONFLICT (org_id, member_id) DO UPDATE SET epoch = session_epoch.epoch + 1`, org, memberID)
	if err != nil {
		return fmt.Errorf("end sessions of member %d: %w", memberID, err)
	}
	return nil
}

// StrengthenSecret replaces a verifier by another one of the same password. It
// changes nothing that a person can see, and so is no plan; only, it does so if the
// verifier is still the one that was looked at.
func (tx *Tx) StrengthenSecret(ctx context.Context, org, memberID int64, was, now string) error {
	_, err := tx.exec(ctx, `UPDATE member_secret SET verifier = $4 WHERE org_id = $1 AND member_id = $2 AND verifier = $3`, org, memberID, was, now)
	if err != nil {
		return fmt.Errorf("secret of member %d: %w", memberID, err)
	}
	return nil
}
