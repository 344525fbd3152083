package admin_test

import (
	"testing"
	"time"

	"meibo/internal/problem"
)

// What a link is for is read first, and then the change it asks for is planned. What
// becomes of it in between is asked again inside the transaction that applies it.

func TestI1_AnInvitationThatIsCancelledOrSentAgainWhileSomebodyAcceptsMakesNobody(t *testing.T) {
	each(t, func(h *house) {
		h.links()
		for why, happens := range map[string]func(){
			"cancelled": func() {
				imp, err := h.svc.PlanCancel(h.Context(), h.owner, []string{"ann@x.example"})
				h.must(err)
				h.do(imp)
			},
			"sent again": func() {
				_, err := h.svc.Resend(h.Context(), h.owner, []string{"ann@x.example"}, nil)
				h.must(err)
			},
			"over": func() { *h.now = h.now.Add(8 * 24 * time.Hour) },
		} {
			h.invite("ann@x.example")
			token := h.token("ann@x.example")
			h.during(1, happens)
			if got := h.acceptCode(token, annAccepts); got != problem.InvitationLinkDead {
				h.Errorf("%s: %q, want %s", why, got, problem.InvitationLinkDead)
			}
			h.happened()
			if _, code := h.signIn("ann@x.example", annsPassword); code != problem.SignInFailed {
				h.Errorf("%s: she is a member, and signing in says %q", why, code)
			}
			if imp, err := h.svc.PlanCancel(h.Context(), h.owner, []string{"ann@x.example"}); err == nil {
				h.do(imp)
			}
		}
		h.right()
	})
}

func TestI3_AnAddressIsNotConfirmedOnceAnotherOneWasAskedFor(t *testing.T) {
	each(t, func(h *house) {
		server, post := h.postOffice()
		id := h.ann()
		a := h.as("Ann@x.example")
		h.must(h.svc.RequestEmail(h.Context(), a, "first@x.example"))
		h.sends(post, [5]int64{1, 0, 0, 0, 0})
		token := tokenIn(h, server.Mails()[0], "email")
		h.during(2, func() {
			*h.now = h.now.Add(time.Minute)
			h.must(h.svc.RequestEmail(h.Context(), a, "second@x.example"))
		})
		_, err := h.svc.ConfirmEmail(h.Context(), token)
		h.happened()
		h.refused(err, problem.LinkDead)
		if got := h.emailOf(id); got != "Ann@x.example" {
			h.Errorf("the address is %s", got)
		}
		h.sends(post, [5]int64{1, 0, 0, 0, 0})
		_, err = h.svc.ConfirmEmail(h.Context(), tokenIn(h, server.Mails()[1], "email"))
		h.must(err)
		if got := h.emailOf(id); got != "second@x.example" {
			h.Errorf("the address is %s", got)
		}
	})
}

func TestI2_OfTwoWhoUseALinkToAPasswordAtOnceOneSetsIt(t *testing.T) {
	each(t, func(h *house) {
		server, post := h.postOffice()
		h.ann()
		token := h.resetToken("ann.t", server, post)
		h.during(2, func() {
			if got := h.byLink(token, "the first one 7"); got != "" {
				h.Errorf("the first: %s", got)
			}
		})
		if got := h.byLink(token, newPassword); got != problem.LinkDead {
			h.Errorf("the second: %q", got)
		}
		h.happened()
		h.mustSignIn("ann.t", "the first one 7")
	})
}

// A mailbox proves one factor only: whoever reads it must not get new tries at the
// other one.
func TestI2_ALinkToAPasswordForgivesNoWrongCodes(t *testing.T) {
	each(t, func(h *house) {
		server, post := h.postOffice()
		h.ann()
		phone, _, _ := h.setUpTOTP(h.mustSignIn("ann.t", annsPassword), annsPassword)
		x := h.half(annsPassword)
		for i := range 5 {
			if _, code := h.second(x, "000000"); code != problem.SecondFactorWrong {
				h.Fatalf("wrong code %d: %s", i+1, code)
			}
		}
		if got := h.byLink(h.resetToken("ann.t", server, post), newPassword); got != "" {
			h.Fatalf("by the link: %s", got)
		}
		if _, code := h.signIn("ann.t", newPassword); code != problem.SignInLocked {
			h.Errorf("after the link: %q", code)
		}
		*h.now = h.now.Add(time.Hour)
		if _, code := h.second(h.half(newPassword), phone.code(0)); code != "" {
			h.Errorf("when it is over: %s", code)
		}
	})
}

func (h *house) emailOf(id int64) string {
	h.Helper()
	m, err := h.svc.MemberForTest(h.Context(), h.owner, id)
	h.must(err)
	return m.Email
}
