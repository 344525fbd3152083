package admin_test

import (
	"bytes"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/s3test"
	"meibo/internal/store"
	"meibo/internal/storetest"
)

// house is an organisation to test in.
type house struct {
	*testing.T
	svc    *admin.Service
	owner  admin.Actor
	now    *time.Time
	url    string
	files  string         // where files are kept: a folder, or the URL of bucket
	bucket *s3test.Server // nil if it is a folder
	db     *store.DB      // see roll

	asked atomic.Pointer[func()] // called whenever the service asks what time it is; nil: nothing is
}

// cheap is what passwords cost here: what they do cost is tested in package member,
// and is half of what a test takes (measured).
var cheap = member.PasswordCost{Memory: 64, Passes: 1}

// founded is a database with the organisation of a house.
var founded = storetest.NewTemplate(func(t *testing.T, url string) {
	h, done := enter(t, url, filepath.Join(t.TempDir(), "files"))
	h.found()
	done()
})

// each runs a test in a fresh organisation on both databases.
func each(t *testing.T, f func(h *house)) {
	t.Helper()
	founded.Each(t, func(t *testing.T, url string) { f(open(t, url)) })
}

// eachStorage runs a test in a fresh organisation on both databases, with files in
// a folder and in a bucket.
func eachStorage(t *testing.T, f func(h *house)) {
	t.Helper()
	t.Run("folder", func(t *testing.T) { each(t, f) })
	t.Run("bucket", func(t *testing.T) {
		founded.Each(t, func(t *testing.T, url string) { f(openInBucket(t, url)) })
	})
}

// open opens a copy of founded.
func open(t *testing.T, url string) *house {
	t.Helper()
	return openAt(t, url, filepath.Join(t.TempDir(), "files"))
}

func openInBucket(t *testing.T, url string) *house {
	t.Helper()
	bucket := s3test.Start(t)
	h := openAt(t, url, bucket.URL)
	h.bucket = bucket
	return h
}

func openAt(t *testing.T, url, files string) *house {
	t.Helper()
	h, done := enter(t, url, files)
	t.Cleanup(done)
	var err error
	if h.owner, err = h.svc.Operator(t.Context(), ""); err != nil {
		t.Fatalf("organisation: %v", err)
	}
	return h
}

// enter opens a database, and returns how to close it.
func enter(t *testing.T, url, files string) (h *house, done func()) {
	t.Helper()
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	h = &house{T: t, now: &now, url: url, files: files}
	svc, err := admin.Open(t.Context(), admin.Config{Database: url, Key: func(bool) ([]byte, error) { return bytes.Repeat([]byte{7}, 32), nil },
		Files: h.files, Now: h.clock, PasswordCost: &cheap})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	h.svc = svc
	return h, func() {
		if err := svc.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
}

// found sets the organisation up.
func (h *house) found() {
	h.Helper()
	zone, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		h.Fatal(err)
	}
	h.owner, _, err = h.svc.SetUp(h.Context(), admin.NewOrganisation{Name: "Acme", OwnerEmail: "owner@acme.example", OwnerName: "O. Ito", Zone: zone})
	if err != nil {
		h.Fatalf("set up: %v", err)
	}
}

func (h *house) clock() time.Time {
	if f := h.asked.Load(); f != nil {
		(*f)()
	}
	return *h.now
}

// during has something happen while the next call is under way: when it asks for
// the time once more after n times. That is before it begins its plan, where it has
// read everything and no transaction is open.
func (h *house) during(n int64, f func()) {
	var times atomic.Int64
	count := func() {
		if times.Add(1) == n+1 {
			h.asked.Store(nil)
			f()
		}
	}
	h.asked.Store(&count)
}

// happened insists that what was to happen meanwhile did.
func (h *house) happened() {
	h.Helper()
	if h.asked.Load() != nil {
		h.Error("nothing happened meanwhile")
		h.asked.Store(nil)
	}
}

// plan plans a CSV in UTF-8.
func (h *house) plan(file string, o plan.Options) store.Import {
	h.Helper()
	imp, err := h.svc.Plan(h.Context(), h.owner, admin.Upload{Name: "test.csv", Content: bytes.NewReader([]byte(file)), Size: int64(len(file))}, o, nil)
	if err != nil {
		h.Fatalf("plan: %v", err)
	}
	return imp
}

// apply plans and applies a CSV, accepting every brake.
func (h *house) apply(file string, o plan.Options) store.Import {
	h.Helper()
	return h.do(h.plan(file, o))
}

func (h *house) do(imp store.Import) store.Import {
	h.Helper()
	accept := map[string]int64{}
	for _, k := range plan.BrakeKinds {
		accept[k] = 1 << 40
	}
	done, err := h.svc.Apply(h.Context(), h.owner, imp.ID, admin.ApplyOptions{Sum: imp.Sum, Accept: accept})
	if err != nil {
		h.Fatalf("apply import %d: %v", imp.ID, err)
	}
	return done
}

func (h *house) undo(imp store.Import) store.Import {
	h.Helper()
	undo, err := h.svc.PlanUndo(h.Context(), h.owner, imp.ID, plan.Options{}, nil)
	if err != nil {
		h.Fatalf("plan undo: %v", err)
	}
	return h.do(undo)
}

// counts are create, invite, update, delete, keep, reject.
func counts(imp store.Import) [6]int64 { return [6]int64(imp.Outcome.Counts[1:]) }
