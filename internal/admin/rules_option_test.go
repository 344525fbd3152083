package admin_test

import (
	"fmt"
	"strings"
	"testing"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

func TestP7_WhichGroupsARowGets(t *testing.T) {
	chosen := plan.Options{Groups: []string{"大阪"}}
	adding := plan.Options{Groups: []string{"2"}, AddGroups: true}
	tests := []struct {
		name, file string
		o          plan.Options
		want       map[int64]string // member → groups
	}{
		{"the row's own win over those chosen (P7)", "member_id,groups\n2,東京|大阪\n4,1\n", chosen, map[int64]string{2: "[1 2]", 4: "[1]"}},
		{"chosen ones replace (P7)", "member_id,name\n2,Ann\n4,Carol\n", chosen, map[int64]string{2: "[2]", 4: "[2]"}},
		{"chosen ones add, as an option (P7)", "member_id,name\n2,Ann\n4,Carol\n", adding, map[int64]string{2: "[1 2]", 4: "[2]"}},
		{"a blank cell is not one's own (P7, F10)", "member_id,groups\n2,\n", chosen, map[int64]string{2: "[2]"}},
		{"unchanged for who exists (P7)", "member_id,name\n2,Anna\n", plan.Options{}, map[int64]string{2: "[1]"}},
		{"default groups for who is new (P7)", "email,name\nn@x.example,N\n", plan.Options{}, map[int64]string{8: "[1]"}},
		{"chosen ones win over the default for who is new (P7)", "email,name\nn@x.example,N\n", adding, map[int64]string{8: "[2]"}},
		{"a new row's own win (P7)", "email,name,groups\nn@x.example,N,大阪\n", chosen, map[int64]string{8: "[2]"}},
		{"adding and removing (F10)", "member_id,groups\n2,+大阪|-東京\n3,-大阪\n4,-東京\n", plan.Options{}, map[int64]string{2: "[2]", 3: "[]", 4: "[]"}},
		{"{clear} takes all away (F10)", "member_id,groups\n2,{clear}\n", chosen, map[int64]string{2: "[]"}},
		{"by newline and repeated (F9)", "member_id,groups\n4,\"東京\n2\n東京\"\n", plan.Options{}, map[int64]string{4: "[1 2]"}},
	}
	rules(t, func(r *ruled) {
		r.write(func(tx *store.Tx) error {
			return tx.SaveGroup(r.Context(), 1, &member.Group{ID: 1, Name: "東京", Enabled: true, Default: true})
		})
		for _, tt := range tests {
			done := r.apply(tt.file, tt.o)
			for id, want := range tt.want {
				if id == 8 {
					id = done.FirstMember
				}
				if got := fmt.Sprint(r.member(id).Groups); got != want {
					t.Errorf("%s: member %d is in %s, want %s", tt.name, id, got, want)
				}
			}
			r.undo(done)
			if got := fmt.Sprint(r.member(2).Groups, r.member(3).Groups, r.member(4).Groups); got != "[1] [2] []" {
				t.Fatalf("%s: undone: %s", tt.name, got)
			}
		}
	})
}

func TestP7_GroupsThatCannotBeGiven(t *testing.T) {
	table(t, []planned{
		{"unknown ones are problems, each (P7)", "member_id,groups\n2,東京|京都|神戸|99\n", plan.Options{}, "2 reject group-unknown@2:groups group-unknown@2:groups group-unknown@2:groups"},
		{"mixed signs (F10)", "member_id,groups\n2,+東京|大阪\n", plan.Options{}, "2 reject values-mixed@2:groups"},
		{"a disabled group (G1)", "member_id,groups\n2,休止\n", plan.Options{}, "2 reject group-disabled@2:groups"},
		{"a chosen group that is unknown ends the file (P7)", "member_id,name\n2,A\n", plan.Options{Groups: []string{"京都"}}, "! group-unknown"},
		{"a chosen group that is disabled, too (G1)", "member_id,name\n2,A\n", plan.Options{Groups: []string{"休止"}}, "! group-disabled"},
		{"a name that no group can have (G1)", "member_id,groups\n2,+\n", plan.Options{CreateGroups: true}, "2 reject group-unknown@2:groups"},
		{"digits alone are an ID (F9)", "member_id,groups\n2,123\n", plan.Options{CreateGroups: true}, "2 reject group-unknown@2:groups"},
	})
}

func TestP7_UnknownGroupsAreMadeWhenThePlanIsApplied(t *testing.T) {
	rules(t, func(r *ruled) {
		o := plan.Options{CreateGroups: true, Groups: []string{"札幌"}}
		imp := r.plan("member_id,groups,rank\n2,京都|東京,\n3,京都,\n4,,\n5,奈良,x\n", o)
		if got := r.outcome(imp); got != "2 update\n3 update\n4 update\n5 reject number-malformed@3:rank" {
			t.Fatal(got)
		}
		names := func() int64 { return r.count(`SELECT count(*) FROM org_group`) }
		if names() != 3 {
			t.Error("a group was made by planning")
		}
		done := r.do(imp)
		if names() != 5 {
			t.Errorf("%d groups, want 5: one that only a rejected row named is not made", names())
		}
		r.undo(done)
		if names() != 5 || fmt.Sprint(r.member(2).Groups) != "[1]" {
			t.Errorf("undone: %d groups, member 2 in %v", names(), r.member(2).Groups)
		}
	})
}

func TestF10_BlankAndClear(t *testing.T) {
	clear := plan.Options{Blank: "clear"}
	table(t, []planned{
		{"an absent column is never touched (F10)", "member_id,name\n3,Bob\n", clear, "2 keep"},
		{"a blank cell is left as it is (F10)", "member_id,remarks,dept\n3,,\n2,,\n", plan.Options{}, "2 keep\n3 keep"},
		{"blank clears, with the option (F10)", "member_id,remarks,dept\n3,,\n2,,\n4,,\n", clear, "2 update\n3 update\n4 keep"},
		{"a required attribute left blank is then a problem (F10)", "member_id,name\n3,\n", clear, "2 reject required-blank@2:name"},
		{"what has no empty value is refused (F10)", "member_id,login_allowed,system_role,system_permission\n3,{clear},{clear},{clear}\n", plan.Options{},
			"2 reject value-clear-refused@2:login_allowed value-clear-refused@3:system_role value-clear-refused@4:system_permission"},
		{"{clear} clears any attribute (F10)", "member_id,login_id,login_until,groups,brand_policy,role,remarks,display_order,dept,skills,rank\n7,,,,{clear},{clear},,,,,\n2,{clear},{clear},{clear},,,{clear},{clear},{clear},{clear},{clear}\n", plan.Options{},
			"2 update\n3 update"},
		{"clearing what is empty is no change (P10)", "member_id,remarks,dept,login_until\n4,{clear},{clear},{clear}\n", plan.Options{}, "2 keep"},
		{"a text that is really {clear} (F10)", "member_id,remarks\n4,'{clear}\n", plan.Options{}, "2 update"},
		{"choices are added and removed (F10)", "member_id,skills\n2,+js|-go\n3,-go\n4,+sql\n", plan.Options{}, "2 update\n3 keep\n4 update"},
		{"taking the last choice away clears (F10)", "member_id,skills\n2,-go|-sql\n", plan.Options{}, "2 update"},
		{"a blank delete flag is no deletion (F10)", "member_id,delete\n2,\n", clear, "2 keep"},
		{"{clear} is nothing for a flag or a password (F10)", "member_id,delete,password\n2,{clear},\n3,,{clear}\n", plan.Options{},
			"2 reject value-clear-refused@2:delete\n3 reject value-clear-refused@3:password"},
	})
}

func TestF10_WhatClearingLeaves(t *testing.T) {
	rules(t, func(r *ruled) {
		done := r.apply("member_id,remarks,skills,dept,email\n3,'{clear},-go|+sql,Ops,{clear}\n", plan.Options{})
		m := r.member(3)
		if m.Remarks != "{clear}" || m.Fields["skills"] != "sql" || m.Fields["dept"] != "Ops" || m.Email != "" {
			t.Errorf("%q %v %q", m.Remarks, m.Fields, m.Email)
		}
		r.want("an address that was cleared is free", "email,name\nbob@x.example,B\n", plan.Options{}, "2 create")
		r.undo(done)
		if m = r.member(3); m.Remarks != "old" || len(m.Fields) != 0 || m.Email != "bob@x.example" {
			t.Errorf("undone: %q %v %q", m.Remarks, m.Fields, m.Email)
		}
	})
}

func TestP10_NothingChangesIsKept(t *testing.T) {
	table(t, []planned{
		{"the same values, written otherwise (P10)", "member_id,email,skills,rank,login_allowed,dept\n2, ann@x.example ,SQL|Go,1.0,TRUE,　Sales\n", plan.Options{}, "2 keep"},
		{"groups in another order (P10)", "member_id,groups\n2,1\n", plan.Options{}, "2 keep"},
		{"what a member already has is never a problem (F7)", "member_id,remarks\n3,old\n", plan.Options{}, "2 keep"},
		{"a file without rows changes nothing", "member_id,name\n", plan.Options{}, ""},
		{"only blank rows change nothing (F5)", "member_id,name\n,\n ,　\n", plan.Options{}, ""},
	})
}

func TestF6_DamageIsNamedNotStored(t *testing.T) {
	table(t, []planned{
		{"errors and lost characters (F6)", "member_id,name,remarks,dept\n2,#N/A,#REF!,#VALUE!\n3,�,a�b,�\n", plan.Options{},
			"2 reject damaged-error@2:name damaged-error@3:remarks damaged-error@4:dept\n3 reject damaged-replacement@2:name damaged-replacement@3:remarks damaged-replacement@4:dept"},
		{"rounded login IDs (F6)", "member_id,login_id\n2,1.23E+15\n3,1234567890123456\n4,123456789012345\n", plan.Options{},
			"2 reject damaged-number@2:login_id\n3 reject damaged-number@2:login_id\n4 update"},
		{"control characters (F7)", "member_id,name,dept\n2,A\x01,B\x02\n", plan.Options{}, "2 reject control-character@2:name control-character@3:dept"},
		{"dates (F8)", "member_id,login_until\n2,2026/4/1\n3,2026-02-30\n4,1.4.2026\n5,46113\n", plan.Options{},
			"2 update\n3 reject date-malformed@2:login_until\n4 reject date-malformed@2:login_until\n5 reject date-serial@2:login_until"},
	})
}

func TestP19_OnlySomeActions(t *testing.T) {
	file := "member_id,email,name,delete\n,n@x.example,New,\n2,,Anna,\n3,,,1\n4,,Carol,\n99,,X,\n"
	only := func(a ...string) plan.Options { return plan.Options{Only: a} }
	table(t, []planned{
		{"create (P19)", file, only("create"), "2 create\n3 keep ~option-only\n4 keep ~option-only\n5 keep\n6 reject member-unknown@1:member_id"},
		{"update (P19)", file, only("update"), "2 keep ~option-only\n3 update\n4 keep ~option-only\n5 keep\n6 reject member-unknown@1:member_id"},
		{"delete (P19)", file, only("delete"), "2 keep ~option-only\n3 keep ~option-only\n4 delete\n5 keep\n6 reject member-unknown@1:member_id"},
		{"create and delete (P19)", file, only("create", "delete"), "2 create\n3 keep ~option-only\n4 delete\n5 keep\n6 reject member-unknown@1:member_id"},
		{"invite counts as create (P19)", invitation + ",n@x.example,member,write,,,\n,ann@x.example,owner,admin,,,\n", plan.Options{Layout: plan.InviteSheet, Only: []string{"create"}},
			"2 invite\n3 keep ~option-only"},
		{"a problem of a row that is left out is none (P19)", "member_id,email,name\n,n@x.example,\n2,,Anna\n", only("update"), "2 keep ~option-only\n3 update"},
		{"a damaged row is never kept in silence (F4)", "member_id,name,delete\n2,Anna\n3,B,yes\n", only("create"), "2 reject row-short\n3 reject delete-flag-malformed@3:delete"},
		{"an address that a left-out row would free is taken (P8)", "member_id,email,name,delete\n2,,,1\n,ann@x.example,Ann,\n", only("create"), "2 keep ~option-only\n3 reject email-taken@2:email"},
	})
}

func TestP19_FullSync(t *testing.T) {
	sync := plan.Options{Sync: true, Match: []string{"email"}}
	table(t, []planned{
		{"absent members go, but not the primary owner nor who has no address (P19)", "email,name\nann@x.example,Anna\nbob@x.example,Bob\nn@x.example,New\n", sync,
			"2 update\n3 keep\n4 create\n0 delete\n0 delete\n0 delete\n0 delete"},
		{"by ID everybody can be named (P19)", "member_id,name\n2,Ann\n3,Bob\n4,Carol\n5,Dave\n", plan.Options{Sync: true}, "2 keep\n3 keep\n4 keep\n5 keep\n0 delete\n0 delete"},
		{"a rejected row refuses it (P19)", "email,name\nann@x.example,Anna\nbad,X\n", sync, "! sync-refused-rejects\n2 update\n3 reject email-malformed@1:email"},
		{"a file without rows refuses it (P19)", "email,name\n", sync, "! sync-empty"},
		{"outside the filter nobody goes (P19)", "email,name\nann@x.example,Anna\n", plan.Options{Sync: true, Match: []string{"email"}, SyncWithin: `groups eq "大阪"`},
			"2 update\n0 delete"},
		{"a filter that cannot be read (P19)", "email,name\nann@x.example,Anna\n", plan.Options{Sync: true, Match: []string{"email"}, SyncWithin: `groups eq`}, "! filter-syntax"},
		{"a row kept by --only is named (P19)", "email,name\nann@x.example,Anna\nbob@x.example,Bob\ncarol@x.example,C\ndave@x.example,D\neve@x.example,E\n",
			plan.Options{Sync: true, Match: []string{"email"}, Only: []string{"delete"}},
			"2 keep ~option-only\n3 keep\n4 keep ~option-only\n5 keep ~option-only\n6 keep ~option-only\n0 delete"},
		{"without deleting there is no sync (P19)", "email,name\nann@x.example,Anna\n", plan.Options{Sync: true, Match: []string{"email"}, Only: []string{"update"}}, "! options-contradict"},
		{"nor without a key (P19)", "email,name\nnew@x.example,New\n", plan.Options{Sync: true}, "! sync-no-key"},
		{"nor for memberships (P19)", "group,member_id\n1,2\n", plan.Options{Sync: true, Layout: plan.Memberships}, "! options-contradict"},
		{"a filter alone means a sync within it (P19)", "email,name\nann@x.example,Anna\n", plan.Options{SyncWithin: `groups eq "大阪"`, Match: []string{"email"}}, "2 update\n0 delete"},
	})
}

func TestP19_AbsentMembersWithoutTheKeyStay(t *testing.T) {
	rules(t, func(r *ruled) {
		r.apply("login_id,name\nnomail,No Mail\n", plan.Options{})
		imp := r.plan("email,name\nann@x.example,Ann\nbob@x.example,Bob\ncarol@x.example,Carol\ndave@x.example,Dave\neve@x.example,Eve\nfay@x.example,Fay\n",
			plan.Options{Sync: true, Match: []string{"email"}})
		if imp.Outcome.Absent[plan.Delete] != 0 {
			t.Error(r.outcome(imp))
		}
		imp = r.plan("email,name,login_id\nann@x.example,Ann,ann\n", plan.Options{Sync: true, Match: []string{"email", "login_id"}})
		if imp.Outcome.Absent[plan.Delete] != 6 {
			t.Error(r.outcome(imp))
		}
	})
}

func TestP19_SyncIsAlwaysConfirmedByNumberAndSparesOneself(t *testing.T) {
	rules(t, func(r *ruled) {
		eve := r.as("eve@x.example")
		imp, err := r.planAs(eve, "email,name\nann@x.example,Ann\nbob@x.example,Bob\nfay@x.example,Fay\n", plan.Options{Sync: true, Match: []string{"email"}})
		if err != nil {
			t.Fatal(err)
		}
		// carol goes; the owner dave does not, as eve may not delete owners; nor does eve.
		if got := r.outcome(imp); got != "2 keep\n3 keep\n4 keep\n0 delete" {
			t.Error(got)
		}
		if imp.State != store.NeedsAcceptance || fmt.Sprint(imp.Outcome.Brakes) != "[{deletes 1 0}]" {
			t.Errorf("%s %v", imp.State, imp.Outcome.Brakes)
		}
		done, err := r.applyAs(eve, imp)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(r.members(), "carol") {
			t.Error("carol is still there")
		}
		r.undo(done)
		if !strings.Contains(r.members(), "carol") {
			t.Error("carol is not back")
		}
	})
}

func TestP19_OpenInvitationsAbsentFromAnInvitationFileAreCancelled(t *testing.T) {
	rules(t, func(r *ruled) {
		r.apply(invitation+",one@x.example,member,write,,,\n,two@x.example,member,write,,,\n,boss@x.example,owner,admin,,,\n", inviting)
		all := ""
		for _, m := range []string{"ann", "bob", "carol", "fay"} {
			all += "," + m + "@x.example,member,write,,,\n"
		}
		all += ",eve@x.example,member,admin,P2,,\n,dave@x.example,owner,admin,,,\n,one@x.example,member,write,,,\n"
		o := plan.Options{Layout: plan.InviteSheet, Sync: true}
		imp := r.plan(invitation+all, o)
		if got := imp.Outcome.Absent; got[plan.Delete] != 2 || imp.Outcome.Seats.After != imp.Outcome.Seats.Before-2 {
			t.Errorf("%v %+v\n%s", got, imp.Outcome.Seats, r.outcome(imp))
		}
		eve := r.as("eve@x.example")
		hers, err := r.planAs(eve, invitation+all, o)
		if err != nil || hers.Outcome.Absent[plan.Delete] != 1 {
			t.Errorf("an admin cancels an owner's invitation: %v %v", hers.Outcome.Absent, err)
		}
		within := o
		within.SyncWithin = `groups eq "東京"`
		if got := r.plan(invitation+all, within).Outcome.Absent[plan.Delete]; got != 0 {
			t.Errorf("an invitation is in no group, but %d are cancelled", got)
		}
		done := r.do(imp)
		open := func() int64 { return r.count(`SELECT count(*) FROM invitation WHERE state = 1`) }
		if open() != 1 {
			t.Errorf("%d are open", open())
		}
		r.undo(done)
		if open() != 3 {
			t.Errorf("undone: %d are open", open())
		}
	})
}

func TestP20_LikelyRenames(t *testing.T) {
	table(t, []planned{
		{"the e-mail's local part (P20)", "email,name\nann@new.example,Annie\n", plan.Options{Match: []string{"email"}}, "2 create ~rename-likely"},
		{"name and a field (P20)", "email,name,dept\nother@x.example,Ann,Sales\n", plan.Options{Match: []string{"email"}}, "2 create ~rename-likely"},
		{"the name alone is not enough (P20)", "email,name,dept\nother@x.example,Ann,Ops\n", plan.Options{Match: []string{"email"}}, "2 create"},
		{"whom the file names is not meant (P20)", "email,name\nann@new.example,Annie\nann@x.example,Ann\n", plan.Options{Match: []string{"email"}}, "2 create\n3 keep"},
		{"only pairs unique on both sides (P20)", "email,name\nann@a.example,A\nann@b.example,B\n", plan.Options{Match: []string{"email"}}, "2 create\n3 create"},
		{"an invitation too (P20)", invitation + ",ann@new.example,member,write,,,\n", inviting, "2 invite ~rename-likely"},
	})
}

// newRows is a file of n new rows, the last with the local part of Ann's address.
func newRows(n int) string {
	var b strings.Builder
	b.WriteString("email,name\n")
	for i := range n - 1 {
		fmt.Fprintf(&b, "new%d@x.example,New\n", i)
	}
	return b.String() + "ann@new.example,Annie\n"
}

func TestP20_TenThousandNewRowsAreLookedAtAndMoreAreToldThatTheyAreNot(t *testing.T) {
	each(t, func(h *house) {
		email := plan.Options{Match: []string{"email"}}
		h.apply("email,name\nann@x.example,Ann\n", email)
		for n, want := range map[int]problem.Code{10000: problem.RenameLikely, 10001: problem.RenameNotLookedFor} {
			imp := h.plan(newRows(n), email)
			found, err := h.svc.Problems(t.Context(), h.owner, imp, 10)
			h.must(err)
			if len(found.Warnings) != 1 || found.Warnings[0].Code != want || counts(imp)[0] != int64(n) {
				t.Errorf("%d rows: counts = %v, warnings = %v, want %s", n, counts(imp), found.Warnings, want)
			}
		}
	})
}
