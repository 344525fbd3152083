package admin_test

import (
	"database/sql"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// rawly runs statements behind the program's back.
func rawly(t *testing.T, url string, statements ...string) {
	t.Helper()
	if store.IsPostgres(url) {
		conn, err := pgx.Connect(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range statements {
			if _, err := conn.Exec(t.Context(), s); err != nil {
				t.Fatalf("%s: %v", s, err)
			}
		}
		if err := conn.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		return
	}
	db, err := sql.Open("sqlite", url)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// codeOf is the code of a problem; empty for no error, and a failure for another.
func (h *house) codeOf(err error) problem.Code {
	h.Helper()
	var p problem.Problem
	if err != nil && !errors.As(err, &p) {
		h.Fatalf("not a problem: %v", err)
	}
	return p.Code
}

// invite invites addresses as the owner.
func (h *house) invite(addresses ...string) store.Import {
	h.Helper()
	invitees := make([]admin.Invitee, len(addresses))
	for i, a := range addresses {
		invitees[i].Email = a
	}
	imp, err := h.svc.PlanInvite(h.Context(), h.owner, invitees, false)
	if err != nil {
		h.Fatalf("invite: %v", err)
	}
	return h.do(imp)
}

func (h *house) cancel(addresses ...string) store.Import {
	h.Helper()
	imp, err := h.svc.PlanCancel(h.Context(), h.owner, addresses)
	if err != nil {
		h.Fatalf("cancel: %v", err)
	}
	return h.do(imp)
}

func (h *house) resend(addresses ...string) {
	h.Helper()
	if n, err := h.svc.Resend(h.Context(), h.owner, addresses, nil); err != nil || n != len(addresses) {
		h.Fatalf("resend: %d, %v", n, err)
	}
}

// states are the addresses of invitations in a state.
func (h *house) states(s plan.InvitationState) string {
	h.Helper()
	is, total, err := h.svc.Invitations(h.Context(), h.owner, store.InvitationQuery{State: s})
	if err != nil || int64(len(is)) != total {
		h.Fatalf("invitations: %d of %d, %v", len(is), total, err)
	}
	var all []string
	for _, i := range is {
		all = append(all, i.Email)
	}
	return strings.Join(all, " ")
}

// set changes settings of the organisation and reads the owner anew.
func (h *house) set(url, settings, seats string) {
	h.Helper()
	rawly(h.T, url, `UPDATE organisation SET settings = '`+settings+`', seats = `+seats)
	var err error
	if h.owner, err = h.svc.Operator(h.Context(), ""); err != nil {
		h.Fatal(err)
	}
}

const withLinks = `{"base_url":"https://m.example/"}`

// token is the token of the link to an address.
func (h *house) token(address string) string {
	h.Helper()
	link, err := h.svc.InvitationLink(h.Context(), h.owner, address)
	if err != nil {
		h.Fatalf("link: %v", err)
	}
	token, ok := strings.CutPrefix(link, "https://m.example/invitation#")
	if !ok {
		h.Fatalf("link = %q", link)
	}
	return token
}

// dead insists that a token leads nowhere.
func (h *house) dead(what, token string) {
	h.Helper()
	if _, i, err := h.svc.ParseInvitationToken(h.Context(), token); h.codeOf(err) != problem.InvitationLinkDead {
		h.Errorf("%s: a link leads to invitation %d, %v", what, i.ID, err)
	}
}

func TestI1_ALinkLeadsToItsInvitationUntilThatIsOver(t *testing.T) {
	eachAt(t, func(h *house, url string) {
		h.set(url, withLinks, "NULL")
		h.invite("Ann@x.example", "bob@x.example", "cy@x.example")
		ann, bob, cy := h.token("ann@x.example"), h.token("bob@x.example"), h.token("cy@x.example")
		org, i, err := h.svc.ParseInvitationToken(h.Context(), ann)
		if err != nil || org.ID != h.owner.Org.ID || i.Email != "Ann@x.example" {
			h.Fatalf("organisation %d, invitation %+v, %v", org.ID, i, err)
		}
		if again := h.token("ANN@x.example"); again != ann {
			h.Error("two links for one generation of an invitation")
		}
		h.resend("ann@x.example")
		h.dead("resent", ann)
		if _, _, err := h.svc.ParseInvitationToken(h.Context(), h.token("ann@x.example")); err != nil {
			h.Errorf("the new link: %v", err)
		}
		h.cancel("bob@x.example")
		h.dead("cancelled", bob)
		h.apply("email,name\ncy@x.example,Cy\n", plan.Options{})
		h.dead("accepted by import", cy)
		ann = h.token("ann@x.example")
		*h.now = h.now.Add(7 * 24 * time.Hour)
		h.dead("expired", ann)
	})
}

func TestI1_AForgedLinkLeadsNowhere(t *testing.T) {
	eachAt(t, func(h *house, url string) {
		h.set(url, withLinks, "NULL")
		h.invite("ann@x.example")
		token := h.token("ann@x.example")
		for i := range token {
			other := byte('A')
			if token[i] == 'A' {
				other = 'B'
			}
			h.dead("changed at "+string(token[i]), token[:i]+string(other)+token[i+1:])
		}
		for _, text := range []string{"", "AQEB", token + "A", token[1:], token + token, "%%%", strings.Repeat("A", 100)} {
			h.dead(text, text)
		}
	})
}

func TestI1_LinksNeedTheAddressOfThePages(t *testing.T) {
	each(t, func(h *house) {
		h.invite("ann@x.example")
		if _, err := h.svc.InvitationLink(h.Context(), h.owner, "ann@x.example"); h.codeOf(err) != problem.BaseURLMissing {
			h.Errorf("link without base_url: %v", err)
		}
	})
}

func TestI1_InvitationsAreListedByStateAndSearched(t *testing.T) {
	each(t, func(h *house) {
		h.invite("ann@x.example", "bob_1@x.example", "bobx1@y.example", "cy@x.example")
		h.cancel("ann@x.example")
		h.apply("email,name\ncy@x.example,Cy\n", plan.Options{})
		for state, want := range map[plan.InvitationState]string{
			plan.InvitationOpen: "bobx1@y.example bob_1@x.example", plan.InvitationCancelled: "ann@x.example",
			plan.InvitationAccepted: "cy@x.example", plan.InvitationExpired: "",
			0: "cy@x.example bobx1@y.example bob_1@x.example ann@x.example"} {
			if got := h.states(state); got != want {
				h.Errorf("state %q: %q, want %q", state, got, want)
			}
		}
		is, total, err := h.svc.Invitations(h.Context(), h.owner, store.InvitationQuery{Search: "BOB_", Limit: 5})
		if err != nil || total != 1 || is[0].Email != "bob_1@x.example" {
			h.Errorf("search: %d of %d, %v", len(is), total, err)
		}
		is, total, err = h.svc.Invitations(h.Context(), h.owner, store.InvitationQuery{Limit: 1})
		if err != nil || len(is) != 1 || total != 4 {
			h.Errorf("limit: %d of %d, %v", len(is), total, err)
		}
		*h.now = h.now.Add(7 * 24 * time.Hour)
		if got := h.states(plan.InvitationExpired); got != "bobx1@y.example bob_1@x.example" {
			h.Errorf("expired before any write: %q", got)
		}
	})
}

func TestI1_InvitingIsAPlanAndKeepsWhoIsInvited(t *testing.T) {
	each(t, func(h *house) {
		first := h.invite("ann@x.example", " ANN@x.example ", "bob@x.example")
		if got := counts(first); got != [6]int64{0, 2, 0, 0, 0, 0} || first.Mails != 2 {
			h.Fatalf("counts = %v, %d mails", got, first.Mails)
		}
		again := h.invite("ann@x.example", "new@x.example")
		if got := counts(again); got != [6]int64{0, 1, 0, 0, 1, 0} {
			h.Errorf("counts = %v: an open invitation is kept", got)
		}
		if h.undo(first); h.states(plan.InvitationOpen) != "new@x.example" {
			h.Errorf("open after undo: %q", h.states(plan.InvitationOpen))
		}
		for address, want := range map[string]problem.Code{"owner@acme.example": problem.EmailTaken, "no address": problem.EmailMalformed} {
			imp, err := h.svc.PlanInvite(h.Context(), h.owner, []admin.Invitee{{Line: 3, Email: address}}, false)
			if err != nil || imp.State != store.Rejected {
				h.Fatalf("%s: %s, %v", address, imp.State, err)
			}
			found, err := h.svc.Problems(h.Context(), h.owner, imp, 10)
			if err != nil || len(found.Problems) == 0 || found.Problems[0].Code != want {
				h.Errorf("%s: problems %v, %v", address, found.Problems, err)
			}
		}
	})
}

func TestI1_CancellingIsAPlanThatCanBeUndone(t *testing.T) {
	each(t, func(h *house) {
		h.invite("ann@x.example", "bob@x.example")
		cancelled := h.cancel("ann@x.example", "bob@x.example")
		if got := counts(cancelled); got != [6]int64{0, 0, 0, 2, 0, 0} || cancelled.Outcome.Seats.After != 1 {
			h.Fatalf("counts = %v, seats %+v", got, cancelled.Outcome.Seats)
		}
		if h.undo(cancelled); h.states(plan.InvitationOpen) != "bob@x.example ann@x.example" {
			h.Errorf("open after undo: %q", h.states(plan.InvitationOpen))
		}
		h.cancel("ann@x.example")
		for address, want := range map[string]problem.Code{"ann@x.example": problem.InvitationNotOpen, "no@x.example": problem.InvitationUnknown} {
			if _, err := h.svc.PlanCancel(h.Context(), h.owner, []string{"bob@x.example", address}); h.codeOf(err) != want {
				h.Errorf("%s: %v, want %s", address, err, want)
			}
		}
	})
}

func TestI1_ResendingAnExpiredInvitationNeedsAFreeSeat(t *testing.T) {
	eachAt(t, func(h *house, url string) {
		h.set(url, `{}`, "2")
		h.invite("ann@x.example")
		*h.now = h.now.Add(8 * 24 * time.Hour)
		h.invite("bob@x.example") // takes the seat that the expired one gave up
		if _, err := h.svc.Resend(h.Context(), h.owner, []string{"ann@x.example"}, nil); h.codeOf(err) != problem.SeatsMissing {
			h.Fatalf("resend without a seat: %v", err)
		}
		if h.states(plan.InvitationOpen) != "bob@x.example" {
			h.Errorf("open: %q", h.states(plan.InvitationOpen))
		}
		h.resend("bob@x.example") // is open: has its seat
		h.cancel("bob@x.example")
		h.resend("ann@x.example")
		if h.states(plan.InvitationOpen) != "ann@x.example" {
			h.Errorf("open: %q", h.states(plan.InvitationOpen))
		}
	})
}

func TestI1_ResendingDoesAllOrNone(t *testing.T) {
	each(t, func(h *house) {
		h.invite("ann@x.example", "bob@x.example", "cy@x.example")
		h.cancel("bob@x.example")
		*h.now = h.now.Add(8 * 24 * time.Hour)
		h.apply("email,name\ncy@x.example,Cy\n", plan.Options{})
		for address, want := range map[string]problem.Code{"bob@x.example": problem.InvitationNotOpen, "no@x.example": problem.InvitationUnknown,
			"cy@x.example": problem.EmailTaken} {
			if _, err := h.svc.Resend(h.Context(), h.owner, []string{"ann@x.example", address}, nil); h.codeOf(err) != want {
				h.Errorf("%s: %v, want %s", address, err, want)
			}
		}
		if got := h.states(plan.InvitationOpen); got != "" {
			h.Errorf("open: %q", got)
		}
	})
}

func TestI1_AnExpiredInvitationWithADeletedPolicyIsNotOpenedForAllBrands(t *testing.T) {
	eachAt(t, func(h *house, url string) {
		h.invite("ann@x.example")
		rawly(h.T, url, `UPDATE invitation SET policy_id = 99`)
		if _, err := h.svc.Resend(h.Context(), h.owner, []string{"ann@x.example"}, nil); h.codeOf(err) != problem.PolicyGone {
			h.Errorf("resend: %v", err)
		}
		rawly(h.T, url, `UPDATE invitation SET policy_id = NULL, role_id = 99`)
		if _, err := h.svc.Resend(h.Context(), h.owner, []string{"ann@x.example"}, nil); h.codeOf(err) != problem.RoleGone {
			h.Errorf("resend: %v", err)
		}
	})
}

func TestG7_NobodyHandsOutAnInvitationThatTheyCouldNotMake(t *testing.T) {
	eachAt(t, func(h *house, url string) {
		h.set(url, withLinks, "NULL")
		h.apply("email,name,system_permission\nadmin@x.example,Ad,admin\nclerk@x.example,Clerk,write\n", plan.Options{})
		owner := []admin.Invitee{{Email: "boss@x.example", Attributes: map[member.Attribute]string{member.SystemRole: "owner"}}}
		imp, err := h.svc.PlanInvite(h.Context(), h.owner, owner, false)
		if err != nil {
			h.Fatal(err)
		}
		h.do(imp)
		administrator, err := h.svc.As(h.Context(), h.owner, "admin@x.example")
		if err != nil {
			h.Fatal(err)
		}
		clerk, err := h.svc.As(h.Context(), h.owner, "clerk@x.example")
		if err != nil {
			h.Fatal(err)
		}
		for who, want := range map[*admin.Actor]problem.Code{&administrator: problem.OwnerOnly, &clerk: problem.ActorForbidden} {
			_, err1 := h.svc.InvitationLink(h.Context(), *who, "boss@x.example")
			_, err2 := h.svc.Resend(h.Context(), *who, []string{"boss@x.example"}, nil)
			_, err3 := h.svc.PlanCancel(h.Context(), *who, []string{"boss@x.example"})
			for _, err := range []error{err1, err2, err3} {
				if h.codeOf(err) != want {
					h.Errorf("%v, want %s", err, want)
				}
			}
		}
		imp, err = h.svc.PlanInvite(h.Context(), administrator, owner, false)
		if err != nil || imp.State != store.Rejected {
			h.Errorf("an administrator invites an owner: %s, %v", imp.State, err)
		}
	})
}

func TestG5_TheRightToInvitationsIsEnoughToInviteAndCancel(t *testing.T) {
	eachAt(t, func(h *house, url string) {
		h.apply("email,name\nclerk@x.example,Clerk\n", plan.Options{})
		rawly(h.T, url, `UPDATE organisation SET default_access = '{"invitations":"write"}'`)
		var err error
		if h.owner, err = h.svc.Operator(h.Context(), ""); err != nil {
			h.Fatal(err)
		}
		clerk, err := h.svc.As(h.Context(), h.owner, "clerk@x.example")
		if err != nil {
			h.Fatal(err)
		}
		imp, err := h.svc.PlanInvite(h.Context(), clerk, []admin.Invitee{{Email: "ann@x.example"}}, false)
		if err != nil {
			h.Fatal(err)
		}
		if _, err := h.svc.Apply(h.Context(), clerk, imp.ID, admin.ApplyOptions{}); err != nil {
			h.Fatalf("apply the own invitation: %v", err)
		}
		cancel, err := h.svc.PlanCancel(h.Context(), clerk, []string{"ann@x.example"})
		if err != nil {
			h.Fatal(err)
		}
		if _, err := h.svc.Apply(h.Context(), clerk, cancel.ID, admin.ApplyOptions{}); err != nil {
			h.Fatalf("apply the own cancelling: %v", err)
		}
		other := h.plan("email,name\nzoe@x.example,Zoe\n", plan.Options{})
		if _, err := h.svc.Apply(h.Context(), clerk, other.ID, admin.ApplyOptions{}); h.codeOf(err) != problem.ActorForbidden {
			h.Errorf("apply somebody else's import: %v", err)
		}
	})
}

// TestP21_ResendingToManyNeedsTheNumberOfMails is a batch action: its brake is
// that of mails.
func TestP21_ResendingToManyNeedsTheNumberOfMails(t *testing.T) {
	eachAt(t, func(h *house, url string) {
		h.set(url, `{"brake_mails":"2"}`, "NULL")
		addresses := []string{"ann@x.example", "bob@x.example", "cy@x.example"}
		h.invite(addresses...)
		rawly(h.T, url, `UPDATE outbox SET state = 'sent' WHERE id <> 2`)
		h.resend(addresses[:2]...)
		for accept, want := range map[int64]problem.Code{0: problem.BrakesNotAccepted, 2: problem.BrakesNotAccepted, 3: ""} {
			before := h.mails()
			_, err := h.svc.Resend(h.Context(), h.owner, addresses, map[string]int64{plan.MailsBrake: accept})
			if h.codeOf(err) != want {
				h.Errorf("accepting %d mails: %v, want %q", accept, err, want)
			}
			if want != "" && h.mails() != before {
				h.Errorf("refused, but mails = %v, were %v", h.mails(), before)
			}
		}
		if got := h.mails(); got != [4]int64{3, 0, 2, 0} {
			h.Errorf("mails = %v", got)
		}
	})
}
