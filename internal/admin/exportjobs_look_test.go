package admin

import (
	"context"
	"io"
	"sync/atomic"
)

// A heldStorage holds up whoever writes a file until another one is removed.
type heldStorage struct {
	storage
	writing chan struct{} // closed when somebody is about to write
	removed chan struct{} // closed at the first removal, which then waits for over
	over    chan struct{}
	any     *atomic.Bool // removed is closed
}

func (m heldStorage) put(ctx context.Context, path string, write func(w io.Writer) error) error {
	close(m.writing)
	<-m.removed
	return m.storage.put(ctx, path, write)
}

func (m heldStorage) remove(ctx context.Context, path string) error {
	err := m.storage.remove(ctx, path)
	if m.any.CompareAndSwap(false, true) { // the worker removes, too, and must not wait
		close(m.removed)
		<-m.over
	}
	return err
}

// WhileRemovingForTest has a worker write a kept file and end at the moment at which erase
// has removed the first one.
func (s *Service) WhileRemovingForTest(worker, erase func()) {
	was := s.kept.in
	m := heldStorage{was, make(chan struct{}), make(chan struct{}), make(chan struct{}), new(atomic.Bool)}
	s.kept.in = m
	go func() {
		defer close(m.over)
		worker()
	}()
	<-m.writing
	erase()
	<-m.over
	s.kept.in = was
}
