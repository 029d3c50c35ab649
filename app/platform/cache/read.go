package cache

import (
	"context"
	"encoding/binary"
	"errors"
	"time"

	"github.com/valkey-io/valkey-go"
	"google.golang.org/protobuf/proto"
)

// View is one read of one report: the organisation's stamps as they stood after the read began.
type View struct {
	cache  *Cache
	orgID  string
	report Report
	stamps *stamps // nil: bypass
}

// Begin starts a read. With a TTL of 0 it doesn't touch Valkey; if Valkey is away, the read bypasses it.
func (c *Cache) Begin(ctx context.Context, orgID string, report Report) View {
	v := View{cache: c, orgID: orgID, report: report}
	if c.config.TTLs[report] <= 0 || !c.healthy.Load() {
		return v
	}
	if found, err := c.validator.current(ctx, orgID); err == nil {
		v.stamps = found
	}
	return v
}

// Stamp identifies what the read may use: as long as it is the same, nothing of the report has changed. It is empty if the read
// bypasses Valkey, where nobody knows.
func (v View) Stamp() string {
	if v.stamps == nil {
		return ""
	}
	return v.stamps.of(v.report)
}

// Snapshot returns a value of the view's organisation that is kept in process memory under the Directory stamp: its
// settings and branches. load runs at most once for each change of them.
func Snapshot[T any](ctx context.Context, v View, load func(context.Context) (T, error)) (T, error) {
	if v.stamps == nil {
		return load(ctx)
	}
	stamp := v.stamps.of(Directory)
	if s, ok := v.cache.local.snapshots.Get(v.orgID); ok && s.stamp == stamp {
		return s.value.(T), nil
	}
	value, err := load(ctx)
	if err == nil {
		v.cache.local.snapshots.Add(v.orgID, snapshot{stamp: stamp, value: value})
	}
	return value, err
}

// loaded is what a flight brings back.
type loaded struct {
	message proto.Message
	status  Status
}

// Read answers from memory, then Valkey, then load. params tells everything within the organisation that
// the answer depends on. Readers of one key
// and stamp share one flight. The message is shared: nobody may change it.
func Read[T proto.Message](ctx context.Context, v View, params string, load func(context.Context) (T, error)) (T, Status, error) {
	var none T
	c := v.cache
	if v.stamps == nil {
		message, err := load(ctx)
		c.metrics.read(v.report, Bypass)
		return message, Bypass, err
	}
	key, stamp := c.answerKey(v.report, v.orgID, params), v.stamps.of(v.report)
	if e, ok := c.local.get(key, stamp, c.clock()); ok {
		c.metrics.read(v.report, Hit)
		return e.message.(T), Hit, nil
	}
	// Keyed by the stamp too: a reader must not join a load that began before a write that the reader has to see.
	flight := c.flights.DoChan(key+stamp, func() (any, error) {
		shared, cancel := context.WithTimeout(context.WithoutCancel(ctx), loadTimeout)
		defer cancel()
		if e, ok := c.get(shared, key, stamp, none.ProtoReflect().New().Interface()); ok {
			c.local.put(key, e)
			return loaded{e.message, Hit}, nil
		}
		message, err := load(shared)
		if err != nil {
			return nil, err
		}
		c.store(shared, v, key, stamp, message)
		return loaded{message, Miss}, nil
	})
	select {
	case result := <-flight:
		if result.Err != nil {
			return none, Miss, result.Err
		}
		answer := result.Val.(loaded)
		c.metrics.read(v.report, answer.status)
		return answer.message.(T), answer.status, nil
	case <-ctx.Done():
		return none, Miss, ctx.Err()
	}
}

// A stored value is the stamp, the expiry in Unix milliseconds, and the message.
const headerLength = stampLength + 8

func (c *Cache) get(ctx context.Context, key, stamp string, into proto.Message) (*entry, bool) {
	ctx, cancel := context.WithTimeout(ctx, operationTimeout)
	defer cancel()
	client, err := c.connector.Client()
	if err != nil {
		c.failed(err)
		return nil, false
	}
	value, err := client.Do(ctx, client.B().Get().Key(key).Build()).AsBytes()
	if err != nil {
		if !errors.Is(err, valkey.Nil) {
			c.failed(err)
		}
		return nil, false
	}
	if len(value) < headerLength || string(value[:stampLength]) != stamp {
		return nil, false
	}
	if err := proto.Unmarshal(value[headerLength:], into); err != nil {
		return nil, false
	}
	expires := time.UnixMilli(int64(binary.BigEndian.Uint64(value[stampLength:headerLength])))
	return &entry{stamp: stamp, expires: expires, message: into}, true
}

// storeIfCurrent stores an answer only if the stamp that its loader noted still stands, and announces that.
//
// KEYS: stamps hash, answer, index set, channel. ARGV: report, stamp, value, TTL in ms, TTL of the index in ms, announcement.
var storeIfCurrent = valkey.NewLuaScript(`
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[2], ARGV[3], 'PX', ARGV[4])
redis.call('SADD', KEYS[3], KEYS[2])
redis.call('PEXPIRE', KEYS[3], ARGV[5])
redis.call('SPUBLISH', KEYS[4], ARGV[6])
return 1`)

func (c *Cache) store(ctx context.Context, v View, key, stamp string, message proto.Message) {
	ttl := c.ttl(v.report)
	expires := c.clock().Add(ttl)
	// Memory needs no check: it serves an entry only under the stamp that the loader noted before it queried.
	c.local.put(key, &entry{stamp: stamp, expires: expires, message: message})

	value := make([]byte, headerLength, headerLength+proto.Size(message))
	copy(value, stamp)
	binary.BigEndian.PutUint64(value[stampLength:], uint64(expires.UnixMilli()))
	value, err := proto.MarshalOptions{}.MarshalAppend(value, message)
	if err != nil {
		c.log.Error().Err(err).Str("report", string(v.report)).Msg("encode answer for cache")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, operationTimeout)
	defer cancel()
	client, err := c.connector.Client()
	if err != nil {
		c.failed(err)
		return
	}
	kept, err := storeIfCurrent.Exec(ctx, client,
		[]string{c.stampsKey(v.orgID), key, c.indexKey(v.report, v.orgID), c.channel(v.orgID)},
		[]string{
			string(v.report), stamp, valkey.BinaryString(value), milliseconds(ttl), milliseconds(2 * c.config.TTLs[v.report]), announce(stored, v.report),
		},
	).AsInt64()
	switch {
	case err != nil:
		c.failed(err)
	case kept == 0:
		c.metrics.discarded(v.report)
	}
}
