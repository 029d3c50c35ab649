package webhooks

import (
	"context"
	"encoding/hex"
	"sync/atomic"
	"time"

	"github.com/valkey-io/valkey-go"

	"github.com/chefcloud/chefcloud/app/platform/clock"
)

const (
	// nonceTimeout bounds a call to Valkey, which only saves one to the database.
	nonceTimeout = 100 * time.Millisecond
	// noncePause is how long Valkey isn't asked after a failure.
	noncePause = time.Second
)

// Connector gives the Valkey client, or an error while there is none.
type Connector interface {
	Client() (valkey.Client, error)
}

// nonces remember in Valkey what was taken. They may forget: the database doesn't.
type nonces struct {
	clock     clock.Clock
	connector Connector
	prefix    string
	retention time.Duration
	// away is until when Valkey isn't asked, in Unix nanoseconds.
	away atomic.Int64
}

// keys are those of a delivery: of what was signed, and of its request id.
func (n *nonces) keys(p proof) []string {
	keys := []string{n.prefix + ".webhook:{" + hex.EncodeToString(p.digest[:]) + "}"}
	if p.requestID != "" {
		keys = append(keys, n.prefix+".webhook-request:{"+p.requestID+"}")
	}
	return keys
}

// taken reports whether a delivery is known to have been taken.
func (n *nonces) taken(ctx context.Context, p proof) bool {
	known := false
	n.ask(ctx, func(ctx context.Context, client valkey.Client) error {
		var commands valkey.Commands
		for _, key := range n.keys(p) {
			commands = append(commands, client.B().Exists().Key(key).Build())
		}
		for _, answer := range client.DoMulti(ctx, commands...) {
			found, err := answer.AsInt64()
			if err != nil {
				return err
			}
			known = known || found > 0
		}
		return nil
	})
	return known
}

// take remembers a delivery that was taken.
func (n *nonces) take(ctx context.Context, p proof) {
	n.ask(context.WithoutCancel(ctx), func(ctx context.Context, client valkey.Client) error {
		var commands valkey.Commands
		for _, key := range n.keys(p) {
			commands = append(commands, client.B().Set().Key(key).Value("1").Ex(n.retention).Build())
		}
		for _, answer := range client.DoMulti(ctx, commands...) {
			if err := answer.Error(); err != nil {
				return err
			}
		}
		return nil
	})
}

// ask calls Valkey unless it was away a moment ago.
func (n *nonces) ask(ctx context.Context, question func(ctx context.Context, client valkey.Client) error) {
	if n.clock().UnixNano() < n.away.Load() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, nonceTimeout)
	defer cancel()
	client, err := n.connector.Client()
	if err == nil {
		err = question(ctx, client)
	}
	if err != nil {
		n.away.Store(n.clock().Add(noncePause).UnixNano())
	}
}
