package admin

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"meibo/internal/problem"
)

// A span is a piece of work in a trace, if anybody collects traces. What it says are
// words of ours and numbers, never what people typed.
type span struct{ trace.Span }

// traced begins a span. It costs next to nothing where nobody collects.
func traced(ctx context.Context, name string, about ...attribute.KeyValue) (context.Context, span) {
	ctx, s := otel.Tracer("meibo/internal/admin").Start(ctx, name, trace.WithAttributes(about...))
	return ctx, span{s}
}

// end ends it. Of an error the code is told, if it has one.
func (s span) end(err error) {
	var p problem.Problem
	switch {
	case err == nil:
	case errors.As(err, &p):
		s.SetStatus(codes.Error, string(p.Code))
	default:
		s.SetStatus(codes.Error, "error")
	}
	s.End()
}

// aboutImport are the attributes of a span about an import.
func aboutImport(org, imp int64, kind string) []attribute.KeyValue {
	return []attribute.KeyValue{attribute.Int64("meibo.organisation", org), attribute.Int64("meibo.import", imp), attribute.String("meibo.kind", kind)}
}
