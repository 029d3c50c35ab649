package webhooks_test

import (
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/config"
	"github.com/chefcloud/chefcloud/app/platform/valkey"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
)

// TestOneOfManyReplaysIsTaken has three nodes decide about the same delivery, with Valkey and without.
func TestOneOfManyReplaysIsTaken(t *testing.T) {
	t.Parallel()
	for name, away := range map[string]bool{"WithValkey": false, "WithoutValkey": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, nil)
			nodes := make([]http.Handler, 3)
			connection, prefix := dbtest.Valkey(t)
			if away {
				connection = valkey.Open(config.Redis{Host: "127.0.0.1", Port: 1})
			}
			for i := range nodes {
				nodes[i] = b.intake(t, connection, prefix, nil)
			}
			d := hexSigned(secret, vector, now)
			var took, turnedAway atomic.Int64
			var running sync.WaitGroup
			for i := range 300 {
				running.Go(func() {
					switch status, answer := post(nodes[i%len(nodes)], d.with("X-Request-Id", "r"+strconv.Itoa(i))); status {
					case http.StatusOK:
						took.Add(1)
					case http.StatusUnauthorized:
						turnedAway.Add(1)
					default:
						t.Errorf("%d %s", status, answer)
					}
				})
			}
			running.Wait()
			require.EqualValues(t, 1, took.Load())
			require.EqualValues(t, 299, turnedAway.Load())
		})
	}
}

// TestADatabaseThatIsAwayTakesNothing leaves no marker: the provider's next try is taken.
func TestADatabaseThatIsAwayTakesNothing(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	d := hexSigned(secret, vector, now)
	_, err := b.db.Exec(t.Context(), "ALTER TABLE webhook_events RENAME TO elsewhere")
	require.NoError(t, err)
	status, answer := b.send(d)
	require.Equal(t, http.StatusInternalServerError, status)
	require.NotContains(t, answer, "webhook_events")
	_, err = b.db.Exec(t.Context(), "ALTER TABLE elsewhere RENAME TO webhook_events")
	require.NoError(t, err)
	status, _ = b.send(d)
	require.Equal(t, http.StatusOK, status)
}
