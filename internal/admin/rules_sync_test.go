package admin_test

import (
	"fmt"
	"strings"
	"testing"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
)

func TestP8_UniquenessIsJudgedWithTheDeletionsOfAFullSync(t *testing.T) {
	sync := plan.Options{Sync: true, Match: []string{"email"}}
	osaka := plan.Options{Sync: true, SyncWithin: `groups eq "大阪"`, Match: []string{"email"}}
	table(t, []planned{
		{"a new row takes the login ID of who goes (P8, P19)", "email,login_id,name\nann@x.example,,Anna\nn@x.example,bob,New\n", osaka,
			"2 update\n3 create\n0 delete"},
		{"a known row does, too (P8, P19)", "email,login_id\nann@x.example,bob\n", osaka, "2 update\n0 delete"},
		{"a login ID of who stays refuses it, and nobody is shown as going (P8, P19)",
			"email,login_id,name\nann@x.example,,Anna\nn@x.example,ann,New\nz@x.example,bob,Zoe\n", sync,
			"! sync-refused-rejects\n2 update\n3 reject login-id-taken@2:login_id\n4 create"},
		{"one outside the filter stays (P8, P19)", "email,login_id,name\nann@x.example,,Anna\nn@x.example,eve,New\n", osaka,
			"! sync-refused-rejects\n2 update\n3 reject login-id-taken@2:login_id"},
	})
}

func TestP8_WhoGoesInAFullSyncLeavesTheirKeysToWhoComes(t *testing.T) {
	rules(t, func(r *ruled) {
		before := r.members()
		o := plan.Options{Sync: true, SyncWithin: `groups eq "大阪"`, Match: []string{"email"}}
		done := r.apply("email,login_id,name\nann@x.example,bob,Anna\n", o)
		if m := r.member(2); m.LoginID != "bob" {
			t.Errorf("login ID = %s", m.LoginID)
		}
		r.undo(done)
		if got := r.members(); got != before {
			t.Errorf("undone:\n%swant:\n%s", got, before)
		}
	})
}

func TestP20_WhomAFullSyncDeletesIsPointedOutToo(t *testing.T) {
	each(t, func(h *house) {
		h.apply("email,name\nann@x.example,Ann\nbob@x.example,Bob\n", plan.Options{})
		imp := h.plan("email,name\nann@new.example,Anna\nbob@x.example,Bob\n", plan.Options{Sync: true, Match: []string{"email"}})
		found, err := h.svc.Problems(t.Context(), h.owner, imp, 10)
		h.must(err)
		if imp.Outcome.Absent[plan.Delete] != 1 || len(found.Warnings) != 1 || found.Warnings[0].Code != problem.RenameLikely || found.Warnings[0].Values["name"] != "Ann" {
			t.Errorf("absent = %v, warnings = %v", imp.Outcome.Absent, found.Warnings)
		}
	})
}

func TestP20_OfManyNamesakesNobodyIsLoaded(t *testing.T) {
	each(t, func(h *house) {
		_, err := h.svc.AddField(t.Context(), h.owner, member.Field{Identifier: "team", Type: member.Text, LabelEN: "Team", LabelJA: "チーム"})
		h.must(err)
		var file strings.Builder
		file.WriteString("login_id,email,name,team\n")
		for i := range 21 {
			fmt.Fprintf(&file, "same%d,same@h%d.example,Same,t%d\n", i, i, i)
		}
		for i := range 20 {
			fmt.Fprintf(&file, "few%d,,Few,t%d\n", i, i)
		}
		first := h.apply(file.String(), plan.Options{}).FirstMember
		imp := h.plan("login_id,name,team\nnew1,Same,t3\nnew2,Few,t3\n", plan.Options{})
		found, err := h.svc.Problems(t.Context(), h.owner, imp, 10)
		h.must(err)
		if len(found.Warnings) != 1 || found.Warnings[0].Values["member"] != fmt.Sprint(first+21+3) {
			t.Errorf("warnings = %v", found.Warnings)
		}
		got, err := h.roll().Unnamed(t.Context(), h.owner.Org.ID, nil, []string{"same"}, []string{"same"})
		h.must(err)
		if len(got) != 2 || got[0].ID != first || got[1].ID != first+1 {
			t.Errorf("%d members are loaded", len(got))
		}
	})
}
