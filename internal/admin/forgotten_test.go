package admin_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"meibo/internal/admin"
	"meibo/internal/mailtest"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

const newPassword = "battery staple 2"

// tokenIn returns the token of a mail's link to a page.
func tokenIn(t testing.TB, m mailtest.Mail, page string) string {
	t.Helper()
	token, ok := strings.CutPrefix(linkIn(t, m), "https://m.acme.example/"+page+"#")
	if !ok {
		t.Fatalf("%q does not lead to %s", linkIn(t, m), page)
	}
	return token
}

func (h *house) forgot(name string) {
	h.Helper()
	h.must(h.svc.RequestReset(h.Context(), h.owner.Org, name))
}

// resetToken asks for a new password and returns the token that is mailed.
func (h *house) resetToken(name string, server *mailtest.Server, post admin.Post) string {
	h.Helper()
	h.forgot(name)
	h.sends(post, [5]int64{1, 0, 0, 0, 0})
	all := server.Mails()
	return tokenIn(h, all[len(all)-1], "password")
}

func (h *house) byLink(token, password string) problem.Code {
	h.Helper()
	return h.codeOf(h.svc.SetPasswordByLink(h.Context(), token, password))
}

// linkIs insists on what a link to a password leads to.
func (h *house) linkIs(why, token string, want problem.Code) {
	h.Helper()
	if _, err := h.svc.ParsePasswordLink(h.Context(), token); h.codeOf(err) != want {
		h.Errorf("%s: %v, want %s", why, err, want)
	}
}

func TestI2_AForgottenPasswordIsSetByALink(t *testing.T) {
	each(t, func(h *house) {
		server, post := h.postOffice()
		h.ann()
		session := h.mustSignIn("ann.t", annsPassword)
		for range 6 {
			h.signIn("ann.t", "forgotten")
		}
		token := h.resetToken(" ANN.t ", server, post)
		if got := server.Mails()[0]; got.To != "Ann@x.example" || strings.Contains(got.Text+got.HTML, annsPassword) {
			h.Errorf("mail to %s: %s", got.To, got.Text)
		}
		x, err := h.svc.ParsePasswordLink(h.Context(), token)
		if err != nil || x.Member.Name != "Ann" || x.Policy.MinLength != 8 {
			h.Fatalf("link: %+v, %v", x, err)
		}
		for password, want := range map[string]problem.Code{"": problem.PasswordShort, "short": problem.PasswordShort, "ann@x.example": problem.PasswordIsAddress, annsPassword: problem.PasswordUsed} {
			if got := h.byLink(token, password); got != want {
				h.Errorf("%q: %s, want %s", password, got, want)
			}
		}
		if got := h.byLink(token, newPassword); got != "" {
			h.Fatalf("by the link: %s", got)
		}
		h.linkIs("used", token, problem.LinkDead)
		if got := h.byLink(token, newPassword+"x"); got != problem.LinkDead || h.at(session) != problem.SessionOver {
			h.Errorf("used: %s; her session: %s", got, h.at(session))
		}
		h.mustSignIn("ann.t", newPassword) // and is locked no more
	})
}

func TestI2_WhetherThereIsSomebodyIsNotTold(t *testing.T) {
	each(t, func(h *house) {
		server, post := h.postOffice()
		id := h.ann()
		h.apply("login_id,name\nnomail,N\n", plan.Options{Match: []string{"login_id"}})
		for _, name := range []string{"nobody@x.example", "", "nomail"} {
			h.forgot(name)
		}
		h.change(id, member.LoginAllowed, "0")
		h.forgot("ann.t")
		h.sends(post, [5]int64{0, 0, 0, 0, 0})
		if len(server.Mails()) != 0 {
			h.Errorf("arrived: %+v", server.Mails())
		}
	})
}

func TestI2_AskingAgainAndAgainFillsNoMailbox(t *testing.T) {
	each(t, func(h *house) {
		server, post := h.postOffice()
		h.ann()
		for range 5 {
			h.forgot("ann.t") // one waits
		}
		h.sends(post, [5]int64{1, 0, 0, 0, 0})
		*h.now = h.now.Add(119 * time.Second)
		h.forgot("ann@x.example")
		h.sends(post, [5]int64{0, 0, 0, 0, 0})
		*h.now = h.now.Add(2 * time.Second)
		h.forgot("ann@x.example")
		h.sends(post, [5]int64{1, 0, 0, 0, 0})
		if len(server.Mails()) != 2 {
			h.Errorf("%d arrived", len(server.Mails()))
		}
	})
}

func TestI2_WhatALinkDiesOf(t *testing.T) {
	each(t, func(h *house) {
		server, post := h.postOffice()
		id := h.ann()
		for _, tt := range []struct {
			why string
			do  func()
		}{
			{"another password", func() { h.change(id, member.Password, "another horse 2") }},
			{"another address", func() { h.change(id, member.Email, "ann2@x.example") }},
			{"signing out everywhere", func() {
				x, err := h.svc.Session(h.Context(), h.mustSignIn("ann.t", "another horse 2"))
				h.must(err)
				h.must(h.svc.SignOutEverywhere(h.Context(), x))
			}},
			{"forbidden and allowed again", func() { h.change(id, member.LoginAllowed, "0"); h.change(id, member.LoginAllowed, "1") }},
			{"an hour", func() { *h.now = h.now.Add(time.Hour) }},
			{"deleted and restored", func() {
				gone, err := h.svc.Edit(h.Context(), h.owner, []admin.Edit{{MemberID: id, Delete: true}})
				h.must(err)
				h.undo(gone)
			}},
		} {
			*h.now = h.now.Add(5 * time.Minute)
			token := h.resetToken("ann.t", server, post)
			h.linkIs("before "+tt.why, token, "")
			tt.do()
			h.linkIs(tt.why, token, problem.LinkDead)
			if got := h.byLink(token, newPassword); got != problem.LinkDead {
				h.Errorf("%s: %s", tt.why, got)
			}
		}
		*h.now = h.now.Add(5 * time.Minute)
		token := h.resetToken("ann.t", server, post)
		h.change(id, member.Name, "Anne") // no reason to die
		for _, forged := range []string{"", "x", token[1:], token + "A", strings.ToUpper(token)} {
			h.linkIs("forged", forged, problem.LinkDead)
		}
		h.linkIs("hers", token, "")
	})
}

func TestI2_TwoWhoUseALinkAtOnceSetOnePassword(t *testing.T) {
	each(t, func(h *house) {
		server, post := h.postOffice()
		h.ann()
		token := h.resetToken("ann.t", server, post)
		passwords := []string{newPassword, newPassword + "b", newPassword + "c"}
		codes := make([]problem.Code, len(passwords))
		var all sync.WaitGroup
		for i := range passwords {
			all.Go(func() { codes[i] = h.byLink(token, passwords[i]) })
		}
		all.Wait()
		won := 0
		for i, code := range codes {
			if code == "" {
				won++
				h.mustSignIn("ann.t", passwords[i])
			} else if code != problem.LinkDead {
				h.Errorf("%d: %s", i, code)
			}
		}
		if won != 1 {
			h.Errorf("%d were set", won)
		}
	})
}

func TestP6_FirstPasswordsForAllOfAnImport(t *testing.T) {
	each(t, func(h *house) {
		server, post := h.postOffice()
		imp := h.apply("email,login_id,name,password,login_allowed,login_until\n"+
			"ann@x.example,,Ann,,,\nbob@x.example,,Bob,"+annsPassword+",,\n,cy,Cy,,,\ndee@x.example,,Dee,,0,\n"+
			"eve@x.example,,Eve,,,2026-11-21\nfay@x.example,,Fay,,,2026-11-22\ngus@x.example,,Gus,,,\n", plan.Options{Match: []string{"email", "login_id"}})
		gus, err := h.svc.Member(h.Context(), h.owner, "gus@x.example")
		h.must(err)
		if _, err := h.svc.Edit(h.Context(), h.owner, []admin.Edit{{MemberID: gus.ID, Delete: true}}); err != nil {
			h.Fatal(err)
		}
		h.firstPasswords(imp, nil, 2, "")
		h.firstPasswords(imp, nil, 0, "") // they wait
		h.sends(post, [5]int64{2, 0, 0, 0, 0})
		to := map[string]string{}
		for _, m := range server.Mails() {
			to[m.To] = tokenIn(h, m, "password")
		}
		if len(to) != 2 || to["ann@x.example"] == "" || to["fay@x.example"] == "" {
			h.Fatalf("arrived: %v", to)
		}
		*h.now = h.now.Add(6 * 24 * time.Hour)
		if got := h.byLink(to["ann@x.example"], annsPassword); got != "" {
			h.Errorf("ann: %s", got)
		}
		h.mustSignIn("ann@x.example", annsPassword)
		h.firstPasswords(imp, nil, 0, "") // ann has chosen one; fay may not sign in any more
	})
}

// firstPasswords sends first passwords for an import and insists on how many, or on
// a problem.
func (h *house) firstPasswords(imp store.Import, accept map[string]int64, want int64, code problem.Code) {
	h.Helper()
	n, err := h.svc.SendFirstPasswords(h.Context(), h.owner, imp.ID, accept)
	if got := h.codeOf(err); got != code || n != want && code == "" {
		h.Errorf("first passwords: %d, %s; want %d, %s", n, got, want, code)
	}
}

func TestP6_RandomPasswordsAreReplacedByFirstOnes(t *testing.T) {
	each(t, func(h *house) {
		server, post := h.postOffice()
		imp := h.apply("email,name\nann@x.example,Ann\n", plan.Options{RandomPassword: true})
		var csv strings.Builder
		_, err := h.svc.Passwords(h.Context(), h.owner, imp.ID, &csv)
		h.must(err)
		random := strings.TrimSpace(csv.String()[strings.LastIndexByte(csv.String(), ',')+1:])
		in, code := h.signIn("ann@x.example", random)
		if code != "" || in.Needs != admin.NeedsPassword {
			h.Fatalf("with the random one: %s, needs %q", code, in.Needs)
		}
		h.firstPasswords(imp, nil, 1, "")
		h.sends(post, [5]int64{1, 0, 0, 0, 0})
		if got := h.byLink(tokenIn(h, server.Mails()[0], "password"), annsPassword); got != "" {
			h.Errorf("by the link: %s", got)
		}
		h.mustSignIn("ann@x.example", annsPassword)
	})
}

func TestI2_AMemberIsMailedALinkToAFirstPasswordThenToANewOne(t *testing.T) {
	each(t, func(h *house) {
		server, post := h.postOffice()
		h.apply("email,login_id,name,login_allowed\nann@x.example,,Ann,\n,cy,Cy,\ndee@x.example,,Dee,0\n", plan.Options{Match: []string{"email", "login_id"}})
		ann := h.as("ann@x.example").MemberID
		sends := func(id int64, want bool, code problem.Code) {
			t.Helper()
			sent, err := h.svc.SendPasswordLink(h.Context(), h.owner, id)
			if sent != want || h.codeOf(err) != code {
				t.Errorf("member %d: %t, %v", id, sent, err)
			}
		}
		is := func(want string) {
			t.Helper()
			if about, err := h.svc.AboutMember(h.Context(), h.owner, ann); err != nil || about.LinkMail != want {
				t.Errorf("offered = %q, %v, want %q", about.LinkMail, err, want)
			}
		}
		is(store.FirstPasswordMail)
		sends(ann, true, "")
		sends(ann, false, "") // it waits
		h.sends(post, [5]int64{1, 0, 0, 0, 0})
		if got := h.byLink(tokenIn(h, server.Mails()[0], "password"), annsPassword); got != "" {
			t.Errorf("by the first link: %s", got)
		}
		is(store.ResetMail)
		sends(ann, true, "")
		h.sends(post, [5]int64{1, 0, 0, 0, 0})
		h.mustSignIn("ann@x.example", annsPassword) // until the link is used
		if got := h.byLink(tokenIn(h, server.Mails()[1], "password"), "another horse 22"); got != "" {
			t.Errorf("by the second link: %s", got)
		}
		h.mustSignIn("ann@x.example", "another horse 22")
		sends(ann+1, false, problem.NoPasswordLink)
		sends(ann+2, false, problem.NoPasswordLink)
		sends(77, false, problem.MemberUnknown)
		reader := h.writer("r@x.example", []string{"members"}, nil)
		if _, err := h.svc.SendPasswordLink(h.Context(), reader, ann); h.codeOf(err) != problem.ActorForbidden {
			t.Errorf("a reader: %v", err)
		}
	})
}

func TestP21_ManyFirstPasswordsNeedTheirNumber(t *testing.T) {
	each(t, func(h *house) {
		imp := h.apply("email,name\nann@x.example,Ann\nbob@x.example,Bob\n", plan.Options{})
		h.setting(plan.BrakeMails, "1")
		h.firstPasswords(imp, nil, 0, problem.BrakesNotAccepted)
		h.firstPasswords(imp, map[string]int64{"mails": 1}, 0, problem.BrakesNotAccepted)
		if got := h.mails(); got != [4]int64{} {
			h.Errorf("mails = %v", got)
		}
		h.firstPasswords(imp, map[string]int64{"mails": 2}, 2, "")
		waits := h.plan("email,name\ncy@x.example,Cy\n", plan.Options{})
		h.firstPasswords(waits, nil, 0, problem.PlanNotReady)
		reader := h.writer("r@x.example", []string{"members", "imports"}, nil)
		if _, err := h.svc.SendFirstPasswords(h.Context(), reader, imp.ID, nil); h.codeOf(err) != problem.ActorForbidden {
			h.Errorf("a reader: %v", err)
		}
	})
}
