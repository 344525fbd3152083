package admin_test

import (
	"context"
	"errors"

	"meibo/internal/admin"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// anyBrake accepts every brake.
func anyBrake() map[string]int64 {
	accept := map[string]int64{}
	for _, k := range plan.BrakeKinds {
		accept[k] = 1 << 40
	}
	return accept
}

// planUntilApplied plans and applies, and plans again for as long as what the
// plan was made from moves in between: as a person does.
func planUntilApplied(ctx context.Context, svc *admin.Service, a admin.Actor, make func() (store.Import, error)) (store.Import, error) {
	for {
		imp, err := make()
		if err != nil || imp.State == store.Rejected {
			return imp, err
		}
		imp, err = svc.Apply(ctx, a, imp.ID, admin.ApplyOptions{Sum: imp.Sum, Accept: anyBrake()})
		if !errors.Is(err, problem.New(problem.PlanStale)) {
			return imp, err
		}
	}
}
