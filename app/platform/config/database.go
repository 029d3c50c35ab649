package config

import (
	"errors"
	"fmt"
	"io"
	"net/url"

	"github.com/jackc/pgx/v5/pgconn"
)

// Database is how PostgreSQL is reached.
type Database struct {
	// PoolMax is the most connections of this process.
	PoolMax int32 `env:"DB_POOL_MAX" envDefault:"10" min:"1" max:"1000"`
	// PoolMin is how many connections are kept open when idle.
	PoolMin int32 `env:"DB_POOL_MIN" envDefault:"2" min:"0" max:"1000"`
	// StatementTimeout ends a statement that runs longer; 0 lets it run.
	StatementTimeout Milliseconds `env:"DB_STATEMENT_TIMEOUT" envDefault:"30000" min:"0" max:"3600000"`
	URL              DSN          `env:"DATABASE_URL,required"`
}

// DSN is a PostgreSQL connection string. It prints without its password.
type DSN string

var errDSN = errors.New("must be a PostgreSQL connection string, as in postgres://user:password@host:5432/chefcloud")

// Format prints the connection string with its password masked, whatever the verb.
func (d DSN) Format(state fmt.State, _ rune) {
	_, _ = io.WriteString(state, d.masked())
}

// MarshalText masks as Format does.
func (d DSN) MarshalText() ([]byte, error) { return []byte(d.masked()), nil }

// Reveal returns the connection string with its password.
func (d DSN) Reveal() string { return string(d) }

// UnmarshalText checks that pgx can read the connection string.
func (d *DSN) UnmarshalText(text []byte) error {
	if _, err := pgconn.ParseConfig(string(text)); err != nil {
		return errDSN // pgx's own text quotes parts of the connection string
	}
	*d = DSN(text)
	return nil
}

func (d DSN) masked() string {
	u, err := url.Parse(string(d))
	if err != nil || u.Host == "" {
		return Secret(d).masked() // the keyword form: a password can stand anywhere
	}
	if query := u.Query(); query.Has("password") || query.Has("sslpassword") {
		query.Del("password")
		query.Del("sslpassword")
		u.RawQuery = query.Encode()
	}
	return u.Redacted()
}
