package ratelimit

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/valkey-io/valkey-go"
)

// decide admits a call and notes it, or refuses it. All times are in microseconds and Valkey's own, so that the clocks of
// nodes don't matter.
//
// KEYS: the subject's list. ARGV: limit, window.
// Returns 1 or 0, the calls noted, and the time until a place frees.
//
// If the clock was set back, time stands still until it has caught up with the newest call; if it was set back by more
// than a window, the list starts anew. The key outlives its newest call by a millisecond, because its expiry is cut to
// milliseconds. With a lowered limit there can be more calls than the limit: a place frees when only limit - 1 are left.
var decide = valkey.NewLuaScript(`
local limit, window = tonumber(ARGV[1]), tonumber(ARGV[2])
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
local admitted = 0
if count < limit then
  redis.call('LPUSH', KEYS[1], string.format('%.0f', now))
  redis.call('PEXPIRE', KEYS[1], window / 1000 + 1)
  admitted, count = 1, count + 1
end
if count > limit then
  oldest = redis.call('LINDEX', KEYS[1], limit - 1)
end
return {admitted, count, (oldest or now) + window - now}`)

// verdict is what the log of a subject says about one call.
type verdict struct {
	admitted bool
	// count is the number of calls noted, this one too if it was admitted.
	count int
	// frees is how long it takes until a place frees.
	frees time.Duration
}

func askValkey(ctx context.Context, client valkey.Client, key string, limit int) (verdict, error) {
	answer, err := decide.Exec(ctx, client, []string{key}, []string{strconv.Itoa(limit), strconv.FormatInt(window.Microseconds(), 10)}).AsIntSlice()
	if err != nil {
		return verdict{}, fmt.Errorf("ask Valkey for a place: %w", err)
	}
	if len(answer) != 3 {
		return verdict{}, fmt.Errorf("ask Valkey for a place: %d of 3 numbers came back", len(answer))
	}
	return verdict{admitted: answer[0] == 1, count: int(answer[1]), frees: time.Duration(answer[2]) * time.Microsecond}, nil
}
