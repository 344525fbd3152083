package admin_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"meibo/internal/admin"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// workers are what works in the background of a house.
type workers struct {
	h      *house
	ended  chan store.Import
	cancel context.CancelFunc
	done   chan error
	once   bool
}

// work begins to work in the background, until the test ends or stop is called.
func (h *house) work(w admin.Workers) *workers {
	h.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(h.Context())) // h's ends before the cleanups
	x := &workers{h: h, ended: make(chan store.Import, 100), cancel: cancel, done: make(chan error, 1)}
	w.Ended = func(i store.Import) { x.ended <- i }
	w.Log = slog.New(slog.NewTextHandler(h.Output(), nil))
	go func() { x.done <- h.svc.Work(ctx, w) }()
	h.Cleanup(x.stop)
	return x
}

func (x *workers) stop() {
	x.cancel()
	if x.once {
		return
	}
	x.once = true
	if err := <-x.done; err != nil {
		x.h.Errorf("work ended: %v", err)
	}
}

// await waits until an import has ended in the background, and insists on its state.
func (x *workers) await(id int64, want store.State) store.Import {
	x.h.Helper()
	for {
		select {
		case i := <-x.ended:
			if i.ID != id {
				continue
			}
			now, err := x.h.svc.Import(x.h.Context(), x.h.owner, id)
			if err != nil || i.State != want || now.State != want {
				x.h.Fatalf("import %d ended in state %s and is %s, %v; want %s", id, i.State, now.State, err, want)
			}
			return now
		case <-time.After(time.Minute):
			x.h.Fatalf("import %d did not end in a minute", id)
		}
	}
}

func TestA4_WhoeverIsToldToStopBeforeWorkBeginsSaysSo(t *testing.T) {
	each(t, func(h *house) {
		ctx, cancel := context.WithCancel(h.Context())
		cancel()
		if err := h.svc.Work(ctx, admin.Workers{Log: slog.New(slog.NewTextHandler(h.Output(), nil))}); !errors.Is(err, context.Canceled) {
			h.Errorf("work ended: %v", err)
		}
	})
}

func TestA4_WhatDoesNotMoveAnyMoreHasNoTimeLeft(t *testing.T) {
	at := admin.Standing{Progress: admin.Progress{Done: 1, Total: 3}, BeganAt: 1_000_000, MovedAt: 3_000_000}
	if left, ok := at.Left(8_000_000); !ok || left != 4*time.Second {
		t.Errorf("left: %s, %v", left, ok)
	}
	if left, ok := at.Left(8_000_001); ok {
		t.Errorf("left after five seconds without a word: %s", left)
	}
}

// upload is a CSV that somebody brings.
func upload(file string) admin.Upload {
	return admin.Upload{Name: "test.csv", Content: strings.NewReader(file), Size: int64(len(file))}
}

// submit submits a CSV.
func (h *house) submit(a admin.Actor, file string, o plan.Options) store.Import {
	h.Helper()
	imp, err := h.svc.Submit(h.Context(), a, upload(file), o)
	if err != nil || imp.State != store.Planning {
		h.Fatalf("submitted: %s, %v", imp.State, err)
	}
	return imp
}

// submitApply submits a plan to be applied.
func (h *house) submitApply(imp store.Import) {
	h.Helper()
	now, err := h.svc.SubmitApply(h.Context(), h.owner, imp.ID, admin.ApplyOptions{Sum: imp.Sum, Accept: anyBrake()})
	if err != nil || now.State != store.Applying {
		h.Fatalf("submitted to be applied: %s, %v", now.State, err)
	}
}

// mailsAbout lists the kinds of the mails that tell of an import, the oldest first.
func (h *house) mailsAbout(imp store.Import) []string {
	h.Helper()
	mails, _, err := h.svc.Mails(h.Context(), h.owner, store.MailQuery{Import: imp.ID})
	if err != nil {
		h.Fatal(err)
	}
	var kinds []string
	for _, m := range slices.Backward(mails) {
		if store.IsAboutImport(m.Kind) {
			kinds = append(kinds, m.Kind+" to "+m.To)
		}
	}
	return kinds
}

// uploads lists the uploads that are kept.
func (h *house) uploads() []string {
	h.Helper()
	return slices.DeleteFunc(h.stored(""), func(path string) bool { return !strings.HasPrefix(path, "upload-") })
}

// asOwner is the member who is the primary owner.
func (h *house) asOwner() admin.Actor {
	h.Helper()
	a, err := h.svc.As(h.Context(), h.owner, "owner@acme.example")
	if err != nil {
		h.Fatal(err)
	}
	return a
}

func TestA4_AnImportInTheBackgroundIsPlannedLookedAtAppliedAndTold(t *testing.T) {
	eachStorage(t, func(h *house) {
		server, post := h.postOffice()
		w := h.work(admin.Workers{Post: &post})
		author := h.asOwner()
		imp := h.submit(author, "email,name,password\nann@x.example,Ann,correct horse 1\nbob@x.example,Bob,\nbad,Bad,\n", plan.Options{})
		planned := w.await(imp.ID, store.Planned)
		if got := counts(planned); got != [6]int64{2, 0, 0, 0, 0, 1} || planned.Rows != 3 || planned.ActorID != author.MemberID || planned.FileName != "test.csv" {
			h.Errorf("planned: %v, %d rows by %d of %s", got, planned.Rows, planned.ActorID, planned.FileName)
		}
		if left := h.uploads(); len(left) > 0 {
			h.Errorf("the upload, with its passwords, is still kept: %v", left)
		}
		h.submitApply(planned)
		w.await(imp.ID, store.Applied)
		if got := len(h.members()); got != 3 {
			h.Errorf("%d members, want the owner and two", got)
		}
		if got := h.mailsAbout(imp); !slices.Equal(got, []string{"import_review to owner@acme.example", "import_done to owner@acme.example"}) {
			h.Errorf("told: %v", got)
		}
		h.soon(func() bool { return len(server.Mails()) == 2 })
		for _, m := range server.Mails() {
			if link := linkIn(t, m); link != fmt.Sprintf("https://m.acme.example/imports/%d", imp.ID) {
				h.Errorf("%q leads to %s", m.Subject, link)
			}
		}
		undo, err := h.svc.SubmitUndo(h.Context(), author, imp.ID, plan.Options{})
		if err != nil {
			h.Fatal(err)
		}
		h.submitApply(w.await(undo.ID, store.Planned))
		w.await(undo.ID, store.Applied)
		if got := len(h.members()); got != 1 {
			h.Errorf("%d members after the undo", got)
		}
		h.verify()
	})
}

func TestA4_WhoeverStopsToWorkLeavesNothingRunning(t *testing.T) {
	each(t, func(h *house) {
		imp := h.plan(newcomers("new", 100), plan.Options{}) // all connections that are kept are open
		before := goleak.IgnoreCurrent()
		w := h.work(admin.Workers{})
		h.submitApply(imp)
		w.await(imp.ID, store.Applied)
		w.stop()
		goleak.VerifyNone(t, before)
	})
}

func TestA4_AFileThatCannotBeReadIsRejectedAndItsAuthorTold(t *testing.T) {
	each(t, func(h *house) {
		w := h.work(admin.Workers{})
		imp := h.submit(h.asOwner(), "colour\nred\n", plan.Options{})
		rejected := w.await(imp.ID, store.Rejected)
		found, err := h.svc.Problems(h.Context(), h.owner, rejected, 10)
		if err != nil || len(found.Problems) == 0 {
			h.Errorf("problems: %v, %v", found.Problems, err)
		}
		if got := h.mailsAbout(imp); !slices.Equal(got, []string{"import_failed to owner@acme.example"}) {
			h.Errorf("told: %v", got)
		}
		quiet := h.submit(h.owner, "colour\nred\n", plan.Options{})
		w.await(quiet.ID, store.Rejected)
		if got := h.mailsAbout(quiet); got != nil {
			h.Errorf("the operator of the machine has no address, and was told: %v", got)
		}
	})
}

func TestA4_OnlyWhoMayImportSubmitsCancelsAndLooks(t *testing.T) {
	each(t, func(h *house) {
		h.apply("email,name\nann@x.example,Ann\n", plan.Options{})
		ann, err := h.svc.As(h.Context(), h.owner, "ann@x.example")
		if err != nil {
			h.Fatal(err)
		}
		imp := h.submit(h.owner, newcomers("new", 2), plan.Options{})
		_, submit := h.svc.Submit(h.Context(), ann, upload(newcomers("x", 1)), plan.Options{})
		_, cancel := h.svc.Cancel(h.Context(), ann, imp.ID)
		_, look := h.svc.Progress(h.Context(), ann, imp.ID)
		_, apply := h.svc.SubmitApply(h.Context(), ann, imp.ID, admin.ApplyOptions{})
		_, undo := h.svc.SubmitUndo(h.Context(), ann, imp.ID, plan.Options{})
		for i, err := range []error{submit, cancel, look, apply, undo} {
			if !errors.Is(err, problem.New(problem.ActorForbidden)) {
				h.Errorf("%d: %v", i, err)
			}
		}
	})
}

// TestA4_WhoMayNoLongerImportGetsNoPlan asks again when the plan is made.
func TestA4_WhoMayNoLongerImportGetsNoPlan(t *testing.T) {
	each(t, func(h *house) {
		h.apply("email,name,system_role,system_permission\nann@x.example,Ann,owner,admin\n", plan.Options{})
		ann, err := h.svc.As(h.Context(), h.owner, "ann@x.example")
		if err != nil {
			h.Fatal(err)
		}
		imp := h.submit(ann, newcomers("new", 2), plan.Options{})
		h.apply("email,delete\nann@x.example,1\n", plan.Options{Match: []string{"email"}})
		w := h.work(admin.Workers{})
		rejected := w.await(imp.ID, store.Rejected)
		found, err := h.svc.Problems(h.Context(), h.owner, rejected, 10)
		if err != nil || len(found.Problems) != 1 || found.Problems[0].Code != problem.ActorForbidden {
			h.Errorf("problems: %v, %v", found.Problems, err)
		}
	})
}

func TestA4_WhatWaitsInTheQueueIsCancelledAtOnceThoughNobodyWorks(t *testing.T) {
	each(t, func(h *house) {
		imp := h.submit(h.owner, newcomers("new", 2), plan.Options{})
		if at, err := h.svc.Progress(h.Context(), h.owner, imp.ID); err != nil || !at.Queued || at.State != store.Planning {
			h.Errorf("progress: %+v, %v", at, err)
		}
		now, err := h.svc.Cancel(h.Context(), h.owner, imp.ID)
		if err != nil || now.State != store.Cancelled || len(h.uploads()) > 0 {
			h.Errorf("cancelled: %s, %v, %v", now.State, err, h.uploads())
		}
		_, err = h.svc.Cancel(h.Context(), h.owner, imp.ID)
		if !errors.Is(err, problem.New(problem.NothingToCancel)) {
			h.Errorf("cancelled twice: %v", err)
		}

		planned := h.plan(newcomers("other", 2), plan.Options{})
		h.submitApply(planned)
		if now, err = h.svc.Cancel(h.Context(), h.owner, planned.ID); err != nil || now.State != store.Cancelled {
			h.Errorf("apply cancelled: %s, %v", now.State, err)
		}
		w := h.work(admin.Workers{})
		last := h.submit(h.owner, newcomers("last", 2), plan.Options{})
		w.await(last.ID, store.Planned)
		if got := len(h.members()); got != 1 || h.state(imp) != store.Cancelled || h.state(planned) != store.Cancelled {
			h.Errorf("%d members; %s, %s", got, h.state(imp), h.state(planned))
		}
	})
}

// block stops an import at a step until the test lets it go on. A watcher must not
// wait; this one does, so that the test knows where the import is.
type block struct {
	step         string
	imp          int64 // 0: any
	reached, let chan struct{}
	once         sync.Once
}

// release lets the import go on, and all later ones.
func (b *block) release() { b.once.Do(func() { close(b.let) }) }

func newBlock(step string) *block {
	return &block{step: step, reached: make(chan struct{}), let: make(chan struct{})}
}

func (b *block) watch(_ context.Context, _, imp int64, p admin.Progress) {
	if p.Step != b.step || b.imp != 0 && b.imp != imp {
		return
	}
	select {
	case <-b.let:
	case b.reached <- struct{}{}:
		<-b.let
	}
}

// lookedAt waits until who works at an import has looked once more whether it is to be
// stopped, and it is as is said.
func (h *house) lookedAt(imp int64, so func(at admin.Standing) bool) {
	h.Helper()
	before, err := h.svc.Progress(h.Context(), h.owner, imp)
	if err != nil {
		h.Fatal(err)
	}
	h.soon(func() bool {
		at, err := h.svc.Progress(h.Context(), h.owner, imp)
		return err == nil && at.MovedAt > before.MovedAt && so(at)
	})
}

func TestA4_APlanIsCancelledWhileItIsMade(t *testing.T) {
	each(t, func(h *house) {
		b := newBlock("checking")
		defer b.release() // where the test fails, too: the workers are waited for
		w := h.work(admin.Workers{Watch: b.watch})
		imp := h.submit(h.owner, newcomers("new", 3000), plan.Options{})
		<-b.reached
		if now, err := h.svc.Cancel(h.Context(), h.owner, imp.ID); err != nil || now.State != store.Planning {
			h.Fatalf("cancel: %s, %v", now.State, err)
		}
		h.lookedAt(imp.ID, func(at admin.Standing) bool { return at.Cancelling && at.Rows == 3000 })
		b.release()
		w.await(imp.ID, store.Cancelled)
		h.noChanges(imp)
		if left := h.keptNames(); len(left) > 0 {
			h.Errorf("files are still kept: %v", left)
		}
	})
}

// soon waits until something is so that no event tells of; it asks again and
// again, a minute at most.
func (h *house) soon(is func() bool) {
	h.Helper()
	for end := time.Now().Add(time.Minute); !is(); {
		if time.Now().After(end) {
			h.Fatal("it did not come about in a minute")
		}
	}
}

// noChanges insists that nothing of a plan is left.
func (h *house) noChanges(imp store.Import) {
	h.Helper()
	for c, err := range h.roll().Changes(h.Context(), imp.Org, imp.ID, store.ChangeQuery{Limit: 1}) {
		h.Errorf("import %d has changes: %d, %v", imp.ID, c.Seq, err)
	}
}

func TestA4_AnApplyIsCancelledBeforeItsCommitAndNotAfterwards(t *testing.T) {
	each(t, func(h *house) {
		imp := h.plan(newcomers("new", 100), plan.Options{})
		before := h.snapshot()
		b := newBlock("applying")
		defer b.release() // where the test fails, too: the workers are waited for
		w := h.work(admin.Workers{Watch: b.watch})
		h.submitApply(imp)
		<-b.reached
		if _, err := h.svc.Cancel(h.Context(), h.owner, imp.ID); err != nil {
			h.Fatal(err)
		}
		h.lookedAt(imp.ID, func(at admin.Standing) bool {
			return at.Cancelling && at.Step == "applying" && at.State == store.Applying
		})
		b.release()
		w.await(imp.ID, store.Cancelled)
		if h.snapshot() != before {
			h.Error("it was cancelled, and members are not as before")
		}

		done := h.plan(newcomers("done", 10), plan.Options{})
		h.submitApply(done)
		w.await(done.ID, store.Applied)
		if _, err := h.svc.Cancel(h.Context(), h.owner, done.ID); !errors.Is(err, problem.New(problem.PlanAlreadyApplied)) {
			h.Errorf("cancelled after the commit: %v", err)
		}
	})
}

// TestI2_PeopleSignInWhileALongApplyRuns holds an apply in the middle of its
// transaction, which on SQLite has the one writer.
func TestI2_PeopleSignInWhileALongApplyRuns(t *testing.T) {
	each(t, func(h *house) {
		h.apply("email,name,password\nann@x.example,Ann,correct horse 1\n", plan.Options{})
		imp := h.plan(newcomers("new", 100), plan.Options{})
		b := newBlock("applying")
		defer b.release() // where the test fails, too: the workers are waited for
		w := h.work(admin.Workers{Watch: b.watch})
		h.submitApply(imp)
		<-b.reached
		in, err := h.svc.SignIn(h.Context(), h.owner.Org, "ann@x.example", "correct horse 1")
		if err != nil {
			h.Fatalf("sign in: %v", err)
		}
		if _, err := h.svc.SignIn(h.Context(), h.owner.Org, "ann@x.example", "wrong"); err == nil {
			h.Error("signed in with a wrong password")
		}
		x, err := h.svc.Session(h.Context(), in.Token)
		if err != nil || x.Member.Name != "Ann" {
			h.Errorf("session: %v, %v", x.Member.Name, err)
		}
		h.soon(func() bool { // progress is stored meanwhile, too
			at, err := h.svc.Progress(h.Context(), h.owner, imp.ID)
			return err == nil && at.Step == "applying" && at.MovedAt > 0
		})
		if state := h.state(imp); state != store.Applying {
			h.Errorf("the import is %s: the test shows nothing", state)
		}
		b.release()
		w.await(imp.ID, store.Applied)
	})
}

// TestA4_AJobThatComesTwiceDoesNothingTwice lets two processes' worth of workers
// look at the same tasks, each with jobs of its own.
func TestA4_AJobThatComesTwiceDoesNothingTwice(t *testing.T) {
	each(t, func(h *house) {
		planned := h.plan(newcomers("new", 500), plan.Options{})
		h.submitApply(planned)
		waiting := h.submit(h.owner, newcomers("other", 500), plan.Options{})
		ref := func(imp store.Import, kind store.TaskKind) store.TaskRef {
			return store.TaskRef{Org: imp.Org, Import: imp.ID, Kind: kind}
		}
		var twice []error
		for range 2 {
			for range 3 {
				twice = append(twice, h.svc.CarryOutForTest(h.Context(), ref(planned, store.ApplyTask)), h.svc.CarryOutForTest(h.Context(), ref(waiting, store.PlanTask)))
			}
		}
		if err := errors.Join(twice...); err != nil {
			h.Fatal(err)
		}
		if got := len(h.members()); got != 501 || h.state(planned) != store.Applied || h.state(waiting) != store.Planned {
			h.Errorf("%d members; %s, %s", got, h.state(planned), h.state(waiting))
		}
		if runs, err := h.roll().TaskRuns(h.Context()); err != nil || len(runs) > 0 {
			h.Errorf("runs are left: %v, %v", runs, err)
		}
		h.verify()
	})
}

func TestA3_AStalePlanIsStaleInTheBackgroundToo(t *testing.T) {
	each(t, func(h *house) {
		h.apply("email,name\nann@x.example,Ann\n", plan.Options{})
		byMail := plan.Options{Match: []string{"email"}}
		imp := h.plan("email,name\nann@x.example,Anna\n", byMail)
		h.submitApply(imp)
		h.apply("email,name\nann@x.example,Anne\n", byMail)
		w := h.work(admin.Workers{})
		stale := w.await(imp.ID, store.Stale)
		if stale.Outcome.Stale == nil || stale.Outcome.Stale.What != "member" {
			h.Errorf("stale: %+v", stale.Outcome.Stale)
		}
	})
}

// TestA4_AQueuedPlanIsInNobodysWay submits an apply, and asks for everything that
// another person could do with the plan.
func TestA4_AQueuedPlanIsInNobodysWay(t *testing.T) {
	each(t, func(h *house) {
		imp := h.plan(newcomers("new", 2), plan.Options{})
		h.submitApply(imp)
		_, apply := h.svc.Apply(h.Context(), h.owner, imp.ID, admin.ApplyOptions{})
		_, again := h.svc.SubmitApply(h.Context(), h.owner, imp.ID, admin.ApplyOptions{})
		discard := h.svc.Discard(h.Context(), h.owner, imp.ID)
		for i, err := range []error{apply, again, discard} {
			if !errors.Is(err, problem.New(problem.PlanNotReady)) {
				h.Errorf("%d: %v", i, err)
			}
		}
		_, sum := h.svc.SubmitApply(h.Context(), h.owner, h.plan(newcomers("x", 1), plan.Options{}).ID, admin.ApplyOptions{Sum: make([]byte, 32)})
		if !errors.Is(sum, problem.New(problem.SumMismatch)) {
			h.Errorf("another sum: %v", sum)
		}
	})
}

func TestA4_AFileIsLargeFromOneRowMoreThanTheSettingSays(t *testing.T) {
	each(t, func(h *house) {
		h.setting(plan.BackgroundRows, "3")
		for rows, want := range map[int]bool{2: false, 3: false, 4: true} {
			large, err := h.svc.IsLarge(h.Context(), h.owner, upload(newcomers("new", rows)), plan.Options{})
			if err != nil || large != want {
				h.Errorf("%d rows: %v, %v", rows, large, err)
			}
		}
		if large, err := h.svc.IsLarge(h.Context(), h.owner, upload("\xff\xff\xff"), plan.Options{Charset: "utf-8"}); err != nil || large {
			h.Errorf("a file that cannot be read: %v, %v", large, err)
		}
	})
}

func TestP6_TheUploadIsSealedWhileItWaits(t *testing.T) {
	eachStorage(t, func(h *house) {
		h.submit(h.owner, "email,name,password\nann@x.example,Ann,correct horse 1\n", plan.Options{})
		names := h.uploads()
		if len(names) != 1 {
			h.Fatalf("uploads = %v", names)
		}
		if bytes.Contains(h.rawStored(names[0]), []byte("correct horse")) {
			h.Error("the password can be read")
		}
		if h.bucket != nil {
			return
		}
		info, err := os.Stat(filepath.Join(h.files, names[0]))
		if err != nil || info.Mode().Perm() != 0o600 {
			h.Errorf("mode %v, %v", info.Mode(), err)
		}
	})
}
