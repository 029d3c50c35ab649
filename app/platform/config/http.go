package config

import "net/netip"

// HTTP is how the server listens.
type HTTP struct {
	// Addr is the host and port to listen on; port 0 takes a free one.
	Addr string `env:"HTTP_ADDR" envDefault:":8080" pattern:"^[^:]*:[0-9]{1,5}$|^\\[[0-9a-fA-F:.%a-z]+\\]:[0-9]{1,5}$"`
	// MaxBodyBytes is the largest request that is read.
	MaxBodyBytes int `env:"HTTP_MAX_BODY_BYTES" envDefault:"4194304" min:"1024" max:"1073741824"`
	// ShutdownDelay is how long after SIGTERM new calls are still served, while /ready says false already: as long as load
	// balancers need to see it.
	ShutdownDelay Seconds `env:"SHUTDOWN_DELAY" envDefault:"5" min:"0" max:"300"`
	// ShutdownTimeout is how long calls in flight may take to finish after SIGTERM.
	ShutdownTimeout Seconds `env:"SHUTDOWN_TIMEOUT" envDefault:"20" min:"1" max:"600"`
	// TrustedProxies are the networks whose X-Forwarded-For is believed, `10.0.0.0/8,::1/128`.
	TrustedProxies []netip.Prefix `env:"HTTP_TRUSTED_PROXIES"`
}
