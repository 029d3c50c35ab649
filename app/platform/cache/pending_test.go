package cache_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/cache"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/proto/chefcloud/orders/v1/ordersv1connect"
)

func (b *testBundle) left(t *testing.T) (notes int) {
	t.Helper()
	require.NoError(t, b.db.QueryRow(t.Context(), "SELECT count(*) FROM cache_busts").Scan(&notes))
	return notes
}

func TestNotes(t *testing.T) {
	t.Parallel()

	t.Run("OfANodeThatDiedAfterItsCommitAreCarriedOutByAnother", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		reader := b.node(t)
		reader.read(t, "today", constant(1))
		dies := b.node(t).Plan(ordersv1connect.OrderServiceCloseOrderProcedure, org)
		require.NoError(t, b.db.InTx(t.Context(), dies.Note))
		require.Eventually(t, func() bool {
			got, _ := reader.read(t, "today", constant(2))
			return got == 2
		}, 10*time.Second, 10*time.Millisecond)
		require.Eventually(t, func() bool { return b.left(t) == 0 }, 10*time.Second, 10*time.Millisecond)
	})

	t.Run("AreForgottenOnceTheirNodeHasCarriedThemOut", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		n := b.node(t)
		plan := n.Plan(ordersv1connect.OrderServiceIngestOrdersProcedure, org)
		for range 3 { // each order has its own transaction
			require.NoError(t, b.db.InTx(t.Context(), plan.Note))
		}
		require.Equal(t, 3, b.left(t))
		n.read(t, "today", constant(1))
		require.NoError(t, plan.Carry(t.Context()))
		got, _ := n.read(t, "today", constant(2))
		require.Equal(t, int64(2), got)
		require.Eventually(t, func() bool { return b.left(t) == 0 }, 10*time.Second, 10*time.Millisecond)
		_, status := n.read(t, "today", constant(3))
		require.Equal(t, cache.Hit, status, "nobody invalidated again")
	})

	t.Run("OfAnOutageAreCarriedOutOnceForEachOrganisation", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		const notes = 3_000
		_, err := b.db.Exec(t.Context(), `INSERT INTO cache_busts (org_id, id, reports, due_at)
			SELECT 'ORG_' || g % 2, 'note_' || g, ARRAY[CASE WHEN g % 3 = 0 THEN 'overview' ELSE 'budgets' END], now() + interval '1 hour' FROM generate_series(1, $1) g`, notes)
		require.NoError(t, err)
		n := b.node(t)
		l := listen(t, n, "ORG_1")
		_, err = b.db.Exec(t.Context(), "UPDATE cache_busts SET due_at = now()")
		require.NoError(t, err)
		l.hears(t, cache.Replaced)
		require.Eventually(t, func() bool { return b.left(t) == 0 }, 10*time.Second, 10*time.Millisecond)
		require.Less(t, len(l.heard), notes/100)
	})

	t.Run("AreThoseOfWhatWasCommittedAlone", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		refused := errors.New("refused")
		plan := b.node(t).Plan(ordersv1connect.OrderServiceCloseOrderProcedure, org)
		require.ErrorIs(t, b.db.InTx(t.Context(), func(ctx context.Context, tx postgres.Querier) error {
			require.NoError(t, plan.Note(ctx, tx))
			return refused
		}), refused)
		require.Zero(t, b.left(t))
		require.NoError(t, b.db.InTx(t.Context(), b.node(t).Plan(ordersv1connect.OrderServiceAddItemsProcedure, org).Note))
		require.Zero(t, b.left(t), "it changes no report")
	})
}
