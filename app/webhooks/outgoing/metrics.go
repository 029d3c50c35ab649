package outgoing

import (
	"github.com/prometheus/client_golang/prometheus"
)

// Metrics count attempts at deliveries.
type Metrics struct {
	attempts *prometheus.CounterVec
	disabled prometheus.Counter
	duration prometheus.Histogram
}

// NewMetrics registers the metrics of deliveries.
func NewMetrics(registerer prometheus.Registerer) *Metrics {
	m := &Metrics{
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "chefcloud_webhook_attempts_total", Help: "Attempts at posting an event to an endpoint, by outcome: delivered, retried, failed, refused; put_off ones weren't begun.",
		}, []string{"outcome"}),
		disabled: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "chefcloud_webhook_endpoints_disabled_total", Help: "Endpoints that were disabled as deliveries to them failed.",
		}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "chefcloud_webhook_attempt_seconds", Help: "How long endpoints took to answer.", Buckets: prometheus.ExponentialBuckets(0.01, 2.5, 9),
		}),
	}
	registerer.MustRegister(m.attempts, m.disabled, m.duration)
	return m
}

func (m *Metrics) attempted(a answer, state DeliveryState) {
	outcome := "failed"
	switch {
	case state == DeliveryDelivered:
		outcome = "delivered"
	case state == DeliveryPending:
		outcome = "retried"
	case a.refused:
		outcome = "refused"
	}
	m.attempts.WithLabelValues(outcome).Inc()
	m.duration.Observe(a.Duration.Seconds())
}

func (m *Metrics) putOff() { m.attempts.WithLabelValues("put_off").Inc() }
