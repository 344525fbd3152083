package admin_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"meibo/internal/admin"
	"meibo/internal/member"
	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// anyBrake accepts every brake.
func anyBrake() map[string]int64 {
	accept := map[string]int64{}
	for _, k := range plan.BrakeKinds {
		accept[k] = 1 << 40
	}
	return accept
}

// planUntilApplied plans and applies, and plans again for as long as what the
// plan was made from moves in between: as a person does.
func planUntilApplied(ctx context.Context, svc *admin.Service, a admin.Actor, make func() (store.Import, error)) (store.Import, error) {
	for {
		imp, err := make()
		if err != nil || imp.State == store.Rejected {
			return imp, err
		}
		imp, err = svc.Apply(ctx, a, imp.ID, admin.ApplyOptions{Sum: imp.Sum, Accept: anyBrake()})
		if !errors.Is(err, problem.New(problem.PlanStale)) {
			return imp, err
		}
	}
}

// TestA4_ManyImportsAtOnceLoseNothing lets many register new members, change the
// same members and fight for the same addresses, all at once, in one process.
func TestA4_ManyImportsAtOnceLoseNothing(t *testing.T) {
	each(t, func(h *house) {
		h.apply(newcomers("base", 40), plan.Options{})
		var group errgroup.Group
		for worker := range 8 {
			for round := range 4 {
				group.Go(func() error { return h.fight(worker, round) })
			}
		}
		if err := group.Wait(); err != nil {
			h.Fatal(err)
		}
		h.afterTheFight(8)
	})
}

// TestA4_ManyProcessesAtOnceLoseNothing is the same with processes of their own.
func TestA4_ManyProcessesAtOnceLoseNothing(t *testing.T) {
	founded.Each(t, func(t *testing.T, url string) {
		h := open(t, url)
		h.apply(newcomers("base", 40), plan.Options{})
		var group errgroup.Group
		for worker := range 4 {
			files := t.TempDir()
			for i, f := range fights(worker) {
				e := errand{Database: url, Files: filepath.Join(files, "kept"), Do: "all", File: filepath.Join(files, strconv.Itoa(i)), Options: f.options}
				if err := os.WriteFile(e.File, []byte(f.file), 0o600); err != nil {
					t.Fatal(err)
				}
				cmd := e.command(t)
				group.Go(func() error {
					if out, err := cmd.CombinedOutput(); err != nil {
						return fmt.Errorf("%w: %s", err, out)
					}
					return nil
				})
			}
		}
		if err := group.Wait(); err != nil {
			t.Fatal(err)
		}
		h.afterTheFight(4)
	})
}

// newcomers is a file of n members.
func newcomers(prefix string, n int) string {
	var b strings.Builder
	b.WriteString("login_id,email,name,remarks\n")
	for i := range n {
		fmt.Fprintf(&b, "%[1]s%[2]d,%[1]s%[2]d@x.example,%[1]s %[2]d,0\n", prefix, i)
	}
	return b.String()
}

// A filed is a file with its options.
type filed struct {
	file    string
	options plan.Options
	repeats bool // it can be planned again
}

// fights are the files of one worker: somebody of their own, a remark that all
// workers write to the same members, and an address that all of them want.
func fights(worker int) []filed {
	byLogin := plan.Options{Match: []string{"login_id"}}
	var same strings.Builder
	same.WriteString("login_id,remarks\n")
	for i := range 40 {
		fmt.Fprintf(&same, "base%d,by %d\n", i, worker)
	}
	return []filed{
		{newcomers(fmt.Sprintf("own%d.", worker), 30), plan.Options{}, false},
		{same.String(), byLogin, true},
		{fmt.Sprintf("login_id,email,name\nbase%d,wanted@x.example,\n", worker), byLogin, true},
		{"login_id,delete\nbase39,1\n", byLogin, false},
	}
}

func (h *house) fight(worker, round int) error {
	f := fights(worker)[round]
	imp, err := planUntilApplied(h.Context(), h.svc, h.owner, func() (store.Import, error) {
		return h.svc.Plan(h.Context(), h.owner, admin.Upload{Name: "fight.csv", Content: strings.NewReader(f.file), Size: int64(len(f.file))}, f.options, nil)
	})
	if err == nil && imp.State != store.Applied && imp.State != store.Rejected {
		err = fmt.Errorf("an import ended in state %s", imp.State)
	}
	return err
}

// afterTheFight holds what there is against every serial order of the files.
func (h *house) afterTheFight(workers int) {
	h.Helper()
	remarks, wanted, owners, seen := map[string]int{}, 0, 0, map[int64]bool{}
	own := 0
	for _, m := range h.members() {
		switch {
		case seen[m.ID]:
			h.Errorf("member %d twice", m.ID)
		case m.LoginID == "base39":
			h.Error("base39 was deleted by somebody, and is there")
		case strings.HasPrefix(m.LoginID, "own"):
			own++
		case strings.HasPrefix(m.LoginID, "base"):
			remarks[m.Remarks]++
		}
		seen[m.ID] = true
		if m.Email == "wanted@x.example" {
			wanted++
		}
		if m.Role == member.PrimaryOwner {
			owners++
		}
	}
	if own != 30*workers {
		h.Errorf("%d of %d new members are there", own, 30*workers)
	}
	if len(remarks) != 1 {
		h.Errorf("the last file that wrote remarks wrote all of them: %v", remarks)
	}
	if wanted != 1 || owners != 1 {
		h.Errorf("%d have the address that all wanted, %d are primary owner: want one each", wanted, owners)
	}
	h.verify()
}

// TestM1_TheIDOfADeletedMemberIsNotGivenAgain holds for new members and for
// plans that came to nothing.
func TestM1_TheIDOfADeletedMemberIsNotGivenAgain(t *testing.T) {
	each(t, func(h *house) {
		first := h.apply(newcomers("a", 3), plan.Options{})
		h.undo(first)
		second := h.apply(newcomers("b", 3), plan.Options{})
		if second.FirstMember != first.FirstMember+3 {
			h.Errorf("the next member has ID %d, want %d", second.FirstMember, first.FirstMember+3)
		}
	})
}
