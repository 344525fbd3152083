package admin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// A planner makes one plan: from a file, an edit or an undo.
type planner struct {
	s        *Service
	a        Actor
	imp      store.Import
	masters  *plan.Masters
	env      *plan.Env
	tally    *plan.Tally
	repeats  plan.Repeats // of the rows of a file, and of edits
	progress func(Progress)
	problems []problem.Problem // of the file as a whole: nothing will be applied
	warnings []problem.Problem // of the file as a whole
	blocked  bool              // a problem of rows lets nothing be applied, whatever the layout
	synced   bool              // the deletions of a full sync are in the plan
	files    *fileCells        // that came with the table; nil if none did
	secret   []byte            // of random passwords; nil if not wanted
	now      int64
	analysis *errgroup.Group // of them; nil until it has begun
	rest     func()          // ends the signs of life
	// ended is done in the transaction in which planning ends; nil: nothing.
	ended func(ctx context.Context, tx *store.Tx) error
}

func (s *Service) newPlanner(ctx context.Context, a Actor, kind store.Kind, o plan.Options, progress func(Progress)) (*planner, error) {
	now := s.micros()
	if err := s.db.FailAbandoned(ctx, a.Org.ID, now, s.kept.forget(ctx)); err != nil {
		return nil, err
	}
	masters, err := s.db.PastMasters(ctx, a.Org.ID) // of _base and an undo
	if err != nil {
		return nil, err
	}
	if progress == nil {
		progress = func(Progress) {}
	}
	// The plan keeps whether mails of welcome were counted, whatever the setting is later.
	// Who accepts an invitation needs no other mail.
	o.Welcome = kind != store.AcceptImport && (o.Welcome || a.Org.Settings.Is(plan.WelcomeMails))
	p := &planner{s: s, a: a, masters: masters, progress: progress, now: now}
	p.imp = store.Import{Org: a.Org.ID, Kind: kind, ActorID: a.MemberID, Layout: o.Layout, Options: o, MastersVersion: masters.Version, CreatedAt: now}
	p.tally = plan.NewTally(o.Welcome, kind != store.FileImport)
	return p, nil
}

func (p *planner) start(ctx context.Context) error {
	p.imp.LeaseUntil = p.s.now().Add(lease).UnixMicro()
	if err := p.s.db.StartImport(ctx, &p.imp); err != nil {
		return wrap("start plan", err)
	}
	p.live(ctx)
	return nil
}

// live gives signs of life until p.rest is called: judging a large file as a
// whole may take longer than the lease. A sign that cannot be given is no error:
// the next write of the plan will find out.
func (p *planner) live(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	p.rest = func() { cancel(); <-done }
	go func() {
		defer close(done)
		ticker := time.NewTicker(beat)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				_ = p.s.db.KeepAlive(ctx, &p.imp, p.s.now().Add(lease).UnixMicro())
			case <-ctx.Done():
				return
			}
		}
	}()
}

// newEnv makes what deciding depends on. The layout's defaults must be in o.
func (p *planner) newEnv(o plan.Options, m *plan.Mapping) {
	p.imp.Options, p.imp.Layout = o, o.Layout
	p.env = &plan.Env{Options: o, Mapping: m, Masters: p.masters, Settings: p.a.Org.Settings, Actor: p.a.rights(),
		Zone: p.a.Org.Zone, Now: p.now, Own: p.imp.Kind == store.OwnImport || p.imp.Kind == store.AcceptImport}
	if p.files != nil {
		p.env.Files = p.files.find
	}
	if m.Has(member.Base) {
		p.env.Bases = plan.NewBaseKey(p.s.key, p.a.Org.ID)
	}
}

// analyseFrom is from how many changes on PostgreSQL is told of them while more are
// stored. When all were, its autovacuum was at work on them, and had to be waited for: a
// second of planning a million. It counts by itself how many there have come to be.
const analyseFrom = 50_000

// store stores changes, of which there may be none, and gives a sign of life.
func (p *planner) store(ctx context.Context, batches ...*store.Sealed) error {
	if err := p.s.db.AddChanges(ctx, &p.imp, batches, p.s.now().Add(lease).UnixMicro()); err != nil {
		return err
	}
	if p.analysis != nil || p.imp.Stored() < analyseFrom {
		return nil
	}
	p.analysis = &errgroup.Group{}
	rows, ctx := p.imp.Stored(), context.WithoutCancel(ctx)
	p.analysis.Go(func() error { return p.s.db.Analyze(ctx, rows) })
	return nil
}

func (p *planner) storeChanges(ctx context.Context, changes []plan.Change) error {
	var some store.Sealed
	if err := some.Seal(changes); err != nil {
		return err
	}
	return p.store(ctx, &some)
}

// storeAll stores batches of changes that produce hands over, in their order: sealed where
// they are made, beside storing those before. A round trip to PostgreSQL takes milliseconds
// while all cores work, and there are some to each transaction: two batches that are ready
// go into one. stored, if it is not nil, is told of each batch.
func (p *planner) storeAll(ctx context.Context, produce func(ctx context.Context, hand func([]plan.Change) error) error, stored func(context.Context, []plan.Change) error) error {
	used := make(chan *store.Sealed, 3)
	sealed := func(ctx context.Context, hand func(*store.Sealed) error) error {
		return produce(ctx, func(changes []plan.Change) error {
			some := roomFrom(used)
			if some == nil {
				some = &store.Sealed{}
			}
			if err := some.Seal(changes); err != nil {
				return err
			}
			return hand(some)
		})
	}
	return beside(ctx, sealed, func(ctx context.Context, batches []*store.Sealed) error {
		if err := p.store(ctx, batches...); err != nil {
			return err
		}
		for _, some := range batches {
			changes := some.Changes()
			giveBack(used, some)
			if stored == nil {
				continue
			}
			if err := stored(ctx, changes); err != nil {
				return err
			}
		}
		return nil
	})
}

// analyse tells PostgreSQL's planner of the changes, if it has not been told.
func (p *planner) analyse(ctx context.Context) error {
	if p.analysis == nil {
		return p.s.db.Analyze(ctx, p.imp.Rows)
	}
	return p.analysis.Wait()
}

// end stores how planning ended. A problem of the file as a whole removes what
// was planned: nothing of such a file may be applied.
func (p *planner) end(ctx context.Context, err error) (store.Import, error) {
	if p.analysis != nil {
		err = errors.Join(err, p.analysis.Wait())
	}
	// Whatever happened, the import must not be left in state planning.
	ctx = context.WithoutCancel(ctx)
	var fatal problem.Problem
	switch {
	case errors.As(err, &fatal):
		p.problems = append([]problem.Problem{fatal}, p.problems...)
		err = p.forget(ctx, store.Rejected)
	case err != nil:
		return p.imp, errors.Join(err, p.forget(ctx, store.Failed), p.save(ctx))
	default:
		p.judge()
		p.sealSecret()
		if p.imp.Sum, err = p.s.db.Complete(ctx, &p.imp); err != nil {
			return p.imp, errors.Join(err, p.forget(ctx, store.Failed), p.save(ctx))
		}
	}
	return p.imp, errors.Join(err, p.save(ctx))
}

// forget removes the changes, what was counted of them, and the file if it was
// kept already.
func (p *planner) forget(ctx context.Context, state store.State) error {
	p.imp.State = state
	if err := p.forgetFile(ctx); err != nil {
		return err
	}
	p.tally = plan.NewTally(false, false)
	p.imp.Rows, p.imp.Mails, p.imp.Creates, p.imp.Invites = 0, 0, 0, 0
	p.imp.Outcome.NewGroups = nil
	used, err := p.s.db.Seats(ctx, p.imp.Org, p.now)
	if err != nil {
		return err
	}
	p.fill(used, 0)
	return p.s.db.RemoveChanges(ctx, &p.imp, 0)
}

func (p *planner) forgetFile(ctx context.Context) error {
	if p.imp.FileKey == "" {
		return nil
	}
	err := p.s.kept.remove(ctx, p.imp.FileKey)
	p.imp.FileKey = ""
	return err
}

// save stores the import. If that fails nobody sees the plan, and its file goes:
// it may have been taken for abandoned while it was being kept.
func (p *planner) save(ctx context.Context) error {
	p.rest()
	p.imp.LeaseUntil = 0
	p.imp.Header.FieldIDs = p.masters.FieldIDs()
	also := func(tx *store.Tx) error {
		if p.ended == nil {
			return nil
		}
		return p.ended(ctx, tx)
	}
	if err := p.s.db.SaveImport(ctx, &p.imp, also); err != nil {
		return wrap(fmt.Sprintf("save import %d", p.imp.ID), errors.Join(err, p.forgetFile(ctx)))
	}
	p.s.settled(p.imp, time.Duration(p.s.micros()-p.now)*time.Microsecond)
	return nil
}
