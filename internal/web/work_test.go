package web_test

import (
	"context"
	"fmt"

	"meibo/internal/admin"
	"meibo/internal/store"
)

// work works in the background until the test ends. What it returns waits until the
// import at a path has ended there.
func (h *house) work(w admin.Workers) func(path string) {
	h.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(h.Context()))
	ended, done := make(chan store.Import, 100), make(chan error, 1)
	w.Ended = func(i store.Import) { ended <- i }
	go func() { done <- h.svc.Work(ctx, w) }()
	h.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			h.Error(err)
		}
	})
	return func(path string) {
		h.Helper()
		for {
			select {
			case i := <-ended:
				if path == pathOf(i) {
					return
				}
			case <-h.Context().Done():
				h.Fatalf("%s has not ended", path)
			}
		}
	}
}

func pathOf(i store.Import) string { return fmt.Sprintf("/imports/%d", i.ID) }
