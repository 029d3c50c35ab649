package throttle

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"time"

	"github.com/rs/zerolog"
	"github.com/valkey-io/valkey-go"

	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/ids"
)

// ipv6Network is the prefix that counts as one address: less than a /64 is never given out, and one host may use all of it.
const ipv6Network = 64

// Config is how many wrong guesses are let through.
type Config struct {
	// Prefix is the first field of every key in Valkey.
	Prefix string
	// PerAccount and PerAddress bound the attempts within Window.
	PerAccount, PerAddress int
	Window                 time.Duration
}

// Throttle counts attempts to sign in. It is safe for concurrent use.
type Throttle struct {
	clock  clock.Clock
	config Config
	// local counts while shared can't be reached: each node then grants the limits for itself.
	local  counter
	shared counter
}

// counter counts attempts under several keys at once.
type counter interface {
	// add counts an attempt under all of its keys, or under none if one is full. It returns how long to wait; 0 if it counted.
	add(ctx context.Context, a *Attempt, now time.Time) (time.Duration, error)
	// remove takes a counted attempt back.
	remove(ctx context.Context, a *Attempt) error
}

// Connection finds the client of Valkey, which may be away.
type Connection interface {
	Client() (valkey.Client, error)
}

// New returns a throttle that counts in Valkey.
func New(config Config, connection Connection, now clock.Clock) *Throttle {
	return &Throttle{
		clock:  now,
		config: config,
		local:  newMemoryCounter(config.Window),
		shared: &valkeyCounter{connection: connection, window: config.Window},
	}
}

// Attempt is one counted attempt to sign in.
type Attempt struct {
	counter counter
	id      string
	keys    []string
	limits  []int
}

// Begin counts an attempt on an account, whether it exists or not, from an address. It fails with resource_exhausted
// LOGIN_THROTTLED if either has no attempt left; the refusal itself isn't counted.
func (t *Throttle) Begin(ctx context.Context, account string, address string) (*Attempt, error) {
	a := &Attempt{
		counter: t.shared,
		id:      ids.New("try"),
		keys:    []string{t.key("account", account), t.key("address", network(address))},
		limits:  []int{t.config.PerAccount, t.config.PerAddress},
	}
	wait, err := a.counter.add(ctx, a, t.clock())
	if err != nil {
		zerolog.Ctx(ctx).Warn().Err(err).Msg("count sign-in in valkey, counting on this node alone")
		a.counter = t.local
		wait, err = a.counter.add(ctx, a, t.clock())
	}
	if err != nil {
		return nil, err
	}
	if wait > 0 {
		return nil, fault.ResourceExhausted("LOGIN_THROTTLED", "too many failed attempts to sign in, try again later", wait)
	}
	return a, nil
}

// GiveBack takes the attempt out of the count because it wasn't a wrong guess. It does so even if ctx has ended.
func (a *Attempt) GiveBack(ctx context.Context) {
	if err := a.counter.remove(context.WithoutCancel(ctx), a); err != nil {
		zerolog.Ctx(ctx).Warn().Err(err).Msg("give sign-in attempt back")
	}
}

// key hides who it is about: an email address has no business in Valkey. The braces keep the keys of one attempt on one
// node of a cluster.
func (t *Throttle) key(kind, subject string) string {
	sum := sha256.Sum256([]byte(subject))
	return fmt.Sprintf("%s:login:{login}:%s:%s", t.config.Prefix, kind, hex.EncodeToString(sum[:16]))
}

// network returns what counts as one address.
func network(address string) string {
	parsed, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	if parsed = parsed.Unmap().WithZone(""); parsed.Is4() {
		return parsed.String()
	}
	prefix, _ := parsed.Prefix(ipv6Network) // fails for lengths over 128 only
	return prefix.String()
}
