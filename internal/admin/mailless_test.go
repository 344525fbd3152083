package admin_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"meibo/internal/admin"
	"meibo/internal/plan"
	"meibo/internal/store"
)

// A journal keeps what is logged, for several who write at once.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// A new organisation has no sender: that its mails wait is no error, and is not told
// at each look.
func TestA7_ThatNoMailCanLeaveIsLoggedOnce(t *testing.T) {
	each(t, func(h *house) {
		_, post := h.postOffice()
		h.setting(plan.Sender, "")
		h.invite("ann@y.example")
		var log journal
		ctx, cancel := context.WithCancel(context.WithoutCancel(h.Context()))
		done, ended := make(chan error, 1), make(chan store.Import, 2)
		go func() {
			done <- h.svc.Work(ctx, admin.Workers{Post: &post, Log: slog.New(slog.NewTextHandler(&log, nil)), Ended: func(i store.Import) { ended <- i }})
		}()
		for _, name := range []string{"a", "b"} { // each wakes whoever looks for work
			h.submit(h.owner, "login_id,name\n"+name+",N\n", plan.Options{})
			<-ended
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if got := log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "level=WARN msg=\"mails wait\"") || strings.Contains(got, "ann@") {
			t.Errorf("the log says:\n%s", got)
		}
	})
}
