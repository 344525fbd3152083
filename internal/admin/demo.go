package admin

import (
	"context"
	"fmt"
	"strings"

	"meibo/internal/member"
	"meibo/internal/plan"
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
func (s *Service) SetUpDemo(ctx context.Context, n NewOrganisation) (Actor, error) {
	n.Seats = new(int64)
	*n.Seats = DemoSeats
	operator, _, err := s.SetUp(ctx, n)
	if err != nil {
		return Actor{}, err
	}
	owner, err := s.As(ctx, operator, n.OwnerEmail)
	if err != nil {
		return Actor{}, err
	}
	d := demo{s, owner, wordsOf(owner.Org.Settings.Get(plan.Language))}
	for _, step := range []func(context.Context) error{d.define, d.bring, d.wait} {
		if err := step(ctx); err != nil {
			return Actor{}, fmt.Errorf("demo organisation: %w", err)
		}
	}
	return owner, nil
}

// A demo is a demo organisation while it is made.
type demo struct {
	*Service
	owner Actor
	words demoWords
}

// define makes what members have: groups, brands, policies, roles, fields, filters.
func (d demo) define(ctx context.Context) error {
	for i, name := range d.words.groups {
		if _, err := d.AddGroup(ctx, d.owner, member.Group{Name: name, Enabled: true, Default: i == groupNew}); err != nil {
			return err
		}
	}
	for _, b := range d.words.brands {
		if _, err := d.AddBrand(ctx, d.owner, b); err != nil {
			return err
		}
	}
	for _, p := range d.words.policies {
		if _, err := d.AddPolicy(ctx, d.owner, PolicyEdit{Code: &p.code, Name: &p.name, Description: &p.about, Brands: p.brands}); err != nil {
			return err
		}
	}
	for _, r := range d.words.roles {
		access, err := member.ParseAccess(r.read, r.write)
		if err != nil {
			return err
		}
		if _, err := d.AddRole(ctx, d.owner, member.CodedRole{Code: r.code, Name: r.name, Access: access}); err != nil {
			return err
		}
	}
	for _, f := range demoFields {
		if _, err := d.AddField(ctx, d.owner, f); err != nil {
			return err
		}
	}
	for _, f := range d.words.filters {
		if _, err := d.AddFilter(ctx, d.owner, FilterEdit{Name: &f.name, Expression: &f.expression, Share: []string{store.ShareEveryone}}); err != nil {
			return err
		}
	}
	return nil
}

// bring imports the members: the import that is finished.
func (d demo) bring(ctx context.Context) error {
	imp, err := d.plan(ctx, d.words.first, d.words.firstFile(d.now()))
	if err != nil {
		return err
	}
	if left := imp.Outcome.Counts[plan.Reject]; left > 0 || imp.State == store.Rejected {
		return fmt.Errorf("%d members were left out", left)
	}
	_, err = d.Apply(ctx, d.owner, imp.ID, ApplyOptions{Sum: imp.Sum, Accept: map[string]int64{plan.OwnersBrake: 1}})
	return err
}

// wait plans the import that waits for review.
func (d demo) wait(ctx context.Context) error {
	_, err := d.plan(ctx, d.words.second, d.words.secondFile(d.now()))
	return err
}

func (d demo) plan(ctx context.Context, name, file string) (store.Import, error) {
	u := Upload{Name: name, Content: strings.NewReader(file), Size: int64(len(file))}
	return d.Plan(ctx, d.owner, u, plan.Options{Match: []string{"email", "login_id"}}, nil)
}
