package supervise

import (
	"database/sql"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are the numbers of one process. Every label has a closed set of values: routes
// of the API, methods, outcomes and reasons. None holds a name, an id or a text of a
// user. docs/operations.md explains each metric, and a test compares.
type Metrics struct {
	registry *prometheus.Registry

	requests *prometheus.CounterVec   // method, route, outcome
	took     *prometheus.HistogramVec // route
	bytes    *prometheus.CounterVec   // direction
	refusals *prometheus.CounterVec   // reason

	waits     *prometheus.HistogramVec // outcome
	rounds    *prometheus.CounterVec   // outcome
	sequenced prometheus.Counter

	storeCalls *prometheus.CounterVec // call, outcome
	work       *prometheus.CounterVec // work, outcome
}

const (
	outcomeOK     = "ok"
	outcomeFailed = "failed"
)

// NewMetrics makes metrics at zero. version is that of the build.
func NewMetrics(version string) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	m.requests = m.counters("requests_total", "Requests to the API that ended, by method, route template and outcome.", "method", "route", "outcome")
	m.took = m.histograms("request_seconds", "Time from a request's header to the end of its answer, by route template.",
		[]float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 60, 600}, "route")
	m.bytes = m.counters("request_bytes_total", "Bytes of bodies that came in and of answers that went out.", "direction")
	m.refusals = m.counters("refusals_total", "Requests that were refused or failed, by reason.", "reason")
	m.waits = m.histograms("ledger_wait_seconds", "Time that an act waited after its commit until its event was durable in a ledger.",
		[]float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}, "outcome")
	m.rounds = m.counters("ledger_rounds_total", "Rounds of this process's sequencer.", "outcome")
	m.sequenced = prometheus.NewCounter(prometheus.CounterOpts{Namespace: namespace, Name: "ledger_events_total",
		Help: "Events that this process sequenced."})
	m.storeCalls = m.counters("store_calls_total", "Calls of the object store. An answer such as `missing` is no failure.", "call", "outcome")
	m.work = m.counters("background_work_total", "Recurring work of this process: sweep, rotation, retention, store-sweep.", "work", "outcome")
	m.registry.MustRegister(m.sequenced, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.gauge("build_info", "1, with the version of the build.", prometheus.Labels{"version": version}, func() float64 { return 1 })
	return m
}

const namespace = "bordereau"

func (m *Metrics) counters(name, help string, labels ...string) *prometheus.CounterVec {
	v := prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
	m.registry.MustRegister(v)
	return v
}

func (m *Metrics) histograms(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets}, labels)
	m.registry.MustRegister(v)
	return v
}

func (m *Metrics) gauge(name, help string, labels prometheus.Labels, f func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Namespace: namespace, Name: name, Help: help, ConstLabels: labels}, f))
}

func (m *Metrics) count(name, help string, labels prometheus.Labels, f func() float64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help, ConstLabels: labels}, f))
}

// Handler gives the metrics in the text format of Prometheus.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Request counts a request that ended. route is its template, and reason is empty unless
// it was refused or failed. Both are words of ours.
func (m *Metrics) Request(method, route, outcome, reason string, in, out int64, took time.Duration) {
	m.requests.WithLabelValues(method, route, outcome).Inc()
	m.took.WithLabelValues(route).Observe(took.Seconds())
	m.bytes.WithLabelValues("in").Add(float64(in))
	m.bytes.WithLabelValues("out").Add(float64(out))
	if reason != "" {
		m.refusals.WithLabelValues(reason).Inc()
	}
}

// Waited implements audit.Observer.
func (m *Metrics) Waited(took time.Duration, err error) {
	m.waits.WithLabelValues(outcomeOf(err)).Observe(took.Seconds())
}

// Round implements audit.Observer.
func (m *Metrics) Round(err error) { m.rounds.WithLabelValues(outcomeOf(err)).Inc() }

// Sequenced implements audit.Observer.
func (m *Metrics) Sequenced(events int) { m.sequenced.Add(float64(events)) }

// Worked counts recurring work of the gateway that ended.
func (m *Metrics) Worked(work string, err error) { m.work.WithLabelValues(work, outcomeOf(err)).Inc() }

func (m *Metrics) storeCalled(call string, err error) {
	m.storeCalls.WithLabelValues(call, outcomeOf(err)).Inc()
}

func outcomeOf(err error) string {
	if err != nil {
		return outcomeFailed
	}
	return outcomeOK
}

// watch adds what is asked at each reading. No answer needs the database, so the metrics
// are there when it is away.
func (m *Metrics) watch(s *Supervisor) {
	c := s.config
	m.gauge("ledger_halted", "1 while the ledgers are halted.", nil, func() float64 { return truth(c.Ledger.Halted() != nil) })
	m.gauge("ledger_lag_seconds", "For how long something has waited for the sequencer without a round that succeeded.", nil,
		func() float64 { return c.Ledger.Stalled().Seconds() })
	m.gauge("database_failing", "1 while the last write failed because the database was full, read-only or away.", nil,
		func() float64 { return truth(c.Database.Failing() != nil) })
	m.gauge("store_failing", "1 while the last call of the object store failed.", nil, func() float64 { return truth(c.Store.Failing()) })
	m.gauge("publication_failing", "1 while the last publication of the ledgers failed.", nil,
		func() float64 { return truth(c.Publisher.Status().Failing) })
	m.gauge("publication_lag_seconds", "Time since the last publication of the ledgers that succeeded.", nil,
		func() float64 { return time.Since(c.Publisher.Status().Good).Seconds() })
	m.gauge("erasures_stuck", "Erasures that could not be finished at the last sweep of this process.", nil,
		func() float64 { return float64(c.Gateway.StuckErasures()) })
	m.gauge("stopping", "1 from the request to stop on.", nil, func() float64 { return truth(s.stopping.Load()) })
	for i, pool := range []string{"write", "read"} {
		stats := func() sql.DBStats {
			write, read := c.Database.Pools()
			return []sql.DBStats{write, read}[i]
		}
		labels := prometheus.Labels{"pool": pool}
		m.count("database_unavailable_total", "Transactions that failed because the database was unavailable.", labels, func() float64 {
			writes, reads := c.Database.Unavailable()
			return float64([]int64{writes, reads}[i])
		})
		m.gauge("database_connections", "Open connections.", labels, func() float64 { return float64(stats().OpenConnections) })
		m.gauge("database_connections_max", "The most connections that may be open.", labels,
			func() float64 { return float64(stats().MaxOpenConnections) })
		m.gauge("database_connections_used", "Connections in use.", labels, func() float64 { return float64(stats().InUse) })
		m.count("database_waits_total", "Times that a connection was waited for.", labels, func() float64 { return float64(stats().WaitCount) })
		m.count("database_wait_seconds_total", "Time that connections were waited for.", labels,
			func() float64 { return stats().WaitDuration.Seconds() })
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
