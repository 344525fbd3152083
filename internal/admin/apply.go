package admin

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// ApplyOptions are what applying may be told beside the plan.
type ApplyOptions struct {
	Sum       []byte           // of the plan that the person saw; nil: whatever it is
	Accept    map[string]int64 // brakes by kind, at most that many
	HoldMails bool
	Progress  func(Progress)

	still func(ctx context.Context, tx *store.Tx) error // asked inside the transaction; nil: nothing
	// queued says that the plan is applied for its task, and is called in the
	// transaction in which it is applied or stale; nil: it is applied at once.
	queued func(ctx context.Context, tx *store.Tx, i store.Import) error
}

// ParseAccept reads `deletes=12,mails=300`.
func ParseAccept(text string) (map[string]int64, error) {
	accept := map[string]int64{}
	for _, part := range strings.Split(text, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		kind, count, _ := strings.Cut(part, "=")
		n, err := strconv.ParseInt(count, 10, 64)
		if err != nil || !known(kind) {
			return nil, problem.New(problem.BrakeUnknown, "value", part, "known", strings.Join(plan.BrakeKinds, "\n"))
		}
		accept[kind] = n
	}
	return accept, nil
}

func known(kind string) bool {
	for _, k := range plan.BrakeKinds {
		if k == kind {
			return true
		}
	}
	return false
}

// ParseSum reads a sum as people copy it: hexadecimal.
func ParseSum(text string) ([]byte, error) {
	sum, err := hex.DecodeString(text)
	if err != nil || len(sum) != 32 {
		return nil, problem.New(problem.SumMalformed, "value", text)
	}
	return sum, nil
}

// Apply carries out a plan: what was shown, and nothing else (A1). Its problems
// are PlanStale, PlanAlreadyApplied, PlanDiscarded, PlanRejected, PlanFailed, SumMismatch,
// BrakesNotAccepted, ApprovalOwn, ImportUnknown.
func (s *Service) Apply(ctx context.Context, a Actor, id int64, o ApplyOptions) (store.Import, error) {
	imp, err := s.db.Import(ctx, a.Org.ID, id)
	if err != nil {
		return imp, err
	}
	if err := a.mayReach(imp, member.WriteAccess); err != nil {
		return store.Import{}, err
	}
	return s.apply(ctx, a, imp, o)
}

func (s *Service) apply(ctx context.Context, a Actor, imp store.Import, o ApplyOptions) (store.Import, error) {
	settings := a.Org.Settings
	request := store.ApplyRequest{Org: a.Org.ID, Import: imp.ID, Actor: a.MemberID, Now: s.micros(), Sum: o.Sum,
		HoldMails: o.HoldMails || imp.Options.HoldMails,
		Welcome:   imp.Options.Welcome, // the setting as it was when the mails were counted
		ValidFor:  settings.Count(plan.InvitationDays) * dayMicros,
		Queued:    o.queued != nil, Ended: o.queued,
		Check: func(ctx context.Context, tx *store.Tx, i store.Import) error {
			return s.mayApply(ctx, tx, a, i, o)
		}}
	if o.Progress != nil {
		request.Progress = func(step string, done, total int) {
			o.Progress(Progress{Step: step, Done: int64(done), Total: int64(total)})
		}
	}
	begin := s.now()
	ctx, span := traced(ctx, "apply", aboutImport(imp.Org, imp.ID, string(imp.Kind))...)
	done, err := s.db.Apply(ctx, request)
	if done.ID == 0 {
		done = imp
	}
	span.SetAttributes(attribute.String("meibo.state", string(done.State)), attribute.Int64("meibo.rows", imp.Rows))
	span.end(err)
	if done.State == store.Applied && err == nil || done.State == store.Stale {
		s.settled(done, s.now().Sub(begin))
	}
	return done, s.whoMoved(ctx, a.Org.ID, err)
}

// whoMoved adds to a plan that is stale who changed the members last because of
// whom it is. Any other error stays what it is.
func (s *Service) whoMoved(ctx context.Context, org int64, err error) error {
	var p problem.Problem
	if !errors.As(err, &p) || p.Code != problem.PlanStale || p.Values["members"] == "" {
		return err
	}
	var ids []int64
	for _, text := range strings.Fields(p.Values["members"]) {
		id, _ := strconv.ParseInt(text, 10, 64) // the store wrote it
		ids = append(ids, id)
	}
	last, err := s.db.LastChanges(ctx, org, ids)
	if err != nil {
		return err
	}
	var names []string
	who := "" // nobody knows
	for _, id := range ids {
		l, known := last[id]
		switch {
		case known && l.Who == "":
			who = "0"
		case known && !slices.Contains(names, l.Who):
			names = append(names, l.Who)
		}
	}
	if len(names) > 0 {
		who = strings.Join(names, "\n")
	}
	p.Values["who"] = who
	return p
}

// mayApply asks, inside the applying transaction, whether the brakes are
// accepted and whether author and approver may still do it (A3).
func (s *Service) mayApply(ctx context.Context, tx *store.Tx, a Actor, i store.Import, o ApplyOptions) error {
	if i.State == store.NeedsApproval {
		if i.ActorID == a.MemberID {
			return problem.Of(problem.Conflict, problem.ApprovalOwn)
		}
	} else if i.Braked() {
		if err := accepted(i.Outcome.Brakes, o.Accept, i.ID); err != nil {
			return err
		}
	}
	masters, err := tx.Masters(ctx, i.Org)
	if err != nil {
		return err
	}
	if a.Org.DefaultAccess, err = tx.DefaultAccess(ctx, i.Org); err != nil {
		return err
	}
	for _, id := range []int64{i.ActorID, a.MemberID} {
		if id == 0 {
			continue
		}
		m, err := tx.Member(ctx, i.Org, id)
		if err != nil {
			return err
		}
		if m == nil || m.State != member.Active || !actorOf(a.Org, m, masters).covers(i) {
			return (&store.Staleness{What: "rights", Members: []int64{id}, Count: 1}).Problem()
		}
	}
	if o.still != nil {
		return o.still(ctx, tx)
	}
	return nil
}

// mayReach refuses plans that the actor may not see or handle: those of files
// and undo need the right to imports, one's own edits do not. Those of another
// organisation are unknown.
func (a Actor) mayReach(i store.Import, level member.Level) error {
	if i.Org != a.Org.ID {
		return problem.Of(problem.NotFound, problem.ImportUnknown, "id", line(i.ID))
	}
	if i.Kind == store.EditImport && i.ActorID == a.MemberID {
		return nil
	}
	return a.may(member.ImportsArea, level)
}

// covers reports whether a may do what the plan does.
func (a Actor) covers(i store.Import) bool {
	if i.Kind == store.OwnImport { // made by [Service.own], of nobody else
		return i.ActorID == a.MemberID
	}
	if i.Kind != store.EditImport && !a.access.Allows(member.ImportsArea, member.WriteAccess) {
		return false
	}
	counts := i.Outcome.Counts
	cancelled := i.Outcome.Cancelled
	members := counts[plan.Create] + counts[plan.Update] + counts[plan.Delete] + i.Outcome.Absent[plan.Delete] - cancelled
	if members > 0 && !a.access.Allows(member.MembersArea, member.WriteAccess) {
		return false
	}
	if counts[plan.Invite]+cancelled > 0 && !a.access.Allows(member.InvitationsArea, member.WriteAccess) {
		return false
	}
	if len(i.Outcome.NewGroups) > 0 && !a.access.Allows(member.GroupsArea, member.WriteAccess) {
		return false
	}
	return (a.owner || i.Outcome.NeedOwner == 0) && (a.admin || i.Outcome.NeedAdministrator == 0)
}

// accepted refuses brakes for which no number, or too small a one, was given. id
// is the plan that goes on waiting for them; 0 if it does not.
func accepted(brakes []plan.Brake, accept map[string]int64, id int64) error {
	var missing []string
	for _, b := range brakes {
		if n, ok := accept[b.Kind]; !ok || b.Count > n {
			missing = append(missing, b.Kind+"="+line(b.Count))
		}
	}
	if len(missing) == 0 {
		return nil
	}
	kept := ""
	if id != 0 {
		kept = line(id)
	}
	return problem.Of(problem.Conflict, problem.BrakesNotAccepted, "accept", strings.Join(missing, ","), "id", kept)
}

// Import returns one import. Whoever may not see imports sees their own edits of
// members, and is told of no other whether it is there.
func (s *Service) Import(ctx context.Context, a Actor, id int64) (store.Import, error) {
	forbidden := a.may(member.ImportsArea, member.ReadAccess)
	imp, err := s.db.Import(ctx, a.Org.ID, id)
	if forbidden == nil {
		return imp, err
	}
	if p := (problem.Problem{}); err != nil && !errors.As(err, &p) {
		return imp, err
	}
	if err != nil || a.mayReach(imp, member.ReadAccess) != nil {
		return store.Import{}, forbidden
	}
	return imp, nil
}

// Discard gives up a plan that waits to be applied.
func (s *Service) Discard(ctx context.Context, a Actor, id int64) error {
	if err := a.may(member.ImportsArea, member.WriteAccess); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *store.Tx) error {
		imp, err := tx.Import(ctx, a.Org.ID, id)
		if err != nil {
			return err
		}
		switch {
		case imp.State == store.Applied:
			return problem.Of(problem.Stale, problem.PlanAlreadyApplied, "id", line(id))
		case imp.State == store.Rejected:
			return problem.Of(problem.Invalid, problem.PlanRejected, "id", line(id), "kind", string(imp.Kind))
		case imp.State == store.Failed:
			return problem.Of(problem.Invalid, problem.PlanFailed, "id", line(id))
		case imp.State == store.Planning || imp.State == store.Applying:
			return problem.Of(problem.Conflict, problem.PlanNotReady, "id", line(id))
		case imp.State == store.Stale:
			return s.whoMoved(ctx, a.Org.ID, imp.Outcome.Stale.Problem())
		case !imp.State.Waits():
			return problem.Of(problem.Stale, problem.PlanDiscarded, "id", line(id))
		}
		_, err = tx.SetState(ctx, a.Org.ID, id, imp.State, store.Discarded)
		return err
	})
}
