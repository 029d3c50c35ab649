package kpi

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	duration prometheus.Histogram
	ended    *prometheus.CounterVec
	readings prometheus.Counter
	watchers prometheus.Gauge
}

func newMetrics(registerer prometheus.Registerer) metrics {
	m := metrics{
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "chefcloud_stream_duration_seconds", Help: "How long streams of live figures lasted that have ended.",
			Buckets: []float64{1, 10, 60, 600, 3600, 6 * 3600, 24 * 3600},
		}),
		ended: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "chefcloud_streams_ended_total", Help: "Streams of live figures that have ended, by reason.",
		}, []string{"reason"}),
		readings: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "chefcloud_stream_readings_total", Help: "How often live figures were read, for all watchers of an organisation together.",
		}),
		watchers: prometheus.NewGauge(prometheus.GaugeOpts{Name: "chefcloud_streams", Help: "Streams of live figures that are open."}),
	}
	registerer.MustRegister(m.duration, m.ended, m.readings, m.watchers)
	return m
}
