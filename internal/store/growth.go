package store

import (
	"context"
	"encoding/json"
	"fmt"

	"meibo/internal/plan"
)

// A Step is how many members more, or fewer, an applied import left.
type Step struct {
	At int64 // when it was applied, microseconds UTC
	By int64
}

// Steps returns what the imports applied since a time did to the number of members,
// the newest first. Those that left it as it was are missing.
func (db *DB) Steps(ctx context.Context, org, since int64) ([]Step, error) {
	var steps []Step
	err := each(ctx, db.read(), `SELECT applied_at, outcome FROM import WHERE org_id = $1 AND state = 'applied' AND applied_at >= $2 ORDER BY applied_at DESC, id DESC`,
		[]any{org, since}, func(scan func(...any) error) error {
			var s Step
			var text string
			if err := scan(&s.At, &text); err != nil {
				return err
			}
			var o Outcome
			if err := json.Unmarshal([]byte(text), &o); err != nil {
				return err
			}
			if s.By = o.members(); s.By != 0 {
				steps = append(steps, s)
			}
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("steps: %w", err)
	}
	return steps, nil
}

// members is how many members more there are once the plan is applied. Cancelled
// invitations count as deletes, and take nobody away.
func (o Outcome) members() int64 {
	return o.Counts[plan.Create] + o.Absent[plan.Create] - o.Counts[plan.Delete] - o.Absent[plan.Delete] + o.Cancelled
}
