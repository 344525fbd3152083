package main

import (
	"sync"
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
	step   string
	silent bool
}

func (a *app) progressBar() *bar {
	return &bar{a: a, started: time.Now(), silent: !isTerminal(a.stderr) || a.json}
}

// update takes news of the work.
func (b *bar) update(p admin.Progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.step = p.Step
	if b.silent || time.Since(b.started) < patience {
		return
	}
	if b.pool == nil {
		b.pool = mpb.New(mpb.WithOutput(b.a.stderr), mpb.WithWidth(40))
		b.bar = b.pool.AddBar(0,
			mpb.PrependDecorators(decor.Any(func(decor.Statistics) string { return b.a.say.Say("progress."+b.step) + " " })),
			mpb.AppendDecorators(decor.Percentage(decor.WC{W: 5}), decor.AverageETA(decor.ET_STYLE_MMSS, decor.WC{W: 7})),
			mpb.BarRemoveOnComplete())
	}
	if p.Total > 0 {
		b.bar.SetTotal(p.Total, false)
		b.bar.SetCurrent(p.Done)
	}
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
