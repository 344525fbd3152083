package admin_test

import (
	"fmt"
	"strings"
	"testing"

	"meibo/internal/admin"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

func TestP21_EachBrakeAtItsLimitAndOneAbove(t *testing.T) {
	rules(t, func(r *ruled) {
		first := r.crowd("c", 103, ",remarks,brand_policy,groups,dept", ",note,P1,東京,Ops") // 110 members
		rows := func(header string, n int64, cells string) string {
			return lines(header, int(n), func(i int) string { return line(first+int64(i)) + cells })
		}
		invites := func(n int) string {
			return lines(strings.TrimSuffix(invitation, "\n"), n, func(i int) string { return fmt.Sprintf(",i%d@x.example,member,write,,,", i) })
		}
		clear := plan.Options{Blank: "clear"}
		tests := []struct {
			name, file string
			o          plan.Options
			want       string
		}{
			{"deletes: 11 of 110 are 10 %", rows("member_id,delete", 11, ",1"), plan.Options{}, "[]"},
			{"deletes: 12 of 110", rows("member_id,delete", 12, ",1"), plan.Options{}, "[{deletes 12 11}]"},
			{"mails: 100", invites(100), inviting, "[]"},
			{"mails: 101", invites(101), inviting, "[{mails 101 100}]"},
			{"mails that are held", invites(101), plan.Options{Layout: plan.InviteSheet, HoldMails: true}, "[]"},
			{"owners: renamed", "member_id,name\n5,David\n", plan.Options{}, "[]"},
			{"owners: e-mail", "member_id,email\n5,david@x.example\n", plan.Options{}, "[{owners 1 0}]"},
			{"owners: sign-in", "member_id,login_allowed\n5,0\n", plan.Options{}, "[{owners 1 0}]"},
			{"owners: password", "member_id,password\n5,long-enough-1\n", plan.Options{ResetPasswords: true}, "[{owners 1 0}]"},
			{"owners: made", "member_id,system_role\n2,owner\n", plan.Options{}, "[{owners 1 0}]"},
			{"owners: unmade", "member_id,system_role\n5,member\n", plan.Options{}, "[{owners 1 0}]"},
			{"owners: deleted", "member_id,delete\n5,1\n", plan.Options{}, "[{owners 1 0}]"},
			{"owners: registered", "email,name,system_role\nn@x.example,N,owner\n", plan.Options{}, "[{owners 1 0}]"},
			{"owners: invited", invitation + ",n@x.example,owner,admin,,,\n", inviting, "[{owners 1 0}]"},
			{"cleared: 20 rows", rows("member_id,remarks", 20, ","), clear, "[]"},
			{"cleared: 21 rows of 21", rows("member_id,remarks", 21, ","), clear, "[{cleared 21 20}]"},
			{"cleared: 21 rows of 42", rows("member_id,remarks", 21, ",") + strings.TrimPrefix(lines("x", 21, func(i int) string { return line(first+40+int64(i)) + ",kept" }), "x\n"), clear, "[]"},
			{"cleared: a field", rows("member_id,dept", 21, ",{clear}"), plan.Options{}, "[{cleared 21 20}]"},
			{"cleared: groups", rows("member_id,groups", 21, ",{clear}"), plan.Options{}, "[{cleared 21 20}]"},
			{"widened: 5", rows("member_id,brand_policy", 5, ",{clear}"), plan.Options{}, "[]"},
			{"widened: 6", rows("member_id,brand_policy", 6, ",{clear}"), plan.Options{}, "[{widened 6 5}]"},
			{"memberships: 20", rows("member_id,name", 20, ",C"), plan.Options{Groups: []string{"大阪"}}, "[]"},
			{"memberships: 21", rows("member_id,name", 21, ",C"), plan.Options{Groups: []string{"大阪"}}, "[{memberships 21 20}]"},
			{"memberships: none is lost by adding", rows("member_id,name", 21, ",C"), plan.Options{Groups: []string{"大阪"}, AddGroups: true}, "[]"},
		}
		for _, tt := range tests {
			imp := r.plan(tt.file, tt.o)
			if got := fmt.Sprint(imp.Outcome.Brakes); got != tt.want {
				t.Errorf("%s: %s, want %s (%v)", tt.name, got, tt.want, counts(imp))
			}
			if want := map[bool]store.State{true: store.Planned, false: store.NeedsAcceptance}[tt.want == "[]"]; imp.State != want {
				t.Errorf("%s: state %s, want %s", tt.name, imp.State, want)
			}
		}
	})
}

func TestP21_TheVeryNumberIsAcceptedOrALargerOne(t *testing.T) {
	rules(t, func(r *ruled) {
		first := r.crowd("c", 12, "", "")
		imp := r.plan(lines("member_id,delete", 12, func(i int) string { return line(first+int64(i)) + ",1" })+"5,1\n", plan.Options{})
		before := r.roll()
		for _, accept := range []map[string]int64{nil, {"deletes": 12, "owners": 1}, {"deletes": 13}, {"owners": 1}, {"mails": 99}} {
			_, err := r.svc.Apply(r.Context(), r.owner, imp.ID, admin.ApplyOptions{Accept: accept})
			if r.code(err) != problem.BrakesNotAccepted || r.roll() != before {
				t.Errorf("%v: %v", accept, err)
			}
		}
		if _, err := r.svc.Apply(r.Context(), r.owner, imp.ID, admin.ApplyOptions{Accept: map[string]int64{"deletes": 13, "owners": 5}}); err != nil {
			t.Error(err)
		}
		undo, err := r.svc.PlanUndo(r.Context(), r.owner, imp.ID, plan.Options{}, nil)
		if err != nil || fmt.Sprint(undo.Outcome.Brakes) != "[{owners 1 0}]" {
			t.Errorf("undo brakes: %v %v", undo.Outcome.Brakes, err)
		}
		r.do(undo)
		made := r.apply(lines("email,name", 12, func(i int) string { return fmt.Sprintf("d%d@x.example,D", i) }), plan.Options{})
		undo, err = r.svc.PlanUndo(r.Context(), r.owner, made.ID, plan.Options{}, nil)
		if err != nil || fmt.Sprint(undo.Outcome.Brakes) != "[{deletes 12 10}]" {
			t.Errorf("undo of creates: %v %v", undo.Outcome.Brakes, err)
		}
	})
}

func TestG2_Memberships(t *testing.T) {
	o := plan.Options{Layout: plan.Memberships}
	table(t, []planned{
		{"flag 0 and blank add, 1 removes (G2)", "group,member_id,flag\n大阪,2,0\n2,4,\n東京,2,1\n", o, "2 update\n3 update\n4 update"},
		{"adding twice is harmless (G2)", "group,member_id\n大阪,4\n大阪,4\n東京,2\n", o, "2 update\n3 keep\n4 keep"},
		{"removing who is not in it is harmless (G2)", "group,member_id,flag\n大阪,4,1\n", o, "2 keep"},
		{"adding and removing the same is a problem of the later row (G2)", "group,member_id,flag\n大阪,4,0\n大阪,4,1\n", o, "2 update\n3 reject duplicate-member@2:member_id"},
		{"also where the first changes nothing (G2)", "group,member_id,flag\n東京,2,0\n東京,2,1\n", o, "2 keep\n3 reject duplicate-member@2:member_id"},
		{"unknown group, unknown member, neither (G2)", "group,member_id,flag\n京都,2,0\n東京,99,0\n,,0\n休止,2,0\n", o,
			"2 reject group-unknown@1:groups\n3 reject member-unknown@2:member_id\n4 reject required-blank@1:groups required-blank@2:member_id\n5 reject group-disabled@1:groups"},
		{"another flag (G2)", "group,member_id,flag\n東京,2,x\n", o, "2 reject delete-flag-malformed@3:delete"},
		{"without its columns (G2)", "group,email\n東京,ann@x.example\n", o, "! header-no-membership"},
	})
}

func TestG2_MembershipsAreAppliedAndUndone(t *testing.T) {
	rules(t, func(r *ruled) {
		before := r.members()
		done := r.apply("group,member_id,flag\n2,2,0\n1,2,1\n1,4,0\n2,4,0\n", plan.Options{Layout: plan.Memberships})
		if got := fmt.Sprint(r.member(2).Groups, r.member(4).Groups); got != "[2] [1 2]" {
			t.Error(got)
		}
		r.undo(done)
		if got := r.members(); got != before {
			t.Errorf("undone:\n%s", got)
		}
	})
}

func TestF11_LimitsAreRefusedByName(t *testing.T) {
	rules(t, func(r *ruled) {
		tests := []struct {
			setting, value, file string
			code                 problem.Code
		}{
			{plan.LimitFileBytes, "20", "member_id,name\n2,Anna\n", problem.FileTooLarge},
			{plan.LimitRows, "1", "member_id,name\n2,Anna\n3,Robert\n", problem.FileRowsTooMany},
			{plan.LimitColumns, "2", "member_id,name,remarks\n2,Anna,x\n", problem.FileColumnsTooMany},
			{plan.LimitCell, "9", "member_id,name\n2,Anna Maria\n", problem.CellTooLong},
		}
		for _, tt := range tests {
			r.set(tt.setting, tt.value)
			imp := r.plan(tt.file, plan.Options{})
			if got := r.problems(imp)[tt.code]; len(got) != 1 || imp.State != store.Rejected || imp.Rows != 0 || got[0].Values["limit"] != tt.value {
				t.Errorf("%s: %s, %d rows, %v", tt.setting, imp.State, imp.Rows, r.outcome(imp))
			}
			r.set(tt.setting, "10000")
		}
	})
}

func TestF4_RowsAndHeadersThatDoNotFit(t *testing.T) {
	table(t, []planned{
		{"a short row, a long one, a long one of blanks (F4)", "member_id,name\n2\n3,B,x\n4,C,,\n", plan.Options{}, "2 reject row-short\n3 reject row-long\n4 update"},
		{"no header over filled cells (F4)", "member_id,,name\n2,x,Anna\n", plan.Options{}, "! header-empty@2:"},
		{"no header over blank cells (F4)", "member_id,,name\n2,,Anna\n", plan.Options{}, "2 update"},
		{"a header twice (F4)", "member_id,name,Name\n2,A,B\n", plan.Options{}, "! header-duplicate@3:"},
		{"almost a header (F4)", "member_id,Delte Flag\n2,1\n", plan.Options{}, "! header-near-miss@2:"},
		{"almost a header, ignored (F4)", "member_id,Delte Flag,name\n2,1,Anna\n", plan.Options{IgnoreColumns: []string{"Delte Flag"}}, "2 update"},
		{"an unknown header is ignored with a warning (F4)", "member_id,shoe size,name\n2,44,Anna\n", plan.Options{}, "! ~header-unknown@2:\n2 update"},
		{"no key (F4)", "name,remarks\nA,x\n", plan.Options{}, "! header-no-key"},
		{"a mapping (F4)", "Nr,Wer\n2,Anna\n", plan.Options{Map: map[string]string{"Nr": "member_id", "Wer": "name"}}, "2 update"},
	})
}
