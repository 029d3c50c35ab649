package jobs

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	attempts *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

func newMetrics(registerer prometheus.Registerer) metrics {
	m := metrics{
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "chefcloud_job_attempts_total", Help: "Attempts at jobs, by kind and outcome.",
		}, []string{"kind", "outcome"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "chefcloud_job_duration_seconds", Help: "How long attempts at jobs took.", Buckets: prometheus.ExponentialBuckets(0.01, 4, 9),
		}, []string{"kind"}),
	}
	registerer.MustRegister(m.attempts, m.duration)
	return m
}

func (m metrics) worked(kind string, err error, took time.Duration) {
	outcome := "succeeded"
	if err != nil {
		outcome = "failed"
	}
	m.attempts.WithLabelValues(kind, outcome).Inc()
	m.duration.WithLabelValues(kind).Observe(took.Seconds())
}
