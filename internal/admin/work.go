package admin

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"meibo/internal/store"
)

// Workers say how background work is done. The zero Workers do it quietly, and
// send no mails.
type Workers struct {
	Post    *Post                    // how mails leave; nil: they do not
	Imports int                      // how many imports at once in this process; 0: 2
	Grace   time.Duration            // how long running imports may go on when work is to stop; 0: 30 s. Then they roll back, and are taken up again at the next start.
	Text    func(lang string) Texter // speaks in workbooks that are exported in the background; nil: those have no words
	Log     *slog.Logger             // told what went wrong, by IDs; nil: nobody is

	// Watch is told of every step of imports that are carried out in this process,
	// and Ended when one has ended in the background, after the commit; nil: nobody
	// is. They are called by several goroutines and must not wait. The context of Watch
	// ends when the import is to stop.
	Watch func(ctx context.Context, org, imp int64, p Progress)
	Ended func(imp store.Import)
	// Exported is told of every export in the background that has ended here; nil:
	// nobody is. It must not wait.
	Exported func(j store.ExportJob)
}

func (w Workers) complete() Workers {
	if w.Imports <= 0 {
		w.Imports = 2
	}
	if w.Grace <= 0 {
		w.Grace = 30 * time.Second
	}
	if w.Log == nil {
		w.Log = slog.New(slog.DiscardHandler)
	}
	if w.Watch == nil {
		w.Watch = func(context.Context, int64, int64, Progress) {}
	}
	if w.Exported == nil {
		w.Exported = func(store.ExportJob) {}
	}
	if w.Ended == nil {
		w.Ended = func(store.Import) {}
	}
	return w
}

// What is to be done beside tasks.
const (
	mailsJob = "mails"
	sweepJob = "sweep"
)

const (
	// look is how often tables are looked at for what is due: what another process
	// queued on SQLite, and what was left by one that is dead, waits no longer.
	look = 2 * time.Second
	// mailPeriod and sweepPeriod are how often, of all processes together, mails are
	// sent and what is due for deletion is swept.
	mailPeriod  = 5 * time.Second
	sweepPeriod = time.Hour
	// senderPeriod is how often a process says that it sends mails, and senderLease for
	// how long others believe it.
	senderPeriod = 20 * time.Second
	senderLease  = time.Minute
	// dueTasks is how many tasks are looked at at once.
	dueTasks = 100
)

// Work plans and applies what was submitted, in all organisations, sends mails, and
// sweeps, until ctx ends; then it stops as w.Grace says, and returns. Any number of
// processes may do so on one database. What went wrong with an import is told at
// the import; an error says that work could not begin, or not stop, as it should.
func (s *Service) Work(ctx context.Context, w Workers) error {
	w = w.complete()
	queue, err := s.db.StartQueue(ctx, store.QueueConfig{Imports: w.Imports, Grace: w.Grace, Log: slog.New(quiet{w.Log.Handler()}),
		Do: func(ctx context.Context, j store.Job) { s.work(ctx, w, j) }})
	if err != nil {
		return err
	}
	s.working.Add(1)
	defer s.working.Add(-1)
	d := dispatcher{s: s, queue: queue, w: w, mute: map[int64]bool{}}
	d.run(ctx)
	return queue.Stop(ctx)
}

// quiet lets only warnings and errors through: what the queue tells of itself
// otherwise is for nobody.
type quiet struct{ slog.Handler }

func (q quiet) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && q.Handler.Enabled(ctx, level)
}

// A dispatcher queues what is due.
type dispatcher struct {
	s     *Service
	queue *store.Queue
	w     Workers
	swept time.Time      // when sweeps were queued last
	said  time.Time      // when it was said last that mails are sent here
	mute  map[int64]bool // organisations of which it was told that their mails wait
}

func (d *dispatcher) run(ctx context.Context) {
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for {
		if err := errors.Join(d.tasks(ctx), d.chores(ctx)); err != nil && ctx.Err() == nil {
			d.w.Log.Error("looking for work", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-d.s.wake:
		case <-ticker.C:
		}
	}
}

// tasks queues jobs for tasks that nobody is at. Runs without a task are forgotten.
func (d *dispatcher) tasks(ctx context.Context) error {
	runs, err := d.s.db.TaskRuns(ctx) // before the tasks: a run that is here has had one
	if err != nil {
		return err
	}
	tasks, err := d.s.db.Tasks(ctx, dueTasks)
	if err != nil {
		return err
	}
	of := make(map[store.TaskRef]store.TaskRun, len(runs))
	for _, r := range runs {
		of[r.TaskRef] = r
	}
	now := d.s.micros()
	for _, t := range tasks {
		r := of[t.TaskRef]
		delete(of, t.TaskRef)
		if r.LeaseUntil > now {
			continue
		}
		if err := d.queue.AddTask(ctx, t, r.Tries); err != nil {
			return err
		}
	}
	for ref, r := range of {
		if len(tasks) == dueTasks || r.LeaseUntil > now {
			continue
		}
		if err := d.s.db.ForgetRun(ctx, ref); err != nil {
			return err
		}
	}
	return nil
}

// chores queues mails and sweeps, and says who sends mails.
func (d *dispatcher) chores(ctx context.Context) error {
	orgs, err := d.s.db.Organisations(ctx)
	if err != nil {
		return err
	}
	return errors.Join(d.sayMailsLeave(ctx), d.queueChores(ctx, orgs))
}

// sayMailsLeave says that this process sends mails, if it does and it is time to.
func (d *dispatcher) sayMailsLeave(ctx context.Context) error {
	if d.w.Post == nil || time.Since(d.said) < senderPeriod {
		return nil
	}
	err := d.s.db.NoteMailSender(ctx, d.s.now().Add(senderLease).UnixMicro())
	if err == nil {
		d.said = time.Now()
	}
	return err
}

func (d *dispatcher) queueChores(ctx context.Context, orgs []store.Organisation) (err error) {
	sweep := time.Since(d.swept) >= sweepPeriod/6
	for _, o := range orgs {
		due := false
		if d.w.Post != nil {
			if due, err = d.s.db.MailsDue(ctx, o.ID, d.s.micros()); err != nil {
				return err
			}
		}
		if due && d.canMail(o) {
			err = d.queue.Add(ctx, store.Job{What: mailsJob, Org: o.ID}, mailPeriod)
		}
		if sweep {
			err = errors.Join(err, d.queue.Add(ctx, store.Job{What: sweepJob, Org: o.ID}, sweepPeriod))
		}
		if err != nil {
			return err
		}
	}
	if sweep {
		d.swept = time.Now()
	}
	return nil
}

// canMail reports whether mails of an organisation can be written. That they cannot is
// told once: a new organisation has no sender yet.
func (d *dispatcher) canMail(o store.Organisation) bool {
	trouble := MailTrouble(o, true)
	if len(trouble) == 0 {
		delete(d.mute, o.ID)
		return true
	}
	if !d.mute[o.ID] {
		d.mute[o.ID] = true
		d.w.Log.Warn("mails wait", "organisation", o.ID, "error", trouble[0])
	}
	return false
}

// work carries out one job. What went wrong is tried again from the tables.
func (s *Service) work(ctx context.Context, w Workers, j store.Job) {
	var err error
	switch j.What {
	case mailsJob:
		if w.Post == nil { // queued by a process that sends mails: it, or another one like it, asks again
			return
		}
		err = s.asOperator(ctx, j.Org, func(a Actor) error {
			_, err := s.SendMails(ctx, a, *w.Post)
			return err
		})
	case sweepJob:
		err = s.asOperator(ctx, j.Org, func(a Actor) error {
			_, err := s.Sweep(ctx, a)
			return err
		})
	default:
		err = s.carryOut(ctx, w, store.TaskRef{Org: j.Org, Import: j.ID, Kind: store.TaskKind(j.What)}, false)
	}
	if err != nil && ctx.Err() == nil {
		w.Log.Error("background work", "job", j.What, "organisation", j.Org, "import", j.ID, "error", err)
	}
}

func (s *Service) asOperator(ctx context.Context, org int64, f func(a Actor) error) error {
	o, err := s.db.Organisation(ctx, org)
	if err != nil {
		return err
	}
	return f(operatorOf(o))
}
