package admin

import (
	"context"
	"encoding/json"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/store"
)

// A batchRequest is what planning one edit of many members in the background is
// told: the members are found when it is planned.
type batchRequest struct {
	Which  Which
	Search string
	Edit   Edit
}

// SendBatch makes the plan that [Service.PlanBatch] makes, in the background if it
// is of more members than are planned at once (A4).
func (s *Service) SendBatch(ctx context.Context, a Actor, w Which, search string, e Edit) (store.Import, error) {
	sel, err := s.whom(ctx, a, w, search, member.WriteAccess)
	if err != nil {
		return store.Import{}, err
	}
	limit := a.Org.Settings.Count(plan.BackgroundRows)
	n, err := s.db.CountSelectedUpTo(ctx, a.Org.ID, sel, limit+1)
	if err != nil {
		return store.Import{}, err
	}
	if n <= limit {
		return s.PlanBatch(ctx, a, w, search, e)
	}
	return s.submitBatch(ctx, a, batchRequest{w, search, e})
}

// submitBatch queues the plan of a batch. What is wrong with the edit itself is told
// now.
func (s *Service) submitBatch(ctx context.Context, a Actor, r batchRequest) (store.Import, error) {
	p, err := s.newPlanner(ctx, a, store.EditImport, batchOptions, nil)
	if err != nil {
		return store.Import{}, err
	}
	if _, err := p.batchDraft(r.Edit); err != nil {
		return store.Import{}, err
	}
	r.Edit.Files = nil // a batch puts no files into fields
	request, err := json.Marshal(r)
	if err != nil {
		return store.Import{}, err
	}
	if err := s.db.PrepareQueue(ctx); err != nil {
		return store.Import{}, err
	}
	imp := store.Import{Org: a.Org.ID, Kind: store.EditImport, ActorID: a.MemberID, Layout: plan.Register, Options: batchOptions, CreatedAt: s.micros()}
	t := store.Task{Ready: true, Actor: a.MemberID, Request: string(request), CreatedAt: imp.CreatedAt}
	if err := s.db.Write(ctx, func(tx *store.Tx) error { return s.queuePlan(ctx, tx, &imp, &t) }); err != nil {
		return store.Import{}, wrap("submit batch", err)
	}
	s.wakeUp()
	return imp, nil
}

// batch makes the plan of a queued batch, of those who are meant now. Whether its
// author may is asked again.
func (t *taskRun) batch(ctx context.Context, p *planner) error {
	var r batchRequest
	if err := json.Unmarshal([]byte(t.task.Request), &r); err != nil {
		return wrap("request", err)
	}
	sel, err := t.s.whom(ctx, p.a, r.Which, r.Search, member.WriteAccess)
	if err != nil {
		return err
	}
	return p.batch(ctx, sel, r.Edit)
}
