package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"meibo/internal/problem"
)

// traceVariables say where traces go, the first first (OpenTelemetry's specification
// of environment variables). They, and those beside them, are the exporter's to read.
var traceVariables = []string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"}

// tracesTo is where traces go, and what said so; empty: nowhere.
func (a *app) tracesTo() (endpoint, from string) {
	if a.getenv("OTEL_SDK_DISABLED") == "true" || a.getenv("OTEL_TRACES_EXPORTER") == "none" {
		return "", "default"
	}
	for _, name := range traceVariables {
		if endpoint = a.getenv(name); endpoint != "" {
			return endpoint, name
		}
	}
	return "", "default"
}

// traceProtocols say how traces go, the first first.
var traceProtocols = []string{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"}

// traceExporter sends traces as the environment says: over HTTP unless told. Its
// problem is TracesProtocol.
func (a *app) traceExporter(ctx context.Context) (*otlptrace.Exporter, error) {
	for _, name := range traceProtocols {
		switch said := a.getenv(name); said {
		case "":
			continue
		case "http/protobuf":
		case "grpc":
			return otlptracegrpc.New(ctx)
		default:
			return nil, problem.Of(problem.Invalid, problem.TracesProtocol, "value", said, "where", name)
		}
		break
	}
	return otlptracehttp.New(ctx)
}

// flushTime is how long the end of the program waits for the last traces.
const flushTime = 5 * time.Second

// trace lets spans be collected, if the environment says where they go. The returned
// function sends what is left.
func (a *app) trace(ctx context.Context) (stop func()) {
	if endpoint, _ := a.tracesTo(); endpoint == "" {
		return func() {}
	}
	var once sync.Once
	lost := func() { once.Do(func() { a.tell("%s", a.say.Say("traces.lost")) }) }
	exporter, err := a.traceExporter(ctx)
	if err != nil {
		var p problem.Problem
		if errors.As(err, &p) {
			a.tell("%s", a.say.Problem(p))
		} else {
			lost()
		}
		return func() {}
	}
	about, err := resource.New(ctx, resource.WithAttributes(attribute.String("service.name", "meibo"), attribute.String("service.version", version())),
		resource.WithTelemetrySDK(), resource.WithFromEnv()) // the environment wins
	if err != nil {
		lost()
	}
	provider := sdk.NewTracerProvider(sdk.WithBatcher(exporter), sdk.WithResource(about))
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) { lost() }))
	otel.SetTracerProvider(provider)
	otel.SetTextMapPropagator(propagation.TraceContext{})
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTime)
		defer cancel()
		if provider.Shutdown(ctx) != nil {
			lost()
		}
		otel.SetTracerProvider(noop.NewTracerProvider())
	}
}
