package throttle

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/valkey-io/valkey-go"
)

// operationTimeout bounds one call to Valkey: people wait for it at the door.
const operationTimeout = 250 * time.Millisecond

// valkeyCounter keeps, per key, a sorted set of the attempts by their time. Times are the nodes': where their clocks differ, the
// window is off by the difference.
type valkeyCounter struct {
	connection Connection
	window     time.Duration
}

// addIfBelow counts an attempt under every key, or, if one is full, returns the milliseconds until the attempt in the way is
// old enough.
//
// KEYS: sorted sets. ARGV: now and window in ms, attempt, then one limit per key.
var addIfBelow = valkey.NewLuaScript(`
local now, window, wait = tonumber(ARGV[1]), tonumber(ARGV[2]), 0
for i, key in ipairs(KEYS) do
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now - window)
  local over = redis.call('ZCARD', key) - tonumber(ARGV[3 + i])
  if over >= 0 then
    local blocking = redis.call('ZRANGE', key, over, over, 'WITHSCORES')
    wait = math.max(wait, tonumber(blocking[2]) + window - now)
  end
end
if wait > 0 then return wait end
for _, key in ipairs(KEYS) do
  redis.call('ZADD', key, now, ARGV[3])
  redis.call('PEXPIRE', key, window)
end
return 0`)

// removeAttempt takes an attempt out of every key. KEYS: sorted sets. ARGV: attempt.
var removeAttempt = valkey.NewLuaScript(`
for _, key in ipairs(KEYS) do redis.call('ZREM', key, ARGV[1]) end
return 0`)

func (c *valkeyCounter) add(ctx context.Context, a *Attempt, now time.Time) (time.Duration, error) {
	args := []string{milliseconds(now.UnixMilli()), milliseconds(c.window.Milliseconds()), a.id}
	for _, limit := range a.limits {
		args = append(args, strconv.Itoa(limit))
	}
	wait, err := c.run(ctx, addIfBelow, a.keys, args)
	if err != nil {
		return 0, fmt.Errorf("count attempt: %w", err)
	}
	return time.Duration(wait) * time.Millisecond, nil
}

func (c *valkeyCounter) remove(ctx context.Context, a *Attempt) error {
	if _, err := c.run(ctx, removeAttempt, a.keys, []string{a.id}); err != nil {
		return fmt.Errorf("remove attempt: %w", err)
	}
	return nil
}

func (c *valkeyCounter) run(ctx context.Context, script *valkey.Lua, keys, args []string) (int64, error) {
	client, err := c.connection.Client()
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, operationTimeout)
	defer cancel()
	return script.Exec(ctx, client, keys, args).AsInt64()
}

func milliseconds(n int64) string { return strconv.FormatInt(n, 10) }
