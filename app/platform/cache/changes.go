package cache

import (
	"context"
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

// Turn reports whether it is this node's turn to do what one node should do for all in each such while, such as loading an answer
// that all of them lack. Without Valkey it is everybody's turn.
func (c *Cache) Turn(ctx context.Context, orgID string, report Report, while time.Duration) bool {
	if !c.healthy.Load() {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, operationTimeout)
	defer cancel()
	client, err := c.connector.Client()
	if err != nil {
		c.failed(err)
		return true
	}
	key := c.config.Prefix + ".turn:{" + orgID + "}:" + string(report)
	err = client.Do(ctx, client.B().Set().Key(key).Value("1").Nx().PxMilliseconds(while.Milliseconds()).Build()).Error()
	if err != nil && !valkey.IsValkeyNil(err) {
		c.failed(err)
		return true
	}
	return err == nil
}
