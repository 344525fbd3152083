package admin

import (
	"context"
	"time"
)

// readyFor is how long a storage that could be reached is taken to be there: asking
// costs a request of its bucket, and whoever watches may ask every second.
const readyFor = 10 * time.Second

// Ready reports whether requests can be answered: the database answers. It needs
// no right: it is for the machine that watches this one.
func (s *Service) Ready(ctx context.Context) error { return s.db.Ping(ctx) }

// FilesReady reports whether files can be kept and read, as far as asking tells,
// now or within the last ten seconds. It needs no right either. Its problems are
// FilesUnreachable and FileUnwritable; they are never of before.
func (s *Service) FilesReady(ctx context.Context) error {
	now := s.micros()
	if age := now - s.filesReady.Load(); age >= 0 && age < readyFor.Microseconds() {
		return nil
	}
	err := s.files.ready(ctx)
	if err == nil {
		s.filesReady.Store(now)
	}
	return err
}

// Statements is how many statements the database has been given since it was
// opened, those of jobs aside. It needs no right either.
func (s *Service) Statements() int64 { return s.db.Statements() }

// A Backlog is what waits to be done, in all organisations.
type Backlog struct {
	Imports int64 // to be planned or applied in the background
	Mails   int64 // to be sent; those that are held are none
}

// Backlog counts what waits to be done. It needs no right: it says nothing of
// anybody.
func (s *Service) Backlog(ctx context.Context) (b Backlog, err error) {
	b.Imports, b.Mails, err = s.db.Backlog(ctx)
	return b, err
}
