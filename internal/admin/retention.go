package admin

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"meibo/internal/plan"
	"meibo/internal/problem"
	"meibo/internal/store"
)

// sweepMost is how many members, and how many files, one sweep takes: sweeps
// run before imports, which should not have to wait for a year's leavers.
const sweepMost = 1000

// abandoned is how long nothing was written to a file that is being kept before
// it is taken for the remains of a crash.
const abandoned = 24 * time.Hour

// Swept is what a sweep did.
type Swept struct {
	Members   int64 // erased
	Files     int64 // no longer kept
	Passwords int64 // imports of which random passwords expired
	// MemberFiles are files in fields that nobody needs any more.
	MemberFiles int64
	More        bool // there is more to do than one sweep takes
}

// Sweep does what is due in the actor's organisation: members who were deleted
// longer ago than the setting says are erased (M7), kept files that are older
// than theirs are removed (A8), expired random passwords are destroyed (P6), files
// that no field holds or could hold again are removed (G3), sessions that are over
// and passwords of long ago are forgotten (I2), uploads that nobody sent and old exports of the background go, and what a crash left
// of files that were being kept goes.
//
// It needs no right: nobody asks for it. It runs before every plan of a file;
// while another file is being planned nobody is erased, but next time.
func (s *Service) Sweep(ctx context.Context, a Actor) (Swept, error) {
	var done Swept
	now, settings := s.micros(), a.Org.Settings
	for _, step := range []func() error{
		func() error { return s.sweepMembers(ctx, a, now-settings.Count(plan.WithdrawnDays)*dayMicros, &done) },
		func() error { return s.sweepFiles(ctx, a, now-settings.Count(plan.FilesDays)*dayMicros, &done) },
		func() (err error) {
			done.Passwords, err = s.db.ForgetExpiredPasswords(ctx, a.Org.ID, now)
			return err
		},
		func() error { return s.sweepMemberFiles(ctx, a, &done) },
		func() error { return s.sweepSessions(ctx, a.Org) },
		func() error { return s.sweepUploads(ctx, a, now) },
		func() error { return s.dropExports(ctx, a, now-settings.Count(plan.FilesDays)*dayMicros) },
		func() error { return s.kept.sweep(ctx, s.now().Add(-abandoned)) },
	} {
		if err := step(); err != nil {
			return done, wrap("sweep", err)
		}
	}
	return done, nil
}

func (s *Service) sweepMembers(ctx context.Context, a Actor, before int64, done *Swept) error {
	ids, err := s.db.WithdrawnBefore(ctx, a.Org.ID, before, sweepMost)
	if err != nil || len(ids) == 0 {
		return err
	}
	erased, err := s.erase(ctx, a, ids)
	if errors.Is(err, problem.New(problem.EraseBusy)) {
		done.More = true
		return nil
	}
	done.Members, done.More = int64(len(erased)), len(ids) == sweepMost
	return err
}

// sweepFiles removes files before it notes so: killed in between, the next
// sweep finds them gone and notes it then.
func (s *Service) sweepFiles(ctx context.Context, a Actor, before int64, done *Swept) error {
	files, err := s.db.FilesBefore(ctx, a.Org.ID, before, sweepMost)
	if err != nil {
		return err
	}
	imports := make([]int64, len(files))
	for i, f := range files {
		if err := s.kept.remove(ctx, f.Key); err != nil {
			return err
		}
		imports[i] = f.Import
	}
	done.Files, done.More = int64(len(files)), done.More || len(files) == sweepMost
	return s.db.ForgetFiles(ctx, a.Org.ID, imports)
}

// erase erases withdrawn members, and with them the kept files that name them.
func (s *Service) erase(ctx context.Context, a Actor, ids []int64) ([]int64, error) {
	// Nobody has looked whom they name: they are brought, or made, once more.
	if err := errors.Join(s.sweepUploads(ctx, a, math.MaxInt64), s.eraseExports(ctx, a, math.MaxInt64)); err != nil {
		return nil, err
	}
	erased, err := s.db.Erase(ctx, store.EraseRequest{Org: a.Org.ID, IDs: ids, Now: s.micros(), Names: s.fileNames,
		Forget: func(ctx context.Context, keys []string) error {
			for _, key := range keys {
				if err := s.kept.remove(ctx, key); err != nil {
					return err
				}
			}
			return nil
		}, ForgetMembers: s.forgetMemberFiles})
	if err != nil || len(erased) == 0 {
		return erased, err
	}
	// One that was queued meanwhile may have read members before the commit.
	return erased, s.eraseExports(ctx, a, s.micros())
}

// fileNames reports whether the kept file of an import names somebody on the
// given lines. A file that cannot be read any more is taken to: it is of no use.
func (s *Service) fileNames(ctx context.Context, i store.Import, lines []int, knows func(cell string) bool) (named bool, err error) {
	kept, f, err := s.ownFile(ctx, i)
	if p := (problem.Problem{}); errors.As(err, &p) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, kept.Close()) }()
	for row, err := range f.Rows(ctx) {
		switch {
		case err != nil:
			return false, err
		case len(lines) == 0:
			return false, nil
		case row.Line != lines[0]:
			continue
		case slices.ContainsFunc(row.Cells, knows):
			return true, nil
		}
		lines = lines[1:]
	}
	return false, nil
}
