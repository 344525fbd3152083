package admin

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// A RoleInUse is a role and who has it.
type RoleInUse struct {
	member.CodedRole
	store.Use
}

// Roles lists all roles by ID.
func (s *Service) Roles(ctx context.Context, a Actor) ([]RoleInUse, error) {
	if err := a.may(member.RolesArea, member.ReadAccess); err != nil {
		return nil, err
	}
	masters, err := s.db.Masters(ctx, a.Org.ID)
	if err != nil {
		return nil, err
	}
	uses, err := s.db.Uses(ctx, a.Org.ID, store.RoleMaster, s.micros())
	all := make([]RoleInUse, len(masters.Roles))
	for i, r := range masters.Roles {
		all[i] = RoleInUse{r, uses[r.ID]}
	}
	return all, err
}

// Role returns the role with a code. Its problem is RoleUnknown.
func (s *Service) Role(ctx context.Context, a Actor, code string) (RoleInUse, error) {
	all, err := s.Roles(ctx, a)
	if err != nil {
		return RoleInUse{}, err
	}
	codes := make([]string, len(all))
	for i, r := range all {
		if r.Code == code {
			return r, nil
		}
		codes[i] = r.Code
	}
	return RoleInUse{}, roleUnknown(code, codes)
}

func roleUnknown(code string, known []string) error {
	return problem.Of(problem.NotFound, problem.RoleUnknown, "value", code, "known", strings.Join(known, "\n"))
}

// roleWith finds a role by its code among those that are not to go.
func roleWith(masters *plan.Masters, code string, without ...string) (member.CodedRole, error) {
	var codes []string
	for _, r := range masters.Roles {
		if slices.Contains(without, r.Code) {
			continue
		}
		if r.Code == code {
			return r, nil
		}
		codes = append(codes, r.Code)
	}
	return member.CodedRole{}, roleUnknown(code, codes)
}

// mayOpen refuses rights that the actor does not have: nobody widens their own
// role by editing it (G7).
func (a Actor) mayOpen(access member.Access) error {
	if a.admin || a.access.Covers(access) {
		return nil
	}
	return problem.Of(problem.Forbidden, problem.RightsNotYours)
}

// AddRole adds a role; its ID is ignored. Its problems are CodeInvalid,
// CodeTaken, TitleInvalid, RolesTooMany, and RightsNotYours for rights that
// the actor does not have.
func (s *Service) AddRole(ctx context.Context, a Actor, r member.CodedRole) (member.CodedRole, error) {
	if err := a.may(member.RolesArea, member.WriteAccess); err != nil {
		return r, err
	}
	r.ID = 0
	if err := cleanRole(a, &r); err != nil {
		return r, err
	}
	err := s.db.Alter(ctx, a.Org.ID, func(tx *store.Tx) error {
		org, err := tx.Organisation(ctx, a.Org.ID)
		if err != nil {
			return err
		}
		masters, err := tx.Masters(ctx, a.Org.ID)
		if err != nil {
			return err
		}
		if limit := org.Settings.Count(plan.RolesMax); int64(len(masters.Roles)) >= limit {
			return problem.Of(problem.TooLarge, problem.RolesTooMany, "limit", strconv.FormatInt(limit, 10))
		}
		return tx.SaveRole(ctx, a.Org.ID, &r)
	})
	return r, err
}

func cleanRole(a Actor, r *member.CodedRole) (err error) {
	if r.Code, err = member.ParseCode(member.Trim(r.Code)); err != nil {
		return err
	}
	if r.Name, err = member.ParseTitle(r.Name); err != nil {
		return err
	}
	return a.mayOpen(r.Access)
}

// A RoleEdit is what is to change of a role; nil leaves.
type RoleEdit struct {
	Code, Name *string
	// Access returns the new rights, given the old ones.
	Access func(member.Access) (member.Access, error)
}

// EditRole changes a role, at once for all who have it. Its problems are those
// of AddRole, and RoleUnknown.
func (s *Service) EditRole(ctx context.Context, a Actor, code string, e RoleEdit) (r member.CodedRole, err error) {
	if err := a.may(member.RolesArea, member.WriteAccess); err != nil {
		return r, err
	}
	err = s.db.Alter(ctx, a.Org.ID, func(tx *store.Tx) error {
		masters, err := tx.Masters(ctx, a.Org.ID)
		if err != nil {
			return err
		}
		if r, err = roleWith(masters, code); err != nil {
			return err
		}
		r.Code, r.Name = or(e.Code, r.Code), or(e.Name, r.Name)
		if e.Access != nil {
			if r.Access, err = e.Access(r.Access); err != nil {
				return err
			}
		}
		if err := cleanRole(a, &r); err != nil {
			return err
		}
		return tx.SaveRole(ctx, a.Org.ID, &r)
	})
	return r, err
}

// DeleteRole deletes a role. While anybody has it that is InUse, unless they
// are moved to another one: members by a plan, which is returned.
func (s *Service) DeleteRole(ctx context.Context, a Actor, code, moveTo string) (store.Import, error) {
	if err := a.may(member.RolesArea, member.WriteAccess); err != nil {
		return store.Import{}, err
	}
	masters, err := s.db.Masters(ctx, a.Org.ID)
	if err != nil {
		return store.Import{}, err
	}
	r, err := roleWith(masters, code)
	if err != nil {
		return store.Import{}, err
	}
	going := retirement{kind: store.RoleMaster, attribute: member.Role, id: r.ID}
	if moveTo != "" {
		to, err := roleWith(masters, moveTo, r.Code)
		if err != nil {
			return store.Import{}, err
		}
		going.to, going.toCode = to.ID, to.Code
	}
	return s.retire(ctx, a, going)
}

// DefaultAccess returns what member + write may without a role (G5).
func (s *Service) DefaultAccess(ctx context.Context, a Actor) (member.Access, error) {
	if err := a.may(member.RolesArea, member.ReadAccess); err != nil {
		return 0, err
	}
	org, err := s.db.Organisation(ctx, a.Org.ID)
	return org.DefaultAccess, err
}

// SetDefaultAccess changes what member + write may without a role, at once for
// all of them; change is given the old rights.
func (s *Service) SetDefaultAccess(ctx context.Context, a Actor, change func(member.Access) (member.Access, error)) (access member.Access, err error) {
	if err := a.may(member.RolesArea, member.WriteAccess); err != nil {
		return 0, err
	}
	err = s.db.Alter(ctx, a.Org.ID, func(tx *store.Tx) error {
		org, err := tx.Organisation(ctx, a.Org.ID)
		if err != nil {
			return err
		}
		if access, err = change(org.DefaultAccess); err != nil {
			return err
		}
		if err := a.mayOpen(access); err != nil {
			return err
		}
		org.DefaultAccess = access
		return tx.SaveOrganisation(ctx, org)
	})
	return access, err
}
