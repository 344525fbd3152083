package web_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"testing"

	"meibo/internal/admin"
	"meibo/internal/plan"
	"meibo/internal/web"
)

// serve serves the pages at an address, and returns what stops it as a signal does:
// open streams end, requests are answered, the database is closed.
func (h *house) serve(address string) (at string, stop func()) {
	h.Helper()
	listener, err := (&net.ListenConfig{}).Listen(h.Context(), "tcp", address)
	if err != nil {
		h.Fatal(err)
	}
	stopping, cancel := context.WithCancel(context.WithoutCancel(h.Context()))
	server := &http.Server{Handler: web.New(web.Config{Service: h.svc, Log: slog.New(slog.DiscardHandler), Stop: stopping.Done()}), ReadHeaderTimeout: patience}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	h.url = "http://" + listener.Addr().String()
	return listener.Addr().String(), func() {
		h.Helper()
		cancel()
		grace, done := context.WithTimeout(context.WithoutCancel(h.Context()), patience)
		defer done()
		if err := server.Shutdown(grace); err != nil {
			h.Error(err)
		}
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			h.Error(err)
		}
	}
}

// The pages of an import that is under way stay open while the server is stopped and
// started again on the same port and database. They go on by themselves.
func TestA4_ProgressSurvivesARestartOfTheServerInABrowser(t *testing.T) {
	furnished.Each(t, func(t *testing.T, database string) {
		h := enter(t, database)
		h.setting(plan.BackgroundRows, "10")
		address, stop := h.serve("127.0.0.1:0")
		b := h.tab("en")
		b.signIn("owner")
		page := h.as("owner").sent("a.csv", staff(20))
		b.open(page)
		b.waits("Waiting for its turn") // nobody works yet
		second := b.window()
		second.open(page)
		second.waits("Waiting for its turn")

		b.offline.Store(true)
		second.offline.Store(true)
		stop()
		h.reopen()
		_, stopAgain := h.serve(address)
		t.Cleanup(stopAgain)
		h.work(admin.Workers{})
		for _, w := range []*tab{b, second} {
			w.waits("Apply 20 changes") // by itself
		}
		b.press("Apply 20 changes")
		b.waits("Applied")
		second.open(page)
		second.waits("Applied")
	})
}

// reopen closes the service and opens it again, as another process does.
func (h *house) reopen() {
	h.Helper()
	if err := h.svc.Close(); err != nil {
		h.Error(err)
	}
	h.openService()
}
