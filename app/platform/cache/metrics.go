package cache

import "github.com/prometheus/client_golang/prometheus"

// Metrics counts what the cache does, by report.
type Metrics struct {
	busts    *prometheus.CounterVec
	discards *prometheus.CounterVec
	reads    *prometheus.CounterVec
	removed  prometheus.Counter
	up       prometheus.Gauge

	// resolved once, so that a hit looks up no label
	counters map[Report]map[Status]prometheus.Counter
}

// NewMetrics registers the cache's metrics.
func NewMetrics(registerer prometheus.Registerer) *Metrics {
	m := &Metrics{
		busts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "chefcloud_cache_busts_total", Help: "Invalidations by report.",
		}, []string{"report"}),
		discards: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "chefcloud_cache_discards_total", Help: "Loaded answers that were not stored because a write had come between.",
		}, []string{"report"}),
		reads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "chefcloud_cache_reads_total", Help: "Reads by report and status (HIT, MISS, BYPASS).",
		}, []string{"report", "status"}),
		removed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "chefcloud_cache_removed_total", Help: "Answers removed by invalidations.",
		}),
		up: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "chefcloud_cache_up", Help: "1 while Valkey is in use, 0 while reports bypass it.",
		}),
		counters: make(map[Report]map[Status]prometheus.Counter, len(reports)),
	}
	for _, report := range reports {
		m.counters[report] = make(map[Status]prometheus.Counter, 3)
		for _, status := range []Status{Hit, Miss, Bypass} {
			m.counters[report][status] = m.reads.WithLabelValues(string(report), string(status))
		}
	}
	registerer.MustRegister(m.busts, m.discards, m.reads, m.removed, m.up)
	return m
}

func (m *Metrics) read(report Report, status Status) { m.counters[report][status].Inc() }

func (m *Metrics) discarded(report Report) { m.discards.WithLabelValues(string(report)).Inc() }

func (m *Metrics) busted(busted []Report, removed int64) {
	for _, report := range busted {
		m.busts.WithLabelValues(string(report)).Inc()
	}
	m.removed.Add(float64(removed))
}

func (m *Metrics) available(up bool) {
	value := 0.0
	if up {
		value = 1
	}
	m.up.Set(value)
}
