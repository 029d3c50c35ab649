package ratelimit

import (
	"strconv"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/valkey"
	"github.com/chefcloud/chefcloud/app/testing/process"
)

// TestInACluster counts subjects whose keys lie on different servers.
func TestInACluster(t *testing.T) {
	t.Parallel()
	const limit = 3
	settings := process.StartValkeyCluster(t)
	nodes := make([]*Limiter, 2)
	for i := range nodes {
		connection := valkey.Open(settings)
		t.Cleanup(connection.Close)
		nodes[i] = New("x", Limits{}, connection, clock.System, NewMetrics(prometheus.NewRegistry()), zerolog.Nop())
		nodes[i].Start(t.Context())
		t.Cleanup(nodes[i].Stop)
	}
	var subjects []Subject
	for n := range 20 {
		subjects = append(subjects, OfAddress("203.0.113."+strconv.Itoa(n)),
			OfCaller(Plan, caller.Caller{Kind: caller.KindUser, OrgID: "ORG_" + strconv.Itoa(n), UserID: "usr_1"}))
	}
	for _, s := range subjects {
		for call := range 2 * limit {
			d := nodes[call%2].Allow(t.Context(), s, limit)
			require.Equal(t, call < limit, d.Admitted)
			require.NotEqual(t, SourceFallback, d.Source)
		}
	}
	require.Equal(t, 1, nodes[1].Share(2), "the nodes know of each other")
}
