package ratelimit

import "github.com/prometheus/client_golang/prometheus"

const (
	outcomeAdmitted = "admitted"
	outcomeRefused  = "refused"
)

// Metrics counts decisions.
type Metrics struct {
	decisions *prometheus.CounterVec
	fallback  prometheus.Gauge
	nodes     prometheus.Gauge

	// resolved once, so that a decision looks up no label
	counters map[Budget]map[Source]outcomes
}

type outcomes struct {
	admitted, refused prometheus.Counter
}

// NewMetrics registers the limiter's metrics.
func NewMetrics(registerer prometheus.Registerer) *Metrics {
	m := &Metrics{
		decisions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "chefcloud_ratelimit_decisions_total",
			Help: "Calls by budget (address, attempt, ingest, plan, stream), outcome (admitted, refused) and who decided (valkey, memory, fallback).",
		}, []string{"budget", "outcome", "source"}),
		fallback: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "chefcloud_ratelimit_fallback", Help: "1 while Valkey is away and this node keeps its share of the limits alone, else 0.",
		}),
		nodes: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "chefcloud_ratelimit_nodes", Help: "Live nodes that this node last knew of; it keeps its share among them while Valkey is away.",
		}),
		counters: make(map[Budget]map[Source]outcomes, len(budgets)),
	}
	for _, b := range budgets {
		m.counters[b] = make(map[Source]outcomes, 3)
		for _, s := range []Source{SourceFallback, SourceMemory, SourceValkey} {
			m.counters[b][s] = outcomes{
				admitted: m.decisions.WithLabelValues(string(b), outcomeAdmitted, string(s)),
				refused:  m.decisions.WithLabelValues(string(b), outcomeRefused, string(s)),
			}
		}
	}
	registerer.MustRegister(m.decisions, m.fallback, m.nodes)
	return m
}

func (m *Metrics) decided(d Decision) {
	o := m.counters[d.Budget][d.Source]
	if d.Admitted {
		o.admitted.Inc()
	} else {
		o.refused.Inc()
	}
}

func (m *Metrics) alone(alone bool) {
	value := 0.0
	if alone {
		value = 1
	}
	m.fallback.Set(value)
}
