package admin_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// keep keeps an upload.
func (h *house) keep(name, content string) store.Upload {
	h.Helper()
	u, err := h.svc.KeepUpload(h.Context(), h.owner, name, strings.NewReader(content))
	if err != nil {
		h.Fatal(err)
	}
	return u
}

// uploadsLeft are the paths of files that wait to be sent.
func (h *house) uploadsLeft() []string {
	h.Helper()
	return h.stored("uploads")
}

func TestA8_AnUploadWaitsSealedAndGoesWhenItIsPlanned(t *testing.T) {
	eachStorage(t, func(h *house) {
		u := h.keep(`C:\files\a.csv`, "email,name\nhal@x.example,Hal\n")
		if u.Name != "a.csv" {
			h.Errorf("name = %q", u.Name)
		}
		for _, name := range h.uploadsLeft() {
			if bytes.Contains(h.rawStored(name), []byte("hal@x.example")) {
				h.Errorf("%s is not sealed", name)
			}
		}
		imp, err := h.svc.SendUpload(h.Context(), h.owner, u.ID, plan.Options{}, false)
		if err != nil || imp.State != store.Planned || imp.Outcome.Counts[plan.Create] != 1 {
			h.Fatal(imp.State, err)
		}
		if left := h.uploadsLeft(); len(left) > 0 {
			h.Errorf("still there: %v", left)
		}
		if _, err := h.svc.Upload(h.Context(), h.owner, u.ID); !errors.Is(err, problem.New(problem.UploadGone)) {
			h.Error(err)
		}
	})
}

func TestA8_UploadsThatNobodySendsAreSwept(t *testing.T) {
	eachStorage(t, func(h *house) {
		old := h.keep("a.csv", "email\n")
		*h.now = h.now.Add(3 * time.Hour)
		if _, err := h.svc.Upload(h.Context(), h.owner, old.ID); !errors.Is(err, problem.New(problem.UploadGone)) {
			h.Error(err)
		}
		if _, err := h.svc.Sweep(h.Context(), h.owner); err != nil {
			h.Fatal(err)
		}
		if left := h.uploadsLeft(); len(left) > 0 {
			h.Errorf("still there: %v", left)
		}
	})
}

func TestM8_ErasingSomebodyDropsUploadsThatMayNameThem(t *testing.T) {
	eachStorage(t, func(h *house) {
		h.apply("email,name\nhal@x.example,Hal\n", plan.Options{})
		h.keep("a.csv", "email\nhal@x.example\n")
		if err := h.svc.Erase(h.Context(), h.owner, 2); err != nil {
			h.Fatal(err)
		}
		if left := h.uploadsLeft(); len(left) > 0 {
			h.Errorf("still there: %v", left)
		}
	})
}

func TestF11_AnUploadThatIsTooLargeLeavesNothing(t *testing.T) {
	eachStorage(t, func(h *house) {
		if _, err := h.svc.SetSetting(h.Context(), h.owner, plan.LimitFileBytes, "10"); err != nil {
			h.Fatal(err)
		}
		a, err := h.svc.Operator(h.Context(), "")
		if err != nil {
			h.Fatal(err)
		}
		_, err = h.svc.KeepUpload(h.Context(), a, "a.csv", strings.NewReader("12345678901"))
		if !errors.Is(err, problem.New(problem.FileTooLarge)) {
			h.Error(err)
		}
		_, err = h.svc.KeepUpload(h.Context(), a, "a.csv", io.MultiReader(strings.NewReader("123"), cutOff{}))
		if err == nil || len(h.uploadsLeft()) > 0 {
			h.Error(err, h.uploadsLeft())
		}
	})
}

// cutOff is a connection that ends.
type cutOff struct{}

func (cutOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestF4_LookingTellsColumnsAndHidesPasswords(t *testing.T) {
	eachStorage(t, func(h *house) {
		u := h.keep("a.csv", "email;Password;Branch\na@x.example;secret;1\nb@x.example;secret;2\n")
		l, err := h.svc.Look(h.Context(), h.owner, u.ID, plan.Options{})
		if err != nil {
			h.Fatal(err)
		}
		if l.Delimiter != ";" || l.Options.Layout != plan.Register || len(l.Problems) != 0 || len(l.Warnings) != 1 || len(l.Columns) != 3 {
			h.Fatalf("%+v", l)
		}
		if c := l.Columns[1]; !c.Secret || c.Cells != nil || c.Means() != "password" {
			h.Errorf("password: %+v", c)
		}
		if c := l.Columns[2]; c.Means() != "" || strings.Join(c.Cells, " ") != "1 2" {
			h.Errorf("branch: %+v", c)
		}
		l, err = h.svc.Look(h.Context(), h.owner, u.ID, plan.Options{Map: map[string]string{"Branch": "remarks"}})
		if err != nil || l.Columns[2].Means() != "remarks" || l.Columns[2].Found != "" {
			h.Errorf("%+v %v", l.Columns, err)
		}
	})
}

func TestA3_APlanIsMadeAgainFromTheKeptFile(t *testing.T) {
	eachStorage(t, func(h *house) {
		was := h.plan("email,name\nhal@x.example,Hal\n", plan.Options{Match: []string{"email"}})
		again, err := h.svc.PlanAgain(h.Context(), h.owner, was.ID, nil)
		if err != nil || again.Outcome.Counts[plan.Create] != 1 || !again.Options.Same(was.Options) {
			h.Fatal(again.Outcome, err)
		}
		if i, err := h.svc.Import(h.Context(), h.owner, was.ID); err != nil || i.State != store.Discarded {
			h.Error(i.State, err)
		}
		undo, err := h.svc.PlanUndo(h.Context(), h.owner, h.do(again).ID, plan.Options{}, nil)
		if err != nil {
			h.Fatal(err)
		}
		if redo, err := h.svc.PlanAgain(h.Context(), h.owner, undo.ID, nil); err != nil || redo.UndoOf != again.ID {
			h.Error(redo.UndoOf, err)
		}
		_, err = h.svc.PlanAgain(h.Context(), h.owner, 1, nil) // the first owner: an edit
		if !errors.Is(err, problem.New(problem.AgainImpossible, "reason", "edit")) {
			h.Error(err)
		}
	})
}

func TestA5_PagesOfChangesAreFoundBothWays(t *testing.T) {
	eachStorage(t, func(h *house) {
		var file strings.Builder
		file.WriteString("email,name\n")
		for i := range 30 {
			file.WriteString(map[bool]string{true: "bad", false: "p" + string(rune('a'+i)) + "@x.example"}[i%10 == 5] + ",P\n")
		}
		imp := h.plan(file.String(), plan.Options{})
		tests := []struct {
			name, search string
			page         store.ChangePage
			want         []int64
		}{
			{"the first", "", store.ChangePage{Limit: 2}, []int64{1, 2}},
			{"after one", "", store.ChangePage{After: 10, Limit: 2}, []int64{11, 12}},
			{"before one, in order", "", store.ChangePage{Before: 10, Limit: 2}, []int64{8, 9}},
			{"the last", "", store.ChangePage{Before: 31, Limit: 2}, []int64{29, 30}},
			{"of an action", "", store.ChangePage{Action: plan.Reject, Limit: 9}, []int64{6, 16, 26}},
			{"of an action, backward", "", store.ChangePage{Action: plan.Reject, Before: 26, Limit: 1}, []int64{16}},
			{"by its line", "12", store.ChangePage{Limit: 9}, []int64{11}},
			{"by the beginning of its address, in any case", " PC@", store.ChangePage{Limit: 9}, []int64{3}},
			{"only within some", "p", store.ChangePage{After: 2, Within: 2, Limit: 9}, []int64{3, 4}},
			{"only within some, backward", "p", store.ChangePage{Before: 10, Within: 3, Limit: 9}, []int64{7, 8, 9}},
		}
		for _, tt := range tests {
			cs, err := h.svc.ChangePage(h.Context(), h.owner, imp, tt.search, tt.page)
			var got []int64
			for _, c := range cs {
				got = append(got, c.Seq)
			}
			if err != nil || !slices.Equal(got, tt.want) {
				h.Errorf("%s: %v, want %v (%v)", tt.name, got, tt.want, err)
			}
		}
	})
}

func TestG7_UploadsNeedTheRightToImport(t *testing.T) {
	rules(t, func(r *ruled) {
		ann := r.as("ann@x.example")
		if _, err := r.svc.KeepUpload(r.Context(), ann, "a.csv", strings.NewReader("email\n")); !errors.Is(err, problem.New(problem.ActorForbidden)) {
			r.Error(err)
		}
		if _, err := r.svc.Import(r.Context(), ann, 1); !errors.Is(err, problem.New(problem.ActorForbidden)) {
			r.Error(err)
		}
	})
}
