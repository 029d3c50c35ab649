package cache

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"github.com/valkey-io/valkey-go"
	"golang.org/x/sync/singleflight"

	"github.com/chefcloud/chefcloud/app/platform/clock"
)

const (
	// operationTimeout bounds one call to Valkey: a report is quicker from PostgreSQL than from a hanging cache.
	operationTimeout = 250 * time.Millisecond
	// loadTimeout bounds a shared load, which no single reader's context may end.
	loadTimeout = 30 * time.Second
	// defaultLocalEntries bounds the answers in process memory.
	defaultLocalEntries = 4096
)

// Config says what to keep and for how long.
type Config struct {
	// Prefix is the first field of every key (CACHE_PREFIX).
	Prefix string
	// TTLs by report; 0 or absent turns the report's caching off.
	TTLs map[Report]time.Duration
	// LocalEntries bounds the answers in process memory; 0 means 4096.
	LocalEntries int
}

// Connector gives the Valkey client, or an error while there is none.
type Connector interface {
	Client() (valkey.Client, error)
}

// Cache is the report cache of one process. It is safe for concurrent use.
type Cache struct {
	connector Connector
	clock     clock.Clock
	config    Config
	done      doneNotes
	flights   singleflight.Group
	healthy   atomic.Bool
	listeners listeners
	local     *local
	log       zerolog.Logger
	metrics   *Metrics
	pending   Pending
	validator *validator
}

// New returns a cache that bypasses Valkey until [Cache.Watch] has found it healthy.
func New(config Config, connector Connector, pending Pending, now clock.Clock, metrics *Metrics, log zerolog.Logger) (*Cache, error) {
	if config.LocalEntries == 0 {
		config.LocalEntries = defaultLocalEntries
	}
	memory, err := newLocal(config.LocalEntries)
	if err != nil {
		return nil, err
	}
	c := &Cache{connector: connector, clock: now, config: config, local: memory, log: log, metrics: metrics, pending: pending}
	c.validator = newValidator(c.fetch)
	return c, nil
}

func (c *Cache) fetch(ctx context.Context, orgID string) (*stamps, error) {
	ctx, cancel := context.WithTimeout(ctx, operationTimeout)
	defer cancel()
	client, err := c.connector.Client()
	if err != nil {
		c.failed(err)
		return nil, err
	}
	found, err := fetchStamps(ctx, client, c.stampsKey(orgID))
	if err != nil {
		c.failed(err)
	}
	return found, err
}

func (c *Cache) answerKey(report Report, orgID, params string) string {
	hash := sha256.Sum256([]byte(params))
	return c.config.Prefix + ":" + string(report) + ":{" + orgID + "}:" + hex.EncodeToString(hash[:16])
}

func (c *Cache) indexKey(report Report, orgID string) string {
	return c.config.Prefix + ".index:{" + orgID + "}:" + string(report)
}

func (c *Cache) stampsKey(orgID string) string {
	return c.config.Prefix + ".stamps:{" + orgID + "}"
}

// channel is where changes of an organisation are announced; its hash tag puts it into the slot of the organisation's keys.
func (c *Cache) channel(orgID string) string {
	return c.config.Prefix + ".changes:{" + orgID + "}"
}

// ttl is the report's TTL less up to a tenth, so that answers made together don't expire together.
func (c *Cache) ttl(report Report) time.Duration {
	full := c.config.TTLs[report]
	return full - time.Duration(rand.Int64N(int64(full)/10+1)) //nolint:gosec // jitter needs no secrecy
}
