package admin_test

import (
	"testing"
	"time"

	"meibo/internal/plan"
)

// invitation is the header of an invitation file.
const invitation = "User Name,Email,System Role Type,System Permission Type,Brand Access Policy Code,Role Code,Delete\n"

var inviting = plan.Options{Layout: plan.InviteSheet, BadRows: "skip"}

func TestP4_TheDeleteFlagOfTheRegisterLayout(t *testing.T) {
	table(t, []planned{
		{"1 and true delete (P4)", "member_id,delete\n2,1\n3,TRUE\n4,true\n", plan.Options{}, "2 delete\n3 delete\n4 delete"},
		{"0, false and blank do not (P4)", "member_id,delete\n2,0\n3,False\n4,\n", plan.Options{}, "2 keep\n3 keep\n4 keep"},
		{"anything else is a problem (P4)", "member_id,delete\n2,yes\n3,2\n4,×\n", plan.Options{},
			"2 reject delete-flag-malformed@2:delete\n3 reject delete-flag-malformed@2:delete\n4 reject delete-flag-malformed@2:delete"},
		{"nobody matches: a problem, and nobody is created (P4)", "email,name,delete\nnew@x.example,New,1\n", plan.Options{Match: []string{"email"}}, "2 reject delete-unmatched@3:delete"},
		{"its other cells are not looked at (P4)", "member_id,email,login_allowed,groups,rank,delete\n2,bad,maybe,nowhere,x,1\n", plan.Options{}, "2 delete"},
		{"a bad flag and other bad cells are all told (§6)", "member_id,delete,login_allowed,rank\n2,yes,maybe,x\n", plan.Options{},
			"2 reject delete-flag-malformed@2:delete boolean-malformed@3:login_allowed number-malformed@4:rank"},
		{"role words on a deleting row are not looked at (P4)", "member_id,system_role,delete\n2,boss,1\n", plan.Options{}, "2 delete"},
	})
}

func TestP5_TheDeleteFlagOfTheInvitationLayout(t *testing.T) {
	table(t, []planned{
		{"true deletes the member (P5)", invitation + ",ann@x.example,,,,,true\n", inviting, "2 delete"},
		{"TRUE too, as spreadsheets write it (P5)", invitation + ",ann@x.example,,,,,TRUE\n", inviting, "2 delete"},
		{"false and blank do nothing (P5)", invitation + ",ann@x.example,member,write,,,false\n,bob@x.example,member,write,,,\n", inviting, "2 keep\n3 keep"},
		{"anything else is a problem (P5)", invitation + ",ann@x.example,member,write,,,1\n,bob@x.example,member,write,,,yes\n,carol@x.example,member,write,,,１\n", inviting,
			"2 reject delete-flag-malformed@7:delete\n3 reject delete-flag-malformed@7:delete\n4 reject delete-flag-malformed@7:delete"},
		{"with what else is wrong in that row (P5, P12, P13, §6)", invitation + ",ann@x.example,owner,write,P1,,yes\n,new@x.example,member,admin,,R1,yes\n,bad,owner,admin,,R1,\n", inviting,
			"2 reject owner-with-write@4:system_permission policy-on-owner@5:brand_policy delete-flag-malformed@7:delete\n" +
				"3 reject role-on-admin@6:role delete-flag-malformed@7:delete\n4 reject email-malformed@2:email role-on-owner@6:role"},
		{"on an address that is no member the person is invited, with a warning (P5)", invitation + ",new@x.example,member,write,,,true\n", inviting, "2 invite ~delete-ignored@7:delete"},
		{"and to a problem of such a row no warning is added (P5)", invitation + ",new@x.example,,write,,,true\n", inviting, "2 reject required-blank@3:system_role"},
		{"a deleting row may leave C and D blank, not write wrong words (P12)", invitation + ",ann@x.example,boss,,,,true\n,bob@x.example,,read,,,true\n", inviting,
			"2 reject value-unknown@3:system_role\n3 reject value-unknown@4:system_permission"},
		{"a deleting row that says primary_owner (P15)", invitation + ",ann@x.example,primary_owner,admin,,,true\n", inviting, "2 reject delete-primary-owner@7:delete"},
	})
}

func TestP12_TheCodeWordsOfTheInvitationLayout(t *testing.T) {
	table(t, []planned{
		{"blank C and D are problems (P12)", invitation + ",ann@x.example,,,,,\n,new@x.example,,,,,\n", inviting,
			"2 reject required-blank@3:system_role required-blank@4:system_permission\n3 reject required-blank@3:system_role required-blank@4:system_permission"},
		{"other words are problems (P12)", invitation + ",ann@x.example,Owner,ADMIN,,,\n,new@x.example,メンバー,x,,,\n", inviting,
			"2 reject value-unknown@3:system_role value-unknown@4:system_permission\n3 reject value-unknown@3:system_role value-unknown@4:system_permission"},
		{"an owner with write is a problem (P12)", invitation + ",ann@x.example,owner,write,,,\n,new@x.example,owner,write,,,\n", inviting,
			"2 reject owner-with-write@4:system_permission\n3 reject owner-with-write@4:system_permission"},
		{"E and F on an owner type are problems (P13)", invitation + ",ann@x.example,owner,admin,P1,R1,\n,new@x.example,owner,admin,P1,R1,\n", inviting,
			"2 reject policy-on-owner@5:brand_policy role-on-owner@6:role\n3 reject policy-on-owner@5:brand_policy role-on-owner@6:role"},
		{"unknown E on member (P13)", invitation + ",ann@x.example,member,write,P9,,\n,new@x.example,member,admin,P9,,\n", inviting,
			"2 reject policy-unknown@5:brand_policy\n3 reject policy-unknown@5:brand_policy"},
		{"F on member and admin (P13)", invitation + ",ann@x.example,member,admin,,R1,\n,new@x.example,member,admin,,R1,\n", inviting,
			"2 reject role-on-admin@6:role\n3 reject role-on-admin@6:role"},
		{"unknown F on member and write (P13)", invitation + ",ann@x.example,member,write,,R9,\n,new@x.example,member,write,,R9,\n", inviting,
			"2 reject role-unknown@6:role\n3 reject role-unknown@6:role"},
		{"an invitation cannot be primary owner (P14)", invitation + ",new@x.example,primary_owner,admin,,,\n", inviting, "2 reject invitation-primary-owner@3:system_role"},
		{"the e-mail is needed and must be one (P17)", invitation + "Name,,member,write,,,\n,bad,member,write,,,\n,a@localhost,member,write,,,\n", inviting,
			"2 reject email-blank@2:email\n3 reject email-malformed@2:email\n4 reject email-malformed@2:email"},
		{"a malformed e-mail does not hide the other cells (§6)", invitation + ",bad,boss,,P9,R9,\n", inviting,
			"2 reject email-malformed@2:email value-unknown@3:system_role required-blank@4:system_permission policy-unknown@5:brand_policy role-unknown@6:role"},
		{"blank E and F take policy and role away (§5)", invitation + ",fay@x.example,member,write,,,\n", inviting, "2 update"},
		{"the name never changes, which a note says (§5, L1)", invitation + "Fiona,fay@x.example,member,write,P1,R1,\n", inviting, "2 keep ~cells-ignored"},
		{"who becomes an owner loses role and policy, with a note (P13)", invitation + ",fay@x.example,owner,admin,,,\n", inviting, "2 update"},
		{"{clear} in C is no word (P12)", invitation + ",ann@x.example,{clear},write,,,\n,new@x.example,{clear},write,,,\n", inviting,
			"2 reject value-clear-refused@3:system_role\n3 reject required-blank@3:system_role"},
	})
}

func TestP11_WhatAnAddressIsAlready(t *testing.T) {
	rules(t, func(r *ruled) {
		r.apply(invitation+",open@x.example,member,write,P1,R1,\n,gone@x.example,member,write,,,\n", inviting)
		r.exec(`UPDATE invitation SET state = 4 WHERE email_key = 'gone@x.example'`)
		r.want("open and the same: kept (P11)", invitation+",Open@x.example,member,write,P1,R1,\n", inviting, "2 keep ~already-invited@2:email")
		imp := r.want("open and other values: kept with a warning (P11)", invitation+",open@x.example,member,admin,,,\n", inviting, "2 keep ~invitation-differs@2:email")
		if got := r.problems(imp)["invitation-differs"][0].Values["attributes"]; got != "system_permission\nbrand_policy\nrole" {
			t.Errorf("attributes = %q", got)
		}
		r.want("the same open address twice (P8)", invitation+",open@x.example,member,write,P1,R1,\n,OPEN@x.example,member,write,P1,R1,\n", inviting,
			"2 keep ~already-invited@2:email\n3 reject duplicate-email@2:email")
		r.want("a cancelled one is a new invitation (P11)", invitation+",gone@x.example,member,write,,,\n", inviting, "2 invite")
		r.want("an open one in the register layout is closed (P3)", "email,name\nopen@x.example,O\n", plan.Options{}, "2 create ~invitation-accepted-by-import@1:email")
		r.want("also by who changes to the address", "member_id,email\n2,open@x.example\n", plan.Options{}, "2 update ~invitation-accepted-by-import@2:email")
		r.want("a cancelled one in the register layout is nothing", "email,name\ngone@x.example,O\n", plan.Options{}, "2 create")
		r.want("inviting a member's address without matching (P3)", invitation+",ann@x.example,member,write,,,\n",
			plan.Options{Layout: plan.InviteSheet, Match: []string{}, BadRows: "skip"}, "2 reject email-taken@2:email")
		*r.now = r.now.Add(8 * 24 * time.Hour)
		r.want("an expired one is a new invitation (P11)", invitation+",open@x.example,member,write,,,\n", inviting, "2 invite")
		r.want("an expired one in the register layout is nothing", "email,name\nopen@x.example,O\n", plan.Options{}, "2 create")
		r.apply(invitation+",open@x.example,member,write,,,\n,gone@x.example,member,write,,,\n", inviting)
		if n := r.count(`SELECT count(*) FROM invitation WHERE state = 1`); n != 2 {
			t.Errorf("%d open invitations", n)
		}
		if n := r.count(`SELECT count(*) FROM outbox`); n != 4 {
			t.Errorf("%d mails", n)
		}
	})
}

func TestP11_AnInvitationCarriesWhatItsRowSays(t *testing.T) {
	rules(t, func(r *ruled) {
		r.apply(invitation+"Name,new@x.example,member,write,P1,R1,\n,boss@x.example,owner,admin,,,\n", inviting)
		if n := r.count(`SELECT count(*) FROM invitation WHERE email = 'new@x.example' AND system_role = 3 AND system_permission = 2 AND policy_id = 1 AND role_id = 1`); n != 1 {
			t.Error("the invitation carries something else")
		}
		if n := r.count(`SELECT count(*) FROM invitation WHERE email = 'boss@x.example' AND system_role = 2 AND system_permission = 1 AND policy_id IS NULL AND role_id IS NULL`); n != 1 {
			t.Error("the owner's invitation carries something else")
		}
	})
}

func TestP10_TheInvitationLayoutAppliesNothingIfARowIsRejected(t *testing.T) {
	rules(t, func(r *ruled) {
		imp := r.plan(invitation+",new@x.example,member,write,,,\n,bad,member,write,,,\n", plan.Options{Layout: plan.InviteSheet})
		if imp.State != "rejected" {
			t.Errorf("state = %s", imp.State)
		}
		before := r.roll()
		if _, err := r.applyAs(r.owner, imp); r.code(err) != "plan-rejected" {
			t.Errorf("apply: %v", err)
		}
		if r.roll() != before {
			t.Error("something was applied")
		}
	})
}
