package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"meibo/internal/admin"
	"meibo/internal/s3test"
	"meibo/internal/storetest"
)

// served is a server that runs until the test ends.
type served struct {
	*testing.T
	pages, metrics string
	stop           func() int // returns the exit code
}

var addressIn = regexp.MustCompile(`http://[^ /]+`)

func serve(t *testing.T, database string) served {
	t.Helper()
	return serveFiles(t, database, t.TempDir())
}

func serveFiles(t *testing.T, database, files string) served {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	read, write := io.Pipe()
	env := map[string]string{"MEIBO_LANG": "en", "MEIBO_KEY": strings.Repeat("07", 32), "MEIBO_FILES": files, "OTEL_EXPORTER_OTLP_ENDPOINT": os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT")}
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, []string{"serve", "--db", database, "--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"},
			func(name string) string { return env[name] }, strings.NewReader(""), io.Discard, write)
		_ = write.Close()
	}()
	said := make(chan string, 1)
	s := served{T: t, stop: func() int {
		cancel()
		code := <-done
		if text := <-said; code != 0 {
			t.Logf("the server said:\n%s", text)
		}
		return code
	}}
	lines := bufio.NewScanner(read)
	for s.pages == "" && lines.Scan() {
		switch at := addressIn.FindString(lines.Text()); {
		case strings.HasPrefix(lines.Text(), "Metrics are at"):
			s.metrics = at
		case strings.HasPrefix(lines.Text(), "Meibo is at"):
			s.pages = at
		}
	}
	if s.pages == "" || s.metrics == "" {
		t.Fatalf("the server did not say where it is (exit code %d)", s.stop())
	}
	go func() { // the rest is told when the server stops with an error
		rest, _ := io.ReadAll(read)
		said <- string(rest)
	}()
	return s
}

// get returns the status and the text of a page.
func (s served) get(address string) (int, string) {
	s.Helper()
	request, err := http.NewRequestWithContext(s.Context(), http.MethodGet, address, nil)
	if err != nil {
		s.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		s.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func TestR1_AServerIsAskedForItsHealthByHostAndPortAlone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		s := serve(t, database)
		for _, address := range []string{strings.TrimPrefix(s.pages, "http://"), s.pages, s.pages + "/"} {
			if got := meibo(t, "", []string{"MEIBO_LANG=en"}, "health", address); got.code != 0 || !strings.Contains(got.errors, "The server at "+s.pages) {
				t.Errorf("%s: %+v", address, got)
			}
		}
		s.stop()
		if got := meibo(t, "", []string{"MEIBO_LANG=en"}, "health", strings.TrimPrefix(s.pages, "http://")); got.code != 1 ||
			!strings.Contains(got.errors, "The server at "+s.pages+" is not ready: it does not answer") {
			t.Errorf("%+v", got)
		}
	})
}

func TestR1_ServeAnswersUntilItIsStopped(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		s := serve(t, database)
		for _, path := range []string{"/healthz", "/readyz"} {
			if status, text := s.get(s.pages + path); status != http.StatusOK || text != "ok\n" {
				t.Errorf("%s: %d %q", path, status, text)
			}
		}
		if status, text := s.get(s.pages + "/"); status != http.StatusOK || !strings.Contains(text, `name="org"`) {
			t.Errorf("the first visit does not lead to setting up: %d", status)
		}
		if status, _ := s.get(s.pages + "/metrics"); status != http.StatusNotFound {
			t.Errorf("metrics are where everybody reaches them: %d", status)
		}
		_, text := s.get(s.metrics + "/metrics")
		for _, want := range []string{"meibo_statements_total ", "meibo_queue_imports 0\n", "meibo_queue_mails 0\n", `meibo_http_request_seconds_count{route="GET /setup",status="200"} 1`} {
			if !strings.Contains(text, want) {
				t.Errorf("the metrics lack %q:\n%.3000s", want, text)
			}
		}
		if code := s.stop(); code != 0 {
			t.Errorf("stopped with %d", code)
		}
	})
}

func TestR2_AServerWithoutItsStorageOfFilesIsNotReadyAndDoesNotStart(t *testing.T) {
	bucket := s3test.Start(t)
	s := serveFiles(t, storetest.SQLite(t), bucket.URL)
	if status, text := s.get(s.pages + "/readyz"); status != http.StatusOK {
		t.Errorf("with its storage: %d %q", status, text)
	}
	bucket.First(func(w http.ResponseWriter, _ *http.Request) bool {
		s3test.Refuse(w, http.StatusForbidden, "AccessDenied")
		return true
	})
	if code := s.stop(); code != 0 {
		t.Errorf("stopped with %d", code)
	}
	var said strings.Builder
	env := map[string]string{"MEIBO_FILES": bucket.URL, "MEIBO_KEY": strings.Repeat("07", 32)}
	code := run(t.Context(), []string{"serve", "--lang", "en", "--db", storetest.SQLite(t)}, func(name string) string { return env[name] },
		strings.NewReader(""), io.Discard, &said)
	if code != 1 || !strings.Contains(said.String(), "refuses the access keys (AccessDenied)") || !strings.Contains(said.String(), "AWS_ACCESS_KEY_ID") {
		t.Errorf("%d: %s", code, said.String())
	}
}

// TestR2_TheStorageOfFilesIsAskedOnceInTenSeconds, and each time while it is not there.
func TestR2_TheStorageOfFilesIsAskedOnceInTenSeconds(t *testing.T) {
	bucket := s3test.Start(t)
	var asked atomic.Int64
	var away atomic.Bool
	bucket.First(func(w http.ResponseWriter, _ *http.Request) bool {
		asked.Add(1)
		if away.Load() {
			s3test.Refuse(w, http.StatusForbidden, "AccessDenied")
		}
		return away.Load()
	})
	now := time.Now()
	svc, err := admin.Open(t.Context(), admin.Config{Database: storetest.SQLite(t), Files: bucket.URL, Now: func() time.Time { return now },
		Key: func(bool) ([]byte, error) { return make([]byte, 32), nil }})
	if err != nil {
		t.Fatal(err)
	}
	defer svc.Close()
	mux := http.NewServeMux()
	health(t.Context(), mux, svc)
	for _, step := range []struct {
		what   string
		later  time.Duration
		away   bool
		status int
		asked  int64
	}{
		{"the first time", 0, false, http.StatusOK, 1},
		{"soon after", 9 * time.Second, true, http.StatusOK, 1},
		{"ten seconds after, gone", time.Second, true, http.StatusServiceUnavailable, 2},
		{"still gone", 0, true, http.StatusServiceUnavailable, 3},
		{"back", 0, false, http.StatusOK, 4},
		{"soon after that", time.Second, true, http.StatusOK, 4},
	} {
		now = now.Add(step.later)
		away.Store(step.away)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/readyz", nil))
		if w.Code != step.status || asked.Load() != step.asked || w.Code != http.StatusOK && w.Body.String() != "files\n" {
			t.Errorf("%s: %d %q, the storage was asked %d times, want %d, %d", step.what, w.Code, w.Body.String(), asked.Load(), step.status, step.asked)
		}
	}
}

func TestR1_ServeSaysWhyItCannotListen(t *testing.T) {
	s := serve(t, storetest.SQLite(t))
	defer s.stop()
	var said strings.Builder
	code := run(t.Context(), []string{"serve", "--lang", "en", "--db", storetest.SQLite(t), "--listen", strings.TrimPrefix(s.pages, "http://")},
		func(string) string { return "" }, strings.NewReader(""), io.Discard, &said)
	if code != 1 || !strings.Contains(said.String(), "Nobody can listen on") {
		t.Errorf("%d: %s", code, said.String())
	}
}
