package admin

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"

	"meibo/internal/member"
	"meibo/internal/store"
)

// What tests of the package's doors look at behind them.

// VerifyJournalForTest walks the journal.
func (s *Service) VerifyJournalForTest(ctx context.Context, a Actor) (store.Verification, error) {
	return s.db.VerifyJournal(ctx, a.Org.ID)
}

// MemberForTest returns a member in any state; nil if there is none.
func (s *Service) MemberForTest(ctx context.Context, a Actor, id int64) (*member.Member, error) {
	found, err := s.db.MembersByID(ctx, a.Org.ID, []int64{id})
	return found[id], err
}

// FilesForTest returns the names of kept files, and of whatever else is there.
func (s *Service) FilesForTest() ([]string, error) {
	if f, ok := s.files.(folder); ok {
		entries, err := os.ReadDir(f.dir)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil // the first file makes the folder
		}
		var names []string
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names, err
	}
	var names []string
	for f, err := range s.files.walk(context.Background(), "") {
		if err != nil {
			return nil, err
		}
		if !strings.Contains(f.path, "/") {
			names = append(names, f.path)
		}
	}
	return names, nil
}

// StartPlanForTest leaves an import in state planning, as a process does that
// is at work until the given time (microseconds UTC).
func (s *Service) StartPlanForTest(ctx context.Context, a Actor, until int64) error {
	return s.db.StartImport(ctx, &store.Import{Org: a.Org.ID, Kind: store.FileImport, LeaseUntil: until, CreatedAt: s.micros()})
}

// CarryOutForTest does what a job for a task does.
func (s *Service) CarryOutForTest(ctx context.Context, ref store.TaskRef) error {
	return s.carryOut(ctx, Workers{}.complete(), ref, false)
}
