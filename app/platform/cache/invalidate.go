package cache

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"github.com/valkey-io/valkey-go"

	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

const (
	// invalidateTimeout bounds how long a mutation's answer waits for Valkey before the invalidation is noted instead.
	invalidateTimeout = time.Second
)

// replaceStamps gives each report a new stamp, unlinks its answers, and announces that.
//
// KEYS: stamps hash, channel, then the index set of each report. ARGV: announcement, then report, new stamp, report, new stamp, …
// The answers' own keys are read from the index; they carry the same hash tag, so they live in the same slot.
var replaceStamps = valkey.NewLuaScript(`
local removed = 0
for i = 3, #KEYS do
  redis.call('HSET', KEYS[1], ARGV[2 * i - 4], ARGV[2 * i - 3])
  local answers = redis.call('SMEMBERS', KEYS[i])
  for from = 1, #answers, 1000 do
    removed = removed + redis.call('UNLINK', unpack(answers, from, math.min(from + 999, #answers)))
  end
  redis.call('UNLINK', KEYS[i])
end
redis.call('SPUBLISH', KEYS[2], ARGV[1])
return removed`)

// Invalidation is what one mutation has to invalidate.
type Invalidation struct {
	busted []Report
	cache  *Cache
	noted  []Note
	orgID  string
}

// Plan returns what a call of the procedure has to invalidate, by the table in busts.go.
func (c *Cache) Plan(procedure, orgID string) *Invalidation {
	return &Invalidation{busted: BustsOf(procedure), cache: c, orgID: orgID}
}

// Note writes the invalidation down in a transaction of the mutation: should this node die between its commit and [Invalidation.Carry],
// another one carries it out. Each transaction has a note of its own, which others may carry out and forget while the next one works.
func (i *Invalidation) Note(ctx context.Context, tx postgres.Querier) error {
	if len(i.busted) == 0 {
		return nil
	}
	note := newNote(i.orgID, i.busted)
	i.noted = append(i.noted, note)
	return i.cache.pending.Note(ctx, tx, note, noteDelay)
}

// Carry carries the invalidation out, see [Cache.Invalidate].
func (i *Invalidation) Carry(ctx context.Context) error {
	carried, err := i.cache.invalidate(ctx, i.orgID, i.busted, i.noted)
	if carried {
		i.cache.done.add(i.noted)
	}
	return err
}

// Invalidate makes all present answers of the organisation's reports unusable, on every node. It is called after a
// mutation's commit and before its answer, and doesn't end with the mutation's context. If Valkey can't be reached,
// the invalidation is noted in PostgreSQL and carried out before any node trusts Valkey again.
func (c *Cache) Invalidate(ctx context.Context, orgID string, busted []Report) error {
	_, err := c.invalidate(ctx, orgID, busted, nil)
	return err
}

// invalidate reports whether the invalidation was carried out; otherwise it is noted and due at once, as what was noted before then is.
func (c *Cache) invalidate(ctx context.Context, orgID string, busted []Report, noted []Note) (carried bool, err error) {
	if len(busted) == 0 {
		return true, nil
	}
	ctx = context.WithoutCancel(ctx)
	removed, err := c.replace(ctx, orgID, busted)
	if err != nil {
		c.failed(err)
		if len(noted) == 0 {
			noted = []Note{newNote(orgID, busted)}
		}
		for _, note := range noted {
			if err := c.pending.Note(ctx, nil, note, 0); err != nil {
				return false, fmt.Errorf("note invalidation: %w", err)
			}
		}
		zerolog.Ctx(ctx).Warn().Err(err).Str("cache_bust", "noted").Str("org_id", orgID).
			Msg("[CACHE] Valkey is unreachable, invalidation noted")
		// Until the other nodes have looked at the notes they may answer from before: the caller hears of the write after that.
		pause(2 * watchInterval)
		return false, nil
	}
	c.metrics.busted(busted, removed)
	zerolog.Ctx(ctx).Info().Str("cache_bust", names(busted)).Msgf("[CACHE] Invalidating org=%s prefixes=[%s] removed=%d", orgID, quoted(busted), removed)
	return true, nil
}

func pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	<-timer.C
}

func (c *Cache) replace(ctx context.Context, orgID string, busted []Report) (removed int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, invalidateTimeout)
	defer cancel()
	keys := make([]string, 2, 2+len(busted))
	keys[0], keys[1] = c.stampsKey(orgID), c.channel(orgID)
	args := make([]string, 1, 1+2*len(busted))
	args[0] = announce(replaced, busted...)
	for _, report := range busted {
		keys = append(keys, c.indexKey(report, orgID))
		args = append(args, string(report), rand.Text())
	}
	client, err := c.connector.Client()
	if err != nil {
		return 0, err
	}
	return replaceStamps.Exec(ctx, client, keys, args).AsInt64()
}

func names(busted []Report) string {
	out := make([]string, len(busted))
	for i, report := range busted {
		out[i] = string(report)
	}
	return strings.Join(out, ",")
}

func quoted(busted []Report) string {
	out := make([]string, len(busted))
	for i, report := range busted {
		out[i] = strconv.Quote(string(report))
	}
	return strings.Join(out, ",")
}

func milliseconds(d time.Duration) string {
	return strconv.FormatInt(max(d.Milliseconds(), 1), 10)
}
