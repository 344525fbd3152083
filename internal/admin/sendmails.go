package admin

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"meibo/internal/mail"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

const (
	// claimMost is how many mails are claimed at once. With the 30 seconds that a
	// server may take for an answer they are tried within the lease.
	claimMost = 10
	// mailLease is how long claimed mails are left to whoever claimed them.
	mailLease = 10 * time.Minute
	// mailTries is how often a mail is tried: with the waits between them, for
	// most of a day.
	mailTries = 24
	// ratePause is how long to wait where the rate lets no mail out.
	ratePause = 2 * time.Second
)

// mailWait is how long to wait after a number of tries: a minute, twice as long
// each time, an hour at most.
func mailWait(tries int64) time.Duration {
	wait := time.Hour
	if tries < 7 {
		wait = time.Minute << max(tries-1, 0)
	}
	return wait
}

// A MailRun is what sending came to.
type MailRun struct {
	Sent      int64
	Postponed int64 // will be tried again
	Failed    int64 // will not
	Dropped   int64 // what they were for was over
	Waiting   int64 // still to be sent, those that were postponed included
	Next      int64 // when the next one is due, microseconds UTC; 0 if none waits
}

// SendMails sends what is due in the outbox (A7), as fast as the setting lets it.
// Several processes may do so at once: each mail is claimed by one of them. A mail
// arrives at least once, with the same ID and link each time: twice if a process
// dies, or a connection breaks, between the server's taking it and the note of it.
//
// A server that cannot be reached ends the run; it is told at the mails, not as
// an error. Problems are SenderMissing and BaseURLMissing, if a mail waits.
func (s *Service) SendMails(ctx context.Context, a Actor, p Post) (MailRun, error) {
	if err := a.may(member.ImportsArea, member.WriteAccess); err != nil {
		return MailRun{}, err
	}
	org, err := s.db.Organisation(ctx, a.Org.ID) // settings may have changed
	if err != nil {
		return MailRun{}, err
	}
	run := &mailRun{s: s}
	if run.Waiting, run.Next, err = s.db.MailsWaiting(ctx, org.ID); err != nil || run.Waiting == 0 || run.Next > s.micros() {
		return run.MailRun, err
	}
	if run.head, err = p.letterhead(org); err != nil {
		return run.MailRun, err
	}
	err = run.all(ctx)
	run.hangUp()
	waiting, next, err2 := s.db.MailsWaiting(context.WithoutCancel(ctx), org.ID)
	run.Waiting, run.Next = waiting, next
	if run.limited && waiting > 0 {
		run.Next = max(next, s.now().Add(ratePause).UnixMicro())
	}
	return run.MailRun, errors.Join(err, err2)
}

// A mailRun is one call of SendMails.
type mailRun struct {
	MailRun
	s       *Service
	head    letterhead
	conn    *mail.Connection // nil: not connected
	limited bool             // by the rate
	away    error            // why the server cannot be reached; nil if it can
}

func (r *mailRun) hangUp() {
	if r.conn != nil {
		r.conn.Close()
		r.conn = nil
	}
}

func (r *mailRun) all(ctx context.Context) error {
	for r.away == nil && !r.limited {
		mails, more, err := r.claim(ctx)
		if err != nil || !more {
			return err
		}
		for i := range mails {
			if err := r.one(ctx, &mails[i]); err != nil {
				return errors.Join(err, r.giveBack(ctx, mails[i+1:]))
			}
		}
	}
	return nil
}

// claim claims mails, drops those that are over, and lets the links of the others
// begin. more is false when there are none.
func (r *mailRun) claim(ctx context.Context) (mails []store.Outgoing, more bool, err error) {
	now, settings := r.s.micros(), r.head.org.Settings
	dropped := int64(0)
	err = r.s.db.Write(ctx, func(tx *store.Tx) error {
		claimed, room, err := tx.ClaimMails(ctx, store.Claim{Org: r.head.org.ID, Now: now, LeaseUntil: now + mailLease.Microseconds(),
			Most: claimMost, Rate: settings.Count(plan.MailRate)})
		if err != nil {
			return err
		}
		r.limited, more = !room, len(claimed) > 0
		for _, m := range claimed {
			if m.Outcome, m.Answer = over(&m, now); m.Outcome != "" {
				m.State = store.MailDropped
				if _, err := tx.SettleMail(ctx, r.head.org.ID, m); err != nil {
					return err
				}
				dropped++
				continue
			}
			if m.LinkUntil == 0 && linkEnds(m.Kind) {
				m.LinkUntil = now + linkTime(settings, m.Kind)
			}
			mails = append(mails, m)
		}
		return tx.StartLinks(ctx, r.head.org.ID, now+linkTime(settings, store.InvitationMail), mails)
	})
	if err != nil {
		return nil, false, err
	}
	r.Dropped += dropped
	return mails, more, nil
}

// over says why a mail need not be sent any more; empty if it must.
func over(m *store.Outgoing, now int64) (why problem.Code, answer string) {
	if m.Kind == store.InvitationMail {
		switch state := m.Invited.StateAt(now); {
		case m.To == "":
			return problem.MailNoAddress, ""
		case state != plan.InvitationOpen:
			return problem.MailInvitationOver, state.String()
		}
		return "", ""
	}
	switch {
	case m.Kind == store.ConfirmMail && m.Requested == 0, m.LinkUntil != 0 && m.LinkUntil <= now:
		return problem.MailLinkOver, ""
	case m.Member != member.Active || m.To == "":
		return problem.MailNoAddress, ""
	}
	return "", ""
}

// one tries one mail and notes what came of it.
func (r *mailRun) one(ctx context.Context, m *store.Outgoing) error {
	sending, span := traced(ctx, "mail", attribute.Int64("meibo.organisation", r.head.org.ID), attribute.String("meibo.kind", m.Kind))
	err := r.hand(sending, m)
	span.end(err)
	if ctx.Err() != nil && err != nil {
		return errors.Join(ctx.Err(), r.giveBack(ctx, []store.Outgoing{*m}))
	}
	var f *mail.Failure
	now := r.s.now()
	switch {
	case err == nil:
		m.State, m.SentAt, m.Outcome, m.Answer = store.MailSent, now.UnixMicro(), "", ""
		r.Sent++
	case !errors.As(err, &f):
		return errors.Join(err, r.giveBack(ctx, []store.Outgoing{*m}))
	default:
		m.State, m.Outcome, m.Answer = failureOf(f, m.Attempts)
		m.NextAt = now.Add(mailWait(m.Attempts)).UnixMicro()
		if m.State == store.MailFailed {
			r.Failed++
		} else {
			r.Postponed++
		}
	}
	return r.settle(ctx, *m)
}

func failureOf(f *mail.Failure, tries int64) (store.MailState, problem.Code, string) {
	switch {
	case f.Permanent:
		return store.MailFailed, problem.MailRefused, f.Answer
	case tries >= mailTries:
		return store.MailFailed, problem.MailGivenUp, f.Answer
	case f.Lost:
		return store.MailPending, problem.MailUnreachable, f.Answer
	}
	return store.MailPending, problem.MailPostponed, f.Answer
}

// hand hands one mail over, on the connection of the one before if it still is.
func (r *mailRun) hand(ctx context.Context, m *store.Outgoing) error {
	if r.away != nil {
		return r.away
	}
	if r.conn == nil {
		conn, err := r.head.post.Server.Connect(ctx)
		if err != nil {
			r.away = err
			return err
		}
		r.conn = conn
	}
	err := r.conn.Send(ctx, r.s.message(r.head, m))
	var f *mail.Failure
	if errors.As(err, &f) && f.Lost || ctx.Err() != nil {
		r.hangUp()
	}
	return err
}

// settle notes what became of a mail, also if the caller has gone: it was sent.
func (r *mailRun) settle(ctx context.Context, m store.Outgoing) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
	defer cancel()
	return r.s.db.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.SettleMail(ctx, r.head.org.ID, m) // not ours any more: then it has another link, and is sent again
		return err
	})
}

// giveBack lets others have claimed mails that were not tried.
func (r *mailRun) giveBack(ctx context.Context, mails []store.Outgoing) error {
	var errs error
	for _, m := range mails {
		m.State = store.MailPending
		errs = errors.Join(errs, r.settle(ctx, m))
	}
	return errs
}
