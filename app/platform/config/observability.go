package config

// Observability is what the process tells about itself.
type Observability struct {
	// AccessLogFile takes one line per request; empty writes them to the log.
	AccessLogFile string `env:"ACCESS_LOG_FILE"`
	// LogFile takes the log; empty is standard error.
	LogFile   string `env:"LOG_FILE"`
	LogFormat string `env:"LOG_FORMAT" envDefault:"json" oneof:"json console"`
	LogLevel  string `env:"LOG_LEVEL" envDefault:"info" oneof:"debug info warn error"`
	// Metrics turns /metrics on.
	Metrics bool `env:"ENABLE_METRICS" envDefault:"true"`
	// OTLPEndpoint is where traces go over OTLP/HTTP, `http://collector:4318`. Without one nothing is exported.
	OTLPEndpoint string `env:"OTEL_EXPORTER_OTLP_ENDPOINT" pattern:"^https?://[^\\s]+$"`
	// Tracing turns traces on, given an endpoint.
	Tracing bool `env:"ENABLE_TRACING" envDefault:"true"`
}
