package admin_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/store"
)

func TestP1_MemberIDNamesThatMemberAndNoOther(t *testing.T) {
	table(t, []planned{
		{"that member (P1)", "member_id,name\n2,Anna\n", plan.Options{}, "2 update"},
		{"an unknown ID is a problem (P1)", "member_id,name\n99,X\n", plan.Options{}, "2 reject member-unknown@1:member_id"},
		{"an unknown ID in a row that deletes is one, too (P1)", "member_id,delete\n99,1\n", plan.Options{}, "2 reject member-unknown@1:member_id"},
		{"zero, negative, fractions and words are no IDs (P1)", "member_id,name\n0,X\n-1,X\n1.5,X\nabc,X\n", plan.Options{},
			"2 reject member-id-malformed@1:member_id\n3 reject member-id-malformed@1:member_id\n4 reject member-id-malformed@1:member_id\n5 reject member-id-malformed@1:member_id"},
		{"an ID that a spreadsheet rounded is named as such (P1, F6)", "member_id,name\n1.23E+15,X\n1234567890123456,X\n", plan.Options{},
			"2 reject damaged-number@1:member_id\n3 reject damaged-number@1:member_id"},
		{"a full-width ID is folded (P1)", "member_id,name\n２,Anna\n", plan.Options{}, "2 update"},
		{"an ID wins over the e-mail option (P1)", "member_id,email,name\n2,bob@x.example,Anna\n", plan.Options{Match: []string{"email"}},
			"2 reject email-taken@2:email"},
		{"a blank ID with no option on is somebody new (P3)", "member_id,email,name\n,new@x.example,New\n", plan.Options{}, "2 create"},
		{"clearing an ID is refused (F10)", "member_id,name\n{clear},X\n", plan.Options{}, "2 reject value-clear-refused@1:member_id"},
		{"other cells of a row about nobody are judged too (§6)", "member_id,email,login_allowed\n99,bad,maybe\n", plan.Options{},
			"2 reject member-unknown@1:member_id email-malformed@2:email boolean-malformed@3:login_allowed"},
	})
}

func TestP1_AWithdrawnMemberIsNamedWithTheDayAndTheImport(t *testing.T) {
	rules(t, func(r *ruled) {
		gone := r.apply("member_id,delete\n2,1\n", plan.Options{})
		imp := r.want("withdrawn", "member_id,name\n2,Anna\n", plan.Options{}, "2 reject member-withdrawn@1:member_id")
		p := r.problems(imp)["member-withdrawn"][0]
		if p.Values["date"] != "2026-11-22" || p.Values["import"] != line(gone.ID) || p.Values["id"] != "2" {
			t.Errorf("values = %v", p.Values)
		}
	})
}

func TestP2_WithoutAnIDTheOptionsMatch(t *testing.T) {
	both := plan.Options{Match: []string{"email", "login_id"}}
	email, login := plan.Options{Match: []string{"email"}}, plan.Options{Match: []string{"login_id"}}
	table(t, []planned{
		{"by e-mail, whatever its case (P2)", "email,name\nANN@x.example,Anna\n", email, "2 update"},
		{"by login ID, whatever its case (P2)", "login_id,name\nBOB,Robert\n", login, "2 update"},
		{"a blank e-mail falls to the login ID (P2)", "email,login_id,name\n,bob,Robert\n", both, "2 update"},
		{"an e-mail that nobody has falls to the login ID (P2)", "email,login_id,name\nrob@x.example,bob,Bob\n", both, "2 update"},
		{"found both ways and different is a problem (P2)", "email,login_id,name\nann@x.example,bob,X\n", both, "2 reject member-ambiguous@1:email"},
		{"found both ways and the same is that member (P2)", "email,login_id,name\nann@x.example,ann,Anna\n", both, "2 update"},
		{"both cells blank is somebody new, who lacks both (P2, M2)", "email,login_id,name\n,,X\n", both, "2 reject contact-required@1:email"},
		{"not found is a new member (P2)", "email,login_id,name\nnew@x.example,new,New\n", both, "2 create"},
		{"a malformed e-mail is a problem, not registered (P2)", "email,login_id,name\nbad,bob,X\n", both, "2 reject email-malformed@1:email"},
		{"a malformed login ID is a problem, not registered (P2)", "email,login_id,name\n,.bob,X\n", both, "2 reject login-id-malformed@2:login_id"},
		{"both malformed are two problems (P2)", "email,login_id,name\nbad,.bob,X\n", both, "2 reject email-malformed@1:email login-id-malformed@2:login_id"},
		{"the login ID is no key where its option is off (P2)", "email,login_id,name\nann@x.example,anna,Ann\n", email, "2 update"},
		{"a taken login ID of somebody new is a problem (P3)", "email,login_id,name\nnew@x.example,bob,X\n", email, "2 reject login-id-taken@2:login_id"},
		{"the key's spelling is no change (P2)", "email\nANN@X.example\n", email, "2 keep"},
		{"other bad cells beside a malformed key are told too (§6)", "email,display_order,dept\nbad,many,12345678901\n", email,
			"2 reject email-malformed@1:email integer-malformed@2:display_order text-too-long@3:dept"},
	})
}

func TestP3_WithNoOptionOnARowIsANewMember(t *testing.T) {
	table(t, []planned{
		{"new (P3)", "email,login_id,name\nnew@x.example,new,New\n", plan.Options{}, "2 create"},
		{"a taken e-mail is a problem (P3)", "email,name\nAnn@X.example,X\n", plan.Options{}, "2 reject email-taken@1:email"},
		{"a taken login ID is a problem (P3)", "login_id,name\nBob,X\n", plan.Options{}, "2 reject login-id-taken@1:login_id"},
		{"both taken are two problems (P3)", "email,login_id,name\nann@x.example,bob,X\n", plan.Options{},
			"2 reject email-taken@1:email login-id-taken@2:login_id"},
		{"a name is required (M1)", "email,name\nnew@x.example,\n", plan.Options{}, "2 reject name-required@2:name"},
		{"an absent name column is told with the attribute (M1)", "email\nnew@x.example\n", plan.Options{}, "2 reject name-required@:name"},
		{"a malformed e-mail is not also a missing one (M2)", "email,name\nbad,X\n", plan.Options{}, "2 reject email-malformed@1:email"},
		{"neither e-mail nor login ID (M2)", "email,login_id,name\n,,X\n", plan.Options{}, "2 reject contact-required@1:email"},
		{"a login ID alone is enough (M2)", "login_id,name\nnew,X\n", plan.Options{}, "2 create"},
	})
}

func TestM2_TheLastContactCannotBeCleared(t *testing.T) {
	table(t, []planned{
		{"the only e-mail (M2)", "member_id,email\n4,{clear}\n", plan.Options{}, "2 reject contact-required@2:email"},
		{"the e-mail beside a login ID (M2)", "member_id,email\n2,{clear}\n", plan.Options{}, "2 update"},
		{"both at once (M2)", "member_id,login_id,email\n2,{clear},{clear}\n", plan.Options{}, "2 reject contact-required@3:email"},
		{"the e-mail for a new login ID (M2)", "member_id,login_id,email\n4,carol,{clear}\n", plan.Options{}, "2 update"},
	})
}

func TestM1_ValuesAreWhatTheirAttributeAllows(t *testing.T) {
	long := string(make([]rune, 0))
	for range 201 {
		long += "名"
	}
	table(t, []planned{
		{"a dot first or last, a space, 65 letters are no login ID (M1)", "member_id,login_id\n2,.a\n3,a.\n4,a b\n", plan.Options{},
			"2 reject login-id-malformed@2:login_id\n3 reject login-id-malformed@2:login_id\n4 reject login-id-malformed@2:login_id"},
		{"a name has at most 200 characters (M1)", "member_id,name\n2," + long + "\n", plan.Options{}, "2 reject name-too-long@2:name"},
		{"full-width e-mail and login ID are folded (M1)", "email,login_id,name\nｎｅｗ＠ｘ．ｅｘａｍｐｌｅ,ｎｅｗ,New\n", plan.Options{}, "2 create"},
		{"headers in Japanese, full-width, any case (M1)", "メンバーＩＤ,ＮＡＭＥ\n2,Anna\n", plan.Options{}, "2 update"},
		{"the display order is an integer (M1)", "member_id,display_order\n2,1.5\n3,-4\n", plan.Options{}, "2 reject integer-malformed@2:display_order\n3 update"},
	})
}

func TestM4_OwnersAreAdminsWithoutPolicyAndRole(t *testing.T) {
	table(t, []planned{
		{"an owner's permission is admin without being asked (M4)", "member_id,system_role\n2,owner\n", plan.Options{}, "2 update"},
		{"an owner with write (M4)", "member_id,system_permission\n5,write\n", plan.Options{}, "2 reject owner-with-write@2:system_permission"},
		{"a new owner with write (M4)", "email,name,system_role,system_permission\nn@x.example,N,owner,write\n", plan.Options{}, "2 reject owner-with-write@4:system_permission"},
		{"a policy for an owner (M4)", "member_id,brand_policy\n5,P1\n", plan.Options{}, "2 reject policy-on-owner@2:brand_policy"},
		{"a role for an owner (M4)", "member_id,role\n5,R1\n", plan.Options{}, "2 reject role-on-owner@2:role"},
		{"a role for an admin (M5)", "member_id,role\n6,R1\n", plan.Options{}, "2 reject role-on-admin@2:role"},
		{"a policy for an admin member is fine (M5)", "member_id,brand_policy\n6,P1\n", plan.Options{}, "2 update"},
		{"becoming an owner takes role and policy away, with a note (P13)", "member_id,system_role\n7,owner\n", plan.Options{}, "2 update ~stripped-by-role-change"},
		{"becoming an admin takes the role away, with a note (P13)", "member_id,system_permission\n7,admin\n", plan.Options{}, "2 update ~stripped-by-role-change"},
		{"an unknown role and an unknown policy (P13)", "member_id,role,brand_policy\n2,R9,P9\n", plan.Options{}, "2 reject role-unknown@2:role policy-unknown@3:brand_policy"},
		{"an unknown role on an admin is one problem of the cell (P13)", "member_id,role\n6,R9\n", plan.Options{}, "2 reject role-unknown@2:role"},
		{"unknown words (P12)", "member_id,system_role,system_permission\n2,boss,read\n", plan.Options{}, "2 reject value-unknown@2:system_role value-unknown@3:system_permission"},
	})
}

// Where a file names members in the order of their IDs they are read together, and only
// those who are not there are looked up: so it must make no difference who is there.
func TestP2_ItMakesNoDifferenceInWhichOrderRowsAre(t *testing.T) {
	const n = 12_000
	each(t, func(h *house) {
		var b strings.Builder
		b.WriteString("login_id,email,name\n")
		for i := range n {
			switch {
			case i%50 == 7: // some have no address, some no login ID
				fmt.Fprintf(&b, "u%d,,U %d\n", i, i)
			case i%50 == 8:
				fmt.Fprintf(&b, ",u%d@x.example,U %d\n", i, i)
			default:
				fmt.Fprintf(&b, "u%d,u%d@x.example,U %d\n", i, i, i)
			}
		}
		first := h.do(h.plan(b.String(), plan.Options{})).FirstMember
		id := func(i int) string { return line(first + int64(i)) }
		// Behind the place where rows are followed: two changed addresses, one was deleted and
		// the address given to somebody new, one was deleted alone.
		h.do(h.plan("member_id,email,login_id,delete\n"+
			id(9000)+",u9001@x.example,u9001,\n"+id(9001)+",u9000@x.example,u9000,\n"+id(9500)+",,,1\n"+id(9600)+",,,1\n", plan.Options{}))
		h.do(h.plan("login_id,email,name\nu9500,u9500@x.example,Late\n", plan.Options{}))

		header, rows := "login_id,email,name\n", strings.SplitAfter(b.String(), "\n")[1:n+1]
		rows[9002] = strings.ToUpper(rows[9002])
		seen := func(rows []string, o plan.Options) map[string]string {
			h.Helper()
			imp := h.plan(header+strings.Join(rows, ""), o)
			of := map[string]string{}
			for c, err := range h.roll().Changes(h.Context(), imp.Org, imp.ID, store.ChangeQuery{}) {
				if err != nil {
					h.Fatal(err)
				}
				of[rows[c.Line-2]] = fmt.Sprint(c.Action, c.MemberID, c.Mask)
			}
			return of
		}
		for _, o := range []plan.Options{{Match: []string{"email"}}, {Match: []string{"login_id"}}, {Match: []string{"email", "login_id"}}} {
			before := h.svc.Statements()
			inOrder := seen(rows, o)
			statements := h.svc.Statements() - before
			mixed := slices.Clone(rows)
			rand.New(rand.NewPCG(5, 6)).Shuffle(n, func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
			if diff := cmp.Diff(seen(mixed, o), inOrder); diff != "" {
				h.Errorf("by %v (-in no order +in that of the members):\n%s", o.Match, diff)
			}
			if more := h.svc.Statements() - before - statements; len(o.Match) == 2 && more <= statements {
				h.Errorf("%d statements in no order, %d in that of the members, where both keys are found by one", more, statements)
			}
			for i, want := range map[int]string{
				8999: fmt.Sprint(plan.Keep, first+8999, member.Mask(0)), 9000: fmt.Sprint(plan.Update, first+9001, member.MaskOf(member.Name)),
				9001: fmt.Sprint(plan.Update, first+9000, member.MaskOf(member.Name)), 9500: fmt.Sprint(plan.Update, first+n, member.MaskOf(member.Name)),
				9600: fmt.Sprint(plan.Create, 0, member.MaskOf(member.LoginID, member.Email, member.Name)),
			} {
				if got := inOrder[rows[i]]; got != want {
					h.Errorf("by %v: %.20q is %s, want %s", o.Match, rows[i], got, want)
				}
			}
		}
	})
}
