package valkey

import (
	"context"
	"crypto/tls"
	"fmt"
	"math/bits"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valkey-io/valkey-go"

	"github.com/chefcloud/chefcloud/app/platform/config"
)

const (
	dialTimeout  = time.Second
	writeTimeout = 2 * time.Second
	pingTimeout  = time.Second
)

// Options returns the client options of the settings.
func Options(settings config.Redis) valkey.ClientOption {
	options := valkey.ClientOption{
		InitAddress:      []string{settings.Addr()},
		Password:         settings.Password.Reveal(),
		SelectDB:         settings.DB,
		ClientName:       "chefcloud",
		ConnWriteTimeout: writeTimeout,
		// What may be served is decided by stamps, not by the server's invalidation messages, which come late.
		DisableCache: true,
		// The client finds out by itself whether this is a cluster, and then uses as many connections to each node of it.
		PipelineMultiplex: multiplex(),
	}
	options.Dialer.Timeout = dialTimeout
	if settings.TLS {
		options.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, ServerName: settings.Host}
	}
	return options
}

// maxMultiplex bounds [multiplex].
const maxMultiplex = 2

// multiplex is the logarithm of how many connections calls are shared out among: as many as there are processors, four at most.
func multiplex() int { return min(bits.Len(uint(runtime.GOMAXPROCS(0)))-1, maxMultiplex) }

// redialAfter is how long a failure to connect is remembered, so that a server that is away doesn't hold up every caller.
const redialAfter = 200 * time.Millisecond

// Connection is a client that may be opened while the server is away: it connects when it is first used, and later
// by itself whenever the connection is lost.
type Connection struct {
	options valkey.ClientOption
	client  atomic.Pointer[valkey.Client]

	mu       sync.Mutex
	closed   bool
	failed   error
	failedAt time.Time
}

// Open returns a connection without connecting.
func Open(settings config.Redis) *Connection {
	return &Connection{options: Options(settings)}
}

// Client returns the client, connecting if that hasn't succeeded yet.
func (c *Connection) Client() (valkey.Client, error) {
	if client := c.client.Load(); client != nil {
		return *client, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch client := c.client.Load(); {
	case client != nil:
		return *client, nil
	case c.closed:
		return nil, valkey.ErrClosing
	case c.failed != nil && time.Since(c.failedAt) < redialAfter:
		return nil, c.failed
	}
	client, err := valkey.NewClient(c.options)
	if err != nil {
		c.failed, c.failedAt = fmt.Errorf("connect to Valkey: %w", err), time.Now()
		return nil, c.failed
	}
	c.client.Store(&client)
	return client, nil
}

// Healthy returns nil if the server answers.
func (c *Connection) Healthy(ctx context.Context) error {
	client, err := c.Client()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	return client.Do(ctx, client.B().Ping().Build()).Error()
}

// Close ends all connections for good.
func (c *Connection) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if client := c.client.Swap(nil); client != nil {
		(*client).Close()
	}
}
