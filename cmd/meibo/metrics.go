package main

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"meibo/internal/admin"
	"meibo/internal/plan"
	"meibo/internal/store"
)

// metrics are what a Prometheus server asks for. None has a name, an address or
// an ID of anybody in it.
type metrics struct {
	registry *prometheus.Registry
	imports  *prometheus.CounterVec
	rows     *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	requests *prometheus.HistogramVec
}

func newMetrics() *metrics {
	m := &metrics{registry: prometheus.NewRegistry(),
		imports: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "meibo_imports_total",
			Help: "Imports that were planned, applied or came to nothing, by kind and the state that they came to."}, []string{"kind", "state"}),
		rows: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "meibo_rows_total",
			Help: "Rows of applied imports, by action."}, []string{"action"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "meibo_import_seconds",
			Help: "How long planning and applying took.", Buckets: prometheus.ExponentialBuckets(0.01, 4, 9)}, []string{"state"}),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "meibo_http_request_seconds",
			Help: "How long answering took, by route and status.", Buckets: prometheus.ExponentialBuckets(0.005, 3, 9)}, []string{"route", "status"})}
	m.registry.MustRegister(m.imports, m.rows, m.seconds, m.requests, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// settled counts an import.
func (m *metrics) settled(imp store.Import, took time.Duration) {
	m.imports.WithLabelValues(string(imp.Kind), string(imp.State)).Inc()
	m.seconds.WithLabelValues(string(imp.State)).Observe(took.Seconds())
	if imp.State != store.Applied {
		return
	}
	for _, action := range plan.Actions {
		m.rows.WithLabelValues(action.String()).Add(float64(imp.Outcome.Counts[action] + imp.Outcome.Absent[action]))
	}
}

// answered counts a request. Routes are ours, not what was asked for: there are
// only so many.
func (m *metrics) answered(route string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Observe(took.Seconds())
}

// page is what --metrics serves: the metrics, and what says how the process is.
func (m *metrics) page(stopping context.Context, svc *admin.Service) http.Handler {
	mux := http.NewServeMux()
	health(stopping, mux, svc)
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	return mux
}

// newStatements counts what the database is asked.
func newStatements(svc *admin.Service) prometheus.Collector {
	return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "meibo_statements_total", Help: "Statements that the database was given, those of jobs aside."},
		func() float64 { return float64(svc.Statements()) })
}

// waiting asks the database, each time that a server scrapes, what waits.
type waiting struct {
	svc            *admin.Service
	imports, mails *prometheus.Desc
}

func newWaiting(svc *admin.Service) waiting {
	return waiting{svc, prometheus.NewDesc("meibo_queue_imports", "Imports that wait to be planned or applied in the background.", nil, nil),
		prometheus.NewDesc("meibo_queue_mails", "Mails that wait to be sent.", nil, nil)}
}

// Describe tells the registry what there is.
func (w waiting) Describe(to chan<- *prometheus.Desc) { to <- w.imports; to <- w.mails }

// Collect counts. What cannot be counted now is told as an error of the scrape.
func (w waiting) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTime)
	defer cancel()
	b, err := w.svc.Backlog(ctx)
	if err != nil {
		to <- prometheus.NewInvalidMetric(w.imports, err)
		return
	}
	to <- prometheus.MustNewConstMetric(w.imports, prometheus.GaugeValue, float64(b.Imports))
	to <- prometheus.MustNewConstMetric(w.mails, prometheus.GaugeValue, float64(b.Mails))
}

// scrapeTime is less than servers wait (10 s).
const scrapeTime = 5 * time.Second

// health answers whoever watches the machine: /healthz, that the process is there;
// /readyz, that it can answer requests. A server that is to stop is not ready.
func health(stopping context.Context, mux *http.ServeMux, svc *admin.Service) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), scrapeTime)
		defer cancel()
		switch {
		case stopping.Err() != nil:
			answer(w, http.StatusServiceUnavailable, "stopping")
		case svc.Ready(ctx) != nil:
			answer(w, http.StatusServiceUnavailable, "database")
		case svc.FilesReady(ctx) != nil:
			answer(w, http.StatusServiceUnavailable, "files")
		default:
			answer(w, http.StatusOK, "ok")
		}
	})
}

func answer(w http.ResponseWriter, status int, word string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(word + "\n")) // whoever asked has gone
}
