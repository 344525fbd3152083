package admin

import (
	"context"
	"slices"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// An Acceptance is what somebody who accepts an invitation is asked for.
type Acceptance struct {
	Name     string
	Password string
	Language string // en or ja; empty: the organisation's
}

// Accept makes a member of who has the link of an invitation, with what the
// invitation gives, and signs them in (I1). The seat is the one that the
// invitation holds. Problems are InvitationLinkDead and those of name and password.
func (s *Service) Accept(ctx context.Context, token string, with Acceptance) (SignedIn, error) {
	org, i, err := s.ParseInvitationToken(ctx, token)
	if err != nil {
		return SignedIn{}, err
	}
	if err := knownLanguage(with.Language); err != nil {
		return SignedIn{}, err
	}
	if with.Password == "" {
		return SignedIn{}, problem.New(problem.PasswordShort, "limit", line(org.Settings.Count(plan.PasswordLength)))
	}
	masters, err := s.db.Masters(ctx, org.ID)
	if err != nil {
		return SignedIn{}, err
	}
	draft, err := acceptance(i, masters, with)
	if err != nil {
		return SignedIn{}, err
	}
	// What the invitation gives was given by who invited: nobody's rights are asked.
	nobody := Actor{Org: org, owner: true, admin: true, access: member.FullAccess}
	imp, err := s.applyOwn(ctx, nobody, store.AcceptImport, draft, func(ctx context.Context, tx *store.Tx) error {
		return s.stillOpen(ctx, tx, org.ID, i)
	})
	if err != nil {
		if _, _, dead := s.ParseInvitationToken(ctx, token); dead != nil {
			return SignedIn{}, dead // accepted, cancelled or sent again meanwhile
		}
		return SignedIn{}, err
	}
	return s.welcome(ctx, org, imp.FirstMember, with.Language)
}

// stillOpen insists, inside the transaction, that the invitation was not accepted,
// cancelled or sent again since its link was looked at.
func (s *Service) stillOpen(ctx context.Context, tx *store.Tx, org int64, i plan.Invitation) error {
	newest, err := tx.NewestInvitations(ctx, org, []string{member.FoldKey(i.Email)})
	if err != nil {
		return err
	}
	now := newest[member.FoldKey(i.Email)]
	if now == nil || now.ID != i.ID || now.Generation != i.Generation || now.StateAt(s.micros()) != plan.InvitationOpen {
		return problem.Of(problem.NotFound, problem.InvitationLinkDead)
	}
	return nil
}

// acceptance is the draft of the member that an invitation makes. Its problems are
// RoleGone and PolicyGone: never is access widened silently (G6).
func acceptance(i plan.Invitation, masters *plan.Masters, with Acceptance) (plan.Draft, error) {
	values := map[member.Attribute]string{member.Email: i.Email, member.Name: with.Name,
		member.SystemRole: i.Role.String(), member.SystemPermission: i.Permission.String()}
	if i.RoleID != 0 {
		if values[member.Role] = masters.RoleCode(i.RoleID); values[member.Role] == "" {
			return plan.Draft{}, problem.Of(problem.Conflict, problem.RoleGone, "value", line(i.RoleID))
		}
	}
	if i.PolicyID != 0 {
		if values[member.BrandPolicy] = masters.PolicyCode(i.PolicyID); values[member.BrandPolicy] == "" {
			return plan.Draft{}, problem.Of(problem.Conflict, problem.PolicyGone, "value", line(i.PolicyID))
		}
	}
	d := draftOf(values)
	d.Set = d.Set.With(member.Password)
	d.Text[member.Password] = with.Password
	return d, nil
}

// welcome signs a new member in. Where new members may not sign in yet, the token
// is empty.
func (s *Service) welcome(ctx context.Context, org store.Organisation, id int64, language string) (SignedIn, error) {
	account, err := s.db.Account(ctx, org.ID, id)
	if err != nil {
		return SignedIn{}, err
	}
	if language != "" {
		account.Language = language
		if err := s.db.Write(ctx, func(tx *store.Tx) error { return tx.SaveAccount(ctx, account) }); err != nil {
			return SignedIn{}, err
		}
	}
	found, err := s.db.MembersByID(ctx, org.ID, []int64{id})
	if err != nil || found[id] == nil || !found[id].MaySignIn(s.now(), org.Zone) {
		return SignedIn{MemberID: id}, err
	}
	return s.begin(ctx, account, true)
}

func knownLanguage(language string) error {
	if language != "" && !slices.Contains(plan.Languages, language) {
		return problem.New(problem.LanguageUnknown, "value", language)
	}
	return nil
}
