package main

import (
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"meibo/internal/admin"
	"meibo/internal/member"
)

func (a *app) rolesCommand() *cobra.Command {
	return a.noun("roles", a.rolesList(), a.rolesShow(), a.rolesAdd(), a.rolesEdit(), a.rolesDelete(), a.rolesDefault())
}

type roleJSON struct {
	ID          int64    `json:"id"`
	Code        string   `json:"code"`
	Name        string   `json:"name"`
	Read        []string `json:"read"`
	Write       []string `json:"write"`
	Members     *int64   `json:"members,omitempty"`
	Invitations *int64   `json:"invitations,omitempty"`
}

func jsonOfRole(r member.CodedRole) roleJSON {
	read, write := r.Access.Words()
	return roleJSON{ID: r.ID, Code: r.Code, Name: r.Name, Read: orEmpty(read), Write: orEmpty(write)}
}

func (a *app) showRoles(all []admin.RoleInUse, object func([]roleJSON) any) error {
	t := a.table("code", "name", "read", "write", "members", "invitations")
	objects := make([]roleJSON, len(all))
	for i, r := range all {
		o := jsonOfRole(r.CodedRole)
		o.Members, o.Invitations = &all[i].Members, &all[i].Invitations
		objects[i] = o
		t.add(r.Code, r.Name, strings.Join(o.Read, ","), strings.Join(o.Write, ","), strconv.FormatInt(r.Members, 10), strconv.FormatInt(r.Invitations, 10))
	}
	return a.show(t, object(objects))
}

func (a *app) rolesList() *cobra.Command {
	return a.verb("list", "  meibo roles list\n  meibo roles list --json",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, _ []string) error {
			all, err := svc.Roles(ctx, actor)
			if err != nil {
				return err
			}
			return a.showRoles(all, func(o []roleJSON) any { return map[string]any{"roles": o} })
		})
}

func (a *app) rolesShow() *cobra.Command {
	return a.verb("show CODE", "  meibo roles show staff",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, args []string) error {
			r, err := svc.Role(ctx, actor, args[0])
			if err != nil {
				return err
			}
			return a.showRoles([]admin.RoleInUse{r}, func(o []roleJSON) any { return map[string]any{"role": o[0]} })
		})
}

// accessFlags are --read and --write.
type accessFlags struct{ read, write string }

func (a *app) addAccessFlags(cmd *cobra.Command, f *accessFlags) {
	cmd.Flags().StringVar(&f.read, "read", "", a.say.Say("flag.read"))
	cmd.Flags().StringVar(&f.write, "write", "", a.say.Say("flag.write"))
}

// change returns how rights change: a flag that is given replaces the areas of
// its kind; nil if neither is.
func (f *accessFlags) change(cmd *cobra.Command) func(member.Access) (member.Access, error) {
	if !cmd.Flags().Changed("read") && !cmd.Flags().Changed("write") {
		return nil
	}
	return func(was member.Access) (member.Access, error) {
		read, write := was.Words()
		if cmd.Flags().Changed("read") {
			read = list(f.read)
		}
		if cmd.Flags().Changed("write") {
			write = list(f.write)
		}
		return member.ParseAccess(read, write)
	}
}

func (a *app) rolesAdd() *cobra.Command {
	var f accessFlags
	cmd := a.verb("add CODE NAME", "  meibo roles add staff 'Office staff' --read members,imports\n  meibo roles add hr 人事 --write members,imports --read exports",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, args []string) error {
			access, err := member.ParseAccess(list(f.read), list(f.write))
			if err != nil {
				return err
			}
			r, err := svc.AddRole(ctx, actor, member.CodedRole{Code: args[0], Name: args[1], Access: access})
			if err != nil {
				return err
			}
			return a.done("item.added", r.Code, "role", jsonOfRole(r))
		})
	a.addAccessFlags(cmd, &f)
	return cmd
}

func (a *app) rolesEdit() *cobra.Command {
	var f accessFlags
	var code, name string
	var cmd *cobra.Command
	cmd = a.verb("edit CODE", "  meibo roles edit staff --read members\n  meibo roles edit staff --name Office --write ''",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, args []string) error {
			r, err := svc.EditRole(ctx, actor, args[0], admin.RoleEdit{Code: given(cmd, "code", &code), Name: given(cmd, "name", &name), Access: f.change(cmd)})
			if err != nil {
				return err
			}
			return a.done("item.changed", r.Code, "role", jsonOfRole(r))
		})
	cmd.Flags().StringVar(&code, "code", "", a.say.Say("flag.code"))
	cmd.Flags().StringVar(&name, "name", "", a.say.Say("flag.name"))
	a.addAccessFlags(cmd, &f)
	return cmd
}

func (a *app) rolesDelete() *cobra.Command {
	var moveTo string
	cmd := a.verb("delete CODE", "  meibo roles delete staff --move-to hr",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, args []string) error {
			imp, err := svc.DeleteRole(ctx, actor, args[0], moveTo)
			if err != nil {
				return err
			}
			return a.deleted(args[0], imp)
		})
	cmd.Flags().StringVar(&moveTo, "move-to", "", a.say.Say("flag.move-to"))
	return cmd
}

// rolesDefault shows or changes what members without a role may (G5).
func (a *app) rolesDefault() *cobra.Command {
	var f accessFlags
	var cmd *cobra.Command
	cmd = a.verb("default", "  meibo roles default\n  meibo roles default --read members",
		func(ctx context.Context, svc *admin.Service, actor admin.Actor, _ []string) error {
			access, err := svc.DefaultAccess(ctx, actor)
			if change := f.change(cmd); err == nil && change != nil {
				access, err = svc.SetDefaultAccess(ctx, actor, change)
			}
			if err != nil {
				return err
			}
			read, write := access.Words()
			t := a.table("read", "write")
			t.add(strings.Join(read, ","), strings.Join(write, ","))
			return a.show(t, map[string]any{"default_access": map[string]any{"read": orEmpty(read), "write": orEmpty(write)}})
		})
	a.addAccessFlags(cmd, &f)
	return cmd
}
