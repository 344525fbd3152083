package admin_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"meibo/internal/admin"
	"meibo/internal/locale"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// submitExport queues an export of names.
func (h *house) submitExport(a admin.Actor) store.ExportJob {
	h.Helper()
	j, err := h.svc.SubmitExport(h.Context(), a, admin.Export{Columns: []string{"name"}}, "names.csv")
	if err != nil || j.State != store.ExportQueued {
		h.Fatal(j, err)
	}
	return j
}

// carryOutExport does what the job of an export does.
func (h *house) carryOutExport(j store.ExportJob) {
	h.Helper()
	h.must(h.svc.CarryOutForTest(h.Context(), store.TaskRef{Org: h.owner.Org.ID, Import: j.ID, Kind: store.ExportTask}))
}

// exportJob is an export in the background, as it is listed.
func (h *house) exportJob(id int64) admin.ExportJob {
	h.Helper()
	all, err := h.svc.ExportJobs(h.Context(), h.owner)
	h.must(err)
	for _, j := range all {
		if j.ID == id {
			return j
		}
	}
	h.Fatalf("export %d is not listed", id)
	return admin.ExportJob{}
}

// exported is what an export in the background wrote.
func (h *house) exported(a admin.Actor, id int64) (string, error) {
	h.Helper()
	f, err := h.svc.OpenExport(h.Context(), a, id)
	if err != nil {
		return "", err
	}
	content, err := io.ReadAll(io.NewSectionReader(f, 0, f.Size()))
	h.must(err)
	h.must(f.Close())
	return string(content), nil
}

// exportFiles are the kept files of exports in the background.
func (h *house) exportsKept() []string {
	h.Helper()
	var kept []string
	for _, path := range h.stored("") {
		if strings.HasPrefix(path, "export-") {
			kept = append(kept, path)
		}
	}
	return kept
}

func TestE5_AnExportInTheBackgroundIsMadeKeptSealedAndGivenToWhoAsked(t *testing.T) {
	eachStorage(t, func(h *house) {
		h.apply("email,name,system_permission\nann@x.example,Ann,admin\nbob@x.example,Bob,\n", plan.Options{})
		ann := h.as("ann@x.example")
		j := h.submitExport(ann)
		if got := h.exportJob(j.ID); got.State != store.ExportQueued || got.Who != "Ann" || got.Mine || got.Members != 3 {
			h.Errorf("while it waits: %+v", got)
		}
		if _, err := h.exported(ann, j.ID); h.codeOf(err) != problem.ExportGone {
			h.Errorf("opened before it was made: %v", err)
		}
		ended := make(chan store.ExportJob, 1)
		h.work(admin.Workers{Exported: func(j store.ExportJob) { ended <- j }}) // as after a restart: it was queued before
		select {
		case <-ended:
		case <-time.After(time.Minute):
			h.Fatal("it did not end in a minute")
		}
		if got := h.exportJob(j.ID); got.State != store.ExportDone || got.Members != 3 || got.Problem != nil {
			h.Errorf("when it is done: %+v", got)
		}
		var want bytes.Buffer
		if _, err := h.svc.Export(h.Context(), ann, admin.Export{Columns: []string{"name"}}, &want, nil, nil); err != nil {
			h.Fatal(err)
		}
		if got, err := h.exported(ann, j.ID); err != nil || got != want.String() {
			h.Errorf("written: %q, %v, want %q", got, err, want.String())
		}
		if _, err := h.exported(h.owner, j.ID); h.codeOf(err) != problem.ExportGone {
			h.Errorf("somebody else opens it: %v", err)
		}
		kept := h.exportsKept()
		if len(kept) != 1 || bytes.Contains(h.rawStored(kept[0]), []byte("Ann")) {
			h.Errorf("kept: %v, or it is not sealed", kept)
		}
		if records, _, err := h.svc.Exports(h.Context(), h.owner, 0); err != nil || len(records) != 2 || records[1].ActorID != ann.MemberID {
			h.Errorf("records: %+v, %v", records, err)
		}
	})
}

func TestE5_AnExportThatIsCarriedOutTwiceIsThereOnce(t *testing.T) {
	each(t, func(h *house) {
		j := h.submitExport(h.owner)
		for range 3 {
			h.carryOutExport(j)
		}
		if got, err := h.exported(h.owner, j.ID); err != nil || !strings.Contains(got, "O. Ito") || len(h.exportsKept()) != 1 {
			h.Errorf("%q, %v, kept %v", got, err, h.exportsKept())
		}
		if tasks, err := h.roll().Tasks(h.Context(), 10); err != nil || len(tasks) > 0 {
			h.Errorf("tasks are left: %v, %v", tasks, err)
		}
		if runs, err := h.roll().TaskRuns(h.Context()); err != nil || len(runs) > 0 {
			h.Errorf("runs are left: %v, %v", runs, err)
		}
	})
}

func TestE5_AnExportThatAStopCutShortIsMadeAfterwards(t *testing.T) {
	each(t, func(h *house) {
		j := h.submitExport(h.owner)
		stopped, stop := context.WithCancel(h.Context())
		stop()
		ref := store.TaskRef{Org: h.owner.Org.ID, Import: j.ID, Kind: store.ExportTask}
		_ = h.svc.CarryOutForTest(stopped, ref) // whether it says so is nobody's business
		if got := h.exportJob(j.ID); got.State != store.ExportQueued || len(h.exportsKept()) > 0 {
			h.Errorf("after the stop: %+v, %v", got, h.exportsKept())
		}
		h.carryOutExport(j)
		if _, err := h.exported(h.owner, j.ID); err != nil {
			h.Error(err)
		}
	})
}

func TestG5_AnExportWhoseAuthorMayNoLongerExportFailsAndLeavesNothing(t *testing.T) {
	each(t, func(h *house) {
		h.apply("email,name,system_permission\nann@x.example,Ann,admin\n", plan.Options{})
		ann := h.as("ann@x.example")
		queued, made := h.submitExport(ann), h.submitExport(ann)
		h.carryOutExport(made)
		h.apply("email,delete\nann@x.example,1\n", plan.Options{Match: []string{"email"}})
		h.carryOutExport(queued)
		got := h.exportJob(queued.ID)
		if got.State != store.ExportFailed || got.Problem == nil || got.Problem.Code != problem.ActorForbidden || len(h.exportsKept()) != 1 {
			h.Errorf("%+v, kept %v", got, h.exportsKept())
		}
	})
}

func TestA8_OldExportsOfTheBackgroundAreSweptAndErasingTakesThemAll(t *testing.T) {
	eachStorage(t, func(h *house) {
		h.apply("email,name\nann@x.example,Ann\n", plan.Options{})
		old := h.submitExport(h.owner)
		h.carryOutExport(old)
		h.sweepAfter(89 * 24 * time.Hour)
		if _, err := h.exported(h.owner, old.ID); err != nil {
			h.Errorf("swept too early: %v", err)
		}
		h.sweepAfter(2 * 24 * time.Hour)
		if _, err := h.exported(h.owner, old.ID); h.codeOf(err) != problem.ExportGone || len(h.exportsKept()) > 0 {
			h.Errorf("not swept: %v, %v", err, h.exportsKept())
		}
		made, queued := h.submitExport(h.owner), h.submitExport(h.owner)
		h.carryOutExport(made)
		h.apply("email,delete\nann@x.example,1\n", plan.Options{Match: []string{"email"}})
		h.eraseMember(2)
		h.carryOutExport(queued)
		for _, j := range []store.ExportJob{made, queued} {
			if got := h.exportJob(j.ID); got.State != store.ExportFailed || got.Problem == nil || got.Problem.Code != problem.ExportErased {
				h.Errorf("after erasing: %+v", got)
			}
		}
		if len(h.exportsKept()) > 0 {
			h.Errorf("after erasing: %v", h.exportsKept())
		}
		after := h.submitExport(h.owner)
		h.carryOutExport(after)
		if text, err := h.exported(h.owner, after.ID); err != nil || strings.Contains(text, "Ann") {
			h.Errorf("made after erasing: %q, %v", text, err)
		}
	})
}

// Whoever makes an export when somebody is erased has read them, and may be done at any
// moment of erasing.
func TestA8_AnExportThatEndsWhileSomebodyIsErasedLeavesNoFile(t *testing.T) {
	each(t, func(h *house) {
		h.apply("email,name\nann@x.example,Ann\n", plan.Options{})
		h.apply("email,delete\nann@x.example,1\n", plan.Options{Match: []string{"email"}})
		j := h.submitExport(h.owner)
		var made error
		h.svc.WhileRemovingForTest(func() {
			made = h.svc.CarryOutForTest(h.Context(), store.TaskRef{Org: h.owner.Org.ID, Import: j.ID, Kind: store.ExportTask})
		}, func() { h.eraseMember(2) })
		h.must(made)
		if got := h.exportJob(j.ID); got.State != store.ExportFailed || got.Problem == nil || got.Problem.Code != problem.ExportErased {
			h.Errorf("after erasing: %+v", got)
		}
		if kept := h.exportsKept(); len(kept) > 0 {
			h.Errorf("left: %v", kept)
		}
	})
}

func TestE1_AWorkbookInTheBackgroundSpeaksTheLanguageOfWhoAsked(t *testing.T) {
	each(t, func(h *house) {
		j, err := h.svc.SubmitExport(h.Context(), h.owner, admin.Export{Format: "xlsx", Header: "ja", Text: locale.New("ja")}, "名簿.xlsx")
		h.must(err)
		ended := make(chan store.ExportJob, 1)
		h.work(admin.Workers{Text: func(lang string) admin.Texter { return locale.New(lang) }, Exported: func(j store.ExportJob) { ended <- j }})
		select {
		case <-ended:
		case <-time.After(time.Minute):
			h.Fatal("it did not end in a minute")
		}
		var want bytes.Buffer
		if _, err := h.svc.Export(h.Context(), h.owner, admin.Export{Format: "xlsx", Header: "ja", Text: locale.New("ja")}, &want, nil, nil); err != nil {
			h.Fatal(err)
		}
		if got, err := h.exported(h.owner, j.ID); err != nil || len(got) != want.Len() {
			h.Errorf("%d bytes, %v, want %d", len(got), err, want.Len())
		}
		if _, err := h.svc.SubmitExport(h.Context(), h.owner, admin.Export{Columns: []string{"nonsense"}}, "x.csv"); h.codeOf(err) != problem.ColumnUnknown {
			h.Errorf("a column that is not there: %v", err)
		}
	})
}

// Whoever asked for an export stops it: while it waits, and while it is made. Nothing of
// it is left, and nobody carries it out later.
func TestE5_AnExportInTheBackgroundIsStoppedByWhoAskedForIt(t *testing.T) {
	each(t, func(h *house) {
		h.apply("email,name,system_permission\nann@x.example,Ann,admin\n", plan.Options{})
		ann := h.as("ann@x.example")
		j := h.submitExport(ann)
		h.refused(h.svc.CancelExport(h.Context(), h.owner, j.ID), problem.ExportGone)
		h.refused(h.svc.CancelExport(h.Context(), ann, j.ID+1), problem.ExportGone)
		h.must(h.svc.CancelExport(h.Context(), ann, j.ID))
		h.carryOutExport(j) // its job comes all the same
		if all, err := h.svc.ExportJobs(h.Context(), ann); err != nil || len(all) != 0 || len(h.exportsKept()) != 0 {
			h.Errorf("left: %+v, %v, %v", all, h.exportsKept(), err)
		}
		done := h.submitExport(ann)
		h.carryOutExport(done)
		h.refused(h.svc.CancelExport(h.Context(), ann, done.ID), problem.NothingToCancel)
		if _, err := h.exported(ann, done.ID); err != nil {
			h.Errorf("after stopping what was done: %v", err)
		}
	})
}
