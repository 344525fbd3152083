package store

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"meibo/internal/plan"
)

// This part of the one writer makes new members. Where most rows of a plan do, PostgreSQL gets
// them and their memberships by COPY, out of the reading that verifies the plan, which is on
// the way anyway: it writes many rows of a table together, where INSERT … SELECT writes one
// after another. A million members take 12.5 s in place of 13.5, their 1.5 million memberships
// 3.7 in place of 4.7. What is verified then waits for its turn to be written: few new members
// among many changes are better inserted, and SQLite writes row by row in any case.

// newcomerColumns are those of a member that a new one has.
var newcomerColumns = []string{"org_id", "id", "version", "state", "email", "email_key", "login_id", "login_key", "name", "name_key",
	"login_allowed", "login_until", "system_role", "system_permission", "policy_id", "role_id", "remarks", "display_order", "fields", "created_at"}

// takeMembers takes the IDs of new members, in the order of the plan.
func (a *applier) takeMembers(ctx context.Context) (err error) {
	if a.i.Creates == 0 {
		return nil
	}
	a.i.FirstMember, err = a.tx.take(ctx, a.r.Org, "member", a.i.Creates)
	if err == nil && a.tx.dialect == postgres && a.i.Creates > a.i.Rows/2 {
		a.newcomers = newNewcomers(a.r.Org, a.i.FirstMember, a.r.Now)
	}
	return err
}

func (a *applier) create(ctx context.Context) error {
	switch {
	case a.i.Creates == 0:
		return nil
	case a.newcomers != nil:
		return a.copyNewcomers(ctx)
	}
	return a.exec(ctx, "create", a.want.Created, `INSERT `+a.tx.dialect.orAll()+`INTO `+into("member", newcomerColumns)+`
		SELECT c.org_id, $3 + c.ordinal, 1, 1, c.email, c.email_key, c.login_id, c.login_key, c.name, c.name_key,
		c.login_allowed, c.login_until, c.system_role, c.system_permission, c.policy_id, c.role_id, c.remarks, c.display_order, `+a.tx.dialect.document("c.fields")+`, $4
		FROM change c WHERE c.org_id = $1 AND c.import_id = $2 AND c.action = 1 AND c.member_id IS NULL ORDER BY c.seq`, a.i.FirstMember, a.r.Now)
}

// copyNewcomers copies newcomers until all of the plan were verified.
func (a *applier) copyNewcomers(ctx context.Context) error {
	var made int64
	for from := (&newcomersReader{newcomers: a.newcomers}); !from.ended; {
		from.begin()
		n, err := a.tx.copyFrom(ctx, "member", newcomerColumns, from)
		var joined int64
		if err == nil && len(from.memberships) > 0 {
			joined, err = a.tx.copyFrom(ctx, "membership", membershipColumns, bytes.NewReader(from.memberships))
		}
		if err != nil {
			return fmt.Errorf("create: %w", err)
		}
		made += n
		a.joined += joined
	}
	return mustTouch("create", made, a.want.Created)
}

var membershipColumns = []string{"org_id", "member_id", "group_id"}

// newcomers are the new members of a plan on their way from who verifies it to who writes
// them. put and end are for the one.
type newcomers struct {
	org, first, now int64 // first is the ID of the first one
	row             []cell
	some            *someNewcomers // who are to be handed over
	full            chan *someNewcomers
	used            chan *someNewcomers // to be filled again
	enough          chan struct{}       // closed when nobody takes any more
}

// someNewcomers are as COPY reads them.
type someNewcomers struct {
	members, memberships []byte
	n                    int
}

const (
	// newcomersChunk is how much is handed over at once, in bytes.
	newcomersChunk = 64 << 10
	// newcomersAtOnce is how many are copied before their memberships are, unless these, which
	// wait in memory, come to more than membershipsAtOnce bytes before. Going to and fro
	// between both tables costs: with each 1,000 all took a quarter longer than with each 30,000.
	newcomersAtOnce   = 100_000
	membershipsAtOnce = 4 << 20
)

func newNewcomers(org, first, now int64) *newcomers {
	return &newcomers{org: org, first: first, now: now, row: make([]cell, len(newcomerColumns)), some: &someNewcomers{},
		full: make(chan *someNewcomers, 2), used: make(chan *someNewcomers, 4), enough: make(chan struct{})}
}

// put adds a change if it makes a member.
func (n *newcomers) put(ctx context.Context, c *StoredChange) error {
	if c.Action != plan.Create || c.MemberID > 0 {
		return nil
	}
	some, m, id := n.some, &c.After, n.first+c.Ordinal
	_ = append(n.row[:0], numberOf(n.org), numberOf(id), numberOf(1), numberOf(1),
		someText(m.Email), someText(c.keys[0]), someText(m.LoginID), someText(c.keys[1]), someText(m.Name), someText(c.keys[2]),
		boolOf(m.LoginAllowed), someText(m.LoginUntil), numberOf(m.Role), numberOf(m.Permission),
		someNumber(m.PolicyID), someNumber(m.RoleID), someText(m.Remarks), numberOf(m.DisplayOrder), textOf(c.docs.Fields), numberOf(n.now))
	some.members = appendCopy(some.members, n.row)
	if c.docs.Groups != "" {
		for group := range strings.SplitSeq(c.docs.Groups, ",") {
			some.memberships = strconv.AppendInt(some.memberships, n.org, 10)
			some.memberships = strconv.AppendInt(append(some.memberships, '\t'), id, 10)
			some.memberships = append(append(append(some.memberships, '\t'), group...), '\n')
		}
	}
	if some.n++; len(some.members)+len(some.memberships) < newcomersChunk {
		return nil
	}
	return n.hand(ctx)
}

// end hands over who is left, if all went well, and says that it was all.
func (n *newcomers) end(ctx context.Context, err error) error {
	if err == nil && n.some.n > 0 {
		err = n.hand(ctx)
	}
	close(n.full)
	return err
}

func (n *newcomers) hand(ctx context.Context) error {
	select {
	case n.full <- n.some:
	case <-n.enough: // it is filled again
		n.used <- n.some
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case n.some = <-n.used:
		*n.some = someNewcomers{members: n.some.members[:0], memberships: n.some.memberships[:0]}
	default:
		n.some = &someNewcomers{}
	}
	return nil
}

// A newcomersReader gives COPY the members of newcomersAtOnce or a few more, and keeps their
// memberships. Nobody may look at it after copying has failed: pgx may still read.
type newcomersReader struct {
	*newcomers
	reading     *someNewcomers // nil: none
	rest        []byte         // of its members
	memberships []byte
	n           int
	ended       bool
}

// begin lets the next ones be read.
func (r *newcomersReader) begin() { r.memberships, r.n = r.memberships[:0], 0 }

func (r *newcomersReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		if r.n >= newcomersAtOnce || len(r.memberships) >= membershipsAtOnce {
			return 0, io.EOF
		}
		if r.reading != nil {
			r.used <- r.reading
		}
		if r.reading = <-r.full; r.reading == nil {
			r.ended = true
			return 0, io.EOF
		}
		r.rest, r.memberships, r.n = r.reading.members, append(r.memberships, r.reading.memberships...), r.n+r.reading.n
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}
