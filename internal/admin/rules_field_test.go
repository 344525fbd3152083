package admin_test

import (
	"strings"
	"testing"

	"meibo/internal/locale"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/store"
)

func TestP18_FieldsAreCheckedAsOnPages(t *testing.T) {
	rules(t, func(r *ruled) {
		r.write(func(tx *store.Tx) error {
			return tx.SaveField(r.Context(), 1, &member.Field{Identifier: "code", LabelEN: "Code", LabelJA: "コード", Type: member.Text, Required: true, Format: member.DigitsFormat})
		})
		for _, tt := range []planned{
			{"a required field of somebody new (P18)", "email,name,code\na@x.example,A,\nb@x.example,B,12\n", plan.Options{}, "2 reject required-blank@3:code\n3 create"},
			{"also where its column is absent (P18)", "email,name\na@x.example,A\n", plan.Options{}, "2 reject required-blank@:code"},
			{"who exists without it may be changed elsewhere (P18, F10)", "member_id,name\n2,Anna\n", plan.Options{}, "2 update"},
			{"but it is not cleared (P18)", "member_id,code\n2,{clear}\n", plan.Options{}, "2 reject required-blank@2:code"},
			{"its format (P18)", "member_id,Code\n2,12a\n3,１２\n", plan.Options{}, "2 reject pattern-mismatch@2:code\n3 update"},
			{"too long, no choice, no number (P18)", "member_id,部署,技能,Rank\n2,12345678901,go|cobol,1.2.3\n", plan.Options{},
				"2 reject text-too-long@2:dept choice-unknown@3:skills number-malformed@4:rank"},
			{"choices by key or label, in any order (P18)", "member_id,skills\n2,SQL|Go\n3,JavaScript\n", plan.Options{}, "2 keep\n3 update"},
			{"a column twice, by label and identifier (F4)", "member_id,dept,Department\n2,a,b\n", plan.Options{}, "! header-duplicate@3:"},
		} {
			r.want(tt.name, tt.file, tt.o, tt.want)
		}
		for _, file := range []string{"email,name\na@x.example,A\n", "member_id,code\n2,{clear}\n"} {
			imp := r.plan(file, plan.Options{})
			p := r.problems(imp)["required-blank"][0]
			for lang, want := range map[string]string{"en": "Code must not be blank.", "ja": "コードは必須です。"} {
				if got := locale.New(lang).Problem(p); !strings.HasPrefix(got, want) {
					t.Errorf("a field is called by its label, as in the header: %s", got)
				}
			}
		}
	})
}

func TestL_EachLayoutMayBeSetOtherwise(t *testing.T) {
	table(t, []planned{
		{"a register file that invites (§5)", "email,name\nn@x.example,N\nann@x.example,Anna\n", plan.Options{New: "invite", Match: []string{"email"}}, "2 invite\n3 update"},
		{"it needs an address (P17)", "login_id,email,name\nn,,N\n", plan.Options{New: "invite", Match: []string{"login_id"}}, "2 reject email-blank@2:email"},
		{"a register file that stops at bad rows (§5)", "member_id,rank\n2,x\n3,1\n", plan.Options{BadRows: "stop"}, "2 reject number-malformed@2:rank\n3 update"},
		{"an invitation file that registers (§5)", invitation + "New,n@x.example,member,write,,,\n,m@x.example,member,write,,,\n",
			plan.Options{Layout: plan.InviteSheet, New: "register", BadRows: "skip"}, "2 create\n3 reject name-required@1:name"},
	})
}

func TestL_BadRowsStopOrAreSkipped(t *testing.T) {
	rules(t, func(r *ruled) {
		file := "member_id,rank\n2,x\n3,1\n"
		if imp := r.plan(file, plan.Options{BadRows: "stop"}); imp.State != store.Rejected {
			t.Errorf("stop: %s", imp.State)
		}
		if imp := r.plan(file, plan.Options{}); imp.State != store.Planned {
			t.Errorf("skip: %s", imp.State)
		}
		if imp := r.plan("member_id,rank\n2,x\n", plan.Options{}); imp.State != store.Rejected {
			t.Errorf("nothing is left to apply: %s", imp.State)
		}
		if imp := r.plan("member_id,name\n2,Ann\n", plan.Options{}); imp.State != store.Planned {
			t.Errorf("all is kept: %s", imp.State)
		}
	})
}
