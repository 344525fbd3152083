package admin_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"meibo/internal/admin"
	"meibo/internal/plan"
	"meibo/internal/store"
)

// serve starts a process of its own that works in the background. What it prints
// goes to ended. It stops when stop is called, or is killed.
func (h *house) serve(e errand, ended chan<- store.Import) (stop func() error) {
	h.Helper()
	e.Do, e.Database, e.Files = "work", h.url, h.files
	cmd := e.command(h)
	cmd.Stderr = h.Output()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		h.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		h.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		h.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for in := json.NewDecoder(stdout); ; {
			var d delivery
			if err := in.Decode(&d); err != nil {
				return // its end, however it came
			}
			if d.Import.ID != 0 {
				ended <- d.Import
			}
		}
	}()
	var gone error
	over := false
	stop = func() error {
		if !over {
			over = true
			_ = stdin.Close() // it may be dead
			<-read
			gone = cmd.Wait()
		}
		return gone
	}
	h.Cleanup(func() { _ = stop() })
	return stop
}

// dies waits for a process that kills itself.
func (h *house) dies(e errand) {
	h.Helper()
	e.Do, e.Database, e.Files = "work", h.url, h.files
	cmd := e.command(h)
	cmd.Stderr = h.Output()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		h.Fatal(err)
	}
	defer stdin.Close()
	timer := time.AfterFunc(5*time.Minute, func() { _ = stdin.Close() }) // it stops then, alive
	defer timer.Stop()
	if err := cmd.Run(); !killed(err) {
		h.Fatalf("it was to be killed at %s %d, and ended: %v", e.KillStep, e.KillAt, err)
	}
}

func killed(err error) bool {
	var exit *exec.ExitError
	return errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL
}

// TestA2_KilledInTheBackgroundItGoesOnAfterARestart kills servers one after another
// while they plan and while they apply. Each is a minute ahead of the one before,
// so that nobody has to wait until that one is taken for dead.
func TestA2_KilledInTheBackgroundItGoesOnAfterARestart(t *testing.T) {
	founded.Each(t, func(t *testing.T, url string) {
		h := open(t, url)
		clock := time.Now()
		h.now = &clock
		h.apply(newcomers("old", crowd), plan.Options{})
		before := h.snapshot()
		imp := h.submit(h.owner, upheaval(), plan.Options{Match: []string{"login_id"}})
		later := time.Minute
		kill := func(step string, at int) {
			later += time.Minute
			h.dies(errand{KillStep: step, KillAt: at, Later: later})
		}
		kill("reading", 1)
		kill("checking", 1)
		kill("keeping", 1)
		kill("keeping", 2) // the file is whole, and the plan not stored
		if h.state(imp) != store.Planning || h.snapshot() != before {
			t.Fatalf("it is %s, or members are not as before", h.state(imp))
		}
		w := h.restart(later + time.Minute)
		w.await(imp.ID, store.Planned)
		w.stop()
		imp = h.theImport(imp)
		if left := h.keptNames(); len(left) != 2 { // of the first import, and of this one
			t.Errorf("kept: %v", left)
		}

		h.submitApply(imp)
		later += 2 * time.Minute
		kill("checking", 1)
		kill("applying", 1)
		kill("applying", 6)
		kill("applying", 12) // the last word before the commit
		if h.state(imp) != store.Applying || h.snapshot() != before {
			t.Fatalf("it is %s, or members are not as before", h.state(imp))
		}
		h.restart(later+time.Minute).await(imp.ID, store.Applied)
		h.verify()
		if undo := h.undo(imp); undo.Outcome.Counts[plan.Reject] > 0 || h.snapshot() != before {
			t.Errorf("undone, the members are not as before: %v", undo.Outcome.Counts)
		}
	})
}

// restart works in this process, with a clock so far ahead, until an import that is
// awaited has ended.
func (h *house) restart(ahead time.Duration) *workers {
	h.Helper()
	clock := time.Now().Add(ahead)
	h.now = &clock
	return h.work(admin.Workers{})
}

// theImport is an import as it is now.
func (h *house) theImport(imp store.Import) store.Import {
	h.Helper()
	now, err := h.svc.Import(h.Context(), h.owner, imp.ID)
	if err != nil {
		h.Fatal(err)
	}
	return now
}

// TestR2_ThreeServersShareTheWorkAndOneIsKilled lets three processes work on one
// PostgreSQL. Whoever begins to apply first is killed in the middle of it.
func TestR2_ThreeServersShareTheWorkAndOneIsKilled(t *testing.T) {
	h := open(t, founded.Postgres(t))
	clock := time.Now()
	h.now = &clock
	h.apply(newcomers("old", crowd), plan.Options{})
	imp := h.plan(upheaval(), plan.Options{Match: []string{"login_id"}})
	once := filepath.Join(t.TempDir(), "killed")
	ended := make(chan store.Import, 100)
	var stops []func() error
	for range 3 {
		stops = append(stops, h.serve(errand{KillStep: "applying", KillAt: 6, KillOnce: once}, ended))
	}
	h.submitApply(imp)
	plans := map[int64]bool{}
	for range 4 {
		plans[h.submit(h.owner, newcomers("other", 50), plan.Options{}).ID] = true
	}
	for len(plans) > 0 || h.state(imp) == store.Applying {
		select {
		case i := <-ended:
			if i.ID != imp.ID && i.State != store.Planned {
				t.Errorf("import %d is %s", i.ID, i.State)
			}
			delete(plans, i.ID)
		case <-time.After(time.Minute):
			t.Fatalf("nothing ended for a minute; %s, %d plans are missing", h.state(imp), len(plans))
		}
	}
	if _, err := os.Stat(once); err != nil {
		t.Fatalf("nobody was killed: %v", err)
	}
	dead := 0
	for _, stop := range stops {
		switch err := stop(); {
		case killed(err):
			dead++
		case err != nil:
			t.Errorf("a server ended: %v", err)
		}
	}
	if now := h.theImport(imp); dead != 1 || now.State != store.Applied || now.JournalNo != 3 {
		t.Errorf("%d servers died; the import is %s, number %d of the journal", dead, now.State, now.JournalNo)
	}
	if got := len(h.members()); got != 1+crowd-500+1000 {
		t.Errorf("%d members", got)
	}
	h.verify()
}

// TestR2_AServerThatStopsLetsAnApplyFinishOrRollsItBack stops a server in the
// middle of an apply: with time, and without.
func TestR2_AServerThatStopsLetsAnApplyFinishOrRollsItBack(t *testing.T) {
	each(t, func(h *house) {
		before := h.snapshot()
		imp := h.plan(newcomers("new", 100), plan.Options{})
		reached := make(chan struct{}, 100)
		w := h.work(admin.Workers{Grace: time.Millisecond, Watch: func(ctx context.Context, _, _ int64, p admin.Progress) {
			if p.Step == "applying" {
				reached <- struct{}{}
				<-ctx.Done()
			}
		}})
		h.submitApply(imp)
		<-reached
		w.stop()
		if h.state(imp) != store.Applying || h.snapshot() != before {
			h.Fatalf("it is %s, or members are not as before", h.state(imp))
		}

		b := newBlock("applying")
		defer b.release() // where the test fails, too: the workers are waited for
		w = h.work(admin.Workers{Watch: b.watch})
		<-b.reached
		w.cancel()
		b.release()
		w.stop()
		if h.state(imp) != store.Applied {
			h.Errorf("it had the time to be applied, and is %s", h.state(imp))
		}
		h.verify()
	})
}
