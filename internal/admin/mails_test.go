package admin_test

import (
	"testing"
	"time"

	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// mails are how many mails there are in each state: pending, held, sent, failed.
func (h *house) mails() [4]int64 {
	h.Helper()
	var n [4]int64
	for i, s := range store.MailStates[:4] {
		_, total, err := h.svc.Mails(h.Context(), h.owner, store.MailQuery{State: s})
		if err != nil {
			h.Fatalf("mails: %v", err)
		}
		n[i] = total
	}
	return n
}

func TestA7_HeldMailsWaitForTheirRelease(t *testing.T) {
	each(t, func(h *house) {
		held := plan.Options{New: "invite", HoldMails: true}
		first := h.apply("email\nann@x.example\nbob@x.example\n", held)
		h.apply("email\ncy@x.example\n", held)
		if got := h.mails(); got != [4]int64{0, 3, 0, 0} {
			h.Fatalf("mails = %v", got)
		}
		h.cancel("bob@x.example")
		*h.now = h.now.Add(6 * 24 * time.Hour)
		released, left, err := h.svc.ReleaseMails(h.Context(), h.owner, first.ID)
		if err != nil || released != 1 || left != 1 {
			h.Fatalf("released %d, left %d, %v; the cancelled one must stay", released, left, err)
		}
		if got := h.mails(); got != [4]int64{1, 2, 0, 0} {
			h.Errorf("mails = %v", got)
		}
		*h.now = h.now.Add(6 * 24 * time.Hour)
		if got := h.states(plan.InvitationOpen); got != "ann@x.example" {
			h.Errorf("open: %q; validity counts from sending, and cy's is over", got)
		}
		if released, left, err = h.svc.ReleaseMails(h.Context(), h.owner, 0); err != nil || released != 0 || left != 2 {
			h.Errorf("released %d, left %d, %v; an expired invitation must not be mailed", released, left, err)
		}
		if _, _, err := h.svc.ReleaseMails(h.Context(), h.owner, 99); h.codeOf(err) != problem.ImportUnknown {
			h.Errorf("release of import 99: %v", err)
		}
	})
}

func TestA7_FailedMailsAreTriedAgain(t *testing.T) {
	eachAt(t, func(h *house, url string) {
		first := h.invite("ann@x.example", "bob@x.example")
		h.invite("cy@x.example")
		rawly(h.T, url, `UPDATE outbox SET state = 'failed', attempts = 5`)
		for _, step := range []struct {
			ids  []int64
			imp  int64
			want [4]int64
		}{{[]int64{2}, 0, [4]int64{1, 0, 0, 2}}, {nil, first.ID, [4]int64{2, 0, 0, 1}}, {nil, 0, [4]int64{3, 0, 0, 0}}} {
			if _, _, err := h.svc.RetryMails(h.Context(), h.owner, step.ids, step.imp); err != nil {
				h.Fatal(err)
			}
			if got := h.mails(); got != step.want {
				h.Errorf("retry %v of import %d: mails = %v, want %v", step.ids, step.imp, got, step.want)
			}
		}
		ms, _, err := h.svc.Mails(h.Context(), h.owner, store.MailQuery{Import: first.ID, Limit: 1})
		if err != nil || len(ms) != 1 || ms[0].To != "bob@x.example" || ms[0].Kind != "invitation" || ms[0].Attempts != 0 {
			h.Errorf("mails of import %d: %+v, %v", first.ID, ms, err)
		}
	})
}

func TestI1_ResendingSendsOneMailNotTwo(t *testing.T) {
	eachAt(t, func(h *house, url string) {
		h.invite("ann@x.example")
		h.resend("ann@x.example")
		if got := h.mails(); got != [4]int64{1, 0, 0, 0} {
			h.Errorf("mails = %v: the first is not sent yet, and will have the new link", got)
		}
		rawly(h.T, url, `UPDATE outbox SET state = 'sent'`)
		h.resend("ann@x.example")
		if got := h.mails(); got != [4]int64{1, 0, 1, 0} {
			h.Errorf("mails = %v", got)
		}
	})
}
