package kpi

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	ended    *prometheus.CounterVec
	readings prometheus.Counter
	watchers prometheus.Gauge
}

func newMetrics(registerer prometheus.Registerer) metrics {
	m := metrics{
		ended: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "chefcloud_streams_ended_total", Help: "Streams of live figures that have ended, by reason.",
		}, []string{"reason"}),
		readings: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "chefcloud_stream_readings_total", Help: "How often live figures were read, for all watchers of an organisation together.",
		}),
		watchers: prometheus.NewGauge(prometheus.GaugeOpts{Name: "chefcloud_streams", Help: "Streams of live figures that are open."}),
	}
	registerer.MustRegister(m.ended, m.readings, m.watchers)
	return m
}
