package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"meibo/internal/plan"
)

// expected is how many rows each step of applying must touch. A walk through the plan for
// each step would cost as much as some of the steps.
type expected struct {
	Withdrawn int64 `json:"withdrawn,omitempty"`
	Released  int64 `json:"released,omitempty"`
	Rekeyed   int64 `json:"rekeyed,omitempty"`
	Updated   int64 `json:"updated,omitempty"`
	Restored  int64 `json:"restored,omitempty"`
	Created   int64 `json:"created,omitempty"`
	Secrets   int64 `json:"secrets,omitempty"`
	Invited   int64 `json:"invited,omitempty"`

	Gone    int64 `json:"gone,omitempty"`    // memberships that end with their member
	Leaving int64 `json:"leaving,omitempty"` // that end
	Joining int64 `json:"joining,omitempty"` // that begin

	Closed    int64 `json:"closed,omitempty"` // invitations
	Cancelled int64 `json:"cancelled,omitempty"`
	Reopened  int64 `json:"reopened,omitempty"`

	SignedOut int64 `json:"signed_out,omitempty"` // changes that end sessions; a member may have several
	Known     int64 `json:"known,omitempty"`      // changes of members who are there
}

// seenMembers are those of whom a change was counted: whom several change, a statement
// touches once.
type seenMembers struct{ rekeyed, updated plan.IDSet }

// count adds a change with its groups as they are stored.
func (e *expected) count(c *plan.Change, groups string, contested bool, seen *seenMembers) {
	known := c.MemberID > 0
	leaving := int64(strings.Count(groups, "-"))
	switch c.Action {
	case plan.Create:
		if known {
			e.Restored++
			e.SignedOut++
		} else {
			e.Created++
		}
	case plan.Update:
		switch {
		case !known || c.Mask == passwordMask:
		case c.Mask&keyMask == 0:
			if !seen.updated.Add(c.MemberID) {
				e.Updated++
			}
		case !seen.rekeyed.Add(c.MemberID):
			e.Rekeyed++
		}
		if known && c.Mask&signInMask != 0 {
			e.SignedOut++
		}
	case plan.Delete:
		if known {
			e.Withdrawn++
		}
		e.Gone += leaving
	case plan.Invite:
		if c.InvitationOp == plan.OpenInvitation {
			e.Invited++
		}
	}
	if contested {
		e.Released++
	}
	if c.Action == plan.Create || c.Action == plan.Update {
		e.Leaving += leaving
		if groups != "" {
			e.Joining += int64(strings.Count(groups, ",")+1) - leaving
		}
		if c.Secret != "" {
			e.Secrets++
		}
	}
	if known && c.Action.Applies() && c.Action != plan.Invite {
		e.Known++
	}
	if c.Action.Applies() {
		switch c.InvitationOp {
		case plan.CloseInvitation:
			e.Closed++
		case plan.CancelInvitation:
			e.Cancelled++
		case plan.ReopenInvitation:
			e.Reopened++
		}
	}
}

// plus adds what another part of the plan is to touch.
func (e *expected) plus(o expected) {
	for _, n := range []struct {
		to   *int64
		from int64
	}{
		{&e.Withdrawn, o.Withdrawn}, {&e.Released, o.Released}, {&e.Rekeyed, o.Rekeyed}, {&e.Updated, o.Updated}, {&e.Restored, o.Restored},
		{&e.Created, o.Created}, {&e.Secrets, o.Secrets}, {&e.Invited, o.Invited}, {&e.Gone, o.Gone}, {&e.Leaving, o.Leaving}, {&e.Joining, o.Joining},
		{&e.Closed, o.Closed}, {&e.Cancelled, o.Cancelled}, {&e.Reopened, o.Reopened}, {&e.SignedOut, o.SignedOut}, {&e.Known, o.Known},
	} {
		*n.to += n.from
	}
}

// expectedOf reads what applying a plan is to touch.
func expectedOf(ctx context.Context, r querier, org, imp int64) (all expected, err error) {
	err = each(ctx, r, `SELECT counts FROM change_block WHERE org_id = $1 AND import_id = $2 ORDER BY block`, []any{org, imp}, func(scan func(...any) error) error {
		var text string
		var e expected
		if err := scan(&text); err != nil {
			return err
		}
		err := json.Unmarshal([]byte(text), &e)
		all.plus(e)
		return err
	})
	if err != nil {
		return all, fmt.Errorf("what applying import %d is to touch: %w", imp, err)
	}
	return all, nil
}

// expect reads what each step must touch. Whether the plan comes to as much is counted
// beside the steps, by verifySum, and run compares it.
func (a *applier) expect(ctx context.Context) (err error) {
	a.want, err = expectedOf(ctx, a.tx, a.r.Org, a.r.Import)
	return err
}
