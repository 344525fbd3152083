package admin

import (
	"context"
	"errors"

	"meibo/internal/plan"
	"meibo/internal/store"
)

// What people do on a page is done while they wait if it is small, and else in the
// background (A4): these methods choose. The import they return is then in state
// planning or applying.

// SendUpload plans an upload, in the background if it is large or that is asked. When
// there is a plan, or it is queued, the upload goes: what of it stays is kept with
// the import. Where its rows could not be read it stays, to be planned with other
// options. Its problem is UploadGone.
func (s *Service) SendUpload(ctx context.Context, a Actor, id string, o plan.Options, background bool) (imp store.Import, err error) {
	u, err := s.Upload(ctx, a, id)
	if err != nil {
		return store.Import{}, err
	}
	brought, closeFiles, err := s.openUpload(ctx, u)
	if err != nil {
		return store.Import{}, err
	}
	imp, err = s.send(ctx, a, brought, o, background)
	if err := errors.Join(err, closeFiles()); err != nil {
		return imp, err
	}
	if imp.State == store.Rejected && imp.FileKey == "" {
		return imp, nil
	}
	return imp, s.dropUpload(ctx, u)
}

// send plans a file now, or in the background.
func (s *Service) send(ctx context.Context, a Actor, u Upload, o plan.Options, background bool) (store.Import, error) {
	if !background {
		large, err := s.IsLarge(ctx, a, u, o)
		if err != nil {
			return store.Import{}, err
		}
		background = large
	}
	if background {
		return s.Submit(ctx, a, u, o)
	}
	return s.Plan(ctx, a, u, o, nil)
}

// SendApply applies a plan as [Service.Apply] does, in the background if it is large.
func (s *Service) SendApply(ctx context.Context, a Actor, imp store.Import, o ApplyOptions) (store.Import, error) {
	if s.IsLargePlan(a, imp) {
		return s.SubmitApply(ctx, a, imp.ID, o)
	}
	return s.Apply(ctx, a, imp.ID, o)
}

// SendUndo makes the plan that turns an import back, in the background if it is large.
func (s *Service) SendUndo(ctx context.Context, a Actor, imp store.Import, o plan.Options) (store.Import, error) {
	if s.IsLargePlan(a, imp) {
		return s.SubmitUndo(ctx, a, imp.ID, o)
	}
	return s.PlanUndo(ctx, a, imp.ID, o, nil)
}
