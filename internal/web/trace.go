package web

import (
	"net/http"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	otelcodes "go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// traced begins the span of a request, in the trace of who asks, if anybody collects
// traces. It knows the route, never the path, the address or what was sent.
func traced(r *http.Request) (*http.Request, trace.Span) {
	ctx := otel.GetTextMapPropagator().Extract(r.Context(), propagation.HeaderCarrier(r.Header))
	ctx, span := otel.Tracer("meibo/internal/web").Start(ctx, r.Method, trace.WithSpanKind(trace.SpanKindServer))
	if !span.IsRecording() {
		return r, span
	}
	return r.WithContext(ctx), span
}

// endSpan names the span of a request that was answered.
func endSpan(span trace.Span, id, method, route string, status int) {
	if span.IsRecording() {
		if route != "" {
			span.SetName(route)
		}
		span.SetAttributes(attribute.String("http.request.method", method), attribute.String("http.route", route),
			attribute.Int("http.response.status_code", status), attribute.String("meibo.request", id))
		if status >= http.StatusInternalServerError {
			span.SetStatus(otelcodes.Error, "")
		}
	}
	span.End()
}
