package admin_test

import (
	"fmt"
	"strings"
	"testing"

	"meibo/internal/plan"
	"meibo/internal/store"
)

// undone plans the undo of an import and compares its outcome.
func (r *ruled) undone(name string, of store.Import, o plan.Options, want string) store.Import {
	r.Helper()
	imp, err := r.svc.PlanUndo(r.Context(), r.owner, of.ID, o, nil)
	if err != nil {
		r.Fatal(err)
	}
	if got := r.outcome(imp); got != want {
		r.Errorf("%s\ngot:\n%s\nwant:\n%s", name, got, want)
	}
	return imp
}

func TestA6_WhatCannotBePutBackIsLeftAloneAndTheOthersGoOn(t *testing.T) {
	rules(t, func(r *ruled) {
		done := r.apply("member_id,email,name,groups,role,dept,delete\n2,,Anna,,,,\n3,,Robert,大阪|東京,,,\n4,c2@x.example,,,,,\n7,,,,,,1\n,n@x.example,New,,,,\n", plan.Options{})
		fresh := done.FirstMember
		r.apply(fmt.Sprintf("member_id,remarks\n2,since\n%d,since\n", fresh), plan.Options{})
		r.apply("email,name\ncarol@x.example,Other\nfay@x.example,Fay II\n", plan.Options{})
		imp := r.undone("changed since, addresses taken", done, plan.Options{},
			"0 reject changed-since\n0 update\n0 reject address-taken-since\n0 reject address-taken-since\n0 reject changed-since")
		for _, p := range r.problems(imp)["changed-since"] {
			if p.Values["when"] != "2026-11-22 18:00" {
				t.Errorf("when = %q", p.Values["when"])
			}
		}
		r.undone("asked to change them too", done, plan.Options{ChangedToo: true},
			"0 update\n0 update\n0 reject address-taken-since\n0 reject address-taken-since\n0 delete")
		r.do(imp)
		if m := r.member(3); m.Name != "Bob" || fmt.Sprint(m.Groups) != "[2]" {
			t.Errorf("%s %v", m.Name, m.Groups)
		}
		r.undone("once more: what the undo put back is back already", done, plan.Options{},
			"0 reject changed-since\n0 keep\n0 reject address-taken-since\n0 reject address-taken-since\n0 reject changed-since")
	})
}

func TestA6_WhatIsBackAlreadyIsNoProblem(t *testing.T) {
	rules(t, func(r *ruled) {
		done := r.apply("member_id,email,name,delete\n2,,Anna,\n3,,,1\n,n@x.example,New,\n", plan.Options{})
		r.undo(done)
		r.undone("everything was undone before", done, plan.Options{}, "0 keep\n0 keep\n0 keep")
		r.apply("member_id,name\n2,Annie\n", plan.Options{})
		r.undone("but for who was changed again", done, plan.Options{}, "0 reject changed-since\n0 keep\n0 keep")
	})
}

func TestA6_WhoWasDeletedSinceIsSaidToBeAndNoOptionIsOffered(t *testing.T) {
	rules(t, func(r *ruled) {
		done := r.apply("member_id,name,delete\n2,Anna,\n3,,1\n", plan.Options{})
		r.undo(done)
		again := r.apply("member_id,name,delete\n2,Anna,\n3,,1\n", plan.Options{})
		r.apply("member_id,delete\n2,1\n", plan.Options{})
		for _, o := range []plan.Options{{}, {ChangedToo: true}} {
			imp := r.undone("deleted since, and deleted again", done, o, "0 reject changed-since\n0 reject changed-since")
			for _, p := range r.problems(imp)["changed-since"] {
				if p.Values["what"] != "deleted" {
					r.Errorf("values = %v", p.Values)
				}
			}
		}
		r.undone("the last deletion is the one to undo", again, plan.Options{}, "0 reject changed-since\n0 create")
	})
}

func TestA6_AGroupARoleOrAPolicyThatIsGoneIsAReject(t *testing.T) {
	rules(t, func(r *ruled) {
		done := r.apply("member_id,groups,role,brand_policy,remarks\n2,{clear},,,\n3,,,,x\n7,,{clear},{clear},\n", plan.Options{})
		r.exec(`DELETE FROM org_group WHERE id = 1`)
		r.exec(`DELETE FROM role WHERE id = 1`)
		r.undone("gone", done, plan.Options{}, "0 reject group-gone\n0 update\n0 reject role-gone")
	})
}

func TestA6_AnUndoIsAppliedLikeAnyPlan(t *testing.T) {
	rules(t, func(r *ruled) {
		before := r.members()
		done := r.apply("member_id,email,login_id,name,groups,role,brand_policy,system_role,dept,skills,delete\n"+
			"2,bob@x.example,bob,Anna,大阪,,,,Ops,js,\n3,ann@x.example,ann,,,,,,,,\n4,,,,,,,,,,1\n7,,,,,{clear},{clear},,,,\n5,,,,,,,primary_owner,,,\n1,,,,,,,owner,,,\n,n@x.example,n,New,東京,,,,Ops,,\n", plan.Options{})
		after := r.members()
		undo, err := r.svc.PlanUndo(r.Context(), r.owner, done.ID, plan.Options{}, nil)
		if err != nil || undo.State != store.NeedsAcceptance {
			t.Fatalf("%v %s\n%s", err, undo.State, r.outcome(undo))
		}
		undo = r.do(undo)
		if got := r.members(); got != before {
			t.Errorf("undone:\n%swant:\n%s", got, before)
		}
		if m := r.member(2); m.Fields["dept"] != "Sales" || m.Fields["skills"] != "go|sql" {
			t.Errorf("fields = %v", m.Fields)
		}
		r.check()
		redo := r.undo(undo)
		if got := r.members(); got != after {
			t.Errorf("redone:\n%swant:\n%s", got, after)
		}
		r.undo(redo)
		if got := r.members(); got != before {
			t.Errorf("undone again:\n%swant:\n%s", got, before)
		}
		stale, err := r.svc.PlanUndo(r.Context(), r.owner, redo.ID, plan.Options{}, nil)
		if err != nil || stale.Outcome.Counts.Applied() != 0 {
			t.Errorf("undone twice: %v\n%s", err, r.outcome(stale))
		}
		if _, err := r.svc.PlanUndo(r.Context(), r.owner, stale.ID, plan.Options{}, nil); r.code(err) != "undo-not-applied" {
			t.Errorf("undo of what was not applied: %v", err)
		}
	})
}

func TestA6_InvitationsAreCancelledAndReopened(t *testing.T) {
	rules(t, func(r *ruled) {
		done := r.apply(invitation+",one@x.example,member,write,,,\n,two@x.example,member,write,,,\n", inviting)
		r.apply("email,name\ntwo@x.example,Two\n", plan.Options{})
		imp := r.undone("accepted since", done, plan.Options{}, "0 delete\n0 reject invitation-accepted-since")
		if s := imp.Outcome.Seats; s.After != s.Before-1 {
			t.Errorf("seats %+v", s)
		}
		back := r.do(imp)
		r.apply(invitation+",one@x.example,member,write,,,\n", inviting)
		r.undone("the address is invited anew", back, plan.Options{}, "0 reject address-taken-since@:email")
	})
}

func TestA6_HistoryAndNumbersSurvive(t *testing.T) {
	rules(t, func(r *ruled) {
		done := r.apply("email,name\na@x.example,A\n", plan.Options{})
		r.undo(r.undo(done))
		if m := r.member(done.FirstMember); m.Email != "a@x.example" || m.Version != 3 {
			t.Errorf("%s version %d", m.Email, m.Version)
		}
		r.undo(r.apply("email,name\nb@x.example,B\n", plan.Options{}))
		next := r.apply("email,name\nc@x.example,C\n", plan.Options{})
		if next.FirstMember != done.FirstMember+2 {
			t.Errorf("number %d was given again", next.FirstMember)
		}
	})
}

func TestP9_StaleCells(t *testing.T) {
	rules(t, func(r *ruled) {
		base := plan.NewBaseKey([]byte(strings.Repeat("\x07", 32)), r.owner.Org.ID)
		token := func(id, version int64) string { return base.Token(id, version, [8]byte{}) }
		was := token(2, 1)
		r.apply("member_id,name,groups\n2,Anna,大阪\n", plan.Options{})
		file := func(cells, token string) string {
			return "member_id,name,remarks,groups,_base\n2," + cells + "," + token + "\n"
		}
		file2 := plan.Options{Conflicts: "file"}
		r.want("a cell equal to what it was is no change (P9)", file("Ann,,東京", was), plan.Options{}, "2 keep")
		r.want("another cell that was edited is one (P9)", file("Ann,new,東京", was), plan.Options{}, "2 update")
		imp := r.want("edited here and there: a conflict (P9)", file("Annie,,東京", was), plan.Options{}, "2 reject cell-conflict@2:name")
		if p := r.problems(imp)["cell-conflict"][0]; p.Values["was"] != "Ann" || p.Values["now"] != "Anna" || p.Values["yours"] != "Annie" {
			t.Errorf("values = %v", p.Values)
		}
		r.want("groups conflict, too (P9)", file("Ann,,休止", was), plan.Options{}, "2 reject group-disabled@4:groups")
		r.want("the file wins (P9)", file("Annie,,東京", was), file2, "2 update")
		r.want("the same edit there and here is none (P9)", file("Anna,,大阪", was), plan.Options{}, "2 keep")
		r.want("a token of the present version (P9)", file("Annie,,大阪", token(2, 2)), plan.Options{}, "2 update")
		r.want("a forged token (P9)", file("Annie,,大阪", "bAAAA"), plan.Options{}, "2 reject base-forged@5:_base")
		r.want("a copied row is not that member (P9)", file("Anna,x,大阪", token(3, 1)), plan.Options{}, "2 update ~base-other-member@5:_base")
		r.want("many that disagree (P9)", "member_id,name,_base\n2,A,"+token(3, 1)+"\n3,B,"+token(4, 1)+"\n4,C,"+token(2, 1)+"\n", plan.Options{}, "! base-many-disagree")
		r.want("without it the member as they are (P9)", "member_id,name\n2,Ann\n", plan.Options{}, "2 update")
		r.want("chosen groups do not undo what changed since (P9, P7)", "member_id,name,_base\n2,Ann,"+was+"\n", plan.Options{Groups: []string{"大阪"}}, "2 keep")
	})
}
