package main

import (
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"meibo/internal/admin"
)

func (a *app) policiesCommand() *cobra.Command {
	return a.noun("policies", a.policiesList(), a.policiesShow(), a.policiesAdd(), a.policiesEdit(), a.policiesDelete())
}

type policyJSON struct {
	ID          int64    `json:"id"`
	Code        string   `json:"code"`
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Brands      []string `json:"brands"`
	Members     int64    `json:"members"`
	Invitations int64    `json:"invitations"`
}

func (a *app) showPolicies(all []admin.PolicyInUse, object func([]policyJSON) any) error {
	t := a.table("code", "name", "brands", "members", "invitations", "description")
	objects := make([]policyJSON, len(all))
	for i, p := range all {
		objects[i] = policyJSON{p.ID, p.Code, p.Name, p.Description, orEmpty(p.Brands), p.Members, p.Invitations}
		t.add(p.Code, p.Name, strings.Join(p.Brands, ","), strconv.FormatInt(p.Members, 10), strconv.FormatInt(p.Invitations, 10), p.Description)
	}
	return a.show(t, object(objects))
}

func onePolicy(o []policyJSON) any { return map[string]any{"policy": o[0]} }

func (a *app) policiesList() *cobra.Command {
	return a.verb("list", "  meibo policies list",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, _ []string) error {
			all, err := svc.Policies(ctx, actor)
			if err != nil {
				return err
			}
			return a.showPolicies(all, func(o []policyJSON) any { return map[string]any{"policies": o} })
		})
}

func (a *app) policiesShow() *cobra.Command {
	return a.verb("show CODE", "  meibo policies show north-only",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, args []string) error {
			p, err := svc.Policy(ctx, actor, args[0])
			if err != nil {
				return err
			}
			return a.showPolicies([]admin.PolicyInUse{p}, onePolicy)
		})
}

// policySaved tells that a policy was added or changed.
func (a *app) policySaved(ctx context.Context, svc *admin.Service, actor admin.Actor, said, code string) error {
	if !a.json {
		return a.done(said, code, "", nil)
	}
	p, err := svc.Policy(ctx, actor, code)
	if err != nil {
		return err
	}
	return a.showPolicies([]admin.PolicyInUse{p}, onePolicy)
}

func (a *app) policiesAdd() *cobra.Command {
	var brands, description string
	cmd := a.verb("add CODE NAME", "  meibo policies add north-only 北のみ --brands north\n  meibo policies add both 'North and south' --brands north,south",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, args []string) error {
			p, err := svc.AddPolicy(ctx, actor, admin.PolicyEdit{Code: &args[0], Name: &args[1], Description: &description, Brands: list(brands)})
			if err != nil {
				return err
			}
			return a.policySaved(ctx, svc, actor, "item.added", p.Code)
		})
	cmd.Flags().StringVar(&brands, "brands", "", a.say.Say("flag.brands"))
	cmd.Flags().StringVar(&description, "description", "", a.say.Say("flag.description"))
	if err := cmd.MarkFlagRequired("brands"); err != nil {
		panic(err)
	}
	return cmd
}

func (a *app) policiesEdit() *cobra.Command {
	var code, name, brands, description string
	var cmd *cobra.Command
	cmd = a.verb("edit CODE", "  meibo policies edit north-only --brands north,east",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, args []string) error {
			e := admin.PolicyEdit{Code: given(cmd, "code", &code), Name: given(cmd, "name", &name), Description: given(cmd, "description", &description)}
			if cmd.Flags().Changed("brands") {
				e.Brands = list(brands)
			}
			p, err := svc.EditPolicy(ctx, actor, args[0], e)
			if err != nil {
				return err
			}
			return a.policySaved(ctx, svc, actor, "item.changed", p.Code)
		})
	cmd.Flags().StringVar(&code, "code", "", a.say.Say("flag.code"))
	cmd.Flags().StringVar(&name, "name", "", a.say.Say("flag.name"))
	cmd.Flags().StringVar(&brands, "brands", "", a.say.Say("flag.brands"))
	cmd.Flags().StringVar(&description, "description", "", a.say.Say("flag.description"))
	return cmd
}

func (a *app) policiesDelete() *cobra.Command {
	var moveTo string
	cmd := a.verb("delete CODE", "  meibo policies delete north-only --move-to both",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, args []string) error {
			imp, err := svc.DeletePolicy(ctx, actor, args[0], moveTo)
			if err != nil {
				return err
			}
			return a.deleted(args[0], imp)
		})
	cmd.Flags().StringVar(&moveTo, "move-to", "", a.say.Say("flag.move-to"))
	return cmd
}
