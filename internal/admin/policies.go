package admin

import (
	"context"
	"slices"
	"strings"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// A PolicyInUse is a brand access policy, the codes of its brands, and who has it.
type PolicyInUse struct {
	member.Policy
	Brands []string
	store.Use
}

// Policies lists all policies by ID.
func (s *Service) Policies(ctx context.Context, a Actor) ([]PolicyInUse, error) {
	if err := a.may(member.PoliciesArea, member.ReadAccess); err != nil {
		return nil, err
	}
	masters, err := s.db.Masters(ctx, a.Org.ID)
	if err != nil {
		return nil, err
	}
	uses, err := s.db.Uses(ctx, a.Org.ID, store.PolicyMaster, s.micros())
	all := make([]PolicyInUse, len(masters.Policies))
	for i, p := range masters.Policies {
		all[i] = PolicyInUse{p, brandCodes(masters, p.BrandIDs), uses[p.ID]}
	}
	return all, err
}

func brandCodes(masters *plan.Masters, ids []int64) []string {
	var codes []string
	for _, b := range masters.Brands {
		if slices.Contains(ids, b.ID) {
			codes = append(codes, b.Code)
		}
	}
	return codes
}

// Policy returns the policy with a code. Its problem is PolicyUnknown.
func (s *Service) Policy(ctx context.Context, a Actor, code string) (PolicyInUse, error) {
	all, err := s.Policies(ctx, a)
	if err != nil {
		return PolicyInUse{}, err
	}
	codes := make([]string, len(all))
	for i, p := range all {
		if p.Code == code {
			return p, nil
		}
		codes[i] = p.Code
	}
	return PolicyInUse{}, policyUnknown(code, codes)
}

func policyUnknown(code string, known []string) error {
	return problem.Of(problem.NotFound, problem.PolicyUnknown, "value", code, "known", strings.Join(known, "\n"))
}

// policyWith finds a policy by its code among those that are not to go.
func policyWith(masters *plan.Masters, code string, without ...string) (member.Policy, error) {
	var codes []string
	for _, p := range masters.Policies {
		if slices.Contains(without, p.Code) {
			continue
		}
		if p.Code == code {
			return p, nil
		}
		codes = append(codes, p.Code)
	}
	return member.Policy{}, policyUnknown(code, codes)
}

// A PolicyEdit is what a policy is to be like; nil leaves, and is nothing for a
// new one.
type PolicyEdit struct {
	Code, Name, Description *string
	Brands                  []string // codes
}

// AddPolicy adds a policy. Its problems are CodeInvalid, CodeTaken,
// TitleInvalid, TextTooLong, BrandsRequired and BrandUnknown.
func (s *Service) AddPolicy(ctx context.Context, a Actor, e PolicyEdit) (p member.Policy, err error) {
	if err := a.may(member.PoliciesArea, member.WriteAccess); err != nil {
		return p, err
	}
	err = s.db.Alter(ctx, a.Org.ID, func(tx *store.Tx) error {
		masters, err := tx.Masters(ctx, a.Org.ID)
		if err != nil {
			return err
		}
		return savePolicy(ctx, tx, a, masters, &p, e)
	})
	return p, err
}

// EditPolicy changes a policy, at once for all who have it (G6). Its problems
// are those of AddPolicy, and PolicyUnknown.
func (s *Service) EditPolicy(ctx context.Context, a Actor, code string, e PolicyEdit) (p member.Policy, err error) {
	if err := a.may(member.PoliciesArea, member.WriteAccess); err != nil {
		return p, err
	}
	err = s.db.Alter(ctx, a.Org.ID, func(tx *store.Tx) error {
		masters, err := tx.Masters(ctx, a.Org.ID)
		if err != nil {
			return err
		}
		if p, err = policyWith(masters, code); err != nil {
			return err
		}
		return savePolicy(ctx, tx, a, masters, &p, e)
	})
	return p, err
}

func savePolicy(ctx context.Context, tx *store.Tx, a Actor, masters *plan.Masters, p *member.Policy, e PolicyEdit) (err error) {
	if p.Code, err = member.ParseCode(member.Trim(or(e.Code, p.Code))); err != nil {
		return err
	}
	if p.Name, err = member.ParseTitle(or(e.Name, p.Name)); err != nil {
		return err
	}
	if p.Description, err = member.ParseDescription(or(e.Description, p.Description)); err != nil {
		return err
	}
	if e.Brands != nil {
		if p.BrandIDs, err = brandIDs(masters, e.Brands); err != nil {
			return err
		}
	}
	if len(p.BrandIDs) == 0 {
		return problem.New(problem.BrandsRequired)
	}
	return tx.SavePolicy(ctx, a.Org.ID, p)
}

// brandIDs finds brands by their codes; each once, ascending.
func brandIDs(masters *plan.Masters, codes []string) ([]int64, error) {
	var ids []int64
	for _, code := range codes {
		b, err := brandWith(masters, member.Trim(code))
		if err != nil {
			return nil, err
		}
		ids = append(ids, b.ID)
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

// DeletePolicy deletes a policy. While anybody has it that is InUse, unless they
// are moved to another one: members by a plan, which is returned. Nobody is
// left without a policy, which would open all brands (G6).
func (s *Service) DeletePolicy(ctx context.Context, a Actor, code, moveTo string) (store.Import, error) {
	if err := a.may(member.PoliciesArea, member.WriteAccess); err != nil {
		return store.Import{}, err
	}
	masters, err := s.db.Masters(ctx, a.Org.ID)
	if err != nil {
		return store.Import{}, err
	}
	p, err := policyWith(masters, code)
	if err != nil {
		return store.Import{}, err
	}
	going := retirement{kind: store.PolicyMaster, attribute: member.BrandPolicy, id: p.ID}
	if moveTo != "" {
		to, err := policyWith(masters, moveTo, p.Code)
		if err != nil {
			return store.Import{}, err
		}
		going.to, going.toCode = to.ID, to.Code
	}
	return s.retire(ctx, a, going)
}

// PolicyBrands lists the brands that a policy can have, by ID, for whoever may
// see policies.
func (s *Service) PolicyBrands(ctx context.Context, a Actor) ([]member.Brand, error) {
	if err := a.may(member.PoliciesArea, member.ReadAccess); err != nil {
		return nil, err
	}
	masters, err := s.db.Masters(ctx, a.Org.ID)
	if err != nil {
		return nil, err
	}
	return masters.Brands, nil
}
