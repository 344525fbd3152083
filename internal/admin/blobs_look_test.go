package admin

import (
	"context"
	"errors"
	"io"
	"sync"
)

// errKilled stands for the end of the process.
var errKilled = errors.New("killed")

// mortalBlobs dies at one of its writes: what went before is done, what comes
// after is not, and nothing more is possible.
type mortalBlobs struct {
	blobs
	mu   *sync.Mutex
	left *int
	half bool // the write at which it dies was carried out, but nobody heard of it
}

func (m mortalBlobs) die(do func() error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if *m.left--; *m.left > 0 {
		return do()
	}
	if *m.left == 0 && m.half {
		return errors.Join(do(), errKilled)
	}
	return errKilled
}

func (m mortalBlobs) put(ctx context.Context, key string, write func(w io.Writer) error) error {
	return m.die(func() error { return m.blobs.put(ctx, key, write) })
}

func (m mortalBlobs) remove(ctx context.Context, key string) error {
	return m.die(func() error { return m.blobs.remove(ctx, key) })
}

// KillBlobsForTest lets the service die at the n-th write or removal of a file of
// a member, before it or right after. The returned function brings it back to
// life, and reports whether it died.
func (s *Service) KillBlobsForTest(n int, after bool) (revive func() bool) {
	was := s.blobs
	s.blobs = mortalBlobs{blobs: was, mu: new(sync.Mutex), left: &n, half: after}
	return func() bool {
		s.blobs = was
		return n <= 0
	}
}
