package admin_test

import (
	"fmt"
	"strings"
	"testing"

	"meibo/internal/plan"
	"meibo/internal/store"
)

func TestP8_TheSameMemberOrKeyTwiceIsAProblemOfEveryLaterRow(t *testing.T) {
	email := plan.Options{Match: []string{"email"}}
	table(t, []planned{
		{"the same member by ID (P8)", "member_id,name\n2,A\n2,B\n2,C\n", plan.Options{},
			"2 update\n3 reject duplicate-member@1:member_id\n4 reject duplicate-member@1:member_id"},
		{"the same member by ID and by e-mail (P8)", "member_id,email,name\n2,,A\n,ann@x.example,B\n", email,
			"2 update\n3 reject duplicate-member@1:member_id"},
		{"the same new e-mail, in any case (P8)", "email,name\nn@x.example,N\nN@X.example,N\n", plan.Options{},
			"2 create\n3 reject duplicate-email@1:email"},
		{"the same new login ID, one of them by an update (P8)", "member_id,login_id,name\n4,zoe,Carol\n,ZOE,Zoe\n", plan.Options{},
			"2 update\n3 reject duplicate-login-id@2:login_id"},
		{"e-mail and login ID are two problems (P8)", "email,login_id,name\nn@x.example,n,N\nn@x.example,n,N\n", plan.Options{},
			"2 create\n3 reject duplicate-email@1:email duplicate-login-id@2:login_id"},
		{"the first may be rejected itself (P8)", "email,name,login_allowed\nn@x.example,N,maybe\nn@x.example,N,1\n", plan.Options{},
			"2 reject boolean-malformed@3:login_allowed\n3 reject duplicate-email@1:email"},
		{"full-width letters are the same address (P8)", "email,name,rank\nＮ@x.example,N,x\nn@x.example,N,1\n", plan.Options{},
			"2 reject number-malformed@3:rank\n3 reject duplicate-email@1:email"},
		{"a kept row is the first, too (P8)", "member_id,name\n2,Ann\n2,Anna\n", plan.Options{}, "2 keep\n3 reject duplicate-member@1:member_id"},
		{"two rows that delete the same member (P8)", "member_id,delete\n2,1\n2,1\n", plan.Options{}, "2 delete\n3 reject duplicate-member@1:member_id"},
		{"an unknown ID twice (P8)", "member_id,name\n99,A\n99,B\n", plan.Options{},
			"2 reject member-unknown@1:member_id\n3 reject member-unknown@1:member_id duplicate-member@1:member_id"},
	})
}

func TestP8_UniquenessIsJudgedOnTheStateAfterTheWholeFile(t *testing.T) {
	table(t, []planned{
		{"a swap of e-mails (P8)", "member_id,email\n2,bob@x.example\n3,ann@x.example\n", plan.Options{}, "2 update\n3 update"},
		{"a swap of login IDs (P8)", "member_id,login_id\n2,bob\n3,ann\n", plan.Options{}, "2 update\n3 update"},
		{"a ring of three, both keys at once (P8)", "member_id,email,login_id\n2,bob@x.example,bob\n3,eve@x.example,eve\n6,ann@x.example,ann\n", plan.Options{},
			"2 update\n3 update\n4 update"},
		{"e-mail and login ID hand over to different rows (P8)", "member_id,email,login_id\n2,bob@x.example,dave\n3,ann@x.example,\n5,,ann\n", plan.Options{},
			"2 update\n3 update\n4 update"},
		{"one deletes, another takes the address (P8)", "member_id,email,name,delete\n2,,,1\n,ann@x.example,Ann II,\n", plan.Options{}, "2 delete\n3 create"},
		{"the one that takes may come first (P8)", "member_id,email,name,delete\n,ann@x.example,Ann II,\n2,,,1\n", plan.Options{}, "2 create\n3 delete"},
		{"a chain to a free address (P8)", "member_id,email\n2,bob@x.example\n3,carol@x.example\n4,c2@x.example\n", plan.Options{}, "2 update\n3 update\n4 update"},
		{"only the case changes (P8)", "member_id,email,login_id\n2,ANN@x.example,Ann\n", plan.Options{}, "2 update"},
		{"an address whose owner's row keeps it is taken (P8)", "member_id,email\n2,bob@x.example\n3,BOB@x.example\n", plan.Options{},
			"2 reject email-taken@2:email\n3 reject duplicate-email@2:email"},
		{"an address whose owner's row says nothing of it is taken (P8)", "member_id,email,name\n2,bob@x.example,\n3,,Robert\n", plan.Options{},
			"2 reject email-taken@2:email\n3 update"},
		{"a taken address is told beside what else is wrong (P8, §6)", "member_id,email,login_allowed,display_order,login_id\n2,bob@x.example,maybe,many,eve\n", plan.Options{},
			"2 reject email-taken@2:email boolean-malformed@3:login_allowed integer-malformed@4:display_order login-id-taken@5:login_id"},
		{"and of somebody new (P8, §6)", "email,name\nbob@x.example,\n", plan.Options{}, "2 reject email-taken@1:email name-required@2:name"},
		{"and of somebody unknown (P8, §6)", "member_id,email\n99,bob@x.example\n", plan.Options{}, "2 reject member-unknown@1:member_id email-taken@2:email"},
		{"an address that a rejected row would free is not (P8)", "member_id,email,login_allowed\n2,bob@x.example,maybe\n3,b2@x.example,maybe\n", plan.Options{},
			"2 reject boolean-malformed@3:login_allowed\n3 reject boolean-malformed@3:login_allowed"},
		{"a row that deletes nobody asks for no address (P8)", "login_id,email,name,delete\nnew,bob@x.example,X,1\n", plan.Options{Match: []string{"login_id"}},
			"2 reject delete-unmatched@4:delete"},
		{"a cleared address is free (P8, F10)", "member_id,email\n2,{clear}\n4,ann@x.example\n", plan.Options{}, "2 update\n3 update"},
	})
}

func TestP8_AProblemInOneRowRejectsItsBundle(t *testing.T) {
	table(t, []planned{
		{"the last of a chain (P8)", "member_id,email,login_allowed\n2,bob@x.example,\n3,carol@x.example,\n4,c2@x.example,maybe\n", plan.Options{},
			"2 reject bundle-rejected\n3 reject bundle-rejected\n4 reject boolean-malformed@3:login_allowed"},
		{"the last of a chain has a malformed address (P8)", "member_id,email\n2,bob@x.example\n3,carol@x.example\n4,bad\n", plan.Options{},
			"2 reject bundle-rejected\n3 reject email-taken@2:email\n4 reject email-malformed@2:email"},
		{"the first of a chain: others do not need it, but are one with it (P8)", "member_id,email,login_allowed\n2,bob@x.example,maybe\n3,b2@x.example,\n", plan.Options{},
			"2 reject boolean-malformed@3:login_allowed\n3 reject bundle-rejected"},
		{"who clears an address keeps it when the row is rejected for another key (P8, F10)", "member_id,login_id,email,name\n2,bob,{clear},\n,,ann@x.example,Ann II\n", plan.Options{},
			"2 reject login-id-taken@2:login_id\n3 reject bundle-rejected"},
		{"a new row that takes from a deleted one (P8)", "member_id,email,name,delete\n2,,,1\n,ann@x.example,,\n", plan.Options{},
			"2 reject bundle-rejected\n3 reject name-required@3:name"},
		{"a rejected deletion keeps its address (P8, P15)", "member_id,email,name,delete\n1,,,1\n,owner@acme.example,X,\n", plan.Options{},
			"2 reject delete-primary-owner@4:delete\n3 reject email-taken@2:email"},
		{"a ring of three with a bad one (P8)", "member_id,email,rank\n2,bob@x.example,\n3,eve@x.example,x\n6,ann@x.example,\n", plan.Options{},
			"2 reject bundle-rejected\n3 reject number-malformed@3:rank\n4 reject bundle-rejected"},
		{"through the login ID (P8)", "member_id,email,login_id,rank\n2,bob@x.example,,\n3,b2@x.example,eve,\n6,,e2,x\n", plan.Options{},
			"2 reject bundle-rejected\n3 reject bundle-rejected\n4 reject number-malformed@4:rank"},
		{"a copy of a row does not spoil the bundle (P8)", "member_id,email,name,delete\n2,,,1\n,ann@x.example,Ann II,\n,ann@x.example,Ann II,\n", plan.Options{},
			"2 delete\n3 create\n4 reject duplicate-email@2:email"},
		{"a second row about a holder does not spoil it either (P8)", "member_id,email\n2,bob@x.example\n3,b2@x.example\n3,b3@x.example\n", plan.Options{},
			"2 update\n3 update\n4 reject duplicate-member@1:member_id"},
		{"other rows go on (P8)", "member_id,email,rank,name\n2,bob@x.example,x,\n3,ann@x.example,,\n4,,,Caroline\n", plan.Options{},
			"2 reject number-malformed@3:rank\n3 reject bundle-rejected\n4 update"},
	})
}

func TestP8_HandedOverAddressesArriveWhereTheyWereSent(t *testing.T) {
	tests := []struct{ name, file, want string }{
		{"a ring of three, both keys", "member_id,email,login_id\n2,bob@x.example,bob\n3,eve@x.example,eve\n6,ann@x.example,ann\n",
			"2 bob bob@x.example|3 eve eve@x.example|6 ann ann@x.example"},
		{"a chain with a deletion and somebody new at its ends", "member_id,email,login_id,name,delete\n,ann@x.example,new,New,\n2,bob@x.example,,,\n3,,,,1\n",
			"2 ann bob@x.example|8 new ann@x.example"},
		{"case only", "member_id,email\n2,ANN@X.example\n", "2 ann ANN@X.example"},
		{"e-mail to one, login ID to another", "member_id,email,login_id\n2,bob@x.example,dave\n3,ann@x.example,\n5,,ann\n",
			"2 dave bob@x.example|3 bob ann@x.example|5 ann dave@x.example"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rules(t, func(r *ruled) {
				before := r.members()
				done := r.apply(tt.file, plan.Options{})
				for _, m := range strings.Split(tt.want, "|") {
					if got := r.members(); !strings.Contains(got, m+" ") {
						t.Errorf("want %s in\n%s", m, got)
					}
				}
				again := r.plan(tt.file, plan.Options{Match: []string{"email", "login_id"}, Only: []string{"update"}})
				if got := again.Outcome.Counts[plan.Update]; got != 0 {
					t.Errorf("planned again: %d updates", got)
				}
				r.undo(done)
				if got := r.members(); got != before {
					t.Errorf("undone:\n%swant:\n%s", got, before)
				}
			})
		})
	}
}

func TestP8_ALongChainAndALongRingAreHandedOver(t *testing.T) {
	rules(t, func(r *ruled) {
		const n = 300
		first := r.crowd("c", n, "", "")
		ring := lines("member_id,email", n, func(i int) string {
			return fmt.Sprintf("%d,c%d@x.example", first+int64(i), (i+1)%n)
		})
		if got := counts(r.apply(ring, plan.Options{})); got != [6]int64{0, 0, n, 0, 0, 0} {
			t.Fatalf("ring: %v", got)
		}
		broken := lines("member_id,email,login_allowed", n, func(i int) string {
			return fmt.Sprintf("%d,c%d@x.example,%s", first+int64(i), (i+2)%n, map[bool]string{true: "maybe"}[i == n/2])
		})
		if got := counts(r.plan(broken, plan.Options{})); got != [6]int64{0, 0, 0, 0, 0, n} {
			t.Errorf("broken ring: %v", got)
		}
	})
}

func TestP14_ExactlyOnePrimaryOwnerAfterTheWholeFile(t *testing.T) {
	table(t, []planned{
		{"a swap (P14)", "member_id,system_role\n1,owner\n5,primary_owner\n", plan.Options{}, "2 update\n3 update"},
		{"none (P14)", "member_id,system_role,name\n1,owner,\n2,,Anna\n", plan.Options{}, "2 reject primary-owner-none@2:system_role\n3 update"},
		{"two (P14)", "member_id,system_role\n5,primary_owner\n", plan.Options{}, "2 reject primary-owner-many@2:system_role"},
		{"two new ones for an old one (P14)", "member_id,system_role\n1,owner\n5,primary_owner\n2,primary_owner\n", plan.Options{},
			"2 reject primary-owner-many@2:system_role\n3 reject primary-owner-many@2:system_role\n4 reject primary-owner-many@2:system_role"},
		{"a new member becomes it (P14)", "member_id,email,name,system_role\n1,,,owner\n,n@x.example,N,primary_owner\n", plan.Options{}, "2 update\n3 create"},
		{"deleting the one of now is refused, also in a swap (P15)", "member_id,system_role,delete\n1,,1\n5,primary_owner,\n", plan.Options{},
			"2 reject delete-primary-owner@3:delete\n3 reject primary-owner-many@2:system_role"},
		{"deleting whose row says so is refused (P15)", "member_id,system_role,delete\n5,primary_owner,1\n", plan.Options{}, "2 reject delete-primary-owner@3:delete"},
		{"deleting an owner (P15)", "member_id,delete\n5,1\n", plan.Options{}, "2 delete"},
		{"a swap whose one half is rejected (P14)", "member_id,system_role,rank\n1,owner,\n5,primary_owner,x\n", plan.Options{},
			"2 reject primary-owner-none@2:system_role\n3 reject number-malformed@3:rank"},
	})
}

func TestP14_NothingIsAppliedInEitherLayout(t *testing.T) {
	rules(t, func(r *ruled) {
		for _, o := range []plan.Options{{Match: []string{"email"}}, {Layout: plan.InviteSheet}} {
			imp := r.plan("email,system_role,system_permission\nowner@acme.example,owner,admin\nnew@x.example,member,write\n", o)
			if imp.State != store.Rejected {
				t.Errorf("%s: state = %s", o.Layout, imp.State)
			}
			if _, err := r.applyAs(r.owner, imp); r.code(err) != "plan-rejected" {
				t.Errorf("apply: %v", err)
			}
		}
		done := r.apply("member_id,system_role\n1,owner\n5,primary_owner\n", plan.Options{})
		r.check()
		r.undo(done)
		if got := r.member(1).Role.String() + r.member(5).Role.String(); got != "primary_ownerowner" {
			t.Errorf("undone: %s", got)
		}
	})
}

func TestP15_NobodyDeletesThemselves(t *testing.T) {
	rules(t, func(r *ruled) {
		dave := r.as("dave@x.example")
		imp, err := r.planAs(dave, "member_id,delete\n5,1\n6,1\n", plan.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := r.outcome(imp); got != "2 reject delete-self@2:delete\n3 delete" {
			t.Error(got)
		}
	})
}

func TestP16_SeatsAreCountedAfterTheWholeFile(t *testing.T) {
	rules(t, func(r *ruled) {
		r.seats(8) // 7 are used
		tests := []struct {
			name, file    string
			o             plan.Options
			state         store.State
			after, absent int64
		}{
			{"exactly the limit", "email,name\na@x.example,A\n", plan.Options{}, store.Planned, 8, 0},
			{"one too many", "email,name\na@x.example,A\nb@x.example,B\n", plan.Options{}, store.Rejected, 9, 1},
			{"a delete frees one", "member_id,email,name,delete\n,a@x.example,A,\n,b@x.example,B,\n4,,,1\n", plan.Options{}, store.Planned, 8, 0},
			{"rejected rows take none", "email,name\na@x.example,A\nann@x.example,B\n", plan.Options{}, store.Planned, 8, 0},
			{"invitations take one", "email,system_role,system_permission\na@x.example,member,write\nb@x.example,member,write\n", plan.Options{Layout: plan.InviteSheet}, store.Rejected, 9, 1},
		}
		for _, tt := range tests {
			for what, imp := range map[string]store.Import{"CSV": r.plan(tt.file, tt.o), "workbook": r.planBook(r.mustBook(tt.file), tt.o)} {
				if imp.State != tt.state || imp.Outcome.Seats.Before != 7 || imp.Outcome.Seats.After != tt.after {
					t.Errorf("%s, %s: %s, seats %+v", tt.name, what, imp.State, imp.Outcome.Seats)
				}
				missing := r.problems(imp)["seats-missing"]
				if (tt.absent > 0) != (len(missing) > 0) || len(missing) > 0 && (missing[0].Values["missing"] != line(tt.absent) || missing[0].Values["limit"] != "8") {
					t.Errorf("%s, %s: %v", tt.name, what, missing)
				}
			}
		}
		r.apply("email,name\na@x.example,A\n", plan.Options{})
		r.apply("member_id,name\n2,Anna\n", plan.Options{}) // full, but it takes none
	})
}

func TestP16_RegisteringAnInvitedPersonMovesTheSeat(t *testing.T) {
	rules(t, func(r *ruled) {
		r.apply("email,system_role,system_permission\nzoe@x.example,member,write\n", plan.Options{Layout: plan.InviteSheet})
		r.seats(8)
		done := r.apply("email,name\nZoe@x.example,Zoe\n", plan.Options{})
		if s := done.Outcome.Seats; s.Before != 8 || s.After != 8 {
			t.Errorf("seats %+v", s)
		}
		if n := r.count(`SELECT count(*) FROM invitation WHERE state = 2`); n != 1 {
			t.Errorf("%d accepted invitations", n)
		}
		r.undo(done)
		if n := r.count(`SELECT count(*) FROM invitation WHERE state = 1`); n != 1 {
			t.Errorf("undone: %d open invitations", n)
		}
		if got := r.members(); strings.Contains(got, "Zoe") {
			t.Error(got)
		}
		r.undo(r.undo(r.apply("email,name\nzoe@x.example,Zoe\n", plan.Options{})))
		if n := r.count(`SELECT count(*) FROM invitation WHERE state = 1`); n != 0 {
			t.Errorf("undo of undo: %d open invitations", n)
		}
	})
}
