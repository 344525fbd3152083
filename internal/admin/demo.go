package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// What a demo organisation has: members beside the owner, and seats for them, for
// those of the import that waits, and some that are free.
const (
	DemoMembers = 300
	DemoSeats   = 350
)

// SetUpDemo makes an organisation to look around in, with the primary owner of n:
// groups, brands, policies, roles, fields and filters, some 300 members who came by
// an import, and an import that waits for review. Everything is made as a person
// makes it, so it obeys the same rules and has the same history. Nobody but the
// owner can sign in; nothing is mailed. Problems are those of [Service.SetUp].
//
// Where it is broken off after there is an owner, [Service.FinishDemo] goes on.
func (s *Service) SetUpDemo(ctx context.Context, n NewOrganisation) (Actor, error) {
	owner, err := s.beginDemo(ctx, n)
	if err != nil {
		return Actor{}, err
	}
	return owner, s.FinishDemo(ctx, owner)
}

// beginDemo makes a demo organisation with nobody but its owner.
func (s *Service) beginDemo(ctx context.Context, n NewOrganisation) (Actor, error) {
	n.Seats = new(int64)
	*n.Seats = DemoSeats
	n.Settings = n.Settings.WithDemoUnfinished(true)
	operator, _, err := s.SetUp(ctx, n)
	if err != nil {
		return Actor{}, err
	}
	return s.As(ctx, operator, n.OwnerEmail)
}

// FinishDemo makes what a demo organisation lacks since its making was broken off;
// in any other it does nothing. Its problem is OwnerOnly.
func (s *Service) FinishDemo(ctx context.Context, owner Actor) error {
	if err := owner.mustOwn(); err != nil {
		return err
	}
	s.demoMaking.Lock() // whoever asks twice waits, and finds it made
	defer s.demoMaking.Unlock()
	org, err := s.organisation(ctx, owner.Org.Code)
	if err != nil || !org.Settings.DemoUnfinished() {
		return err
	}
	for _, step := range s.demoSteps(owner) {
		if err := step(ctx); err != nil {
			return fmt.Errorf("demo organisation: %w", err)
		}
	}
	return s.db.Alter(ctx, org.ID, func(tx *store.Tx) error {
		org, err := tx.Organisation(ctx, org.ID)
		if err != nil {
			return err
		}
		org.Settings = org.Settings.WithDemoUnfinished(false)
		return tx.SaveOrganisation(ctx, org)
	})
}

// A demo is a demo organisation while it is made.
type demo struct {
	*Service
	owner Actor
	words demoWords
}

// demoSteps make a demo organisation, one after another; each leaves alone what is
// there already.
func (s *Service) demoSteps(owner Actor) []func(context.Context) error {
	d := demo{s, owner, wordsOf(owner.Org.Settings.Get(plan.Language))}
	return []func(context.Context) error{d.define, d.planFirst, d.applyFirst, d.planSecond}
}

// define makes what members have: groups, brands, policies, roles, fields, filters.
func (d demo) define(ctx context.Context) error {
	for i, name := range d.words.groups {
		if _, err := d.AddGroup(ctx, d.owner, member.Group{Name: name, Enabled: true, Default: i == groupNew}); !isThere(err) {
			return err
		}
	}
	for _, b := range d.words.brands {
		if _, err := d.AddBrand(ctx, d.owner, b); !isThere(err) {
			return err
		}
	}
	for _, p := range d.words.policies {
		if _, err := d.AddPolicy(ctx, d.owner, PolicyEdit{Code: &p.code, Name: &p.name, Description: &p.about, Brands: p.brands}); !isThere(err) {
			return err
		}
	}
	for _, r := range d.words.roles {
		access, err := member.ParseAccess(r.read, r.write)
		if err != nil {
			return err
		}
		if _, err := d.AddRole(ctx, d.owner, member.CodedRole{Code: r.code, Name: r.name, Access: access}); !isThere(err) {
			return err
		}
	}
	for _, f := range demoFields {
		if _, err := d.AddField(ctx, d.owner, f); !isThere(err) {
			return err
		}
	}
	for _, f := range d.words.filters {
		if _, err := d.AddFilter(ctx, d.owner, FilterEdit{Name: &f.name, Expression: &f.expression, Share: []string{store.ShareEveryone}}); !isThere(err) {
			return err
		}
	}
	return nil
}

// isThere reports whether something was made, now or before.
func isThere(err error) bool {
	var p problem.Problem
	return err == nil || errors.As(err, &p) && slices.Contains([]problem.Code{problem.NameTaken, problem.CodeTaken, problem.FieldIdentifierTaken}, p.Code)
}

// planFirst plans the import of the members, which is finished at the end.
func (d demo) planFirst(ctx context.Context) error {
	return d.plan(ctx, d.words.first, d.words.firstFile(d.now()))
}

func (d demo) applyFirst(ctx context.Context) error {
	imp, err := d.planned(ctx, d.words.first)
	if err != nil || imp.State == store.Applied {
		return err
	}
	if left := imp.Outcome.Counts[plan.Reject]; left > 0 {
		return fmt.Errorf("%d members were left out", left)
	}
	_, err = d.Apply(ctx, d.owner, imp.ID, ApplyOptions{Sum: imp.Sum, Accept: map[string]int64{plan.OwnersBrake: 1}})
	return err
}

// planSecond plans the import that waits for review.
func (d demo) planSecond(ctx context.Context) error {
	return d.plan(ctx, d.words.second, d.words.secondFile(d.now()))
}

// plan plans a file, unless it is planned or applied already.
func (d demo) plan(ctx context.Context, name, file string) error {
	if imp, err := d.planned(ctx, name); err != nil || imp.ID != 0 {
		return err
	}
	u := Upload{Name: name, Content: strings.NewReader(file), Size: int64(len(file))}
	imp, err := d.Plan(ctx, d.owner, u, plan.Options{Match: []string{"email", "login_id"}}, nil)
	if err == nil && !imp.State.Waits() {
		err = fmt.Errorf("the plan of %s is %s", name, imp.State)
	}
	return err
}

// planned is the import of a file that waits or is applied; zero if there is none. One
// that was broken off while it was planned is none.
func (d demo) planned(ctx context.Context, name string) (store.Import, error) {
	all, err := d.Imports(ctx, d.owner, store.ImportQuery{Kinds: []store.Kind{store.FileImport}})
	if err != nil {
		return store.Import{}, err
	}
	for _, imp := range all {
		if imp.FileName == name && (imp.State.Waits() || imp.State == store.Applied) {
			return imp, nil
		}
	}
	return store.Import{}, nil
}
