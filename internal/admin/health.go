package admin

import "context"

// Ready reports whether requests can be answered: the database answers. It needs
// no right: it is for the machine that watches this one.
func (s *Service) Ready(ctx context.Context) error { return s.db.Ping(ctx) }

// FilesReady reports whether files can be kept and read, as far as asking tells. It
// needs no right either. Its problems are FilesUnreachable and FileUnwritable.
func (s *Service) FilesReady(ctx context.Context) error { return s.files.ready(ctx) }

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
