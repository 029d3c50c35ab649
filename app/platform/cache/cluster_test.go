package cache_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/cache"
	"github.com/chefcloud/chefcloud/app/testing/process"
)

// TestInACluster does everything for organisations whose keys lie on different servers.
func TestInACluster(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.valkey = process.StartValkeyCluster(t)
	writer, reader := b.node(t), b.node(t)
	client, err := reader.connector.Client()
	require.NoError(t, err)
	require.Len(t, client.Nodes(), 3)

	const organisations = 20
	listeners := make([]*listening, organisations)
	for i := range listeners {
		orgID := fmt.Sprintf("ORG_%d", i)
		listeners[i] = listen(t, reader, orgID)
		for _, status := range []cache.Status{cache.Miss, cache.Hit} {
			_, got := writer.readOf(t, orgID, "today", constant(1))
			require.Equal(t, status, got)
		}
		_, status := reader.readOf(t, orgID, "today", constant(2))
		require.Equal(t, cache.Hit, status, "over Valkey")
		listeners[i].hears(t, cache.Stored)
		require.NoError(t, writer.Invalidate(t.Context(), orgID, []cache.Report{cache.Overview, cache.KPIs}))
		listeners[i].hears(t, cache.Replaced)
		got, status := reader.readOf(t, orgID, "today", constant(3))
		require.Equal(t, int64(3), got)
		require.Equal(t, cache.Miss, status)
		end, mine := writer.Turn(t.Context(), orgID, cache.Overview, time.Minute)
		require.True(t, mine)
		_, mine = reader.Turn(t.Context(), orgID, cache.Overview, time.Minute)
		require.False(t, mine)
		end()
		_, mine = reader.Turn(t.Context(), orgID, cache.Overview, time.Minute)
		require.True(t, mine)
		end()
		_, mine = writer.Turn(t.Context(), orgID, cache.Overview, time.Minute)
		require.False(t, mine, "nobody ends another's turn")
	}
	require.Equal(t, organisations, b.subscriptions(t, reader))
	for _, l := range listeners {
		l.stop()
	}
	require.Zero(t, b.subscriptions(t, reader))
}
