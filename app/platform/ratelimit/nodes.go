package ratelimit

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/valkey-io/valkey-go"
)

const (
	// heartbeatInterval is how often a node says that it is alive.
	heartbeatInterval = time.Second
	// nodeTimeout is how long after its last heartbeat a node still counts.
	nodeTimeout = 3 * time.Second
)

// position is this node's place among the live ones.
type position struct {
	nodes, rank int
}

// share is the node's part of a limit. The parts of all nodes add up to the limit, unless there are more nodes than places:
// each has at least one.
func (p *position) share(limit int) int {
	share := limit / p.nodes
	if p.rank < limit%p.nodes {
		share++
	}
	return max(share, 1)
}

// Share returns this node's part of a limit, for what is counted without Valkey.
func (l *Limiter) Share(limit int) int { return l.position.Load().share(limit) }

// beat notes a node's heartbeat, forgets dead nodes and returns those that live.
//
// KEYS: the sorted set of nodes. ARGV: node, timeout in milliseconds.
var beat = valkey.NewLuaScript(`
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('(%.0f', now - ARGV[2]))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('ZRANGE', KEYS[1], 0, -1)`)

func (l *Limiter) settle(p position) {
	l.position.Store(&p)
	l.metrics.nodes.Set(float64(p.nodes))
}

func (l *Limiter) nodesKey() string { return l.prefix + ".nodes" }

// locate says that this node is alive and learns its position.
func (l *Limiter) locate(ctx context.Context) error {
	var nodes []string
	err := l.reach(ctx, func(ctx context.Context, client valkey.Client) (err error) {
		timeout := strconv.FormatInt(nodeTimeout.Milliseconds(), 10)
		nodes, err = beat.Exec(ctx, client, []string{l.nodesKey()}, []string{l.node, timeout}).AsStrSlice()
		return err
	})
	if err != nil {
		return fmt.Errorf("tell Valkey of this node: %w", err)
	}
	slices.Sort(nodes) // they come by heartbeat, which changes
	rank, ok := slices.BinarySearch(nodes, l.node)
	if !ok {
		return fmt.Errorf("tell Valkey of this node: it is not among %d", len(nodes))
	}
	l.settle(position{nodes: len(nodes), rank: rank})
	return nil
}

// leave takes this node out of the count at once.
func (l *Limiter) leave(ctx context.Context) {
	err := l.reach(ctx, func(ctx context.Context, client valkey.Client) error {
		return client.Do(ctx, client.B().Zrem().Key(l.nodesKey()).Member(l.node).Build()).Error()
	})
	if err != nil {
		l.log.Debug().Err(err).Msg("take this node out of the count")
	}
}
