package places

import (
	"context"
	"strconv"
	"time"

	"github.com/valkey-io/valkey-go"
)

// assert takes or prolongs leases of one subject in turn, and forgets those that have ended. One that isn't there needs a place. Valkey's own
// clock decides.
//
// KEYS: sorted set of leases by their end in ms. ARGV: most, length in ms, then leases.
// Returns 1 for each that is held, 0 for others.
var assert = valkey.NewLuaScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local held = {}
for i = 3, #ARGV do
  held[i - 2] = 0
  if redis.call('ZSCORE', KEYS[1], ARGV[i]) or redis.call('ZCARD', KEYS[1]) < tonumber(ARGV[1]) then
    redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[i])
    if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
    held[i - 2] = 1
  end
end
return held`)

// claim is what one node wants of one subject: the leases of its places, the oldest first.
type claim struct {
	most    int
	places  []*Place
	subject Subject
}

func (p *Places) exec(c claim) valkey.LuaExec {
	args := make([]string, 2, 2+len(c.places))
	args[0], args[1] = strconv.Itoa(c.most), milliseconds(p.config.Lease)
	for _, place := range c.places {
		args = append(args, place.lease)
	}
	return valkey.LuaExec{Keys: []string{p.key(c.subject)}, Args: args}
}

// assert returns which of the places are held, by claim.
func (p *Places) assert(ctx context.Context, claims []claim) ([][]int64, error) {
	calls := make([]valkey.LuaExec, len(claims))
	for i, c := range claims {
		calls[i] = p.exec(c)
	}
	held := make([][]int64, len(claims))
	err := p.reach(ctx, func(ctx context.Context, client valkey.Client) error {
		for i, result := range assert.ExecMulti(ctx, client, calls...) {
			answer, err := result.AsIntSlice()
			if err != nil {
				return err
			}
			held[i] = answer
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i, c := range claims {
		if len(held[i]) != len(c.places) {
			return nil, errAnswer
		}
	}
	return held, nil
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
