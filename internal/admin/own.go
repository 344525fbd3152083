package admin

import (
	"context"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// own changes what is the actor's: a plan like any other, of nobody but the actor,
// which needs no right. What may be among the values the caller decides. still is
// asked inside the applying transaction; nil: nothing.
func (s *Service) own(ctx context.Context, a Actor, values map[member.Attribute]string, still func(context.Context, *store.Tx) error) error {
	if err := a.mustBeMember(); err != nil {
		return err
	}
	a.access = a.access.With(member.MembersArea, member.WriteAccess)
	d := draftOf(values)
	if clear := values[member.Password]; clear != "" {
		d.Set = d.Set.With(member.Password)
		d.Text[member.Password] = clear // as typed: spaces are part of a password
	}
	d.Set = d.Set.With(member.MemberID)
	d.Text[member.MemberID] = line(a.MemberID)
	_, err := s.applyOwn(ctx, a, store.OwnImport, d, still)
	return err
}

// applyOwn makes a plan of one draft and applies it at once. What is wrong is the
// error. A plan that does nothing is no error.
func (s *Service) applyOwn(ctx context.Context, a Actor, kind store.Kind, d plan.Draft, still func(context.Context, *store.Tx) error) (store.Import, error) {
	imp, err := s.planDrafts(ctx, a, kind, []plan.Draft{d}, plan.Options{New: "register", ResetPasswords: true})
	switch {
	case err != nil:
		return imp, err
	case imp.State == store.Planned:
		return s.apply(ctx, a, imp, ApplyOptions{still: still})
	}
	if err := s.firstProblem(ctx, imp); err != nil {
		return imp, err
	}
	return imp, problem.Of(problem.Invalid, problem.PlanRejected, "id", line(imp.ID), "kind", string(imp.Kind))
}

// choosePassword sets the password that a member chose: not the present one, nor
// one of the last (setting). The policy is checked by the plan.
func (s *Service) choosePassword(ctx context.Context, a Actor, account store.Account, clear string, still func(context.Context, *store.Tx) error) error {
	if clear == "" {
		return problem.New(problem.PasswordShort, "limit", line(a.Org.Settings.Count(plan.PasswordLength)))
	}
	if err := s.checkHistory(ctx, a, account, clear); err != nil {
		return err
	}
	return s.own(ctx, a, map[member.Attribute]string{member.Password: clear}, still)
}

func (s *Service) checkHistory(ctx context.Context, a Actor, account store.Account, clear string) error {
	most := a.Org.Settings.Count(plan.PasswordHistory)
	if most == 0 || len(clear) > longestPassword {
		return nil // the policy refuses what is too long
	}
	past, err := s.db.PastVerifiers(ctx, account.Org, account.MemberID, most)
	if err != nil {
		return err
	}
	if account.Verifier != "" {
		past = append(past, account.Verifier)
	}
	done, err := s.hashing(ctx)
	if err != nil {
		return err
	}
	defer done()
	for _, verifier := range past {
		same, err := member.VerifyPassword(verifier, clear)
		if err != nil {
			return err
		}
		if same {
			return problem.New(problem.PasswordUsed, "limit", line(most))
		}
	}
	return nil
}
