package ratelimit

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/chefcloud/chefcloud/app/platform/clock"
)

func TestSharesAddUpToTheLimit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		nodes := rapid.IntRange(1, 50).Draw(t, "nodes")
		limit := rapid.IntRange(1, 1_000).Draw(t, "limit")
		sum, least, most := 0, limit, 0
		for rank := range nodes {
			share := (&position{nodes: nodes, rank: rank}).share(limit)
			sum, least, most = sum+share, min(least, share), max(most, share)
		}
		require.Equal(t, max(limit, nodes), sum)
		require.LessOrEqual(t, most-least, 1)
		require.Positive(t, least)
	})
}

func TestNodesKnowEachOther(t *testing.T) {
	t.Parallel()
	nodes := cluster(t, 3, clock.System)
	ranks := map[int]bool{}
	for _, n := range nodes {
		require.NoError(t, n.locate(bare))
		p := n.position.Load()
		require.Equal(t, 3, p.nodes)
		ranks[p.rank] = true
	}
	require.Len(t, ranks, 3)

	nodes[0].leave(bare)
	require.NoError(t, nodes[1].locate(bare))
	require.Equal(t, 2, nodes[1].position.Load().nodes)
}

func TestANodeThatFellSilentIsForgotten(t *testing.T) {
	t.Parallel()
	n := cluster(t, 1, clock.System)[0]
	c, err := n.connector.Client()
	require.NoError(t, err)
	for member, silent := range map[string]time.Duration{"dead": nodeTimeout + time.Second, "late": nodeTimeout / 2} {
		last := float64(serverTime(t, c).Add(-silent).UnixMilli())
		require.NoError(t, c.Do(bare, c.B().Zadd().Key(n.nodesKey()).ScoreMember().ScoreMember(last, member).Build()).Error())
	}
	require.NoError(t, n.locate(bare))
	require.Equal(t, 2, n.position.Load().nodes)
}
