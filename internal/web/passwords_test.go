package web_test

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"meibo/internal/admin"
	"meibo/internal/plan"
	"meibo/internal/web"
)

// gone is a reader whose connection breaks when what was written is sent.
type gone struct{ *httptest.ResponseRecorder }

func (gone) FlushError() error { return errors.New("broken pipe") }

// fetchAndBreakOff asks for a page as somebody whose connection breaks.
func (b *browser) fetchAndBreakOff(path string) {
	b.Helper()
	pages := web.New(web.Config{Service: b.svc, Log: slog.New(slog.DiscardHandler)})
	at, err := url.Parse(b.url)
	if err != nil {
		b.Fatal(err)
	}
	request := httptest.NewRequestWithContext(b.Context(), http.MethodPost, path, nil)
	for _, c := range b.client.Jar.Cookies(at) {
		request.AddCookie(c)
	}
	defer func() {
		if p := recover(); p != http.ErrAbortHandler { //nolint:errorlint // what net/http compares with
			b.Errorf("the answer looks complete: %v", p)
		}
	}()
	pages.ServeHTTP(gone{httptest.NewRecorder()}, request)
}

// The passwords are there once, so they are destroyed only after they were sent.
func TestP6_RandomPasswordsThatDidNotArriveCanBeFetchedAgain(t *testing.T) {
	each(t, func(h *house) {
		b := h.as("owner")
		a, err := h.svc.As(h.Context(), h.owner, "owner@x.example")
		h.try(err)
		text := "email,name\nhal@x.example,Hal\n"
		imp, err := h.svc.Plan(h.Context(), a, admin.Upload{Name: "hal.csv", Content: strings.NewReader(text), Size: int64(len(text))}, plan.Options{RandomPassword: true}, nil)
		h.try(err)
		_, err = h.svc.Apply(h.Context(), a, imp.ID, admin.ApplyOptions{Sum: imp.Sum})
		h.try(err)
		path := pathOf(imp) + "/passwords"
		b.fetchAndBreakOff(path)
		if got := b.post(path); got.status != http.StatusOK || !strings.Contains(got.body, "hal@x.example,Hal,") {
			h.Fatalf("again: %d %s", got.status, got.text)
		}
		b.post(path).wants(h.T, http.StatusNotFound)
	})
}
