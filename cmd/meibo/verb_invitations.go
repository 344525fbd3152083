package main

import (
	"bufio"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/store"
)

func (a *app) invitationsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "invitations", Short: a.say.Say("help.invitations")}
	cmd.AddCommand(a.invitationsList(), a.invitationsAdd(), a.invitationsResend(), a.invitationsCancel(), a.invitationsLink())
	return cmd
}

// invitationStates are the words of --state.
var invitationStates = []plan.InvitationState{plan.InvitationOpen, plan.InvitationAccepted, plan.InvitationExpired, plan.InvitationCancelled}

// invitationState reads --state; empty is any.
func (a *app) invitationState(word string) (plan.InvitationState, error) {
	var known []string
	for _, s := range invitationStates {
		if s.String() == word {
			return s, nil
		}
		known = append(known, s.String())
	}
	if word == "" {
		return 0, nil
	}
	return 0, a.usage("usage.value", "flag", "--state", "value", word, "known", strings.Join(known, "\n"))
}

func (a *app) invitationsList() *cobra.Command {
	var state string
	var q store.InvitationQuery
	cmd := &cobra.Command{
		Use: "list", Short: a.say.Say("help.invitations.list"), Args: a.args(0, 0, "usage.no_arguments"),
		Example: "  meibo invitations list --state expired\n  meibo invitations list --search @rei.example --json",
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if q.State, err = a.invitationState(state); err != nil {
				return err
			}
			return a.with(cmd.Context(), func(svc *admin.Service, actor admin.Actor) error {
				is, total, err := svc.Invitations(cmd.Context(), actor, q)
				if err != nil {
					return err
				}
				masters, err := svc.Masters(cmd.Context(), actor)
				if err != nil {
					return err
				}
				return a.showInvitations(is, total, svc.Now(), actor, masters)
			})
		},
	}
	cmd.Flags().StringVar(&state, "state", "", a.say.Say("flag.state.invitations"))
	cmd.Flags().StringVar(&q.Search, "search", "", a.say.Say("flag.search.address"))
	cmd.Flags().IntVar(&q.Limit, "limit", 100, a.say.Say("flag.limit"))
	return cmd
}

type invitationJSON struct {
	ID               int64   `json:"id"`
	Email            string  `json:"email"`
	State            string  `json:"state"`
	Generation       int64   `json:"generation"` // of its link; each resending makes a new one
	SystemRole       string  `json:"system_role"`
	SystemPermission string  `json:"system_permission"`
	BrandPolicy      *string `json:"brand_policy"`
	Role             *string `json:"role"`
	CreatedAt        string  `json:"created_at"`
	ExpiresAt        string  `json:"expires_at"`
}

func (a *app) showInvitations(is []plan.Invitation, total, now int64, actor admin.Actor, masters *plan.Masters) error {
	t := a.table("id", "email", "state", "expires", "system_role", "role", "policy")
	list := make([]invitationJSON, len(is))
	for n, i := range is {
		state := i.StateAt(now).String()
		role, policy := masters.RoleCode(i.RoleID), masters.PolicyCode(i.PolicyID)
		list[n] = invitationJSON{i.ID, i.Email, state, i.Generation, i.Role.String(), i.Permission.String(), some(policy), some(role),
			stamp(i.CreatedAt), stamp(i.ExpiresAt)}
		t.add(strconv.FormatInt(i.ID, 10), i.Email, a.say.Say("invitation."+state), a.say.Time(timeOf(i.ExpiresAt, actor)), i.Role.String(), role, policy)
	}
	if err := a.show(t, map[string]any{"invitations": list, "total": total}); err != nil || a.json {
		return err
	}
	a.tellShown(len(list), total)
	return nil
}

func (a *app) invitationsAdd() *cobra.Command {
	var f inviteFlags
	cmd := &cobra.Command{
		Use: "add ADDRESS…|-", Short: a.say.Say("help.invitations.add"), Args: a.args(1, -1, "usage.some_addresses"),
		Example: "  meibo invitations add ito@rei.example --system-role owner\n  meibo invitations add - --brand-policy tokyo < addresses.txt",
		RunE: func(cmd *cobra.Command, args []string) error {
			invitees, err := a.invitees(args, f.attributes())
			if err != nil {
				return err
			}
			return a.planAndDo(cmd, f.accept, func(svc *admin.Service, actor admin.Actor) (store.Import, error) {
				return svc.PlanInvite(cmd.Context(), actor, invitees, f.hold)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.systemRole, "system-role", "", a.say.Say("flag.member.system-role"))
	flags.StringVar(&f.permission, "system-permission", "", a.say.Say("flag.system-permission"))
	flags.StringVar(&f.policy, "brand-policy", "", a.say.Say("flag.brand-policy"))
	flags.StringVar(&f.role, "role", "", a.say.Say("flag.role"))
	flags.BoolVar(&f.hold, "hold-mails", false, a.say.Say("flag.hold-mails"))
	flags.StringVar(&f.accept, "accept", "", a.say.Say("flag.accept"))
	return cmd
}

type inviteFlags struct {
	systemRole, permission, policy, role, accept string
	hold                                         bool
}

func (f *inviteFlags) attributes() map[member.Attribute]string {
	values := map[member.Attribute]string{}
	for attribute, text := range map[member.Attribute]string{member.SystemRole: f.systemRole, member.SystemPermission: f.permission,
		member.BrandPolicy: f.policy, member.Role: f.role} {
		if text != "" {
			values[attribute] = text
		}
	}
	return values
}

// invitees are the addresses that were given, or, for -, those of standard
// input, one a line; empty lines are skipped.
func (a *app) invitees(args []string, attributes map[member.Attribute]string) ([]admin.Invitee, error) {
	var invitees []admin.Invitee
	if !slices.Equal(args, []string{"-"}) {
		for _, address := range args {
			invitees = append(invitees, admin.Invitee{Email: address, Attributes: attributes})
		}
		return invitees, nil
	}
	lines := bufio.NewReader(a.stdin)
	for n := int64(1); ; n++ {
		text, err := lines.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		if text = member.Trim(text); text != "" {
			invitees = append(invitees, admin.Invitee{Line: n, Email: text, Attributes: attributes})
		}
		if err != nil {
			break
		}
	}
	if len(invitees) == 0 {
		return nil, a.usage("usage.no_addresses")
	}
	return invitees, nil
}

// planAndDo makes a plan and applies it: the verb is the yes, but not to brakes.
func (a *app) planAndDo(cmd *cobra.Command, accept string, plan func(svc *admin.Service, actor admin.Actor) (store.Import, error)) error {
	numbers, err := a.parseAccept(accept)
	if err != nil {
		return err
	}
	return a.with(cmd.Context(), func(svc *admin.Service, actor admin.Actor) error {
		imp, err := plan(svc, actor)
		if err != nil {
			return err
		}
		yes := imp.State == store.Planned || len(numbers) > 0
		return a.decide(cmd.Context(), svc, actor, imp, decision{yes: yes, accept: numbers})
	})
}

func (a *app) invitationsResend() *cobra.Command {
	var accept string
	cmd := &cobra.Command{
		Use: "resend ADDRESS…", Short: a.say.Say("help.invitations.resend"), Args: a.args(1, -1, "usage.some_addresses"),
		Example: "  meibo invitations resend ito@rei.example sato@rei.example\n  meibo invitations resend --accept mails=150 $(cat addresses.txt)",
		RunE: func(cmd *cobra.Command, args []string) error {
			numbers, err := a.parseAccept(accept)
			if err != nil {
				return err
			}
			return a.with(cmd.Context(), func(svc *admin.Service, actor admin.Actor) error {
				n, err := svc.Resend(cmd.Context(), actor, args, numbers)
				if err != nil {
					return err
				}
				if a.json {
					return a.printJSON(map[string]any{"resent": n})
				}
				a.tell("%s", a.say.Say("invitations.resent", "n", n))
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&accept, "accept", "", a.say.Say("flag.accept"))
	return cmd
}

func (a *app) invitationsCancel() *cobra.Command {
	var accept string
	cmd := &cobra.Command{
		Use: "cancel ADDRESS…", Short: a.say.Say("help.invitations.cancel"), Args: a.args(1, -1, "usage.some_addresses"),
		Example: "  meibo invitations cancel ito@rei.example",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.planAndDo(cmd, accept, func(svc *admin.Service, actor admin.Actor) (store.Import, error) {
				return svc.PlanCancel(cmd.Context(), actor, args)
			})
		},
	}
	cmd.Flags().StringVar(&accept, "accept", "", a.say.Say("flag.accept"))
	return cmd
}

func (a *app) invitationsLink() *cobra.Command {
	return &cobra.Command{
		Use: "link ADDRESS", Short: a.say.Say("help.invitations.link"), Args: a.args(1, 1, "usage.one_address"),
		Example: "  meibo invitations link ito@rei.example",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.with(cmd.Context(), func(svc *admin.Service, actor admin.Actor) error {
				link, err := svc.InvitationLink(cmd.Context(), actor, args[0])
				if err != nil {
					return err
				}
				if a.json {
					return a.printJSON(map[string]any{"link": link})
				}
				_, err = io.WriteString(a.stdout, link+"\n")
				return err
			})
		},
	}
}
