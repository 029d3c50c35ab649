package franchise_test

import (
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
)

// eleventh is noon of 11 November 2024, when ten dates of the month are completed in Kampala.
var eleventh = time.Date(2024, time.November, 11, 12, 0, 0, 0, time.UTC)

func TestListBudgets(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)

	t.Run("TheWorkedExample", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		b.clock.Set(eleventh)
		id := b.branch(t, factory.BranchOpts{Name: "Kololo"})
		b.budget(t, &franchisev1.BudgetTarget{BranchId: id, Period: "2024-11", Revenue: 30_000_000, Cogs: 10_500_000, Waste: 600_000})
		b.book(t, id, "2024-11-01", daysales.Figures{COGS: 2_000_000, Gross: 6_000_000, WasteCost: 150_000})
		b.book(t, id, "2024-11-10", daysales.Figures{COGS: 1_900_000, Gross: 5_000_000, Refunds: 200_000})
		b.book(t, id, "2024-11-11", daysales.Figures{COGS: 1, Gross: 99_000_000}) // today is not completed
		b.book(t, id, "2024-10-31", daysales.Figures{COGS: 1, Gross: 99_000_000}) // another month

		got, err := b.client().ListBudgets(t.Context(), &franchisev1.ListBudgetsRequest{Period: "2024-11"})
		require.NoError(t, err)
		require.Equal(t, "UGX", got.GetCurrency())
		require.Equal(t, "2024-11", got.GetPeriod())
		row := got.GetBudgets()[0]
		require.Equal(t, "Kololo", row.GetBranchName())
		require.Equal(t, int32(10), row.GetCompletedDays())
		require.Equal(t, int32(30), row.GetDays())
		requireLine(t, &franchisev1.BudgetLine{
			Target: ptr[int64](30_000_000), TargetToDate: ptr[int64](10_000_000), Actual: 10_800_000,
			Variance: ptr[int64](800_000), VarianceBp: ptr[int64](800), Favourable: ptr(true),
		}, row.GetRevenue())
		requireLine(t, &franchisev1.BudgetLine{
			Target: ptr[int64](10_500_000), TargetToDate: ptr[int64](3_500_000), Actual: 3_900_000,
			Variance: ptr[int64](400_000), VarianceBp: ptr[int64](1143), Favourable: ptr(false),
		}, row.GetCogs())
		requireLine(t, &franchisev1.BudgetLine{
			Target: ptr[int64](600_000), TargetToDate: ptr[int64](200_000), Actual: 150_000,
			Variance: ptr[int64](-50_000), VarianceBp: ptr[int64](-2500), Favourable: ptr(true),
		}, row.GetWaste())
		require.Equal(t, int64(3_780_000), row.GetFlexedCogs())
		require.Equal(t, int64(280_000), row.GetVolumeVariance())
		require.Equal(t, int64(120_000), row.GetEfficiencyVariance())
	})

	t.Run("TheProjectionLooksEightWeeksBackAndNotFurther", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		b.clock.Set(time.Date(2024, time.November, 30, 12, 0, 0, 0, time.UTC)) // one date remains, a Saturday
		id := b.branch(t, factory.BranchOpts{})
		b.book(t, id, "2024-11-23", daysales.Figures{COGS: 10, Gross: 100})
		b.book(t, id, "2024-10-05", daysales.Figures{COGS: 30, Gross: 300})     // the eighth Saturday back
		b.book(t, id, "2024-09-28", daysales.Figures{COGS: 500, Gross: 90_000}) // a ninth
		b.book(t, id, "2024-11-25", daysales.Figures{Gross: 7})                 // a Monday
		got, err := b.client().ListBudgets(t.Context(), &franchisev1.ListBudgetsRequest{Range: "today"})
		require.NoError(t, err)
		require.Equal(t, int64(107+200), got.GetBudgets()[0].GetRevenue().GetProjection())
		require.Equal(t, int64(10+20), got.GetBudgets()[0].GetCogs().GetProjection())
	})

	t.Run("AClosedMonthIsWhole", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		id := b.branch(t, factory.BranchOpts{})
		b.budget(t, &franchisev1.BudgetTarget{BranchId: id, Period: "2024-10", Revenue: 1_000, WeekdayWeights: []int32{1, 1, 1, 1, 3, 5, 2}})
		b.book(t, id, "2024-10-31", daysales.Figures{Gross: 900})
		b.book(t, id, "2024-11-01", daysales.Figures{Gross: 800})
		got, err := b.client().ListBudgets(t.Context(), &franchisev1.ListBudgetsRequest{Period: "2024-10"})
		require.NoError(t, err)
		revenue := got.GetBudgets()[0].GetRevenue()
		require.Equal(t, int64(-100), revenue.GetVariance())
		require.Equal(t, int64(-1000), revenue.GetVarianceBp())
		require.False(t, revenue.GetFavourable())
		require.Equal(t, int64(900), revenue.GetProjection())
	})

	t.Run("WithoutABudgetTheTargetsAreAbsent", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		id := b.branch(t, factory.BranchOpts{ID: "A"})
		b.branch(t, factory.BranchOpts{ID: "B"})
		b.book(t, id, "2024-11-02", daysales.Figures{Gross: 900})
		got, err := b.client().ListBudgets(t.Context(), &franchisev1.ListBudgetsRequest{})
		require.NoError(t, err)
		require.Len(t, got.GetBudgets(), 2)
		require.Equal(t, int64(900), got.GetBudgets()[0].GetRevenue().GetActual())
		require.Nil(t, got.GetBudgets()[0].GetRevenue().Target)
		require.Nil(t, got.GetBudgets()[0].GetRevenue().Variance)
		require.Nil(t, got.GetBudgets()[0].FlexedCogs)
		require.Nil(t, got.GetBudgets()[1].GetRevenue().Projection, "nothing was ever booked there")
	})

	t.Run("ASupervisorSeesTheOwnBranch", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		own := b.branch(t, factory.BranchOpts{})
		b.branch(t, factory.BranchOpts{})
		got, err := b.as(factory.As(b.owner, caller.RoleSupervisor, own)).ListBudgets(t.Context(), &franchisev1.ListBudgetsRequest{})
		require.NoError(t, err)
		require.Len(t, got.GetBudgets(), 1)
		require.Equal(t, own, got.GetBudgets()[0].GetBranchId())
	})

	t.Run("BadMonthsNameTheirField", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		for field, req := range map[string]*franchisev1.ListBudgetsRequest{
			"period": {Period: "November"},
			"range":  {Range: "next month"},
		} {
			_, err := b.client().ListBudgets(t.Context(), req)
			requireFault(t, err, connect.CodeInvalidArgument, "INVALID_ARGUMENT", field)
		}
	})
}

func TestUpsertBudgets(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)

	t.Run("TargetsAreReplaced", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		id := b.branch(t, factory.BranchOpts{})
		b.budget(t, &franchisev1.BudgetTarget{BranchId: id, Period: "2024-11", Revenue: 1, Currency: "UGX"})
		b.budget(t,
			&franchisev1.BudgetTarget{BranchId: id, Period: "2024-12", Revenue: 3},
			&franchisev1.BudgetTarget{BranchId: id, Period: "2024-11", Revenue: 2},
		)
		got, err := b.client().ListBudgets(t.Context(), &franchisev1.ListBudgetsRequest{})
		require.NoError(t, err)
		require.Equal(t, int64(2), got.GetBudgets()[0].GetRevenue().GetTarget())
		got, err = b.client().ListBudgets(t.Context(), &franchisev1.ListBudgetsRequest{Period: "2024-12"})
		require.NoError(t, err)
		require.Equal(t, int64(3), got.GetBudgets()[0].GetRevenue().GetTarget())
		require.Equal(t, int64(0), got.GetBudgets()[0].GetRevenue().GetTargetToDate())
	})

	t.Run("OneBadTargetRefusesAll", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		id := b.branch(t, factory.BranchOpts{})
		good := &franchisev1.BudgetTarget{BranchId: id, Period: "2024-11", Revenue: 1}
		cases := map[string]struct {
			bad    *franchisev1.BudgetTarget
			code   connect.Code
			reason string
			fields []string
		}{
			"an unknown branch":    {&franchisev1.BudgetTarget{BranchId: "X", Period: "2024-11"}, connect.CodeNotFound, "BRANCH_NOT_FOUND", nil},
			"a foreign currency":   {&franchisev1.BudgetTarget{BranchId: id, Period: "2024-12", Currency: "USD"}, connect.CodeInvalidArgument, "CURRENCY_MISMATCH", []string{"targets[1].currency"}},
			"the same one twice":   {&franchisev1.BudgetTarget{BranchId: id, Period: "2024-11", Revenue: 2}, connect.CodeInvalidArgument, "INVALID_ARGUMENT", []string{"targets[1]"}},
			"a negative target":    {&franchisev1.BudgetTarget{BranchId: id, Period: "2024-12", Cogs: -1}, connect.CodeInvalidArgument, "INVALID_ARGUMENT", []string{"targets[1].cogs"}},
			"six weekdays":         {&franchisev1.BudgetTarget{BranchId: id, Period: "2024-12", WeekdayWeights: []int32{1, 1, 1, 1, 1, 1}}, connect.CodeInvalidArgument, "INVALID_ARGUMENT", []string{"targets[1].weekday_weights"}},
			"an impossible period": {&franchisev1.BudgetTarget{BranchId: id, Period: "0024-12"}, connect.CodeInvalidArgument, "INVALID_ARGUMENT", []string{"targets[1].period"}},
		}
		for name, tc := range cases {
			_, err := b.client().UpsertBudgets(t.Context(), &franchisev1.UpsertBudgetsRequest{Targets: []*franchisev1.BudgetTarget{good, tc.bad}})
			require.Error(t, err, name)
			requireFault(t, err, tc.code, tc.reason, tc.fields...)
			if tc.code == connect.CodeNotFound {
				require.ErrorContains(t, err, "targets[1].branch_id")
			}
		}
		got, err := b.client().ListBudgets(t.Context(), &franchisev1.ListBudgetsRequest{})
		require.NoError(t, err)
		require.Nil(t, got.GetBudgets()[0].GetRevenue().Target)
	})

	t.Run("ForeignBranchesAnswerLikeUnknownOnes", func(t *testing.T) {
		t.Parallel()
		b, other := setup(t, db), setup(t, db)
		foreign := other.branch(t, factory.BranchOpts{})
		_, err := b.client().UpsertBudgets(t.Context(), &franchisev1.UpsertBudgetsRequest{
			Targets: []*franchisev1.BudgetTarget{{BranchId: foreign, Period: "2024-11"}},
		})
		requireFault(t, err, connect.CodeNotFound, "BRANCH_NOT_FOUND")
	})
}

// budget sets targets as the owner does.
func (b *testBundle) budget(t *testing.T, targets ...*franchisev1.BudgetTarget) {
	t.Helper()
	resp, err := b.client().UpsertBudgets(t.Context(), &franchisev1.UpsertBudgetsRequest{Targets: targets})
	require.NoError(t, err)
	require.Equal(t, int32(len(targets)), resp.GetWritten())
}

// requireLine compares lines but for the projection.
func requireLine(t *testing.T, want, got *franchisev1.BudgetLine) {
	t.Helper()
	want.Projection = got.Projection
	require.Empty(t, cmp.Diff(want, got, protocmp.Transform()))
}
