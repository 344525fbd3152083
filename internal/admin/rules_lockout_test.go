package admin_test

import (
	"testing"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

func TestM3_NobodyLocksOutThePrimaryOwnerOrThemselves(t *testing.T) {
	rules(t, func(r *ruled) {
		for _, tt := range []struct{ name, who, file, want string }{
			{"the primary owner's sign-in is not forbidden, nor one's own", "dave", "member_id,login_allowed\n1,0\n5,0\n6,0\n",
				"2 reject lockout-primary-owner@2:login_allowed\n3 reject lockout-self@2:login_allowed\n4 update"},
			{"nor is it over already", "dave", "member_id,login_until\n1,2020-01-01\n5,2020-01-01\n6,2020-01-01\n",
				"2 reject lockout-primary-owner@2:login_until\n3 reject lockout-self@2:login_until\n4 update"},
			{"the primary owner's never ends; one's own may later", "dave", "member_id,login_until\n1,2099-01-01\n5,2099-01-01\n",
				"2 reject lockout-primary-owner@2:login_until\n3 update"},
			{"the primary owner does not either", "owner", "member_id,login_allowed,login_until\n1,0,2099-01-01\n5,0,2099-01-01\n",
				"2 reject lockout-primary-owner@2:login_allowed\n3 update"},
			{"another admin may forbid an admin", "dave", "member_id,login_allowed\n6,0\n", "2 update"},
			{"what is so already is no change (F12)", "dave", "member_id,login_allowed,login_until\n1,1,\n5,1,\n", "2 keep\n3 keep"},
			{"nobody becomes primary owner who cannot sign in", "owner", "member_id,system_role,login_allowed\n1,owner,\n5,primary_owner,0\n",
				"2 reject primary-owner-none@2:system_role\n3 reject lockout-primary-owner@3:login_allowed"},
			{"who hands it over may be forbidden by the next file alone", "owner", "member_id,system_role,login_allowed\n1,owner,0\n5,primary_owner,1\n",
				"2 reject lockout-self@3:login_allowed\n3 reject primary-owner-many@2:system_role"},
		} {
			address := tt.who + "@x.example"
			if tt.who == "owner" {
				address = "owner@acme.example"
			}
			imp, err := r.planAs(r.as(address), tt.file, plan.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := r.outcome(imp); got != tt.want {
				t.Errorf("%s:\n%s\nwant:\n%s", tt.name, got, tt.want)
			}
		}
	})
}

func TestM3_WhoseSignInEndsDoesNotBecomePrimaryOwner(t *testing.T) {
	rules(t, func(r *ruled) {
		r.apply("member_id,login_until\n5,2099-01-01\n", plan.Options{})
		imp, err := r.planAs(r.as("owner@acme.example"), "member_id,system_role\n1,owner\n5,primary_owner\n", plan.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := r.outcome(imp), "2 reject primary-owner-none@2:system_role\n3 reject lockout-primary-owner@2:system_role"; got != want {
			t.Errorf("%s\nwant:\n%s", got, want)
		}
	})
}

func TestM3_WhatMakesSigningInEasierLocksNobodyOut(t *testing.T) {
	rules(t, func(r *ruled) {
		dave := r.as("dave@x.example")
		imp := r.plan("member_id,login_allowed,login_until\n1,0,2020-01-01\n5,0,2020-01-01\n", plan.Options{})
		if _, err := r.svc.Apply(r.Context(), r.owner, imp.ID, admin.ApplyOptions{Sum: imp.Sum, Accept: anyBrake()}); err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct{ name, file, want string }{
			{"allowed again, though it is over still", "member_id,login_allowed\n1,1\n5,1\n", "2 update\n3 update"},
			{"a later end, though it is forbidden still", "member_id,login_until\n1,2099-01-01\n5,2099-01-01\n", "2 update\n3 update"},
			{"an earlier end is none", "member_id,login_until\n1,2019-01-01\n", "2 reject lockout-primary-owner@2:login_until"},
		} {
			imp, err := r.planAs(dave, tt.file, plan.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := r.outcome(imp); got != tt.want {
				t.Errorf("%s:\n%s\nwant:\n%s", tt.name, got, tt.want)
			}
		}
	})
}

func TestM3_AnEditOrAnUndoLocksNobodyOutEither(t *testing.T) {
	rules(t, func(r *ruled) {
		dave := r.as("dave@x.example")
		forbid := map[member.Attribute]string{member.LoginAllowed: "0"}
		for id, want := range map[int64]problem.Code{1: problem.LockoutPrimaryOwner, 5: problem.LockoutSelf} {
			if _, err := r.svc.Edit(r.Context(), dave, []admin.Edit{{MemberID: id, Attributes: forbid}}); r.code(err) != want {
				t.Errorf("member %d: %v", id, err)
			}
		}
		r.apply("member_id,login_allowed\n5,0\n", plan.Options{})
		allowed := r.apply("member_id,login_allowed\n5,1\n6,0\n", plan.Options{})
		undo, err := r.svc.PlanUndo(r.Context(), dave, allowed.ID, plan.Options{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.outcome(undo); got != "0 reject lockout-self\n0 update" {
			t.Errorf("undo: %s", got)
		}
	})
}

// The operator can always take it back: there the brake on owners is enough.
func TestP21_TheOperatorForbidsThePrimaryOwnersSignInByNumberOnly(t *testing.T) {
	rules(t, func(r *ruled) {
		imp := r.plan("member_id,login_allowed\n1,0\n", plan.Options{})
		if got := r.outcome(imp); got != "2 update" || imp.State != store.NeedsAcceptance {
			t.Errorf("%s, %s", got, imp.State)
		}
	})
}
