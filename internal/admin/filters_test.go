package admin_test

import (
	"slices"
	"testing"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

func accepted(imp store.Import) admin.ApplyOptions { return admin.ApplyOptions{Sum: imp.Sum} }

// filter saves a filter that everybody with a name passes.
func (h *house) filter(a admin.Actor, name string, share ...string) store.Filter {
	h.Helper()
	expression := "name pr"
	f, err := h.svc.AddFilter(h.Context(), a, admin.FilterEdit{Name: &name, Expression: &expression, Share: share})
	h.must(err)
	return f
}

// sees are the names of the filters that somebody sees.
func (h *house) sees(a admin.Actor) []string {
	h.Helper()
	all, err := h.svc.Filters(h.Context(), a)
	h.must(err)
	names := make([]string, len(all))
	for i, f := range all {
		names[i] = f.Name
	}
	return names
}

// trio are Ann and Bob, who may save filters, and an administrator; Bob is in
// the group B.
func (h *house) trio() (ann, bob, adm admin.Actor) {
	h.Helper()
	h.group("A")
	h.group("B")
	access, err := member.ParseAccess([]string{"members"}, []string{"filters"})
	h.must(err)
	_, err = h.svc.AddRole(h.Context(), h.owner, member.CodedRole{Code: "r", Name: "R", Access: access})
	h.must(err)
	h.apply("email,name,system_permission,role,groups\nann@x.example,Ann,write,r,A\nbob@x.example,Bob,write,r,B\nadm@x.example,Adm,admin,,\n",
		plan.Options{Match: []string{"email"}})
	return h.as("ann@x.example"), h.as("bob@x.example"), h.as("adm@x.example")
}

func TestG4_AFilterIsSeenByItsOwnerItsGroupsOrEveryoneAndByAdministrators(t *testing.T) {
	each(t, func(h *house) {
		ann, bob, adm := h.trio()
		h.filter(ann, "1 mine")
		h.filter(ann, "2 A", "A")
		h.filter(ann, "3 A and B", "A", "2")
		h.filter(ann, "4 all", store.ShareEveryone)
		h.filter(h.owner, "5 operator")
		for _, tt := range []struct {
			name string
			who  admin.Actor
			want []string
		}{
			{"who made them", ann, []string{"1 mine", "2 A", "3 A and B", "4 all"}},
			{"a member of B", bob, []string{"3 A and B", "4 all"}},
			{"an administrator", adm, []string{"1 mine", "2 A", "3 A and B", "4 all", "5 operator"}},
		} {
			if got := h.sees(tt.who); !slices.Equal(got, tt.want) {
				t.Errorf("%s sees %q, want %q", tt.name, got, tt.want)
			}
		}
		// Only what one sees can be used, and a name that one may not see is no name.
		if n, err := h.svc.Matches(t.Context(), bob, "3 A and B"); err != nil || n != 4 {
			t.Errorf("matches = %d, %v", n, err)
		}
		_, err := h.svc.Matches(t.Context(), bob, "1 mine")
		h.refused(err, problem.FilterUnknown)
		_, err = h.svc.Filter(t.Context(), bob, "1 mine")
		h.refused(err, problem.FilterUnknown)
	})
}

func TestG4_OnlyWhoMadeAFilterAndAdministratorsChangeIt(t *testing.T) {
	each(t, func(h *house) {
		ann, bob, adm := h.trio()
		h.filter(ann, "f", store.ShareEveryone)
		name := "g"
		_, err := h.svc.EditFilter(t.Context(), bob, "f", admin.FilterEdit{Name: &name})
		h.refused(err, problem.FilterNotYours)
		h.refused(h.svc.DeleteFilter(t.Context(), bob, "f"), problem.FilterNotYours)
		f, err := h.svc.EditFilter(t.Context(), adm, "f", admin.FilterEdit{Name: &name, Share: []string{"A"}})
		h.must(err)
		if f.OwnerID != ann.MemberID || f.Expression != "name pr" || f.Share != store.ShareGroups {
			t.Errorf("filter = %+v", f)
		}
		h.must(h.svc.DeleteFilter(t.Context(), ann, "g"))
		h.refused(h.svc.DeleteFilter(t.Context(), ann, "g"), problem.FilterUnknown)
	})
}

func TestG4_AFilterIsSavedOnlyIfItCanBeRead(t *testing.T) {
	each(t, func(h *house) {
		add := func(name, expression string, share ...string) error {
			_, err := h.svc.AddFilter(t.Context(), h.owner, admin.FilterEdit{Name: &name, Expression: &expression, Share: share})
			return err
		}
		h.refused(add("f", "name"), problem.FilterSyntax)
		h.refused(add("f", "shoe_size eq 3"), problem.FilterAttributeUnknown)
		h.refused(add("f", "display_order co \"x\""), problem.FilterType)
		h.refused(add(" ", "name pr"), problem.TitleInvalid)
		h.refused(add("f", "name pr", "nowhere"), problem.GroupUnknown)
		h.must(add("f", `name co "x"`))
		h.refused(add("f", "name pr"), problem.NameTaken)
	})
}

func TestG4_AFilterSharedWithAGroupThatGoesIsNotSeenByMore(t *testing.T) {
	each(t, func(h *house) {
		ann, bob, _ := h.trio()
		h.filter(ann, "f", "B")
		_, err := h.svc.DeleteGroup(t.Context(), h.owner, "B", admin.AnyMembers)
		h.must(err)
		if got := h.sees(bob); len(got) != 0 {
			t.Errorf("Bob sees %q", got)
		}
		if got := h.sees(ann); len(got) != 1 {
			t.Errorf("Ann sees %q", got)
		}
	})
}
