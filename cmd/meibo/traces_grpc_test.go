package main

import (
	"context"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"

	"meibo/internal/storetest"
)

// grpcReceiver is a real receiver of traces (OTLP over gRPC).
type grpcReceiver struct {
	collector.UnimplementedTraceServiceServer
	spans atomic.Int64
}

func (r *grpcReceiver) Export(_ context.Context, q *collector.ExportTraceServiceRequest) (*collector.ExportTraceServiceResponse, error) {
	for _, resource := range q.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			r.spans.Add(int64(len(scope.Spans)))
		}
	}
	return &collector.ExportTraceServiceResponse{}, nil
}

func TestR1_TracesLeaveByTheProtocolThatIsNamed(t *testing.T) {
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	received, server := &grpcReceiver{}, grpc.NewServer()
	collector.RegisterTraceServiceServer(server, received)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	endpoint := "http://" + listener.Addr().String()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
	t.Setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "20000")
	d := &desk{t, []string{"MEIBO_DB=" + storetest.SQLite(t), "HOME=" + t.TempDir(), "OTEL_EXPORTER_OTLP_ENDPOINT=" + endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL=grpc"}}
	if said := d.do(exitDone, "setup", "--org", "Acme", "--owner-email", "owner@acme.example", "--owner-name", "Ono"); strings.Contains(said.errors, "Traces") || received.spans.Load() == 0 {
		t.Errorf("%d spans, said: %s", received.spans.Load(), said.errors)
	}
	before := received.spans.Load()
	d.env[len(d.env)-1] = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/json"
	said := d.give("login_id,name\nann,Ann\n", exitDone, "import", "-", "--yes")
	if !strings.Contains(said.errors, "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") || !strings.Contains(said.errors, "http/json") || received.spans.Load() != before {
		t.Errorf("a protocol that is not spoken: %d spans more, said: %s", received.spans.Load()-before, said.errors)
	}
}
