package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/store"
)

func (a *app) brandsCommand() *cobra.Command {
	return a.noun("brands", a.brandsList(), a.brandsShow(), a.brandsAdd(), a.brandsEdit(), a.brandsDelete())
}

type brandJSON struct {
	ID       int64    `json:"id"`
	Code     string   `json:"code"`
	Name     string   `json:"name"`
	Policies []string `json:"policies"`
}

func jsonOfBrand(b admin.BrandInUse) brandJSON {
	return brandJSON{b.ID, b.Code, b.Name, orEmpty(b.Policies)}
}

func (a *app) showBrands(all []admin.BrandInUse, object func([]brandJSON) any) error {
	t := a.table("code", "name", "policies")
	objects := make([]brandJSON, len(all))
	for i, b := range all {
		objects[i] = jsonOfBrand(b)
		t.add(b.Code, b.Name, strings.Join(b.Policies, ","))
	}
	return a.show(t, object(objects))
}

func (a *app) brandsList() *cobra.Command {
	return a.verb("list", "  meibo brands list",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, _ []string) error {
			all, err := svc.Brands(ctx, actor)
			if err != nil {
				return err
			}
			return a.showBrands(all, func(o []brandJSON) any { return map[string]any{"brands": o} })
		})
}

func (a *app) brandsShow() *cobra.Command {
	return a.verb("show CODE", "  meibo brands show north",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, args []string) error {
			b, err := svc.Brand(ctx, actor, args[0])
			if err != nil {
				return err
			}
			return a.showBrands([]admin.BrandInUse{b}, func(o []brandJSON) any { return map[string]any{"brand": o[0]} })
		})
}

func (a *app) brandsAdd() *cobra.Command {
	return a.verb("add CODE NAME", "  meibo brands add north 北ブランド",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, args []string) error {
			b, err := svc.AddBrand(ctx, actor, member.Brand{Code: args[0], Name: args[1]})
			if err != nil {
				return err
			}
			return a.done("item.added", b.Code, "brand", jsonOfBrand(admin.BrandInUse{Brand: b}))
		})
}

func (a *app) brandsEdit() *cobra.Command {
	var code, name string
	var cmd *cobra.Command
	cmd = a.verb("edit CODE", "  meibo brands edit north --name 北",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, args []string) error {
			b, err := svc.EditBrand(ctx, actor, args[0], admin.BrandEdit{Code: given(cmd, "code", &code), Name: given(cmd, "name", &name)})
			if err != nil {
				return err
			}
			return a.done("item.changed", b.Code, "brand", jsonOfBrand(b))
		})
	cmd.Flags().StringVar(&code, "code", "", a.say.Say("flag.code"))
	cmd.Flags().StringVar(&name, "name", "", a.say.Say("flag.name"))
	return cmd
}

func (a *app) brandsDelete() *cobra.Command {
	return a.verb("delete CODE", "  meibo brands delete north",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, args []string) error {
			if err := svc.DeleteBrand(ctx, actor, args[0]); err != nil {
				return err
			}
			return a.deleted(args[0], store.Import{})
		})
}
