package admin_test

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"meibo/internal/admin"
	"meibo/internal/plan"
	"meibo/internal/store"
)

// TestG3_FilesComeWithASubmittedTable submits a table with the zip that it names.
func TestG3_FilesComeWithASubmittedTable(t *testing.T) {
	each(t, func(h *house) {
		h.album()
		u := upload("login_id,photo\nann,ann.png\n")
		packed := zipOf(t, map[string]string{"ann.png": png})
		u.Files, u.FilesSize = bytes.NewReader(packed), int64(len(packed))
		imp, err := h.svc.Submit(h.Context(), h.owner, u, plan.Options{Match: []string{"login_id"}})
		if err != nil || len(h.uploads()) != 2 {
			h.Fatalf("%v, uploads %v", err, h.uploads())
		}
		w := h.work(admin.Workers{})
		h.submitApply(w.await(imp.ID, store.Planned))
		w.await(imp.ID, store.Applied)
		if left := h.uploads(); len(left) > 0 {
			h.Errorf("still kept: %v", left)
		}
		for _, m := range h.members() {
			if m.LoginID == "ann" && !strings.HasSuffix(m.Fields["photo"], "/ann.png") {
				h.Errorf("photo = %q", m.Fields["photo"])
			}
		}
		h.verify()
	})
}

// TestA4_WhatFailsIsTriedForAWhileThenFailedAndTold takes the folder of kept files
// away while an import waits.
func TestA4_WhatFailsIsTriedForAWhileThenFailedAndTold(t *testing.T) {
	each(t, func(h *house) {
		imp := h.submit(h.asOwner(), newcomers("new", 10), plan.Options{})
		away := h.files + ".away"
		h.must(os.Rename(h.files, away))
		h.must(os.WriteFile(h.files, nil, 0o600)) // no folder: a failure of the machine, not of the file
		ref := store.TaskRef{Org: imp.Org, Import: imp.ID, Kind: store.PlanTask}
		for try := 1; try < 5; try++ {
			if err := h.svc.CarryOutForTest(h.Context(), ref); err == nil || h.state(imp) != store.Planning {
				h.Fatalf("try %d: %v, %s", try, err, h.state(imp))
			}
			h.must(h.svc.CarryOutForTest(h.Context(), ref)) // too early: nothing is done
			*h.now = h.now.Add(time.Hour)
		}
		h.must(h.svc.CarryOutForTest(h.Context(), ref))
		if h.state(imp) != store.Failed || !slices.Equal(h.mailsAbout(imp), []string{"import_failed to owner@acme.example"}) {
			h.Errorf("%s; told %v", h.state(imp), h.mailsAbout(imp))
		}
		h.noChanges(imp)

		h.must(os.Remove(h.files))
		h.must(os.Rename(away, h.files))
		if len(h.uploads()) != 1 {
			h.Fatalf("uploads %v: the test shows nothing", h.uploads())
		}
		ref.Kind = store.ClearTask
		h.must(h.svc.CarryOutForTest(h.Context(), ref))
		if left, err := h.roll().Tasks(h.Context(), 10); err != nil || len(left) > 0 || len(h.uploads()) > 0 {
			h.Errorf("left: %v, %v, %v", left, err, h.uploads())
		}
	})
}

// TestA4_WhatCannotBeAppliedWaitsAgain lets applying fail until it is given up.
func TestA4_WhatCannotBeAppliedWaitsAgain(t *testing.T) {
	founded.Each(t, func(t *testing.T, url string) {
		h := open(t, url)
		imp := h.plan("email,name,password\nann@x.example,Ann,correct horse 1\n", plan.Options{})
		h.submitApply(imp)
		rawly(t, url, `ALTER TABLE member_secret RENAME TO lost`)
		ref := store.TaskRef{Org: imp.Org, Import: imp.ID, Kind: store.ApplyTask}
		for try := 1; try <= 5; try++ {
			if err := h.svc.CarryOutForTest(h.Context(), ref); (err == nil) != (try == 5) {
				h.Errorf("try %d: %v", try, err)
			}
			*h.now = h.now.Add(time.Hour)
		}
		if h.state(imp) != store.Planned || len(h.members()) != 1 {
			h.Errorf("it is %s, %d members", h.state(imp), len(h.members()))
		}
		rawly(t, url, `ALTER TABLE lost RENAME TO member_secret`)
		h.do(imp)
	})
}

// TestM8_AQueuedPlanIsNotAppliedOnceItNamesSomebodyErased erases somebody whom a
// queued undo would bring back.
func TestM8_AQueuedPlanIsNotAppliedOnceItNamesSomebodyErased(t *testing.T) {
	each(t, func(h *house) {
		h.apply("login_id,name\nann,Ann\n", plan.Options{})
		gone := h.apply("login_id,delete\nann,1\n", plan.Options{Match: []string{"login_id"}})
		undo, err := h.svc.PlanUndo(h.Context(), h.asOwner(), gone.ID, plan.Options{}, nil)
		if err != nil {
			h.Fatal(err)
		}
		h.submitApply(undo)
		h.must(h.svc.Erase(h.Context(), h.owner, 2))
		w := h.work(admin.Workers{})
		w.await(undo.ID, store.Stale)
		if got := h.mailsAbout(undo); len(got) != 1 || len(h.members()) != 1 {
			h.Errorf("told %v, %d members", got, len(h.members()))
		}
	})
}
