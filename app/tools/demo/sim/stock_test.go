package sim_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/tools/demo/catalog"
	"github.com/chefcloud/chefcloud/app/tools/demo/sim"
)

func TestStock(t *testing.T) {
	t.Parallel()
	from := civil.NewDate(2024, time.October, 1)
	seen, goods := simulate(t, run{from: from, days: 40, seed: 2, world: sim.Options{DetailedFrom: from, ExpiryFrom: from}})
	batches := map[string]*sim.Batch{}
	for i := range seen.batches {
		require.NotContains(t, batches, seen.batches[i].ID, "handed out twice")
		batches[seen.batches[i].ID] = &seen.batches[i]
	}

	t.Run("LedgerExplainsEachBatch", func(t *testing.T) {
		t.Parallel()
		left := map[string]int64{}
		for _, m := range seen.movements {
			b := batches[m.BatchID]
			require.NotNil(t, b)
			require.Equal(t, b.UnitCost, m.UnitCost)
			require.Equal(t, b.Item, m.Item)
			require.False(t, m.OccurredAt.Before(b.ReceivedAt), "%s was used before it came", b.ID)
			left[m.BatchID] += m.Quantity
			require.GreaterOrEqual(t, left[m.BatchID], int64(0), "%s gave more than it had", b.ID)
		}
		for id, b := range batches {
			require.Equal(t, b.Remaining, left[id])
		}
	})

	t.Run("OldestIsUsedFirst", func(t *testing.T) {
		t.Parallel()
		type shelf struct {
			order []string // batches as they came
			left  map[string]int64
		}
		shelves := make([]shelf, len(goods.Items))
		for _, m := range seen.movements {
			s := &shelves[m.Item]
			if m.Quantity > 0 {
				if s.left == nil {
					s.left = map[string]int64{}
				}
				s.order, s.left[m.BatchID] = append(s.order, m.BatchID), m.Quantity
				continue
			}
			for _, id := range s.order {
				if s.left[id] > 0 {
					require.Equal(t, id, m.BatchID, "an older batch has something left")
					break
				}
			}
			s.left[m.BatchID] += m.Quantity
		}
	})

	t.Run("LinesCostWhatTheyTook", func(t *testing.T) {
		t.Parallel()
		type line struct {
			order string
			no    int32
		}
		cost, taken := map[line]int64{}, map[line]map[int]int64{}
		for _, m := range seen.movements {
			if m.Kind != "SALE" {
				continue
			}
			at := line{m.SourceID, m.LineNo}
			cost[at] -= m.Quantity * m.UnitCost
			if taken[at] == nil {
				taken[at] = map[int]int64{}
			}
			taken[at][m.Item] -= m.Quantity
		}
		for _, o := range seen.orders {
			for i, l := range o.Lines {
				at := line{o.ID, int32(i) + 1}
				if o.Status == "VOIDED" || !l.VoidedAt.IsZero() {
					require.NotContains(t, cost, at)
					continue
				}
				require.Equal(t, (cost[at]+500_000_000)/1_000_000_000, l.COGS)
				for _, p := range l.Dish.Recipe {
					require.Equal(t, p.Requirement(l.Portions), taken[at][p.Item])
				}
			}
		}
	})

	t.Run("NothingExpiredIsSold", func(t *testing.T) {
		t.Parallel()
		expiring := 0
		for _, m := range seen.movements {
			if b := batches[m.BatchID]; m.Kind == "SALE" && b.ExpiresOn != (civil.Date{}) {
				expiring++
				require.False(t, b.ExpiresOn.Before(m.BusinessDate))
			}
		}
		require.Positive(t, expiring)
	})

	t.Run("ReceiptsAreTheirBatches", func(t *testing.T) {
		t.Parallel()
		short := 0
		for _, d := range seen.deliveries {
			sum := int64(0)
			for _, l := range d.Lines {
				b := batches[l.BatchID]
				require.Equal(t, []int64{l.Received, l.UnitCost}, []int64{b.Received, b.UnitCost})
				require.Equal(t, d.ReceiptID, b.SourceID)
				require.Zero(t, l.Received%catalog.Unit)
				require.LessOrEqual(t, l.Received, l.Ordered)
				if l.Received < l.Ordered {
					short++
					require.True(t, d.Short)
				}
				sum += l.ReceivedCost
			}
			require.Equal(t, d.Cost, sum)
		}
		require.Positive(t, short)
	})
}

func TestADayHasOneMovementForEachBatchUnlessDetailed(t *testing.T) {
	t.Parallel()
	from := civil.NewDate(2024, time.October, 1)
	plain := sim.Options{DetailedFrom: from.AddDays(100), ExpiryFrom: from}
	seen, _ := simulate(t, run{from: from, days: 10, seed: 2, world: plain})
	detailed, _ := simulate(t, run{from: from, days: 10, seed: 2, world: sim.Options{DetailedFrom: from, ExpiryFrom: from}})

	type use struct {
		batch string
		date  civil.Date
	}
	sold, times := map[use]int64{}, map[use]int{}
	for _, m := range seen.movements {
		if m.Kind == "SALE" {
			sold[use{m.BatchID, m.BusinessDate}] += m.Quantity
			times[use{m.BatchID, m.BusinessDate}]++
		}
	}
	for at, n := range times {
		require.Equal(t, 1, n, at.batch)
	}
	want := map[use]int64{}
	for _, m := range detailed.movements {
		if m.Kind == "SALE" {
			want[use{m.BatchID, m.BusinessDate}] += m.Quantity
		}
	}
	require.Equal(t, want, sold)
	require.Equal(t, detailed.orders, seen.orders)
}

func TestNightlyUploadMintsIdsInSequence(t *testing.T) {
	t.Parallel()
	seen, _ := simulate(t, run{from: civil.NewDate(2024, time.October, 1), days: 3, seed: 2, world: sim.Options{NightlyUpload: true}})
	for i := 1; i < len(seen.orders); i++ {
		require.Less(t, seen.orders[i-1].ID, seen.orders[i].ID)
	}
}
