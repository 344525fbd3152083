package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracev1 "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"meibo/internal/mailtest"
	"meibo/internal/storetest"
)

// receiver is a real receiver of traces (OTLP over HTTP).
type receiver struct {
	url string

	mu    sync.Mutex
	spans []*tracev1.Span
	raw   bytes.Buffer
}

func receiveTraces(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		body, err := io.ReadAll(q.Body)
		var got collector.ExportTraceServiceRequest
		if err == nil {
			err = proto.Unmarshal(body, &got)
		}
		if err != nil || q.URL.Path != "/v1/traces" {
			t.Errorf("%s: %v", q.URL.Path, err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.raw.Write(body)
		for _, resource := range got.ResourceSpans {
			for _, scope := range resource.ScopeSpans {
				r.spans = append(r.spans, scope.Spans...)
			}
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
	}))
	t.Cleanup(server.Close)
	r.url = server.URL
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", r.url)
	return r
}

// find returns the last span of the given name; nil if there is none.
func (r *receiver) find(name string) *tracev1.Span {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range slices.Backward(r.spans) {
		if s.Name == name {
			return s
		}
	}
	return nil
}

func attributes(s *tracev1.Span) map[string]any {
	all := map[string]any{}
	for _, a := range s.Attributes {
		if text := a.Value.GetStringValue(); text != "" {
			all[a.Key] = text
		} else {
			all[a.Key] = a.Value.GetIntValue()
		}
	}
	return all
}

func TestR1_TracesTellWhatWasDoneAndNothingOfAnybody(t *testing.T) {
	storetest.Each(t, func(t *testing.T, database string) {
		traces := receiveTraces(t)
		post := mailtest.Start(t)
		d := &desk{t, []string{"MEIBO_DB=" + database, "HOME=" + t.TempDir(), "MEIBO_KEY=" + strings.Repeat("07", 32), "OTEL_EXPORTER_OTLP_ENDPOINT=" + traces.url, "MEIBO_SMTP=" + post.URL}}
		d.do(exitDone, "setup", "--org", "Acme", "--owner-email", "owner@acme.example", "--owner-name", "Ono")
		d.do(exitDone, "settings", "set", "base_url", "https://meibo.acme.example")
		d.do(exitDone, "settings", "set", "sender", "meibo@acme.example")
		d.give("email,name\nzoe@zebra.example,Zoe Zebra\n", exitDone, "import", "-", "--yes", "--layout", "invitation")
		d.do(exitDone, "mails", "send")
		s := serve(t, database)
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.pages+"/sign-in?next=zebra", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if code := s.stop(); code != 0 {
			t.Errorf("stopped with %d", code)
		}
		for name, want := range map[string]map[string]any{
			"plan":         {"meibo.organisation": int64(1), "meibo.import": int64(2), "meibo.kind": "file", "meibo.rows": int64(1)},
			"apply":        {"meibo.import": int64(2), "meibo.state": "applied"},
			"mail":         {"meibo.kind": "invitation"},
			"GET /sign-in": {"http.route": "GET /sign-in", "http.response.status_code": int64(response.StatusCode)},
		} {
			got := traces.find(name)
			if got == nil {
				t.Errorf("no span %q", name)
				continue
			}
			about := attributes(got)
			for key, value := range want {
				if about[key] != value {
					t.Errorf("%s: %s = %v, want %v", name, key, about[key], value)
				}
			}
		}
		if got := traces.find("GET /sign-in"); got != nil && string(got.TraceId) != "\x0a\xf7\x65\x19\x16\xcd\x43\xdd\x84\x48\xeb\x21\x1c\x80\x31\x9c" {
			t.Errorf("it is in another trace than who asked: %x", got.TraceId)
		}
		for _, personal := range []string{"ebra", "Zoe", "acme", "127.0.0.1", "Ono"} {
			if bytes.Contains(traces.raw.Bytes(), []byte(personal)) {
				t.Errorf("%q is in the traces", personal)
			}
		}
	})
}

func TestR1_WithoutAReceiverTheWorkIsDoneAndTheLossIsTold(t *testing.T) {
	traces := receiveTraces(t)
	d := &desk{t, []string{"MEIBO_DB=" + storetest.SQLite(t), "HOME=" + t.TempDir(), "OTEL_EXPORTER_OTLP_ENDPOINT=" + traces.url}}
	d.do(exitDone, "setup", "--org", "Acme", "--owner-email", "owner@acme.example", "--owner-name", "Ono")
	if len(traces.spans) == 0 {
		t.Error("nothing was received: the test shows nothing")
	}
	traces.spans = nil
	d.env = append(d.env, "OTEL_SDK_DISABLED=true")
	d.give("login_id,name\nann,Ann\n", exitDone, "import", "-", "--yes")
	if len(traces.spans) > 0 {
		t.Errorf("%d spans although it is switched off", len(traces.spans))
	}
	d.env = d.env[:len(d.env)-1]
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
	t.Setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "200")
	said := d.give("login_id,name\nbob,Bob\n", exitDone, "import", "-", "--yes")
	if strings.Count(said.errors, "Traces cannot be delivered") != 1 {
		t.Errorf("said: %s", said.errors)
	}
}
