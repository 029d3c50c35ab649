package webhooks

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	effects    *prometheus.CounterVec
	deliveries *prometheus.CounterVec
}

func newMetrics(registerer prometheus.Registerer) metrics {
	m := metrics{
		deliveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "chefcloud_webhooks_received_total", Help: "Deliveries of the billing provider, by what became of them.",
		}, []string{"outcome"}),
		effects: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "chefcloud_webhook_effects_total", Help: "Attempts to let an event have its effect, by outcome.",
		}, []string{"outcome"}),
	}
	registerer.MustRegister(m.deliveries, m.effects)
	return m
}

func (m metrics) received(outcome string) { m.deliveries.WithLabelValues(outcome).Inc() }

func (m metrics) effect(outcome string) { m.effects.WithLabelValues(outcome).Inc() }
