package rankings_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/franchise/organisation"
	"github.com/chefcloud/chefcloud/app/franchise/rankings"
)

var settings = organisation.Settings{
	WasteCapBP: 1000,
	Weights:    organisation.Weights{Margin: .3, Revenue: .4, Service: .1, Waste: .2},
}

// branch makes figures with these rates in percent.
func branch(id string, net, margin, waste, service int64) rankings.Branch {
	return rankings.Branch{ID: id, Figures: daysales.Figures{
		COGS: net / 100 * (100 - margin), Gross: net, Tickets: 100, TicketsOnTime: service, WasteCost: net / 100 * waste,
	}}
}

func TestRank(t *testing.T) {
	t.Parallel()
	a, b, c := branch("A", 100_000_000, 62, 2, 90), branch("B", 80_000_000, 68, 1, 96), branch("C", 80_000_000, 60, 5, 88)

	t.Run("TheWorkedExample", func(t *testing.T) {
		t.Parallel()
		got := rankings.Rank([]rankings.Branch{c, b, a}, settings)
		require.Equal(t, []string{"1 A 92.35", "2 B 89.60", "3 C 77.27"}, texts(got))
		require.Equal(t, int64(6200), *got[0].GrossMarginBP)
		require.Equal(t, int64(200), *got[0].WasteOfSalesBP)
		require.Equal(t, int64(9000), *got[0].ServiceLevelBP)
		require.False(t, got[0].Partial)
	})

	t.Run("AMissingMetricIsDroppedAndTheRestWeighMore", func(t *testing.T) {
		t.Parallel()
		b := b
		b.Tickets, b.TicketsOnTime = 0, 0
		got := rankings.Rank([]rankings.Branch{a, b, c}, settings)
		require.Equal(t, []string{"1 A 92.35", "2 B 88.89 partial", "3 C 77.27"}, texts(got))
		require.Nil(t, got[1].ServiceLevelBP)
	})

	t.Run("AMetricWithoutWeightIsNotMissed", func(t *testing.T) {
		t.Parallel()
		b := b
		b.Tickets, b.TicketsOnTime = 0, 0
		weights := settings
		weights.Weights = organisation.Weights{Margin: .5, Revenue: .5}
		require.Equal(t, []string{"1 A 95.59", "2 B 90.00", "3 C 84.12"}, texts(rankings.Rank([]rankings.Branch{a, b, c}, weights)))
	})

	t.Run("EqualScoresShareAPlaceAndTheNextIsSkipped", func(t *testing.T) {
		t.Parallel()
		twin := a
		twin.ID = "Z"
		require.Equal(t, []string{"1 A 95.00", "1 Z 95.00", "3 C 79.83"}, texts(rankings.Rank([]rankings.Branch{twin, c, a}, settings)))
	})

	t.Run("EqualScoresAreShownByNetSales", func(t *testing.T) {
		t.Parallel()
		onlyService := settings
		onlyService.Weights = organisation.Weights{Service: 1}
		small := branch("A", 10_000, 50, 0, 90)
		require.Equal(t, []string{"1 X 90.00", "1 A 90.00"},
			texts(rankings.Rank([]rankings.Branch{small, branch("X", 20_000, 50, 0, 90)}, onlyService)))
	})

	t.Run("ALossCountsNothingAndWasteStopsAtTheCap", func(t *testing.T) {
		t.Parallel()
		// 40 × 50/100 for revenue, nothing for margin and waste, 10 × 80 % for service
		loss := branch("L", 50_000_000, -10, 25, 80)
		got := rankings.Rank([]rankings.Branch{a, loss}, settings)
		require.Equal(t, "2 L 28.00", texts(got)[1])
		require.Equal(t, int64(-1000), *got[1].GrossMarginBP)
	})

	t.Run("ABranchWithoutSalesIsLast", func(t *testing.T) {
		t.Parallel()
		refunds := rankings.Branch{ID: "R", Figures: daysales.Figures{Refunds: 10, COGS: -100}}
		require.Equal(t, []string{"1 A 95.00", "2 N 0.00 partial", "2 R 0.00 partial"},
			texts(rankings.Rank([]rankings.Branch{refunds, {ID: "N"}, a}, settings)))
	})

	t.Run("NobodySoldAnything", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, []string{"1 M 0.00 partial", "1 N 0.00 partial"}, texts(rankings.Rank([]rankings.Branch{{ID: "N"}, {ID: "M"}}, settings)))
		require.Empty(t, rankings.Rank(nil, settings))
	})

	t.Run("ScoresAndPlacesAreInOrder", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			branches := rapid.SliceOfNDistinct(drawBranch(), 0, 12, func(b rankings.Branch) string { return b.ID }).Draw(t, "branches")
			got := rankings.Rank(branches, settings)
			require.Len(t, got, len(branches))
			for i, r := range got {
				require.False(t, r.Score.IsNegative() || r.Score.InexactFloat64() > 100, r.Score)
				better := int32(1)
				for _, other := range got {
					if other.Score.GreaterThan(r.Score) {
						better++
					}
				}
				require.Equal(t, better, r.Rank)
				if i > 0 {
					require.True(t, got[i-1].Score.GreaterThanOrEqual(r.Score))
				}
			}
		})
	})
}

func TestMove(t *testing.T) {
	t.Parallel()
	now := []rankings.Ranking{{BranchID: "A", Rank: 1}, {BranchID: "B", Rank: 2}, {BranchID: "N", Rank: 3}, {BranchID: "C", Rank: 4}}
	rankings.Move(now, []rankings.Ranking{{BranchID: "B", Rank: 1}, {BranchID: "C", Rank: 2}, {BranchID: "A", Rank: 3}})
	require.Equal(t, int32(2), *now[0].Movement)
	require.Equal(t, int32(-1), *now[1].Movement)
	require.Nil(t, now[2].Movement, "it wasn't ranked before")
	require.Equal(t, int32(-2), *now[3].Movement)
}

// texts writes each ranking as `1 A 92.35`.
func texts(list []rankings.Ranking) []string {
	texts := make([]string, len(list))
	for i, r := range list {
		texts[i] = fmt.Sprintf("%d %s %s", r.Rank, r.BranchID, r.Score.StringFixed(2))
		if r.Partial {
			texts[i] += " partial"
		}
	}
	return texts
}

func drawBranch() *rapid.Generator[rankings.Branch] {
	return rapid.Custom(func(t *rapid.T) rankings.Branch {
		tickets := rapid.Int64Range(0, 50).Draw(t, "tickets")
		return rankings.Branch{
			ID: rapid.StringMatching(`[A-Z]{2}`).Draw(t, "id"),
			Figures: daysales.Figures{
				COGS:          rapid.Int64Range(-1_000, 1_000_000).Draw(t, "cogs"),
				Gross:         rapid.Int64Range(0, 2_000_000).Draw(t, "gross"),
				Refunds:       rapid.Int64Range(0, 50_000).Draw(t, "refunds"),
				Tickets:       tickets,
				TicketsOnTime: rapid.Int64Range(0, tickets).Draw(t, "on time"),
				WasteCost:     rapid.Int64Range(0, 300_000).Draw(t, "waste"),
			},
		}
	})
}
