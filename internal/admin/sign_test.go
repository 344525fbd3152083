package admin_test

import (
	"database/sql"
	"strings"
	"sync"
	"testing"
	"time"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

const (
	annsPassword = "correct horse 1"
	bcryptOfAnns = "$2a$04$Qe4zKkSVoW70FWGJQ/U3tOy7td496UAn7V8SfV/kw3e8/khxlV3F." // of the same, at the lowest cost
)

// ann registers a member with an address, a login ID and a password, and returns
// the ID.
func (h *house) ann() int64 {
	h.Helper()
	return h.apply("email,login_id,name,password\nAnn@x.example,ann.t,Ann,"+annsPassword+"\n", plan.Options{}).FirstMember
}

func (h *house) signIn(name, password string) (admin.SignedIn, problem.Code) {
	h.Helper()
	in, err := h.svc.SignIn(h.Context(), h.owner.Org, name, password)
	return in, h.codeOf(err)
}

// mustSignIn returns the token of a session that needs nothing more.
func (h *house) mustSignIn(name, password string) string {
	h.Helper()
	in, code := h.signIn(name, password)
	if code != "" || in.Needs != admin.NeedsNothing {
		h.Fatalf("sign in: %s, needs %q", code, in.Needs)
	}
	return in.Token
}

// at returns what became of a session.
func (h *house) at(token string) problem.Code {
	h.Helper()
	_, err := h.svc.Session(h.Context(), token)
	return h.codeOf(err)
}

func TestI2_MembersSignInByAddressOrLoginID(t *testing.T) {
	each(t, func(h *house) {
		id := h.ann()
		for _, tt := range []struct {
			name, password string
			want           problem.Code
		}{
			{"ann@x.example", annsPassword, ""}, {" ANN@X.example ", annsPassword, ""}, {"Ann.T", annsPassword, ""},
			{"ann.t", annsPassword + " ", problem.SignInFailed}, {"ann.t", "", problem.SignInFailed}, {"ann.t", strings.Repeat("x", 5000), problem.SignInFailed},
			{"nobody", annsPassword, problem.SignInFailed}, {"", "", problem.SignInFailed}, {"owner@acme.example", "", problem.SignInFailed},
		} {
			in, code := h.signIn(tt.name, tt.password)
			if code != tt.want || code == "" && (in.MemberID != id || in.Token == "") {
				h.Errorf("%q: %s, %+v", tt.name, code, in)
			}
		}
		x, err := h.svc.Session(h.Context(), h.mustSignIn("ann.t", annsPassword))
		if err != nil || x.Member.ID != id || x.Org.ID != h.owner.Org.ID {
			h.Fatalf("session: %+v, %v", x, err)
		}
		a, err := x.Actor()
		if err != nil || a.MemberID != id {
			h.Fatalf("actor: %+v, %v", a, err)
		}
		if _, err := h.svc.Members(h.Context(), a, admin.Which{}, "", 1); h.codeOf(err) != problem.ActorForbidden {
			h.Errorf("she has no role: %v", err)
		}
	})
}

func TestI2_NothingOfASessionIsAtRestButItsHash(t *testing.T) {
	each(t, func(h *house) {
		h.ann()
		token := h.mustSignIn("ann.t", annsPassword)
		for _, forged := range []string{"", "x", token[1:], token + "A", token[:len(token)-2] + "AA"} {
			if code := h.at(forged); code != problem.SessionOver {
				h.Errorf("%q: %s", forged, code)
			}
		}
		if err := h.svc.SignOut(h.Context(), token); err != nil || h.at(token) != problem.SessionOver {
			h.Errorf("after signing out: %v, %s", err, h.at(token))
		}
		if err := h.svc.SignOut(h.Context(), token); err != nil {
			h.Errorf("twice: %v", err)
		}
	})
}

func TestI2_FiveFailuresLockForLongerEachTime(t *testing.T) {
	each(t, func(h *house) {
		h.ann()
		for _, name := range []string{"ann.t", "nobody@x.example"} { // both alike: nobody learns who is there
			for i, want := range []struct {
				wait time.Duration
				code problem.Code
			}{{0, problem.SignInFailed}, {0, problem.SignInFailed}, {0, problem.SignInFailed}, {0, problem.SignInFailed}, {0, problem.SignInFailed},
				{0, problem.SignInLocked}, {59 * time.Second, problem.SignInLocked}, {2 * time.Second, problem.SignInFailed},
				{119 * time.Second, problem.SignInLocked}, {2 * time.Second, problem.SignInFailed}} {
				*h.now = h.now.Add(want.wait)
				if _, code := h.signIn(name, "wrong"); code != want.code {
					h.Errorf("%s, try %d: %s, want %s", name, i, code, want.code)
				}
			}
		}
		if _, code := h.signIn("Ann@x.example", annsPassword); code != problem.SignInLocked {
			h.Errorf("by her address: %s; it is the member who is locked", code)
		}
		*h.now = h.now.Add(5 * time.Minute)
		h.mustSignIn("ann.t", annsPassword)
		if _, code := h.signIn("ann.t", "wrong"); code != problem.SignInFailed {
			h.Errorf("after signing in: %s", code)
		}
		h.mustSignIn("ann.t", annsPassword)
	})
}

func TestI2_ManyTriesAtOnceAreNoWayAroundTheLock(t *testing.T) {
	each(t, func(h *house) {
		h.ann()
		var all sync.WaitGroup
		var mu sync.Mutex
		looked := 0
		for range 20 {
			all.Go(func() {
				_, err := h.svc.SignIn(h.Context(), h.owner.Org, "ann.t", "wrong")
				mu.Lock()
				defer mu.Unlock()
				if h.codeOf(err) == problem.SignInFailed {
					looked++
				}
			})
		}
		all.Wait()
		if looked != 5 {
			h.Errorf("%d passwords were looked at", looked)
		}
	})
}

func TestI2_PermissionToSignInIsObeyed(t *testing.T) {
	each(t, func(h *house) {
		id := h.ann()
		token := h.mustSignIn("ann.t", annsPassword)
		h.change(id, member.LoginAllowed, "0")
		if _, code := h.signIn("ann.t", annsPassword); code != problem.SignInNotAllowed {
			h.Errorf("not allowed: %s", code)
		}
		if _, code := h.signIn("ann.t", "wrong"); code != problem.SignInFailed {
			h.Errorf("not allowed, and a wrong password: %s", code)
		}
		if code := h.at(token); code != problem.SessionOver {
			h.Errorf("her session: %s", code)
		}
		h.change(id, member.LoginAllowed, "1")
		if code := h.at(token); code != problem.SessionOver {
			h.Errorf("her session came back: %s", code)
		}
		h.change(id, member.LoginUntil, "2026-11-22")
		token = h.mustSignIn("ann.t", annsPassword)
		*h.now = time.Date(2026, 11, 22, 14, 59, 0, 0, time.UTC) // 23:59 in Tokyo
		if code := h.at(token); code != "" {
			h.Errorf("through that day: %s", code)
		}
		*h.now = h.now.Add(time.Minute)
		if code := h.at(token); code != problem.SessionOver {
			h.Errorf("the day after: %s", code)
		}
		if _, code := h.signIn("ann.t", annsPassword); code != problem.SignInNotAllowed {
			h.Errorf("the day after: %s", code)
		}
	})
}

// change changes an attribute of a member as the owner.
func (h *house) change(id int64, a member.Attribute, value string) {
	h.Helper()
	if _, err := h.svc.Edit(h.Context(), h.owner, []admin.Edit{{MemberID: id, Attributes: map[member.Attribute]string{a: value}}}); err != nil {
		h.Fatalf("edit %s: %v", a, err)
	}
}

func TestM7_DeletingEndsSessionsAndUndoDoesNotBringThemBack(t *testing.T) {
	each(t, func(h *house) {
		id := h.ann()
		token := h.mustSignIn("ann.t", annsPassword)
		gone, err := h.svc.Edit(h.Context(), h.owner, []admin.Edit{{MemberID: id, Delete: true}})
		if err != nil {
			h.Fatal(err)
		}
		if code := h.at(token); code != problem.SessionOver {
			h.Errorf("deleted: %s", code)
		}
		if _, code := h.signIn("ann.t", annsPassword); code != problem.SignInFailed {
			h.Errorf("deleted, signs in: %s", code)
		}
		h.undo(gone)
		if code := h.at(token); code != problem.SessionOver {
			h.Errorf("restored: %s", code)
		}
		h.mustSignIn("ann.t", annsPassword)
	})
}

func TestI2_AnotherPasswordEndsSessions(t *testing.T) {
	each(t, func(h *house) {
		id := h.ann()
		token := h.mustSignIn("ann.t", annsPassword)
		h.change(id, member.Remarks, "tea")
		if code := h.at(token); code != "" {
			h.Errorf("another remark: %s", code)
		}
		h.change(id, member.Password, "another horse 2")
		if code := h.at(token); code != problem.SessionOver {
			h.Errorf("another password: %s", code)
		}
		if _, code := h.signIn("ann.t", annsPassword); code != problem.SignInFailed {
			h.Errorf("the old password: %s", code)
		}
		h.mustSignIn("ann.t", "another horse 2")
	})
}

func TestI2_SessionsEndByThemselves(t *testing.T) {
	each(t, func(h *house) {
		h.ann()
		h.setting(plan.SessionIdleMinutes, "30")
		h.setting(plan.SessionDays, "1")
		idle, used := h.mustSignIn("ann.t", annsPassword), h.mustSignIn("ann.t", annsPassword)
		for range 48 { // 23 hours 12 minutes
			*h.now = h.now.Add(29 * time.Minute)
			if code := h.at(used); code != "" {
				h.Fatalf("used: %s", code)
			}
		}
		if code := h.at(idle); code != problem.SessionOver {
			h.Errorf("idle: %s", code)
		}
		*h.now = h.now.Add(20 * time.Minute)
		h.at(used)
		*h.now = h.now.Add(29 * time.Minute) // more than a day in all
		if code := h.at(used); code != problem.SessionOver {
			h.Errorf("old: %s", code)
		}
		if _, err := h.svc.Sweep(h.Context(), h.owner); err != nil {
			h.Fatal(err)
		}
	})
}

func TestI2_PasswordsOfOtherSystemsBecomeOurs(t *testing.T) {
	each(t, func(h *house) {
		h.apply("email,name,password_hash\nann@x.example,Ann,"+bcryptOfAnns+"\n", plan.Options{})
		if got := h.verifier(2); got != bcryptOfAnns {
			h.Fatalf("taken over: %s", got)
		}
		if _, code := h.signIn("ann@x.example", "wrong"); code != problem.SignInFailed || h.verifier(2) != bcryptOfAnns {
			h.Errorf("wrong: %s, %s", code, h.verifier(2))
		}
		token := h.mustSignIn("ann@x.example", annsPassword)
		if !cheap.IsCurrent(h.verifier(2)) || h.at(token) != "" {
			h.Errorf("after signing in: %s, %s", h.verifier(2), h.at(token))
		}
		h.mustSignIn("ann@x.example", annsPassword)
	})
}

func (h *house) verifier(id int64) string {
	h.Helper()
	db, err := store.Open(h.Context(), h.url)
	if err != nil {
		h.Fatal(err)
	}
	defer db.Close()
	a, err := db.Account(h.Context(), h.owner.Org.ID, id)
	if err != nil {
		h.Fatal(err)
	}
	return a.Verifier
}

func TestI2_SignInWorksWhileAPlanIsApplied(t *testing.T) {
	each(t, func(h *house) {
		h.apply("email,name,password_hash\nann@x.example,Ann,"+bcryptOfAnns+"\n", plan.Options{})
		if store.IsPostgres(h.url) {
			return // writers do not wait for one another there
		}
		db, err := sql.Open("sqlite", h.url)
		if err != nil {
			h.Fatal(err)
		}
		defer db.Close()
		db.SetMaxOpenConns(1)
		if _, err := db.ExecContext(h.Context(), `BEGIN IMMEDIATE`); err != nil {
			h.Fatal(err)
		}
		token := h.mustSignIn("ann@x.example", annsPassword) // its better verifier waits for another time
		*h.now = h.now.Add(10 * time.Minute)
		if code := h.at(token); code != "" {
			h.Errorf("session: %s", code)
		}
		if err := h.svc.SignOut(h.Context(), token); err != nil {
			h.Error(err)
		}
		if _, err := db.ExecContext(h.Context(), `ROLLBACK`); err != nil {
			h.Fatal(err)
		}
	})
}

func TestM7_ErasingForgetsWhatSomebodySignedInWith(t *testing.T) {
	each(t, func(h *house) {
		id := h.ann()
		h.mustSignIn("ann.t", annsPassword)
		h.change(id, member.Password, "another horse 2")
		if err := h.svc.Erase(h.Context(), h.owner, id); err != nil {
			h.Fatal(err)
		}
		db, err := store.Open(h.Context(), h.url)
		if err != nil {
			h.Fatal(err)
		}
		defer db.Close()
		a, err := db.Account(h.Context(), h.owner.Org.ID, id)
		past, err2 := db.PastVerifiers(h.Context(), h.owner.Org.ID, id, 10)
		if err != nil || err2 != nil || a.Verifier != "" || a.Epoch != 0 || len(past) != 0 {
			h.Errorf("left: %+v, %v, %v, %v", a, past, err, err2)
		}
	})
}

func TestI2_APasswordCostsWhatItShouldUnlessATestPaysLess(t *testing.T) {
	h := open(t, founded.SQLite(t))
	svc, err := admin.Open(t.Context(), admin.Config{Database: h.url, Key: testKey, Files: h.files, Now: h.clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := svc.Close(); err != nil {
			t.Error(err)
		}
	})
	h.svc = svc
	h.apply("email,name,password\nann@x.example,Ann,correct horse 1\n", plan.Options{})
	if got := h.verifier(2); !member.FullCost.IsCurrent(got) || !strings.HasPrefix(got, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("verifier = %s", got)
	}
}
