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

// A BrandInUse is a brand and the codes of the policies that have it.
type BrandInUse struct {
	member.Brand
	Policies []string
}

// Brands lists all brands by ID.
func (s *Service) Brands(ctx context.Context, a Actor) ([]BrandInUse, error) {
	if err := a.may(member.BrandsArea, member.ReadAccess); err != nil {
		return nil, err
	}
	masters, err := s.db.Masters(ctx, a.Org.ID)
	if err != nil {
		return nil, err
	}
	all := make([]BrandInUse, len(masters.Brands))
	for i, b := range masters.Brands {
		all[i] = BrandInUse{b, policiesWith(masters, b.ID, false)}
	}
	return all, nil
}

// policiesWith returns the codes of the policies that have a brand; with only,
// of those that have no other.
func policiesWith(masters *plan.Masters, brand int64, only bool) []string {
	var codes []string
	for _, p := range masters.Policies {
		if slices.Contains(p.BrandIDs, brand) && (!only || len(p.BrandIDs) == 1) {
			codes = append(codes, p.Code)
		}
	}
	return codes
}

// Brand returns the brand with a code. Its problem is BrandUnknown.
func (s *Service) Brand(ctx context.Context, a Actor, code string) (BrandInUse, error) {
	all, err := s.Brands(ctx, a)
	if err != nil {
		return BrandInUse{}, err
	}
	for _, b := range all {
		if b.Code == code {
			return b, nil
		}
	}
	return BrandInUse{}, brandUnknown(code)
}

func brandUnknown(code string) error {
	return problem.Of(problem.NotFound, problem.BrandUnknown, "value", code)
}

func brandWith(masters *plan.Masters, code string) (member.Brand, error) {
	i := slices.IndexFunc(masters.Brands, func(b member.Brand) bool { return b.Code == code })
	if i < 0 {
		return member.Brand{}, brandUnknown(code)
	}
	return masters.Brands[i], nil
}

// AddBrand adds a brand; its ID is ignored. Its problems are CodeInvalid,
// CodeTaken and TitleInvalid.
func (s *Service) AddBrand(ctx context.Context, a Actor, b member.Brand) (member.Brand, error) {
	if err := a.may(member.BrandsArea, member.WriteAccess); err != nil {
		return b, err
	}
	b.ID = 0
	if err := cleanBrand(&b); err != nil {
		return b, err
	}
	err := s.db.Alter(ctx, a.Org.ID, func(tx *store.Tx) error { return tx.SaveBrand(ctx, a.Org.ID, &b) })
	return b, err
}

func cleanBrand(b *member.Brand) (err error) {
	if b.Code, err = member.ParseCode(member.Trim(b.Code)); err != nil {
		return err
	}
	b.Name, err = member.ParseTitle(b.Name)
	return err
}

// A BrandEdit is what is to change of a brand; nil leaves.
type BrandEdit struct{ Code, Name *string }

// EditBrand changes a brand. Its problems are those of AddBrand, and BrandUnknown.
func (s *Service) EditBrand(ctx context.Context, a Actor, code string, e BrandEdit) (b BrandInUse, err error) {
	if err := a.may(member.BrandsArea, member.WriteAccess); err != nil {
		return b, err
	}
	err = s.db.Alter(ctx, a.Org.ID, func(tx *store.Tx) error {
		masters, err := tx.Masters(ctx, a.Org.ID)
		if err != nil {
			return err
		}
		if b.Brand, err = brandWith(masters, code); err != nil {
			return err
		}
		b.Policies = policiesWith(masters, b.ID, false)
		b.Code, b.Name = or(e.Code, b.Code), or(e.Name, b.Name)
		if err := cleanBrand(&b.Brand); err != nil {
			return err
		}
		return tx.SaveBrand(ctx, a.Org.ID, &b.Brand)
	})
	return b, err
}

// DeleteBrand deletes a brand, and takes it out of the policies that have
// others. Where a policy has no other it is BrandLast: without brands that
// policy would open all of them.
func (s *Service) DeleteBrand(ctx context.Context, a Actor, code string) error {
	if err := a.may(member.BrandsArea, member.WriteAccess); err != nil {
		return err
	}
	return s.db.Alter(ctx, a.Org.ID, func(tx *store.Tx) error {
		masters, err := tx.Masters(ctx, a.Org.ID)
		if err != nil {
			return err
		}
		b, err := brandWith(masters, code)
		if err != nil {
			return err
		}
		if last := policiesWith(masters, b.ID, true); len(last) > 0 {
			return problem.Of(problem.Conflict, problem.BrandLast, "policies", strings.Join(last, "\n"))
		}
		return tx.DeleteMaster(ctx, a.Org.ID, store.BrandMaster, b.ID)
	})
}
