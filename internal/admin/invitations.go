package admin

import (
	"context"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// Invitations lists invitations, newest first, and how many there are on all
// pages (I1).
func (s *Service) Invitations(ctx context.Context, a Actor, q store.InvitationQuery) ([]plan.Invitation, int64, error) {
	if err := a.may(member.InvitationsArea, member.ReadAccess); err != nil {
		return nil, 0, err
	}
	q.Now = s.micros()
	return s.db.Invitations(ctx, a.Org.ID, q)
}

// An Invitee is somebody to be invited. Only Email is needed.
type Invitee struct {
	Line       int64 // where the address stands in a pasted list; 0 if in none
	Email      string
	Attributes map[member.Attribute]string // role, permission, role code, policy; as in [Edit]
}

// PlanInvite makes the plan that invites people, one by one or pasted, and
// applies nothing. An address that is named twice counts once. Its problem is
// AddressesMissing.
func (s *Service) PlanInvite(ctx context.Context, a Actor, invitees []Invitee, holdMails bool) (store.Import, error) {
	if err := a.may(member.InvitationsArea, member.WriteAccess); err != nil {
		return store.Import{}, err
	}
	if len(invitees) == 0 {
		return store.Import{}, problem.New(problem.AddressesMissing)
	}
	seen := map[string]bool{}
	var drafts []plan.Draft
	for _, i := range invitees {
		key := member.FoldKey(member.Trim(i.Email))
		if seen[key] {
			continue
		}
		seen[key] = true
		d := draftOf(i.Attributes)
		d.Line = i.Line
		d.Set = d.Set.With(member.Email)
		d.Text[member.Email] = member.Trim(i.Email)
		drafts = append(drafts, d)
	}
	return s.planEdit(ctx, a, drafts, plan.Options{New: "invite", HoldMails: holdMails})
}

// PlanCancel makes the plan that cancels the open invitations to the given
// addresses, and applies nothing. Its problems are AddressesMissing,
// InvitationUnknown and InvitationNotOpen; nothing is planned then.
func (s *Service) PlanCancel(ctx context.Context, a Actor, addresses []string) (store.Import, error) {
	if err := a.may(member.InvitationsArea, member.WriteAccess); err != nil {
		return store.Import{}, err
	}
	keys := addressKeys(addresses)
	if len(keys) == 0 {
		return store.Import{}, problem.New(problem.AddressesMissing)
	}
	newest, err := s.db.NewestInvitations(ctx, a.Org.ID, keys)
	if err != nil {
		return store.Import{}, err
	}
	p, err := s.newPlanner(ctx, a, store.EditImport, plan.Options{Layout: plan.Register, BadRows: "stop"}, nil)
	if err != nil {
		return store.Import{}, err
	}
	var invitations []*plan.Invitation
	for _, key := range keys {
		i := newest[key]
		switch {
		case i == nil:
			return store.Import{}, problem.Of(problem.NotFound, problem.InvitationUnknown, "value", key)
		case i.StateAt(p.now) != plan.InvitationOpen:
			return store.Import{}, problem.Of(problem.Conflict, problem.InvitationNotOpen, "value", key)
		}
		if err := a.mayTake(*i); err != nil {
			return store.Import{}, err
		}
		invitations = append(invitations, i)
	}
	if err := p.start(ctx); err != nil {
		return p.imp, err
	}
	return p.end(ctx, p.cancel(ctx, invitations))
}

func (p *planner) cancel(ctx context.Context, invitations []*plan.Invitation) error {
	mapping := &plan.Mapping{}
	mapping.Reindex(p.masters)
	p.imp.Header = *mapping
	p.newEnv(p.imp.Options.ForLayout(plan.Register), mapping)
	p.imp.Rows = int64(len(invitations))
	changes := make([]plan.Change, len(invitations))
	for n, i := range invitations {
		changes[n] = p.env.Cancel(int64(n+1), i)
	}
	if err := p.add(ctx, changes); err != nil {
		return err
	}
	return p.organisation(ctx)
}

// addressKeys folds addresses and drops those that are named again.
func addressKeys(addresses []string) []string {
	seen := map[string]bool{}
	var keys []string
	for _, address := range addresses {
		if key := member.FoldKey(member.Trim(address)); !seen[key] {
			seen[key] = true
			keys = append(keys, key)
		}
	}
	return keys
}

// mayTake refuses to touch an invitation that the actor could not have made or
// would not be allowed to take back (G7).
func (a Actor) mayTake(i plan.Invitation) error {
	switch {
	case i.Role.IsOwner():
		return a.mustOwn()
	case i.Permission == member.Admin && !a.admin:
		return problem.Of(problem.Forbidden, problem.AdministratorOnly)
	}
	return nil
}

// mayHandOut refuses to hand out an invitation that gives what the actor could
// not give: whoever has the link can take it for themselves.
func (a Actor) mayHandOut(i plan.Invitation) error {
	if err := a.mayTake(i); err != nil || a.admin {
		return err
	}
	if i.RoleID != 0 || i.PolicyID != 0 {
		return problem.Of(problem.Forbidden, problem.AdministratorOnly)
	}
	return nil
}

// Now is the time from which states of invitations are to be judged,
// microseconds UTC.
func (s *Service) Now() int64 { return s.micros() }
