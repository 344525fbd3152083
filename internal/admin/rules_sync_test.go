package admin_test

import (
	"testing"

	"meibo/internal/plan"
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
