package admin_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"meibo/internal/plan"
	"meibo/internal/store"
)

// crowd is a file of so many rows that every step of planning and applying has
// something to do and takes a moment.
const crowd = 5000

// crash runs an errand in a process of its own that is killed: by itself at a
// step, or from outside after a while.
func (h *house) crash(e errand, after time.Duration) {
	h.Helper()
	cmd := e.command(h)
	if err := cmd.Start(); err != nil {
		h.Fatal(err)
	}
	if after > 0 {
		timer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() }) // it may have ended before
		defer timer.Stop()
	}
	err := cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL {
		return
	}
	if err != nil || after == 0 {
		h.Fatalf("%s was to be killed at %s %d, and ended: %v", e.Do, e.KillStep, e.KillAt, err)
	}
}

// TestA2_KilledWhileApplyingItIsAppliedOnceOrNotAtAll kills a process at every
// step of applying, and at moments that nobody chose.
func TestA2_KilledWhileApplyingItIsAppliedOnceOrNotAtAll(t *testing.T) {
	founded.Each(t, func(t *testing.T, url string) {
		h := open(t, url)
		h.apply(newcomers("old", crowd), plan.Options{})
		imp := h.plan(upheaval(), plan.Options{Match: []string{"login_id"}})
		before := h.snapshot()
		e := errand{Database: url, Files: filepath.Join(t.TempDir(), "files"), Do: "apply", Import: imp.ID}
		for step, times := range map[string]int{"checking": 4, "applying": 12} {
			for e.KillStep, e.KillAt = step, 1; e.KillAt <= times; e.KillAt++ {
				h.crash(e, 0)
				h.isAsBefore(imp, before)
			}
		}
		e.KillStep = ""
		applied := false
		for wait := 40 * time.Millisecond; wait < time.Second && !applied; wait += 120 * time.Millisecond {
			h.crash(e, wait)
			applied = h.state(imp) == store.Applied
			if !applied {
				h.isAsBefore(imp, before)
			}
		}
		if !applied {
			imp = h.do(imp)
		}
		h.verify()
		if undo := h.undo(imp); undo.Outcome.Counts[plan.Reject] > 0 || h.snapshot() != before {
			t.Errorf("undone, the members are not as before: %v", undo.Outcome.Counts)
		}
	})
}

// upheaval changes, deletes and registers some thousand members, with groups
// of addresses handed over in a ring.
func upheaval() string {
	var b strings.Builder
	b.WriteString("login_id,email,name,remarks,delete\n")
	for i := range crowd {
		switch {
		case i < 1000:
			fmt.Fprintf(&b, "old%d,old%d@x.example,,,\n", i, (i+1)%1000)
		case i < 1500:
			fmt.Fprintf(&b, "old%d,,,,1\n", i)
		default:
			fmt.Fprintf(&b, "old%d,,,changed,\n", i)
		}
	}
	for i := range 1000 {
		fmt.Fprintf(&b, "new%d,old%d@x.example,New,,\n", i, 1000+i%500+i/500*10000) // of the deleted, then new ones
	}
	return b.String()
}

func (h *house) state(imp store.Import) store.State {
	h.Helper()
	now, err := h.svc.Import(h.Context(), h.owner, imp.ID)
	if err != nil {
		h.Fatal(err)
	}
	return now.State
}

// isAsBefore insists that nothing of the import was done.
func (h *house) isAsBefore(imp store.Import, before string) {
	h.Helper()
	if state := h.state(imp); state != imp.State {
		h.Fatalf("after a crash the import is %s, and was %s", state, imp.State)
	}
	if h.snapshot() != before {
		h.Fatal("after a crash the members are not as before")
	}
}

// TestA4_KilledWhilePlanningItLeavesNothingAndTheNextTryWorks kills a process
// while it reads, while it judges the whole file, and before and after it keeps
// the file.
func TestA4_KilledWhilePlanningItLeavesNothingAndTheNextTryWorks(t *testing.T) {
	founded.Each(t, func(t *testing.T, url string) {
		h := open(t, url)
		before := h.snapshot()
		e := errand{Database: url, Files: h.files, Do: "plan", File: filepath.Join(t.TempDir(), "crowd.csv")}
		if err := os.WriteFile(e.File, []byte(newcomers("new", crowd)), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, kill := range []struct {
			step string
			at   int
		}{{"reading", 1}, {"reading", 2}, {"checking", 1}, {"keeping", 1}, {"keeping", 2}} {
			e.KillStep, e.KillAt = kill.step, kill.at
			h.crash(e, 0)
		}
		if left := h.keptNames(); len(left) != 1 {
			t.Fatalf("files = %v, want the one that was whole: the test shows nothing", left)
		}
		h.crash(errand{Database: url, Files: e.Files, Do: "plan", File: e.File}, 60*time.Millisecond)
		if h.snapshot() != before {
			t.Fatal("planning changed something")
		}

		// At once: the dead plans are in nobody's way.
		imp := h.apply(newcomers("next", crowd), plan.Options{})
		if got := counts(imp); got != [6]int64{crowd, 0, 0, 0, 0, 0} {
			t.Fatalf("counts = %v", got)
		}

		// The children used the machine's clock.
		later := time.Now().Add(time.Hour)
		h.now = &later
		h.plan(newcomers("later", 1), plan.Options{})
		h.noRemains()
	})
}

// noRemains insists that dead plans are marked, and their changes gone.
func (h *house) noRemains() {
	h.Helper()
	db := h.roll()
	imports, err := db.Imports(h.Context(), h.owner.Org.ID, store.ImportQuery{Kinds: []store.Kind{store.FileImport}})
	if err != nil {
		h.Fatal(err)
	}
	failed := 0
	for _, i := range imports {
		if i.State == store.Planning {
			h.Errorf("import %d is still being planned by a process that is dead", i.ID)
		}
		if i.State != store.Failed {
			continue
		}
		failed++
		for c, err := range db.Changes(h.Context(), i.Org, i.ID, store.ChangeQuery{Limit: 1}) {
			h.Errorf("import %d failed, and has changes: %d, %v", i.ID, c.Seq, err)
		}
	}
	if failed < 5 {
		h.Errorf("%d imports failed, want the five that were killed", failed)
	}
	kept := map[string]bool{}
	for _, i := range imports {
		kept[i.FileKey] = true
	}
	for _, name := range h.keptNames() {
		if !kept[name] {
			h.Errorf("the file %s is kept, and no import knows of it", name)
		}
	}
}
