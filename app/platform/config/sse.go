package config

// SSE is the live KPI stream.
type SSE struct {
	// ConcurrencyPerUser is how many streams a user may have open.
	ConcurrencyPerUser int `env:"SSE_CONCURRENCY_PER_USER" envDefault:"2" min:"1"`
	// HeartbeatInterval is how often an idle stream sends a sign of life.
	HeartbeatInterval Seconds `env:"SSE_HEARTBEAT_INTERVAL" envDefault:"30" min:"1" max:"3600"`
	// RatePerMinute is how many streams a user may open in a minute.
	RatePerMinute int `env:"SSE_RATE_LIMIT_PER_MIN" envDefault:"60" min:"1"`
}
