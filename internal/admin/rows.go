package admin

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strconv"

	"golang.org/x/sync/errgroup"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/sheet"
	"meibo/internal/store"
)

// A rowBatch is some rows of a file on their way into the plan. It belongs to one step
// at a time: who hands it on looks at it no more, and who decides it waits until it was
// looked up.
type rowBatch struct {
	drafts []plan.Draft
	found  *lookup
	looked chan struct{} // closed when found and err are as looking up left them
	offset int64         // in the file, of the last row
	rows   int64         // so far
	err    error         // that reading ended with, behind the rows of the batches before
}

// A rowPipe is what rows go through: read, looked up, decided and stored beside one
// another. What was decided is used again for later rows, and what was stored: changes
// keep texts of a draft, which nobody writes to, and nothing else of it.
type rowPipe struct {
	p      *planner
	f      *sheet.File
	size   int64              // of the file
	read   chan *rowBatch     // to be looked up, by whoever has time
	next   chan *rowBatch     // the same in their order
	envs   chan *plan.Env     // for who looks up, made before anything is decided
	used   chan *rowBatch     // to be used again
	stored chan []plan.Change // likewise
	steady *store.Steady
	trail  trail
}

// lookers is how many batches are looked up at once: it is most of what a file takes
// that comes back unchanged.
const lookers = 2

// rows plans the rows of a file. What ends a step goes the way of the rows, so that of
// several problems of a file it is always the first that is told.
func (p *planner) rows(ctx context.Context, f *sheet.File, size int64) (err error) {
	x := &rowPipe{p: p, f: f, size: size, read: make(chan *rowBatch, lookers), next: make(chan *rowBatch, lookers), envs: make(chan *plan.Env, lookers),
		used: make(chan *rowBatch, lookers+3), stored: make(chan []plan.Change, 3), steady: p.s.db.Steady(lookers)}
	defer func() { err = errors.Join(err, x.steady.Close()) }()
	group, ctx := errgroup.WithContext(ctx)
	steps := []func(context.Context) error{x.readAll, func(ctx context.Context) error { return p.storeAll(ctx, x.decideAll, x.wasStored) }}
	for i := range lookers {
		steps = append(steps, func(ctx context.Context) error { return x.lookUpAll(ctx, i) })
	}
	for _, step := range steps {
		group.Go(func() error { return step(ctx) })
	}
	return group.Wait()
}

func (x *rowPipe) readAll(ctx context.Context) error {
	defer close(x.read)
	defer close(x.next)
	begun := false
	return x.p.read(ctx, x.f, x.used, func(b *rowBatch) error {
		if b.err == nil && !begun { // the header made an environment
			for range lookers {
				x.envs <- x.p.env.Beside()
			}
			begun = true
		}
		b.looked = make(chan struct{})
		return errors.Join(send(ctx, x.read, b), send(ctx, x.next, b))
	})
}

// lookUpAll looks batches up, as the i-th of those who do.
func (x *rowPipe) lookUpAll(ctx context.Context, i int) error {
	var env *plan.Env
	for b := range x.read {
		if b.err == nil {
			if env == nil {
				env = <-x.envs
			}
			b.err = x.steady.View(ctx, i, func(db *store.DB) (err error) {
				b.found, err = x.followed(ctx, db, env, b)
				return err
			})
		}
		close(b.looked)
	}
	return nil
}

// followed looks a batch up, first of all where its members probably are if keys name them.
func (x *rowPipe) followed(ctx context.Context, db *store.DB, env *plan.Env, b *rowBatch) (*lookup, error) {
	if len(env.Options.Match) == 0 {
		return x.p.lookup(ctx, db, env, b.drafts, nil)
	}
	var near []member.Member
	if first, last := x.trail.ahead(b.rows, len(b.drafts)); first > 0 {
		var err error
		if near, err = db.MembersBetween(ctx, x.p.imp.Org, first, last); err != nil {
			return nil, err
		}
	}
	found, err := x.p.lookup(ctx, db, env, b.drafts, near)
	if err == nil {
		x.trail.went(b.rows, len(b.drafts), found.matched)
	}
	return found, err
}

func (x *rowPipe) decideAll(ctx context.Context, hand func([]plan.Change) error) error {
	for b := range x.next {
		select {
		case <-b.looked:
		case <-ctx.Done():
			return ctx.Err()
		}
		if b.err != nil {
			return b.err
		}
		changes, err := x.p.decideBatch(ctx, b.drafts, b.found, roomFrom(x.stored))
		if err != nil {
			return err
		}
		x.p.progress(Progress{Step: "reading", Done: b.offset, Total: x.size, Rows: b.rows})
		giveBack(x.used, b)
		if err := hand(changes); err != nil {
			return err
		}
	}
	return nil
}

func (x *rowPipe) wasStored(ctx context.Context, changes []plan.Change) error {
	if err := x.steady.Stored(ctx, x.p.imp.Stored()); err != nil {
		return err
	}
	giveBack(x.stored, changes)
	return nil
}

// read turns rows into batches of drafts and hands them over.
func (p *planner) read(ctx context.Context, f *sheet.File, used <-chan *rowBatch, hand func(*rowBatch) error) error {
	var env *plan.Env
	next := func() *rowBatch {
		b := roomFrom(used)
		if b == nil {
			b = &rowBatch{drafts: make([]plan.Draft, 0, batch)}
		}
		b.drafts = b.drafts[:0]
		return b
	}
	b := next()
	for row, err := range f.Rows(ctx) {
		if err == nil && env == nil {
			if err = p.header(ctx, row, f); err == nil {
				env = p.env.Beside()
				continue
			}
		}
		if err != nil {
			return hand(&rowBatch{err: err})
		}
		p.imp.Rows++
		b.drafts = b.drafts[:len(b.drafts)+1]
		env.Read(&b.drafts[len(b.drafts)-1], row)
		b.offset, b.rows = row.Offset, p.imp.Rows
		if len(b.drafts) < batch {
			continue
		}
		if b.err = env.Err(); b.err != nil {
			return hand(b)
		}
		if err := hand(b); err != nil {
			return err
		}
		b = next()
	}
	if env == nil {
		return hand(&rowBatch{err: problem.New(problem.FileEmpty)})
	}
	if b.err = env.Err(); b.err == nil && len(b.drafts) == 0 {
		return nil
	}
	return hand(b)
}

// decide looks up who a batch of drafts is about, decides them, and stores the
// changes.
func (p *planner) decide(ctx context.Context, drafts []plan.Draft) error {
	if len(drafts) == 0 {
		return nil
	}
	found, err := p.lookup(ctx, p.s.db, p.env, drafts, nil)
	if err != nil {
		return err
	}
	changes, err := p.decideBatch(ctx, drafts, found, nil)
	if err != nil {
		return err
	}
	return p.storeChanges(ctx, changes)
}

// decideBatch decides a batch of drafts. The changes are put into room.
func (p *planner) decideBatch(ctx context.Context, drafts []plan.Draft, found *lookup, room []plan.Change) ([]plan.Change, error) {
	changes := slices.Grow(room[:0], len(drafts))[:len(drafts)]
	decide := p.env.Decide
	if p.imp.Layout == plan.Memberships {
		decide = p.env.DecideMembership
	}
	for i := range drafts {
		changes[i] = decide(&drafts[i], found.of(&drafts[i]))
	}
	if err := p.env.Err(); err != nil {
		return nil, err
	}
	if limit := p.a.Org.Settings.Count(plan.PasswordsMax); int64(p.env.TypedPasswords()) > limit {
		return nil, problem.Of(problem.TooLarge, problem.PasswordsTooMany, "limit", strconv.FormatInt(limit, 10))
	}
	if err := hashPasswords(ctx, p.s.cost, changes); err != nil {
		return nil, err
	}
	if err := p.keepFiles(ctx, changes); err != nil {
		return nil, err
	}
	for i := range changes {
		p.tally.Add(&changes[i])
		email, login := found.holders(&drafts[i])
		p.repeats.Add(&changes[i], email, login)
	}
	return changes, nil
}

// hashPasswords hashes typed passwords on all cores: each takes tens of
// milliseconds, which is their point (P6).
func hashPasswords(ctx context.Context, cost member.PasswordCost, changes []plan.Change) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.NumCPU())
	for i := range changes {
		clear := changes[i].TakePassword()
		if clear == "" || !changes[i].Action.Applies() {
			continue
		}
		group.Go(func() (err error) {
			if err := ctx.Err(); err != nil {
				return err
			}
			changes[i].Secret, err = cost.Hash(clear)
			return err
		})
	}
	return group.Wait()
}
