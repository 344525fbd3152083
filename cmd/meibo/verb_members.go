package main

import (
	"bufio"
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/store"
)

func (a *app) membersCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "members", Short: a.say.Say("help.members")}
	cmd.AddCommand(a.membersList(), a.membersShow(), a.membersAdd(), a.membersEdit(), a.membersDelete(), a.membersHistory(), a.membersLostFactor(), a.membersErase())
	return cmd
}

func (a *app) membersList() *cobra.Command {
	var w admin.Which
	var search string
	var limit int
	cmd := &cobra.Command{
		Use: "list", Short: a.say.Say("help.members.list"), Args: a.args(0, 0, "usage.no_arguments"),
		Example: `  meibo members list --search ito
  meibo members list --group 東京 --filter 'login_until lt "today"' --json`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd.Context(), func(svc *admin.Service, actor admin.Actor) error {
				masters, err := svc.Masters(cmd.Context(), actor)
				if err != nil {
					return err
				}
				found, err := svc.Members(cmd.Context(), actor, w, search, limit)
				if err != nil {
					return err
				}
				return a.showMembers(found, actor, masters)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&w.Groups, "group", nil, a.say.Say("flag.group"))
	flags.StringVar(&w.Filter, "filter", "", a.say.Say("flag.filter"))
	flags.StringVar(&search, "search", "", a.say.Say("flag.search"))
	flags.IntVar(&limit, "limit", 100, a.say.Say("flag.limit"))
	return cmd
}

func (a *app) showMembers(found admin.MemberList, actor admin.Actor, masters *plan.Masters) error {
	t := a.table("id", "name", "email", "login_id", "groups", "system_role")
	object := map[string]any{"members": []memberJSON{}, "total": found.Total}
	list := make([]memberJSON, len(found.Members))
	for i := range found.Members {
		m := &found.Members[i]
		list[i] = jsonOfMember(m, actor, masters)
		t.add(strconv.FormatInt(m.ID, 10), m.Name, m.Email, m.LoginID, masters.GroupNames(m.Groups), m.Role.String())
	}
	object["members"] = list
	if err := a.show(t, object); err != nil || a.json {
		return err
	}
	a.tellShown(len(list), found.Total)
	return nil
}

// tellShown says when a list ends before everything was shown.
func (a *app) tellShown(shown int, total int64) {
	if int64(shown) < total {
		a.tell("%s", a.say.Say("list.shown", "shown", shown, "total", total))
	}
}

func (a *app) membersShow() *cobra.Command {
	return &cobra.Command{
		Use: "show ID|ADDRESS", Short: a.say.Say("help.members.show"), Args: a.args(1, 1, "usage.one_member"),
		Example: "  meibo members show 12\n  meibo members show ito@rei.example --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.with(cmd.Context(), func(svc *admin.Service, actor admin.Actor) error {
				m, err := svc.Member(cmd.Context(), actor, args[0])
				if err != nil {
					return err
				}
				return a.showMember(cmd.Context(), svc, actor, &m, nil)
			})
		},
	}
}

// showMember shows one member, and with --json the import that made them what
// they are, if there is one.
func (a *app) showMember(ctx context.Context, svc *admin.Service, actor admin.Actor, m *member.Member, imp *store.Import) error {
	masters, err := svc.Masters(ctx, actor)
	if err != nil {
		return err
	}
	if a.json {
		object := map[string]any{"member": jsonOfMember(m, actor, masters)}
		if imp != nil {
			object["import"], object["state"] = imp.ID, imp.State
		}
		return a.printJSON(object)
	}
	t := a.table("attribute", "value")
	texts := admin.Texts(m, actor, masters)
	for _, id := range attributeOrder(masters) {
		if texts[id] != "" {
			t.add(a.label(masters, id), texts[id])
		}
	}
	if m.State != member.Active {
		t.add(a.say.Say("column.state"), a.say.Say("member.withdrawn", "when", timeOf(m.WithdrawnAt, actor)))
	}
	return t.write(a.stdout)
}

// attributeOrder lists what a member is shown with: the attributes, then the
// fields in their order.
func attributeOrder(masters *plan.Masters) []string {
	var ids []string
	for i := member.MemberID; i < member.Delete; i++ {
		ids = append(ids, i.String())
	}
	for _, f := range masters.Fields {
		ids = append(ids, f.Identifier)
	}
	return ids
}

// memberFlags are what may be said of a member on the command line.
type memberFlags struct {
	attributes map[member.Attribute]*string // of the flags with a name of their own
	set, field []string
	password   bool
}

// namedFlags are the attributes that have a flag of their own.
var namedFlags = []struct {
	flag      string
	attribute member.Attribute
}{{"name", member.Name}, {"email", member.Email}, {"login-id", member.LoginID}, {"groups", member.Groups}, {"system-role", member.SystemRole}}

// settable are the attributes that --set takes. Passwords are not among them:
// a command line can be seen by everybody on the machine.
var settable = []member.Attribute{member.Name, member.Email, member.LoginID, member.Groups, member.SystemRole, member.SystemPermission,
	member.BrandPolicy, member.Role, member.LoginAllowed, member.LoginUntil, member.Remarks, member.DisplayOrder}

func (a *app) addMemberFlags(cmd *cobra.Command, f *memberFlags) {
	f.attributes = map[member.Attribute]*string{}
	for _, n := range namedFlags {
		f.attributes[n.attribute] = cmd.Flags().String(n.flag, "", a.say.Say("flag.member."+n.flag))
	}
	cmd.Flags().StringArrayVar(&f.set, "set", nil, a.say.Say("flag.set"))
	cmd.Flags().StringArrayVar(&f.field, "field", nil, a.say.Say("flag.field"))
	cmd.Flags().BoolVar(&f.password, "password-stdin", false, a.say.Say("flag.password-stdin"))
}

// edit makes an edit of what flags were given.
func (a *app) edit(cmd *cobra.Command, f *memberFlags) (admin.Edit, error) {
	e := admin.Edit{Attributes: map[member.Attribute]string{}, Fields: map[string]string{}}
	for _, n := range namedFlags {
		if cmd.Flags().Changed(n.flag) {
			e.Attributes[n.attribute] = *f.attributes[n.attribute]
		}
	}
	for _, pair := range f.set {
		identifier, value, ok := strings.Cut(pair, "=")
		attribute, known := settableNamed(identifier)
		if !ok || !known {
			return e, a.usage("usage.value", "flag", "--set", "value", pair, "known", pairsOf(settable))
		}
		e.Attributes[attribute] = value
	}
	for _, pair := range f.field {
		identifier, value, ok := strings.Cut(pair, "=")
		if !ok {
			return e, a.usage("usage.pair", "flag", "--field", "value", pair)
		}
		e.Fields[identifier] = value
	}
	if !f.password {
		return e, nil
	}
	password, err := bufio.NewReader(a.stdin).ReadString('\n')
	if password = strings.TrimRight(password, "\r\n"); password == "" {
		return e, a.usage("usage.password_empty", "error", err)
	}
	e.Attributes[member.Password] = password
	return e, nil
}

func settableNamed(identifier string) (member.Attribute, bool) {
	for _, s := range settable {
		if s.String() == identifier {
			return s, true
		}
	}
	return 0, false
}

// pairsOf lists what --set takes, one a line.
func pairsOf(as []member.Attribute) string {
	parts := make([]string, len(as))
	for i, s := range as {
		parts[i] = s.String() + "=…"
	}
	return strings.Join(parts, "\n")
}

func (a *app) membersAdd() *cobra.Command {
	var f memberFlags
	cmd := &cobra.Command{
		Use: "add --name NAME --email ADDRESS", Short: a.say.Say("help.members.add"), Args: a.args(0, 0, "usage.no_arguments"),
		Example: `  meibo members add --name "A. Ito" --email ito@rei.example --groups "東京|営業"
  meibo members add --name 伊藤 --login-id ito --set login_until=2027-03-31 --field employee_no=0012`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			e, err := a.edit(cmd, &f)
			if err != nil {
				return err
			}
			return a.saveMember(cmd.Context(), e)
		},
	}
	a.addMemberFlags(cmd, &f)
	return cmd
}

func (a *app) membersEdit() *cobra.Command {
	var f memberFlags
	cmd := &cobra.Command{
		Use: "edit ID|ADDRESS", Short: a.say.Say("help.members.edit"), Args: a.args(1, 1, "usage.one_member"),
		Example: `  meibo members edit 12 --name "Ann Ito" --set remarks=
  meibo members edit ito@rei.example --groups "+大阪|-東京" --set login_allowed=0`,
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := a.edit(cmd, &f)
			if err != nil {
				return err
			}
			if len(e.Attributes)+len(e.Fields) == 0 {
				return a.usage("usage.nothing_to_change", "verb", cmd.CommandPath())
			}
			return a.saveMember(cmd.Context(), e, args...)
		},
	}
	a.addMemberFlags(cmd, &f)
	return cmd
}

// saveMember carries out one edit, of the member that who names if there is
// one, and shows the member as they are then.
func (a *app) saveMember(ctx context.Context, e admin.Edit, who ...string) error {
	return a.with(ctx, func(svc *admin.Service, actor admin.Actor) error {
		if len(who) > 0 {
			m, err := svc.Member(ctx, actor, who[0])
			if err != nil {
				return err
			}
			e.MemberID = m.ID
		}
		imp, err := svc.Edit(ctx, actor, []admin.Edit{e})
		if err != nil {
			return err
		}
		if e.MemberID == 0 {
			e.MemberID = imp.FirstMember
		}
		m, err := svc.Member(ctx, actor, strconv.FormatInt(e.MemberID, 10))
		if err != nil {
			return err
		}
		if err := a.showMember(ctx, svc, actor, &m, &imp); err != nil || a.json {
			return err
		}
		if imp.Applied() == 0 {
			a.tell("%s", a.say.Say("apply.nothing", "id", imp.ID))
			return nil
		}
		a.tellUndo(imp)
		return nil
	})
}

func (a *app) membersDelete() *cobra.Command {
	var yes bool
	var accept string
	cmd := &cobra.Command{
		Use: "delete ID|ADDRESS…", Short: a.say.Say("help.members.delete"), Args: a.args(1, -1, "usage.some_members"),
		Example: "  meibo members delete 12 --yes\n  meibo members delete 12 13 ito@rei.example --yes --json",
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			numbers, err := a.parseAccept(accept)
			if err != nil {
				return err
			}
			return a.with(ctx, func(svc *admin.Service, actor admin.Actor) error {
				var edits []admin.Edit
				for _, who := range args {
					m, err := svc.Member(ctx, actor, who)
					if err != nil {
						return err
					}
					edits = append(edits, admin.Edit{MemberID: m.ID, Delete: true})
				}
				imp, err := svc.PlanEdit(ctx, actor, edits)
				if err != nil {
					return err
				}
				return a.decide(ctx, svc, actor, imp, decision{yes: yes, accept: numbers})
			})
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, a.say.Say("flag.yes"))
	cmd.Flags().StringVar(&accept, "accept", "", a.say.Say("flag.accept"))
	return cmd
}
