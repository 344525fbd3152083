package main

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"meibo/internal/admin"
)

// patience is how long a piece of work goes on before a bar shows it.
const patience = time.Second

// A bar shows on a terminal how far a piece of work is, if it takes longer than
// a second. Elsewhere it shows nothing.
type bar struct {
	a       *app
	started time.Time

	mu     sync.Mutex
	pool   *mpb.Progress
	bar    *mpb.Bar
	silent bool

	now atomic.Pointer[moment] // read by the bar's own goroutine, for which mu may be held
}

// A moment is the newest news of the work, and when its step began.
type moment struct {
	admin.Progress
	since time.Time
}

func (a *app) progressBar() *bar {
	return &bar{a: a, started: time.Now(), silent: !isTerminal(a.stderr) || a.json}
}

// update takes news of the work.
func (b *bar) update(p admin.Progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := &moment{p, time.Now()}
	if last := b.now.Load(); last != nil && last.Step == p.Step {
		now.since = last.since
	}
	b.now.Store(now)
	if b.silent || time.Since(b.started) < patience {
		return
	}
	if b.pool == nil {
		b.pool = mpb.New(mpb.WithOutput(b.a.stderr), mpb.WithWidth(40))
		b.bar = b.pool.AddBar(0,
			mpb.PrependDecorators(decor.Any(func(decor.Statistics) string { return b.label() })),
			mpb.AppendDecorators(decor.Percentage(decor.WC{W: 5}), decor.Any(func(decor.Statistics) string { return b.left() })),
			mpb.BarRemoveOnComplete())
	}
	if p.Total > 0 {
		b.bar.SetTotal(p.Total, false)
		b.bar.SetCurrent(p.Done)
	}
}

// label names the step.
func (b *bar) label() string { return b.a.say.Say("progress."+b.now.Load().Step) + " " }

// left says about how long the step goes on, once a tenth of it is done.
func (b *bar) left() string {
	now := b.now.Load()
	if now.Step != "reading" || now.Total <= 0 || now.Done*10 < now.Total {
		return ""
	}
	left := time.Duration(float64(time.Since(now.since)) * float64(now.Total-now.Done) / float64(now.Done))
	if left < 90*time.Second {
		return "  " + b.a.say.Say("progress.left.seconds", "n", int64(left.Seconds()+0.5))
	}
	return "  " + b.a.say.Say("progress.left.minutes", "n", int64(left.Minutes()+0.5))
}

// done takes the bar away.
func (b *bar) done() {
	b.mu.Lock()
	pool, bar := b.pool, b.bar
	b.pool, b.silent = nil, true
	b.mu.Unlock()
	if pool == nil {
		return
	}
	bar.Abort(true)
	pool.Wait()
}
