package admin_test

import (
	"bytes"
	"strings"
	"testing"

	"meibo/internal/admin"
	"meibo/internal/plan"
)

// notes is how many files of members are noted in the database.
func (h *house) notes() int {
	h.Helper()
	n := 0
	for f, err := range h.roll().AllMemberFiles(h.Context(), h.owner.Org.ID) {
		if err != nil || f.Key == "" {
			h.Fatal(err)
		}
		n++
	}
	return n
}

// dying runs f again and again, killing it at each of its writes of files, until
// it lives through. after is called when it died.
func (h *house) dying(f func() error, after func(n int)) {
	h.Helper()
	for _, half := range []bool{false, true} {
		for n := 1; ; n++ {
			revive := h.svc.KillBlobsForTest(n, half)
			err := f()
			if !revive() {
				if err != nil {
					h.Fatalf("nobody killed it: %v", err)
				}
				break
			}
			if err == nil {
				h.Fatalf("it died at write %d and did not say so", n)
			}
			after(n)
			if n > 20 {
				h.Fatal("it dies for ever")
			}
		}
	}
}

func TestG3_KilledWhilePlanningNothingIsLeftButWhatTheSweepFinds(t *testing.T) {
	eachStorage(t, func(h *house) {
		h.album()
		file, packed := "member_id,photo,paper\n2,a.png,a.pdf\n3,b.png,\n", zipOf(t, map[string]string{"2/a.png": png + "a", "2/a.pdf": pdf, "3/b.png": png + "b"})
		h.dying(func() error {
			imp, err := h.svc.Plan(h.Context(), h.owner, admin.Upload{Name: "a.csv", Content: strings.NewReader(file), Size: int64(len(file)),
				Files: bytes.NewReader(packed), FilesSize: int64(len(packed))}, plan.Options{}, nil)
			if err == nil {
				err = h.svc.Discard(h.Context(), h.owner, imp.ID)
			}
			return err
		}, func(n int) {
			h.sweepAfter(aWhile)
			h.blobsAre("after the sweep", 0)
		})
		h.sweepAfter(aWhile)
		h.blobsAre("in the end", 0)
	})
}

func TestG3_KilledWhileSweepingTheNextSweepGoesOn(t *testing.T) {
	eachStorage(t, func(h *house) {
		h.album()
		packed := zipOf(t, map[string]string{"2/a.png": png + "a", "3/b.png": png + "b"})
		for n := range 2 {
			if err := h.svc.Discard(h.Context(), h.owner, h.planFiles("member_id,photo\n2,a.png\n3,b.png\n", packed).ID); err != nil {
				t.Fatal(err)
			}
			*h.now = h.now.Add(aWhile)
			revive := h.svc.KillBlobsForTest(n+1, n == 1)
			if _, err := h.svc.Sweep(h.Context(), h.owner); err == nil || !revive() {
				t.Fatalf("swept although it died: %v", err)
			}
			h.sweepAfter(0)
			h.blobsAre("after the next sweep", 0)
		}
	})
}

func TestM7_KilledWhileErasingTheNextAttemptErases(t *testing.T) {
	eachStorage(t, func(h *house) {
		h.album()
		h.applyFiles("member_id,photo,paper\n2,a.png,a.pdf\n3,b.png,\n", map[string]string{"2/a.png": png + "a", "2/a.pdf": pdf, "3/b.png": png + "b"})
		revive := h.svc.KillBlobsForTest(2, false)
		if err := h.svc.Erase(h.Context(), h.owner, 2); err == nil || !revive() {
			h.Fatalf("erased although it died: %v", err)
		}
		if got := h.record(2).Name; got != "Ann" {
			h.Errorf("half erased: %q", got)
		}
		h.eraseMember(2)
		h.blobsAre("of Bob", 1)
		if n := h.notes(); n != 1 {
			h.Errorf("%d files are noted", n)
		}
	})
}

func TestR1_ABackupHasTheFilesOfMembers(t *testing.T) {
	for name, h := range map[string]func(*testing.T, string) *house{"folder": open, "bucket": openInBucket} {
		t.Run(name, func(t *testing.T) { backupHasTheFilesOfMembers(t, h(t, founded.SQLite(t))) })
	}
}

func backupHasTheFilesOfMembers(t *testing.T, h *house) {
	h.album()
	h.applyFiles("member_id,photo\n2,me.png\n", map[string]string{"2/me.png": png})
	h.keep("later.csv", "email\n")
	if len(h.uploadsLeft()) != 1 {
		t.Fatal("nothing is in the backup's way")
	}
	file := t.TempDir() + "/copy.db"
	b, err := h.svc.Backup(h.Context(), h.owner, h.url, file, false)
	if err != nil || b.Count < 2 {
		t.Fatalf("backup: %+v, %v", b, err)
	}
	copied, err := admin.Open(t.Context(), admin.Config{Database: file, Key: testKey, Files: b.Files})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := copied.Close(); err != nil {
			t.Error(err)
		}
	}()
	h.svc, h.files, h.bucket = copied, b.Files, nil
	if left := h.uploadsLeft(); len(left) > 0 {
		t.Errorf("the backup has %v, which nobody sent", left)
	}
	if got := h.exportFiles(admin.Export{})["2/me.png"]; got != png {
		t.Errorf("from the backup: %q", got)
	}
}
