package admin_test

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

const (
	bcryptHash = "$2b$10$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234"
	slowBcrypt = "$2b$15$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234"
	bigArgon   = "$argon2id$v=19$m=262145,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI"
	slowPBKDF2 = "$pbkdf2-sha256$i=2000001$c29tZXNhbHRzb21lc2FsdA$MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI"
)

func TestP6_PasswordsInFiles(t *testing.T) {
	table(t, []planned{
		{"a typed one is checked against the policy (P6)", "email,name,password\na@x.example,A,short\nb@x.example,B,b@x.example\nc@x.example,C,long-enough-1\n", plan.Options{},
			"2 reject password-short@3:password\n3 reject password-is-address@3:password\n4 create"},
		{"existing members keep theirs, with a warning (P6)", "member_id,password,password_hash\n2,long-enough-1,\n3,," + bcryptHash + "\n4,x,\n", plan.Options{},
			"2 keep ~password-ignored@2:password\n3 keep ~password-ignored@3:password_hash\n4 keep ~password-ignored@2:password"},
		{"unless they are reset (P6)", "member_id,password,password_hash\n2,long-enough-1,\n3,," + bcryptHash + "\n4,x,\n", plan.Options{ResetPasswords: true},
			"2 update\n3 update\n4 reject password-short@2:password"},
		{"both cells are a problem (P6)", "email,name,password,password_hash\na@x.example,A,long-enough-1," + bcryptHash + "\n", plan.Options{}, "2 reject password-and-hash@4:password_hash"},
		{"a hash in no known form (P6)", "email,name,password_hash\na@x.example,A,5f4dcc3b5aa765d61d8327deb882cf99\n", plan.Options{}, "2 reject password-hash-unsupported@3:password_hash"},
		{"hashes that cost too much (P6)", "email,name,password_hash\na@x.example,A," + slowBcrypt + "\nb@x.example,B,\"" + bigArgon + "\"\nc@x.example,C," + slowPBKDF2 + "\n", plan.Options{},
			"2 reject password-hash-cost@3:password_hash\n3 reject password-hash-cost@3:password_hash\n4 reject password-hash-cost@3:password_hash"},
		{"two problems of one password are both told (§6)", "email,name,password\na@x.example,A,a\n", plan.Options{}, "2 reject password-short@3:password password-is-address@3:password"},
	})
}

func TestP6_WhatIsKeptOfPasswords(t *testing.T) {
	rules(t, func(r *ruled) {
		done := r.apply("email,name,password,password_hash\ntyped@x.example,T,long-enough-1,\nhashed@x.example,H,,"+bcryptHash+"\nnone@x.example,N,,\n", plan.Options{})
		verifier := func(id int64) string {
			var v string
			if err := r.raw.QueryRowContext(r.Context(), `SELECT coalesce(max(verifier), '') FROM member_secret WHERE member_id = $1`, id).Scan(&v); err != nil {
				t.Fatal(err)
			}
			return v
		}
		first := done.FirstMember
		if ok, err := member.VerifyPassword(verifier(first), "long-enough-1"); !ok || err != nil {
			t.Error("the typed password does not open", err)
		}
		if verifier(first+1) != bcryptHash || verifier(first+2) != "" {
			t.Error("the hash was not taken over, or somebody got a password from nowhere")
		}
		if n := r.count(`SELECT count(*) FROM change WHERE before LIKE '%long-enough%' OR name LIKE '%long-enough%' OR secret LIKE '%long-enough%' OR notes LIKE '%long-enough%'`); n != 0 {
			t.Error("a clear password is in a change")
		}
		version := r.member(2).Version
		reset := r.apply("member_id,password\n2,other-enough-2\n", plan.Options{ResetPasswords: true})
		if ok, _ := member.VerifyPassword(verifier(2), "other-enough-2"); !ok || r.member(2).Version != version {
			t.Errorf("reset: version %d, was %d", r.member(2).Version, version)
		}
		undo, err := r.svc.PlanUndo(r.Context(), r.owner, reset.ID, plan.Options{}, nil)
		if err != nil || r.outcome(undo) != "0 keep" {
			t.Errorf("passwords are not put back: %v %s", err, r.outcome(undo))
		}
		both := r.apply("member_id,password,name\n2,third-enough-3,Anna\n", plan.Options{ResetPasswords: true})
		r.undo(both)
		if ok, _ := member.VerifyPassword(verifier(2), "third-enough-3"); !ok || r.member(2).Name != "Ann" {
			t.Errorf("undo put back more or less than the name: %s", r.member(2).Name)
		}
	})
}

func TestP6_TypedPasswordsAreLimited(t *testing.T) {
	rules(t, func(r *ruled) {
		r.set(plan.PasswordsMax, "2")
		file := lines("email,name,password", 2, func(i int) string { return "p" + line(int64(i)) + "@x.example,P,long-enough-1" })
		if imp := r.plan(file, plan.Options{}); imp.State != store.Planned {
			t.Errorf("at the limit: %s", imp.State)
		}
		imp := r.plan(file+"p9@x.example,P,long-enough-1\n", plan.Options{})
		if got := r.outcome(imp); got != "! passwords-too-many" || imp.State != store.Rejected {
			t.Errorf("one above: %s %s", imp.State, got)
		}
	})
}

func TestP6_RandomPasswords(t *testing.T) {
	rules(t, func(r *ruled) {
		done := r.apply("email,name,password,member_id\na@x.example,A,,\nb@x.example,B,long-enough-1,\n,Anna,,2\n", plan.Options{RandomPassword: true})
		if n := r.count(`SELECT count(*) FROM member_secret WHERE must_change` + map[bool]string{true: " = 1", false: ""}[r.sqlite()]); n != 1 {
			t.Errorf("%d must change theirs", n)
		}
		if _, err := r.svc.Passwords(r.Context(), r.as("dave@x.example"), done.ID, &bytes.Buffer{}); r.code(err) != problem.PasswordsNotYours {
			t.Errorf("somebody else fetches them: %v", err)
		}
		var out bytes.Buffer
		n, err := r.svc.Passwords(r.Context(), r.owner, done.ID, &out)
		if err != nil || n != 1 {
			t.Fatal(n, err)
		}
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(out.String(), "\uFEFF"))).ReadAll()
		if err != nil || len(rows) != 2 || strings.Join(rows[0], ",") != "member_id,login_id,email,name,password" {
			t.Fatal(rows, err)
		}
		clear := rows[1][4]
		var verifier string
		if err := r.raw.QueryRowContext(r.Context(), `SELECT verifier FROM member_secret WHERE member_id = $1`, done.FirstMember).Scan(&verifier); err != nil {
			t.Fatal(err)
		}
		if ok, _ := member.VerifyPassword(verifier, clear); !ok || strings.ContainsAny(clear, "0O1lI") {
			t.Errorf("the password does not open, or has look-alikes")
		}
		if err := r.svc.ForgetPasswords(r.Context(), r.owner, done.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := r.svc.Passwords(r.Context(), r.owner, done.ID, &out); r.code(err) != problem.PasswordsGone {
			t.Errorf("a second time: %v", err)
		}
		late := r.apply("email,name\nc@x.example,C\n", plan.Options{RandomPassword: true})
		*r.now = r.now.Add(7*24*time.Hour + time.Second)
		if _, err := r.svc.Passwords(r.Context(), r.owner, late.ID, &out); r.code(err) != problem.PasswordsGone {
			t.Errorf("after seven days: %v", err)
		}
	})
}

// sqlite reports which database the test is on.
func (r *ruled) sqlite() bool { return strings.HasSuffix(r.Name(), "sqlite") }
