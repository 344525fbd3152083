package admin_test

import (
	"errors"
	"strings"
	"testing"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

func TestA1_ApplyTakesThePlanThatWasShown(t *testing.T) {
	rules(t, func(r *ruled) {
		imp := r.plan("member_id,name\n2,Anna\n", plan.Options{})
		before := r.roll()
		apply := func(id int64, o admin.ApplyOptions) problem.Code {
			_, err := r.svc.Apply(r.Context(), r.owner, id, o)
			if err == nil {
				return ""
			}
			return r.code(err)
		}
		wrong := append([]byte{^imp.Sum[0]}, imp.Sum[1:]...)
		if got := apply(imp.ID, admin.ApplyOptions{Sum: wrong}); got != problem.SumMismatch || r.roll() != before {
			t.Errorf("another sum: %s", got)
		}
		if got := apply(999, admin.ApplyOptions{}); got != problem.ImportUnknown {
			t.Errorf("unknown: %s", got)
		}
		if got := apply(imp.ID, admin.ApplyOptions{Sum: imp.Sum}); got != "" {
			t.Errorf("the same sum: %s", got)
		}
		after := r.roll()
		if got := apply(imp.ID, admin.ApplyOptions{Sum: imp.Sum}); got != problem.PlanAlreadyApplied || r.roll() != after {
			t.Errorf("again: %s", got)
		}
		other := r.plan("member_id,name\n3,Robert\n", plan.Options{})
		if err := r.svc.Discard(r.Context(), r.owner, other.ID); err != nil {
			t.Error(err)
		}
		if got := apply(other.ID, admin.ApplyOptions{}); got != problem.PlanDiscarded || r.roll() != after {
			t.Errorf("discarded: %s", got)
		}
		broken := r.plan("member_id,name\n3,Robert\n", plan.Options{})
		r.exec(`UPDATE import SET state = 'failed' WHERE id = $1`, broken.ID)
		if got := apply(broken.ID, admin.ApplyOptions{}); got != problem.PlanFailed || r.roll() != after {
			t.Errorf("broken off: %s", got)
		}
		if err := r.svc.Discard(r.Context(), r.owner, broken.ID); r.code(err) != problem.PlanFailed {
			t.Errorf("discard one that was broken off: %v", err)
		}
		if err := r.svc.Discard(r.Context(), r.owner, imp.ID); r.code(err) != problem.PlanAlreadyApplied {
			t.Errorf("discard an applied one: %v", err)
		}
	})
}

func TestA1_AChangeThatWasTamperedWithIsNotApplied(t *testing.T) {
	tampers := []string{
		`UPDATE change SET name = 'Mallory' WHERE import_id = $1 AND line = 2`,
		`UPDATE change SET email = 'm@x.example', email_key = 'm@x.example' WHERE import_id = $1 AND line = 2`,
		`UPDATE change SET email_key = 'm@x.example' WHERE import_id = $1 AND line = 2`,
		`UPDATE change SET name_key = 'm' WHERE import_id = $1 AND line = 2`,
		`UPDATE change SET system_permission = 1 WHERE import_id = $1 AND line = 3`,
		`UPDATE change SET fields = '{"dept":"X"}' WHERE import_id = $1 AND line = 3`,
		`UPDATE change SET secret = 'x' WHERE import_id = $1 AND line = 3`,
		`UPDATE change SET action = 5 WHERE import_id = $1 AND line = 3`,
		`UPDATE change SET before = '{}' WHERE import_id = $1 AND line = 3`,
		`UPDATE change SET group_ops = '1' WHERE import_id = $1 AND line = 4`,
		`DELETE FROM change WHERE import_id = $1 AND line = 3`,
		`UPDATE change SET contested = TRUE WHERE import_id = $1 AND line = 2`,
		`UPDATE import SET sum = $2 WHERE id = $1`,
		`UPDATE change_block SET counts = '{}' WHERE import_id = $1`,
		`UPDATE change_block SET counts = replace(counts, '"updated":', '"updated":7') WHERE import_id = $1`,
		`UPDATE change_block SET counts = replace(counts, '"rekeyed":1', '"rekeyed":0') WHERE import_id = $1`,
		`DELETE FROM change_block WHERE import_id = $1`,
	}
	rules(t, func(r *ruled) {
		for _, tamper := range tampers {
			imp := r.plan("member_id,name,email,groups\n2,Anna,a2@x.example,\n3,Robert,,\n4,,,大阪\n", plan.Options{})
			before := r.roll()
			args := []any{imp.ID}
			if strings.Contains(tamper, "$2") {
				args = append(args, make([]byte, 32))
			}
			r.exec(tamper, args...)
			_, err := r.svc.Apply(r.Context(), r.owner, imp.ID, admin.ApplyOptions{})
			if got := r.code(err); got != problem.SumMismatch || r.roll() != before {
				t.Errorf("%s: %s", tamper, got)
			}
			r.exec(`DELETE FROM change WHERE import_id = $1`, imp.ID)
			r.exec(`DELETE FROM import WHERE id = $1`, imp.ID)
		}
	})
}

// A moved is something that happens between planning and applying.
type moved struct {
	name, file string
	o          plan.Options
	what, who  string
	happens    func(r *ruled)
}

func TestA3_WhatMovedSinceMakesAPlanStale(t *testing.T) {
	edit := func(file string) func(*ruled) { return func(r *ruled) { r.apply(file, plan.Options{}) } }
	invite := func(address string) func(*ruled) {
		return func(r *ruled) { r.apply(invitation+","+address+",member,write,,,\n", inviting) }
	}
	update := "member_id,name\n2,Anna\n"
	tests := []moved{
		{"a member that it updates", update, plan.Options{}, "member", "2", edit("member_id,remarks\n2,x\n")},
		{"a membership of one that it updates", update, plan.Options{}, "member", "2", edit("member_id,groups\n2,大阪\n")},
		{"a member that it deletes is deleted", "member_id,delete\n2,1\n", plan.Options{}, "member", "2", edit("member_id,delete\n2,1\n")},
		{"an address that it takes", "email,name\nn@x.example,N\n", plan.Options{}, "address", "8", edit("email,name\nN@x.example,Other\n")},
		{"a login ID that it takes", "member_id,login_id\n4,cc\n", plan.Options{}, "address", "3", edit("member_id,login_id\n3,CC\n")},
		{"an address that it takes was invited", "email,name\nn@x.example,N\n", plan.Options{}, "invitation", "", invite("n@x.example")},
		{"an address that it invites was registered", invitation + ",n@x.example,member,write,,,\n", inviting, "address", "8", edit("email,name\nn@x.example,N\n")},
		{"a member of whom it changes the password alone", "member_id,password\n2,Umbrella-Horse-7\n", plan.Options{ResetPasswords: true}, "member", "2", edit("member_id,remarks\n2,x\n")},
		{"one of two who swap their login IDs", "member_id,login_id\n2,cc\n3,bb\n", plan.Options{}, "member", "3", edit("member_id,remarks\n3,x\n")},
		{"the seats", "email,name\nn@x.example,N\n", plan.Options{}, "seats", "", func(r *ruled) { r.seats(7) }},
		{"the seats, taken by others", "email,name\nn@x.example,N\n", plan.Options{}, "seats", "", func(r *ruled) {
			r.seats(8)
			r.apply("email,name\nm@x.example,M\n", plan.Options{})
		}},
		{"the primary owner", "member_id,system_role\n1,owner\n5,primary_owner\n", plan.Options{}, "member", "1", edit("member_id,system_role\n1,owner\n2,primary_owner\n")},
		{"a group", "member_id,groups\n4,大阪\n", plan.Options{}, "group", "", func(r *ruled) {
			r.exec(`DELETE FROM membership WHERE group_id = 2`)
			r.exec(`DELETE FROM org_group WHERE id = 2`)
			r.exec(`UPDATE organisation SET masters_version = masters_version + 1`)
		}},
		{"a role", "member_id,role\n2,R2\n", plan.Options{}, "role", "", func(r *ruled) {
			r.exec(`DELETE FROM role WHERE id = 2`)
			r.exec(`UPDATE organisation SET masters_version = masters_version + 1`)
		}},
		{"a policy", "member_id,brand_policy\n2,P1\n", plan.Options{}, "policy", "", func(r *ruled) {
			r.exec(`DELETE FROM policy WHERE id = 1`)
			r.exec(`UPDATE organisation SET masters_version = masters_version + 1`)
		}},
		{"a field", "member_id,dept\n2,Ops\n", plan.Options{}, "field", "", func(r *ruled) {
			r.exec(`DELETE FROM field WHERE identifier = 'dept'`)
			r.exec(`UPDATE organisation SET masters_version = masters_version + 1`)
		}},
		{"a group that it would make", "member_id,groups\n2,京都\n", plan.Options{CreateGroups: true}, "group", "", func(r *ruled) {
			r.apply("member_id,groups\n3,京都\n", plan.Options{CreateGroups: true})
		}},
		{"an invitation that it closes", "email,name\nopen@x.example,N\n", plan.Options{}, "invitation", "", func(r *ruled) {
			r.exec(`UPDATE invitation SET version = version + 1, state = 4 WHERE email_key = 'open@x.example'`)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rules(t, func(r *ruled) {
				r.apply(invitation+",open@x.example,member,write,,,\n", inviting)
				if !strings.Contains(tt.file, "open@") {
					r.exec(`UPDATE invitation SET state = 4`)
				}
				imp := r.plan(tt.file, tt.o)
				if !imp.State.Waits() {
					t.Fatalf("state = %s\n%s", imp.State, r.outcome(imp))
				}
				tt.happens(r)
				r.stale(imp, tt.what, tt.who)
			})
		})
	}
}

// An undo that opens an invitation again writes no member, so that no index of theirs
// tells that one has the address now.
func TestA3_AnAddressTakenSinceMakesAnUndoStaleThatInvitesItAgain(t *testing.T) {
	rules(t, func(r *ruled) {
		r.apply(invitation+",back@x.example,member,write,,,\n", inviting)
		cancelled, err := r.svc.PlanCancel(r.Context(), r.owner, []string{"back@x.example"})
		if err != nil {
			r.Fatal(err)
		}
		r.do(cancelled)
		imp, err := r.svc.PlanUndo(r.Context(), r.owner, cancelled.ID, plan.Options{}, nil)
		if err != nil || !imp.State.Waits() {
			r.Fatalf("undo: %s, %v\n%s", imp.State, err, r.outcome(imp))
		}
		r.apply("email,name\nback@x.example,Back\n", plan.Options{})
		r.stale(imp, "address", "8")
	})
}

// stale applies a plan that must be stale, and looks that nothing changed.
func (r *ruled) stale(imp store.Import, what, who string) {
	r.Helper()
	before := r.roll()
	_, err := r.applyAs(r.owner, imp)
	var p problem.Problem
	if !errors.As(err, &p) || p.Code != problem.PlanStale || p.Values["what"] != what || p.Values["members"] != who {
		r.Fatalf("apply: %#v, want stale by %s %s", err, what, who)
	}
	r.speaks(p)
	if r.roll() != before {
		r.Error("something was applied")
	}
	now, err := r.svc.Import(r.Context(), r.owner, imp.ID)
	if err != nil || now.State != store.Stale {
		r.Errorf("state = %s, %v", now.State, err)
	}
	if _, err := r.applyAs(r.owner, imp); r.code(err) != problem.PlanStale {
		r.Errorf("apply again: %v", err)
	}
}

func TestA3_AStalePlanNamesTheMembersAndWhoChangedThem(t *testing.T) {
	rules(t, func(r *ruled) {
		imp := r.plan("member_id,remarks\n1,z\n2,z\n3,z\n4,z\n5,z\n6,z\n", plan.Options{})
		r.apply("member_id,display_order\n1,9\n2,9\n3,9\n4,9\n5,9\n", plan.Options{})
		eve := r.as("eve@x.example")
		edit, err := r.svc.PlanEdit(r.Context(), eve, []admin.Edit{{MemberID: 6, Attributes: map[member.Attribute]string{member.DisplayOrder: "9"}}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.applyAs(eve, edit); err != nil {
			t.Fatal(err)
		}
		for _, again := range []string{"applied", "applied again"} {
			_, err := r.applyAs(r.owner, imp)
			var p problem.Problem
			if !errors.As(err, &p) || p.Values["members"] != "1\n2\n3\n4\n5" || p.Values["count"] != "6" || p.Values["who"] != "0" {
				t.Errorf("%s: %#v", again, p)
			}
		}
		one := r.plan("member_id,remarks\n6,z\n", plan.Options{})
		if edit, err = r.svc.PlanEdit(r.Context(), eve, []admin.Edit{{MemberID: 6, Attributes: map[member.Attribute]string{member.DisplayOrder: "8"}}}); err == nil {
			_, err = r.applyAs(eve, edit)
		}
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.applyAs(r.owner, one)
		var p problem.Problem
		if !errors.As(err, &p) || p.Values["members"] != "6" || p.Values["who"] != "Eve" {
			t.Errorf("one: %#v", p)
		}
	})
}

func TestA3_AStalePlanCanBePlannedAgain(t *testing.T) {
	rules(t, func(r *ruled) {
		file := "member_id,name\n2,Anna\n3,Robert\n"
		imp := r.plan(file, plan.Options{})
		r.apply("member_id,remarks\n2,x\n", plan.Options{})
		r.stale(imp, "member", "2")
		if got := counts(r.apply(file, plan.Options{})); got != [6]int64{0, 0, 2, 0, 0, 0} {
			t.Error(got)
		}
	})
}

func TestA3_KeptAndRejectedRowsDoNotMakeStale(t *testing.T) {
	rules(t, func(r *ruled) {
		imp := r.plan("member_id,name,rank\n2,Ann,\n3,Robert,\n4,X,bad\n", plan.Options{})
		r.apply("member_id,remarks\n2,x\n4,x\n", plan.Options{})
		r.do(imp)
	})
}

func TestA3_AuthorAndApproverMayStillDoIt(t *testing.T) {
	tests := []struct {
		name, by, file string
		happens        func(r *ruled)
	}{
		{"the author is gone", "eve@x.example", "member_id,name\n2,Anna\n", func(r *ruled) { r.apply("member_id,delete\n6,1\n", plan.Options{}) }},
		{"the author is no admin any more", "eve@x.example", "member_id,name\n2,Anna\n", func(r *ruled) { r.apply("member_id,system_permission,role\n6,write,R2\n", plan.Options{}) }},
		{"the author may still import and change members, but gave rights", "eve@x.example", "member_id,role\n2,R1\n", func(r *ruled) {
			r.apply("member_id,system_permission,role\n6,write,R1\n", plan.Options{})
		}},
		{"the author may still do that, but changed an admin", "dave@x.example", "member_id,name\n6,Eva\n", func(r *ruled) {
			r.apply("member_id,system_role,system_permission,role\n5,member,write,R1\n", plan.Options{})
		}},
		{"the author is an admin, but changed an owner's name", "dave@x.example", "member_id,name\n1,Otto\n", func(r *ruled) {
			r.apply("member_id,system_role\n5,member\n", plan.Options{})
		}},
		{"the author's role was narrowed", "fay@x.example", "member_id,name\n2,Anna\n", func(r *ruled) {
			r.write(func(tx *store.Tx) error {
				return tx.SaveRole(r.Context(), 1, &member.CodedRole{ID: 1, Code: "R1", Name: "R1", Access: access(nil, []string{"imports"})})
			})
		}},
		{"the default access was narrowed", "ann@x.example", "member_id,name\n3,Robert\n", func(r *ruled) {
			org := r.owner.Org
			org.DefaultAccess = access(nil, []string{"imports"})
			r.write(func(tx *store.Tx) error { return tx.SaveOrganisation(r.Context(), org) })
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rules(t, func(r *ruled) {
				org := r.owner.Org
				org.DefaultAccess = access(nil, []string{"imports", "members"})
				r.write(func(tx *store.Tx) error { return tx.SaveOrganisation(r.Context(), org) })
				r.owner.Org = org
				author := r.as(tt.by)
				imp, err := r.planAs(author, tt.file, plan.Options{})
				if err != nil || !imp.State.Waits() {
					t.Fatalf("%v %s\n%s", err, imp.State, r.outcome(imp))
				}
				tt.happens(r)
				before := r.roll()
				if _, err := r.applyAs(author, imp); r.code(err) != problem.PlanStale {
					t.Errorf("apply: %v", err)
				}
				if r.roll() != before {
					t.Error("something was applied")
				}
			})
		})
	}
}

func TestP21_ASecondPersonApproves(t *testing.T) {
	rules(t, func(r *ruled) {
		r.set(plan.SecondApproval, "1")
		r.set(plan.BrakeMails, "0")
		eve, dave := r.as("eve@x.example"), r.as("dave@x.example")
		imp, err := r.planAs(eve, invitation+",n@x.example,member,write,,,\n", inviting)
		if err != nil || imp.State != store.NeedsApproval {
			t.Fatalf("%v %s", err, imp.State)
		}
		before := r.roll()
		if _, err := r.applyAs(eve, imp); r.code(err) != problem.ApprovalOwn || r.roll() != before {
			t.Errorf("the author approves: %v", err)
		}
		if _, err := r.applyAs(r.as("fay@x.example"), imp); r.code(err) != problem.PlanStale && r.code(err) != problem.ActorForbidden {
			t.Errorf("somebody without the right to invite approves: %v", err)
		}
		imp, err = r.planAs(eve, invitation+",n@x.example,member,write,,,\n", inviting)
		if err != nil {
			t.Fatal(err)
		}
		done, err := r.applyAs(dave, imp)
		if err != nil || done.ApproverID != 5 {
			t.Errorf("another administrator: %v, approver %d", err, done.ApproverID)
		}
		own := r.plan(invitation+",m@x.example,member,write,,,\n", inviting)
		if _, err := r.applyAs(r.owner, own); r.code(err) != problem.ApprovalOwn {
			t.Errorf("the operator approves what the operator planned: %v", err)
		}
		imp, err = r.planAs(eve, invitation+",o@x.example,member,write,,,\n", inviting)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.applyAs(r.owner, imp); err != nil {
			t.Errorf("the operator approves: %v", err)
		}
	})
}

func TestA7_WelcomeMailsAreThoseThatThePlanCounted(t *testing.T) {
	rules(t, func(r *ruled) {
		mails := func() int64 { return r.count(`SELECT count(*) FROM outbox`) }
		silent := r.plan("email,name\na@x.example,A\n", plan.Options{})
		r.set(plan.WelcomeMails, "1")
		r.do(silent)
		if mails() != 0 {
			t.Errorf("%d mails that nobody was told of", mails())
		}
		loud := r.plan("email,name\nb@x.example,B\n", plan.Options{})
		r.set(plan.WelcomeMails, "0")
		if r.do(loud); loud.Mails != 1 || mails() != 1 {
			t.Errorf("%d mails planned, %d sent", loud.Mails, mails())
		}
		r.do(r.plan("email,login_id,name\nc@x.example,,C\n,d,D\n", plan.Options{Welcome: true, HoldMails: true}))
		if n := r.count(`SELECT count(*) FROM outbox WHERE state = 'held'`); n != 1 {
			t.Errorf("%d held", n)
		}
	})
}

func TestG7_WhatAFileCannotDoForWhoCannotDoItOnAPage(t *testing.T) {
	rules(t, func(r *ruled) {
		tests := []struct{ name, by, file, want string }{
			{"an admin touches no owner", "eve@x.example", "member_id,name,system_role\n5,David,\n2,,owner\n1,Otto,\n", "2 reject owner-only\n3 reject owner-only\n4 reject owner-only"},
			{"an admin makes no owner and deletes none", "eve@x.example", "member_id,email,name,system_role,delete\n,n@x.example,N,owner,\n5,,,,1\n", "2 reject owner-only\n3 reject owner-only"},
			{"an admin gives rights", "eve@x.example", "member_id,role,brand_policy,system_permission\n2,R1,P1,\n3,,,admin\n", "2 update\n3 update"},
			{"an owner changes owners", "dave@x.example", "member_id,system_role\n2,owner\n", "2 update"},
			{"who may change members gives no rights", "fay@x.example", "member_id,name,role,brand_policy,system_permission\n2,Anna,,,\n3,,R1,,\n4,,,P1,admin\n",
				"2 update\n3 reject attribute-forbidden@3:role\n4 reject attribute-forbidden@4:brand_policy attribute-forbidden@5:system_permission"},
			{"nor takes them, nor changes an admin", "fay@x.example", "member_id,name,brand_policy,delete\n7,,{clear},\n6,Eva,,\n6,,,1\n",
				"2 reject attribute-forbidden@3:brand_policy\n3 reject administrator-only\n4 reject administrator-only duplicate-member@1:member_id"},
			{"nor to somebody new", "fay@x.example", "email,name,role\nn@x.example,N,R2\nm@x.example,M,\n", "2 reject attribute-forbidden@3:role\n3 create"},
		}
		for _, tt := range tests {
			imp, err := r.planAs(r.as(tt.by), tt.file, plan.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := r.outcome(imp); got != tt.want {
				t.Errorf("%s\ngot:\n%s\nwant:\n%s", tt.name, got, tt.want)
			}
		}
		r.apply("member_id,role\n2,R2\n", plan.Options{})
		imp, err := r.planAs(r.as("ann@x.example"), "member_id,email,name\n3,,Robert\n4,,Carol\n,n@x.example,N\n", plan.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := r.outcome(imp); got != "2 reject forbidden\n3 keep\n4 reject forbidden" {
			t.Errorf("who may import, but not change members:\n%s", got)
		}
		imp, err = r.planAs(r.as("fay@x.example"), invitation+",n@x.example,member,write,,,\n", inviting)
		if err != nil || r.outcome(imp) != "2 reject forbidden" {
			t.Errorf("who may not invite: %v\n%s", err, r.outcome(imp))
		}
		if _, err := r.planAs(r.as("bob@x.example"), "member_id,name\n2,X\n", plan.Options{}); r.code(err) != problem.ActorForbidden {
			t.Errorf("who may nothing: %v", err)
		}
		if imp, err := r.planAs(r.as("fay@x.example"), "member_id,groups\n2,京都\n", plan.Options{CreateGroups: true}); err != nil || imp.State != store.Rejected {
			t.Errorf("who may not make groups: %v %s", err, imp.State)
		}
	})
}

func TestG7_AnUndoIsNoWayAroundRights(t *testing.T) {
	rules(t, func(r *ruled) {
		done := r.apply("member_id,email,name,role,system_role,delete\n2,,,R1,,\n7,,,,,1\n5,,,,,1\n,b@x.example,B,,owner,\n3,,Robert,,,\n", plan.Options{})
		fay := func() admin.Actor { return r.as("ann@x.example") } // ann has R1 now
		undo, err := r.svc.PlanUndo(r.Context(), fay(), done.ID, plan.Options{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := "0 reject administrator-only\n0 reject administrator-only\n0 reject owner-only\n0 reject owner-only\n0 update"
		if got := r.outcome(undo); got != want {
			t.Errorf("got:\n%s\nwant:\n%s", got, want)
		}
		if _, err := r.svc.PlanUndo(r.Context(), r.as("bob@x.example"), done.ID, plan.Options{}, nil); r.code(err) != problem.ActorForbidden {
			t.Error(err)
		}
	})
}

func TestR0_OrganisationsInOneDatabaseNeverSeeEachOther(t *testing.T) {
	rules(t, func(r *ruled) {
		zone := r.owner.Org.Zone
		other, _, err := r.svc.SetUp(r.Context(), admin.NewOrganisation{Name: "Other", OwnerEmail: "owner@acme.example", OwnerName: "O. Ito", Zone: zone})
		if err != nil {
			t.Fatal(err)
		}
		r.furniture(other.Org.ID)
		here := r.owner
		story := func(a admin.Actor) string {
			r.owner = a
			if a.Org.ID == other.Org.ID {
				r.apply(people, plan.Options{})
			}
			r.apply(invitation+",zoe@x.example,member,write,,,\n", inviting)
			swap := r.apply("member_id,email,groups,name\n2,bob@x.example,大阪,\n3,ann@x.example,,\n,zoe@x.example,,Zoe\n", plan.Options{})
			r.undo(swap)
			r.apply("email,name\nann@x.example,Anna\nbob@x.example,Bob\n", plan.Options{Sync: true, Match: []string{"email"}})
			r.apply("group,member_id,flag\n1,2,1\n2,2,0\n", plan.Options{Layout: plan.Memberships})
			return r.members()
		}
		first := story(here)
		before := r.count(`SELECT count(*) FROM change WHERE org_id = $1`, here.Org.ID)
		second := story(other)
		if first != second {
			t.Errorf("here:\n%sthere:\n%s", first, second)
		}
		if after := r.count(`SELECT count(*) FROM change WHERE org_id = $1`, here.Org.ID); after != before {
			t.Errorf("%d changes became %d", before, after)
		}
		r.owner = here
		if got := r.members(); got != first {
			t.Errorf("changed by the other organisation:\n%s", got)
		}
		imports, err := r.db.Imports(r.Context(), other.Org.ID, store.ImportQuery{})
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range imports {
			if mine, err := r.svc.Import(r.Context(), here, i.ID); err == nil && mine.Org != here.Org.ID {
				t.Errorf("import %d of the other organisation", i.ID)
			}
		}
		if _, err := r.svc.Apply(r.Context(), here, 9999, admin.ApplyOptions{}); r.code(err) != problem.ImportUnknown {
			t.Error(err)
		}
	})
}
