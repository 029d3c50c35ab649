package cache

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"time"

	"github.com/valkey-io/valkey-go"
)

// An announcement is a verb and the reports that it is about: `replaced overview,kpis`.
const (
	replaced = "replaced"
	stored   = "stored"
)

// Change is what a listener is told of an organisation.
type Change int

// The changes.
const (
	// Replaced says that answers of the report are no longer current.
	Replaced Change = iota + 1
	// Stored says that a current answer can be had from Valkey.
	Stored
	// Missed says that the others may have been missed: listening has just begun, perhaps again.
	Missed
)

func announce(verb string, about ...Report) string { return verb + " " + names(about) }

// Listen tells of an organisation's changes of one report, from any node, until ctx ends or the connection to Valkey is lost.
// heard must not block.
func (c *Cache) Listen(ctx context.Context, orgID string, report Report, heard func(Change)) error {
	client, err := c.connector.Client()
	if err != nil {
		return err
	}
	channel := c.channel(orgID)
	l := c.listeners.join(channel)
	defer l.leave(nil)
	receiving := valkey.WithOnSubscriptionHook(ctx, func(s valkey.PubSubSubscription) {
		if s.Kind == "ssubscribe" {
			heard(Missed)
		}
	})
	receiving = valkey.WithOnReceiveReturnHook(receiving, func(err error, on valkey.CommandClient) error {
		if ctx.Err() == nil { // the connection is lost, and its subscriptions with it
			return err
		}
		l.leave(func() {
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), operationTimeout)
			defer cancel()
			if err := on.Do(last, on.B().Sunsubscribe().Channel(channel).Build()).Error(); err != nil {
				c.log.Debug().Err(err).Str("org_id", orgID).Msg("end a subscription")
			}
		})
		return err
	})
	return client.Receive(receiving, client.B().Ssubscribe().Channel(channel).Build(), func(m valkey.PubSubMessage) {
		verb, about, _ := strings.Cut(m.Message, " ")
		switch {
		case !slices.Contains(strings.Split(about, ","), string(report)):
		case verb == replaced:
			heard(Replaced)
		case verb == stored:
			heard(Stored)
		}
	})
}

// endTurn ends a turn that is still this node's.
//
// KEYS: turn. ARGV: what the node took it with.
var endTurn = valkey.NewLuaScript(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`)

// Turn takes this node's turn to do what one node should do for all, such as loading an answer that all of them lack; mine is false while
// another has it. It lasts until end, or for most if this node dies. Without Valkey it is everybody's turn.
func (c *Cache) Turn(ctx context.Context, orgID string, report Report, most time.Duration) (end func(), mine bool) {
	nothing := func() {}
	if !c.healthy.Load() {
		return nothing, true
	}
	taking, cancel := context.WithTimeout(ctx, operationTimeout)
	defer cancel()
	client, err := c.connector.Client()
	if err != nil {
		c.failed(err)
		return nothing, true
	}
	key, token := c.config.Prefix+".turn:{"+orgID+"}:"+string(report), rand.Text()
	err = client.Do(taking, client.B().Set().Key(key).Value(token).Nx().PxMilliseconds(most.Milliseconds()).Build()).Error()
	if valkey.IsValkeyNil(err) {
		return nothing, false
	}
	if err != nil {
		c.failed(err)
		return nothing, true
	}
	return func() {
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), operationTimeout)
		defer cancel()
		if err := endTurn.Exec(ending, client, []string{key}, []string{token}).Error(); err != nil {
			c.failed(err)
		}
	}, true
}
