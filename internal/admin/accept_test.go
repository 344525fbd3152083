package admin_test

import (
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

var annAccepts = admin.Acceptance{Name: "Ann", Password: annsPassword}

// accept follows the link of an invitation, and returns the new member's ID.
func (h *house) accept(address string, with admin.Acceptance) admin.SignedIn {
	h.Helper()
	in, err := h.svc.Accept(h.Context(), h.token(address), with)
	if err != nil {
		h.Fatalf("accept as %s: %v", address, err)
	}
	return in
}

func (h *house) acceptCode(token string, with admin.Acceptance) problem.Code {
	h.Helper()
	in, err := h.svc.Accept(h.Context(), token, with)
	if err != nil && in != (admin.SignedIn{}) {
		h.Errorf("%v, and still %+v", err, in)
	}
	return h.codeOf(err)
}

func (h *house) links() { h.Helper(); h.setting(plan.BaseURL, "https://m.example/") }

// right insists that the journal and every rule hold.
func (h *house) right() {
	h.Helper()
	if v, err := h.svc.Verify(h.Context(), h.owner); err != nil || !v.Right() {
		h.Errorf("verify: %+v, %v", v, err)
	}
}

// inviteAs invites with an invitation workbook's columns C to F.
func (h *house) inviteAs(row string) {
	h.Helper()
	h.apply("User Name,Email,System Role Type,System Permission Type,Brand Access Policy Code,Role Code,Delete\n"+row+"\n", plan.Options{Layout: plan.InviteSheet})
}

// springOnly adds a policy that opens one brand.
func (h *house) springOnly() {
	h.Helper()
	_, err := h.svc.AddBrand(h.Context(), h.owner, member.Brand{Code: "spring", Name: "Spring"})
	h.must(err)
	code := "spring-only"
	_, err = h.svc.AddPolicy(h.Context(), h.owner, admin.PolicyEdit{Code: &code, Name: &code, Brands: []string{"spring"}})
	h.must(err)
}

func TestI1_AcceptingMakesAMemberWithWhatTheInvitationGives(t *testing.T) {
	each(t, func(h *house) {
		h.links()
		two := int64(2)
		_, err := h.svc.SetSeats(h.Context(), h.owner, &two)
		h.must(err)
		access, err := member.ParseAccess([]string{"members"}, nil)
		h.must(err)
		_, err = h.svc.AddRole(h.Context(), h.owner, member.CodedRole{Code: "reader", Name: "Reader", Access: access})
		h.must(err)
		h.springOnly()
		h.group("everyone")
		h.must(h.svc.SetDefaultGroups(h.Context(), h.owner, []string{"everyone"}))
		h.inviteAs(",Ann@x.example,member,write,spring-only,reader,")

		in := h.accept("ann@x.example", admin.Acceptance{Name: " Ann  T ", Password: annsPassword, Language: "ja"}) // the last of two seats, which the invitation holds
		if in.Needs != admin.NeedsNothing || in.Token == "" || h.states(plan.InvitationOpen) != "" {
			h.Errorf("accepted: %+v, open: %s", in, h.states(plan.InvitationOpen))
		}
		x, err := h.svc.Session(h.Context(), in.Token)
		h.must(err)
		m := x.Member
		masters, err := h.svc.Masters(h.Context(), h.owner)
		h.must(err)
		if m.ID != in.MemberID || m.Email != "Ann@x.example" || m.Name != "Ann  T" || m.Role != member.Regular || m.Permission != member.Write ||
			masters.RoleCode(m.RoleID) != "reader" || masters.PolicyCode(m.PolicyID) != "spring-only" || len(m.Groups) != 1 || x.Language != "ja" {
			h.Errorf("member: %+v, %s", m, x.Language)
		}
		h.mustSignIn("ann@x.example", annsPassword)
		a, err := x.Actor()
		h.must(err)
		if _, err := h.svc.Members(h.Context(), a, admin.Which{}, "", 1); err != nil {
			h.Errorf("her role: %v", err)
		}
		h.right()
	})
}

func TestI1_WhatAnAdministratorOffersIsGivenWhoeverAccepts(t *testing.T) {
	each(t, func(h *house) {
		h.links()
		h.inviteAs(",ann@x.example,owner,admin,,,")
		h.setting(plan.SecondApproval, "1") // for batches, not for people who accept
		h.setting(plan.WelcomeMails, "1")
		before := h.mails()
		x, err := h.svc.Session(h.Context(), h.accept("ann@x.example", annAccepts).Token)
		h.must(err)
		if x.Member.Role != member.Owner || x.Member.Permission != member.Admin {
			h.Errorf("member: %+v", x.Member)
		}
		if after := h.mails(); after != before {
			h.Errorf("mails: %v, then %v; who is there needs no welcome", before, after)
		}
	})
}

func TestI1_NameAndPasswordAreAskedFor(t *testing.T) {
	each(t, func(h *house) {
		h.links()
		h.invite("ann@x.example")
		token := h.token("ann@x.example")
		for _, tt := range []struct {
			why  string
			with admin.Acceptance
			want problem.Code
		}{
			{"no name", admin.Acceptance{Name: " ", Password: annsPassword}, problem.NameRequired},
			{"no password", admin.Acceptance{Name: "Ann"}, problem.PasswordShort},
			{"a short one", admin.Acceptance{Name: "Ann", Password: "short"}, problem.PasswordShort},
			{"her address", admin.Acceptance{Name: "Ann", Password: "ANN@x.example"}, problem.PasswordIsAddress},
			{"her name", admin.Acceptance{Name: "Ann Tanaka", Password: "ann tanaka"}, problem.PasswordIsAddress},
			{"a long one", admin.Acceptance{Name: "Ann", Password: strings.Repeat("x", 5000)}, problem.PasswordLong},
			{"no such language", admin.Acceptance{Name: "Ann", Password: annsPassword, Language: "fr"}, problem.LanguageUnknown},
		} {
			if got := h.acceptCode(token, tt.with); got != tt.want {
				h.Errorf("%s: %s, want %s", tt.why, got, tt.want)
			}
		}
		if h.states(plan.InvitationOpen) != "ann@x.example" {
			h.Error("the invitation is not open any more")
		}
		h.accept("ann@x.example", annAccepts)
	})
}

func TestI1_RequiredFieldsAreNotAskedOfWhoAccepts(t *testing.T) {
	each(t, func(h *house) {
		h.links()
		h.field(member.Field{Identifier: "staff_no", Type: member.Text, Required: true})
		h.invite("ann@x.example")
		h.accept("ann@x.example", annAccepts)
	})
}

func TestI1_ALinkThatIsOverAcceptsNothing(t *testing.T) {
	each(t, func(h *house) {
		h.links()
		h.invite("resent@x.example", "cancelled@x.example", "expired@x.example", "used@x.example", "registered@x.example")
		tokens := map[string]string{}
		for _, who := range []string{"resent", "cancelled", "expired", "used", "registered"} {
			tokens[who] = h.token(who + "@x.example")
		}
		h.resend("resent@x.example")
		h.cancel("cancelled@x.example")
		h.accept("used@x.example", annAccepts)
		h.apply("email,name\nregistered@x.example,R\n", plan.Options{})
		for _, who := range []string{"resent", "cancelled", "used", "registered"} {
			if got := h.acceptCode(tokens[who], annAccepts); got != problem.InvitationLinkDead {
				h.Errorf("%s: %s", who, got)
			}
		}
		if h.acceptCode("x"+tokens["expired"], annAccepts) != problem.InvitationLinkDead || h.acceptCode("", annAccepts) != problem.InvitationLinkDead {
			h.Error("a forged link")
		}
		h.accept("resent@x.example", annAccepts)
		*h.now = h.now.Add(7*24*time.Hour + time.Second)
		if got := h.acceptCode(tokens["expired"], annAccepts); got != problem.InvitationLinkDead {
			h.Errorf("expired: %s", got)
		}
	})
}

func TestI1_TwoAtOnceMakeOneMember(t *testing.T) {
	each(t, func(h *house) {
		h.links()
		h.invite("ann@x.example")
		token := h.token("ann@x.example")
		codes := make([]problem.Code, 4)
		var all sync.WaitGroup
		for i := range codes {
			all.Go(func() { codes[i] = h.acceptCode(token, annAccepts) })
		}
		all.Wait()
		won := 0
		for _, code := range codes {
			switch code {
			case "":
				won++
			case problem.InvitationLinkDead:
			default:
				h.Errorf("who came too late is told %s", code)
			}
		}
		if l, err := h.svc.Members(h.Context(), h.owner, admin.Which{}, "", 0); won != 1 || l.Total != 2 || err != nil {
			h.Errorf("%d accepted; %d members with the owner, %v", won, l.Total, err)
		}
	})
}

func TestG6_ARoleOrPolicyThatIsGoneIsNotGivenAsNone(t *testing.T) {
	each(t, func(h *house) {
		h.links()
		h.springOnly()
		h.inviteAs(",ann@x.example,member,write,spring-only,,")
		token := h.token("ann@x.example")
		rawly(h.T, h.url, `DELETE FROM policy`) // whatever way it went: deleting it moves open invitations
		if got := h.acceptCode(token, annAccepts); got != problem.PolicyGone {
			h.Errorf("without a policy all brands would be open: %s", got)
		}
	})
}

func TestI1_WhoMayNotSignInYetIsAMemberWithoutASession(t *testing.T) {
	each(t, func(h *house) {
		h.links()
		h.setting(plan.LoginAllowedDefault, "0")
		h.invite("ann@x.example")
		if in := h.accept("ann@x.example", annAccepts); in.Token != "" || in.MemberID == 0 {
			h.Errorf("accepted: %+v", in)
		}
		if _, code := h.signIn("ann@x.example", annsPassword); code != problem.SignInNotAllowed {
			h.Errorf("sign in: %s", code)
		}
	})
}

func TestM8_AcceptingIsInTheHistoryAndCanBeUndone(t *testing.T) {
	each(t, func(h *house) {
		h.links()
		h.invite("ann@x.example")
		in := h.accept("ann@x.example", annAccepts)
		pasts, _, err := h.svc.History(h.Context(), h.owner, in.MemberID)
		if err != nil || len(pasts) != 1 || pasts[0].Kind != store.AcceptImport || pasts[0].Action != plan.Create {
			h.Fatalf("history: %+v, %v", pasts, err)
		}
		imp, err := h.svc.Import(h.Context(), h.owner, pasts[0].Import)
		h.must(err)
		undo := h.undo(imp)
		if got := counts(undo); got[3] != 1 || h.at(in.Token) != problem.SessionOver || h.states(plan.InvitationOpen) != "ann@x.example" {
			h.Errorf("undone: %v, session %s, open %q", got, h.at(in.Token), h.states(plan.InvitationOpen))
		}
		again := h.accept("ann@x.example", annAccepts) // the link that was mailed works again
		if again.MemberID == in.MemberID {
			h.Errorf("the same ID again: %d", again.MemberID)
		}
		h.right()
	})
}

func TestA6_UndoingInvitationsLeavesThoseAloneWhoAccepted(t *testing.T) {
	each(t, func(h *house) {
		h.links()
		imp := h.invite("ann@x.example", "bob@x.example")
		in := h.accept("ann@x.example", annAccepts)
		undo := h.undo(imp)
		if got := counts(undo); got[3] != 1 || got[5] != 1 || h.codes(undo)[0] != problem.InvitationAcceptedSince {
			h.Errorf("undone: %v, %v", got, h.codes(undo))
		}
		if code := h.at(in.Token); code != "" {
			h.Errorf("ann: %s", code)
		}
	})
}
