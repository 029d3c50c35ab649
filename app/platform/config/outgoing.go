package config

// Outgoing is how events are posted to organisations' endpoints.
type Outgoing struct {
	// AllowLoopback permits endpoints on this machine, over http too: for development.
	AllowLoopback bool `env:"WEBHOOKS_ALLOW_LOOPBACK" envDefault:"false"`
	// Workers is how many deliveries this process makes at a time.
	Workers int `env:"WEBHOOKS_WORKERS" envDefault:"32" min:"2" max:"256"`
}
