package ratelimit

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/valkey-io/valkey-go"
)

// windowArgument is the window in microseconds.
var windowArgument = strconv.FormatInt(window.Microseconds(), 10)

// places admits as many of the calls wanted as there are places, and notes those. All times are in microseconds and Valkey's own, so that the clocks of
// nodes don't matter.
//
// KEYS: the subject's list. ARGV: limit, window, calls wanted.
// Returns the calls admitted, the calls noted, these too, and the time until a place frees.
//
// If the clock was set back, time stands still until it has caught up with the newest call; if it was set back by more
// than a window, the list starts anew. The key outlives its newest call by a millisecond, because its expiry is cut to
// milliseconds. With a lowered limit there can be more calls than the limit: a place frees when only limit - 1 are left.
var places = valkey.NewLuaScript(`
local limit, window, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local newest = tonumber(redis.call('LINDEX', KEYS[1], 0) or 0)
if newest > now + window then
  redis.call('DEL', KEYS[1])
elseif newest > now then
  now = newest
end
local oldest = redis.call('LINDEX', KEYS[1], -1)
while oldest and now - oldest >= window do
  redis.call('RPOP', KEYS[1])
  oldest = redis.call('LINDEX', KEYS[1], -1)
end
local count = redis.call('LLEN', KEYS[1])
local admitted = math.max(math.min(limit - count, wanted), 0)
if admitted > 0 then
  local instant = string.format('%.0f', now)
  for _ = 1, admitted do
    redis.call('LPUSH', KEYS[1], instant)
  end
  redis.call('PEXPIRE', KEYS[1], window / 1000 + 1)
  count = count + admitted
end
if count > limit then
  oldest = redis.call('LINDEX', KEYS[1], limit - 1)
end
return {admitted, count, (oldest or now) + window - now}`)

func askValkey(ctx context.Context, client valkey.Client, key string, limit, wanted int) (verdict, error) {
	answer, err := places.Exec(ctx, client, []string{key}, []string{strconv.Itoa(limit), windowArgument, strconv.Itoa(wanted)}).AsIntSlice()
	if err != nil {
		return verdict{}, fmt.Errorf("ask Valkey for a place: %w", err)
	}
	if len(answer) != 3 {
		return verdict{}, fmt.Errorf("ask Valkey for a place: %d of 3 numbers came back", len(answer))
	}
	return verdict{admitted: int(answer[0]), count: int(answer[1]), frees: time.Duration(answer[2]) * time.Microsecond}, nil
}
