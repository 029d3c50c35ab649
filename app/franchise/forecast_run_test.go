package franchise_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/franchise/forecast"
	"github.com/chefcloud/chefcloud/app/franchise/rankings"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
)

// sell books a day of the item's use and the branch's sales.
func (b *testBundle) sell(t *testing.T, branchID, itemID string, day civil.Date, quantity string) {
	t.Helper()
	b.book(t, branchID, day.String(), daysales.Figures{Orders: 1, Gross: 1000})
	b.move(t, branchID, itemID, day.String(), "SALE", "-"+quantity)
}

func TestForecastRun(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	ignore := func(int, int) {}

	t.Run("RunsThatOverlapDoNotCollide", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		branch, beef := b.branch(t, factory.BranchOpts{}), factory.Item(t, db, b.owner)
		today := date(t, "2024-11-08")
		for day := today.AddDays(-30); day.Before(today); day = day.AddDays(1) {
			b.sell(t, branch, beef, day, "20")
		}
		runner := forecast.NewRunner(db, b.clock.Now)
		var running errgroup.Group
		for range 6 {
			running.Go(func() error {
				_, err := runner.Run(t.Context(), b.owner.OrgID, forecast.RunArgs{HorizonDays: 7}, ignore)
				return err
			})
		}
		require.NoError(t, running.Wait())
	})

	t.Run("ForeseesFromWhatWasUsedAndKeepsWhatWasForeseenBefore", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		branch, beef, fresh := b.branch(t, factory.BranchOpts{}), factory.Item(t, db, b.owner), factory.Item(t, db, b.owner)
		today := date(t, "2024-11-08") // a Friday
		b.move(t, branch, beef, "2024-08-01", "RECEIPT", "9000")
		for day := today.AddDays(-70); day.Before(today); day = day.AddDays(1) {
			if day.Weekday() == time.Monday {
				continue // closed
			}
			b.sell(t, branch, beef, day, fmt.Sprint(20+10*int(day.Weekday())))
		}
		b.move(t, branch, fresh, "2024-11-07", "RECEIPT", "5")
		b.foresee(t, branch, beef, "2024-11-07", "42.5", "MA7")
		b.foresee(t, branch, beef, "2024-11-09", "1", "MA7")

		_, err := b.client().SetForecastUplifts(t.Context(), &franchisev1.SetForecastUpliftsRequest{Uplifts: []*franchisev1.ForecastUplift{
			{Name: "party", RateBp: 1000, DaysOfMonth: []int32{9}},
		}})
		require.NoError(t, err)
		runner := forecast.NewRunner(db, b.clock.Now)
		for range 2 {
			summary, err := runner.Run(t.Context(), b.owner.OrgID, forecast.RunArgs{HorizonDays: 7}, ignore)
			require.NoError(t, err)
			require.Equal(t, forecast.RunSummary{Branches: 1, Insufficient: 1, Points: 7, Series: 2}, summary)
		}
		got, err := b.client().ListForecastItems(t.Context(), &franchisev1.ListForecastItemsRequest{ItemIds: []string{beef}})
		require.NoError(t, err)
		want := map[string]float64{
			"2024-11-07": 42.5, "2024-11-08": 70, "2024-11-09": 88, "2024-11-10": 20, "2024-11-11": 0, "2024-11-12": 40, "2024-11-13": 50, "2024-11-14": 60,
		}
		require.Len(t, got.GetForecast(), len(want))
		for _, p := range got.GetForecast() {
			require.InDelta(t, want[p.GetDate()], p.GetQuantity(), 0.0005, p.GetDate())
			if p.GetDate() != "2024-11-07" {
				require.NotNil(t, p.Lower_80)
				require.LessOrEqual(t, p.GetLower_80(), p.GetUpper_80())
			}
		}

		accuracy, err := b.client().ListForecastAccuracy(t.Context(), &franchisev1.ListForecastAccuracyRequest{})
		require.NoError(t, err)
		require.Len(t, accuracy.GetSeries(), 2)
		rows := map[string]*franchisev1.ForecastAccuracy{}
		for _, row := range accuracy.GetSeries() {
			rows[row.GetItemId()] = row
		}
		require.Equal(t, "INSUFFICIENT_DATA", rows[fresh].GetStatus())
		require.Equal(t, "SEASONAL_NAIVE", rows[beef].GetMethod(), "of methods that are equally good, the simplest")
		require.EqualValues(t, 0, rows[beef].GetWapeBp())
		require.EqualValues(t, 4, rows[beef].GetOrigins())
		require.EqualValues(t, 10_000, rows[beef].GetCoverage_80Bp())
		for _, row := range accuracy.GetItems() {
			if row.GetItemId() == beef { // 42.5 for the 60 of Thursday
				require.EqualValues(t, 2917, row.GetRealisedWapeBp())
				require.EqualValues(t, -2917, row.GetRealisedBiasBp())
			}
		}
	})

	t.Run("IsStartedAsAJobByManagers", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		b.branch(t, factory.BranchOpts{})
		resp, err := b.client().StartForecastRun(t.Context(), &franchisev1.StartForecastRunRequest{})
		require.NoError(t, err)
		require.Equal(t, forecast.RunKind, resp.GetJob().GetKind())
		_, err = b.as(factory.As(b.owner, caller.RoleSupervisor, "br_1")).StartForecastRun(t.Context(), &franchisev1.StartForecastRunRequest{})
		require.Error(t, err)
	})

	t.Run("RefusesUpliftsThatSayNoDates", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		for _, u := range []*franchisev1.ForecastUplift{{Name: "a", RateBp: 1}, {Name: "a", RateBp: 1, MonthEnd: true, Weekdays: []int32{1}}} {
			_, err := b.client().SetForecastUplifts(t.Context(), &franchisev1.SetForecastUpliftsRequest{Uplifts: []*franchisev1.ForecastUplift{u}})
			require.ErrorContains(t, err, "uplifts[0]")
		}
	})
}

func TestRankingsJobStoresAMonthOnceItHasEnded(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	b := setup(t, db)
	branch := b.branch(t, factory.BranchOpts{})
	b.book(t, branch, "2024-10-20", daysales.Figures{Orders: 1, Gross: 1000})
	b.book(t, branch, "2024-11-05", daysales.Figures{Orders: 1, Gross: 1000})
	job := rankings.Job(rankings.NewService(db, b.clock.Now), db)
	net := func(period string) (net int64) {
		require.NoError(t, db.QueryRow(t.Context(), "SELECT net_sales FROM franchise_ranks WHERE org_id = $1 AND period = $2", b.owner.OrgID, period).Scan(&net))
		return net
	}
	work := func() {
		_, err := job.Work(t.Context(), b.owner.OrgID, struct{}{})
		require.NoError(t, err)
	}
	work()
	require.EqualValues(t, 1000, net("2024-10"))
	b.book(t, branch, "2024-10-20", daysales.Figures{Gross: 500})
	b.book(t, branch, "2024-11-05", daysales.Figures{Gross: 500})
	work()
	require.EqualValues(t, 1000, net("2024-10"), "a closed period never changes")
	require.EqualValues(t, 1500, net("2024-11"))
	_, err := b.client().RecomputeRankings(t.Context(), &franchisev1.RecomputeRankingsRequest{Period: "2024-10"})
	require.NoError(t, err)
	require.EqualValues(t, 1500, net("2024-10"), "unless on purpose")
}
