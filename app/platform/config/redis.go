package config

import (
	"net"
	"strconv"
)

// Redis is how Valkey, or Redis, is reached: a server, or any one of a cluster, which has database 0 alone.
type Redis struct {
	DB       int    `env:"REDIS_DB" envDefault:"0" min:"0" max:"15"`
	Host     string `env:"REDIS_HOST" envDefault:"redis.internal" pattern:"^[A-Za-z0-9_.:-]+$"`
	Password Secret `env:"REDIS_PASSWORD"`
	Port     int    `env:"REDIS_PORT" envDefault:"6379" min:"1" max:"65535"`
	TLS      bool   `env:"REDIS_TLS" envDefault:"true"`
}

// Addr returns host and port.
func (r Redis) Addr() string { return net.JoinHostPort(r.Host, strconv.Itoa(r.Port)) }
