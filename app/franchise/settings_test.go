package franchise_test

import (
	"context"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/mutation"
	"github.com/chefcloud/chefcloud/app/testing/dbtest"
	"github.com/chefcloud/chefcloud/app/testing/factory"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
)

func TestUpsertBranch(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)

	t.Run("ANewBranchOpensTodayWithTheUsualTarget", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		got, err := b.client().UpsertBranch(t.Context(), &franchisev1.UpsertBranchRequest{
			Branch: &franchisev1.Branch{Name: "Ponsonby", TimeZone: "Pacific/Auckland"},
		})
		require.NoError(t, err)
		require.Regexp(t, `^br_[0-9a-z]{26}$`, got.GetBranch().GetId())
		require.Equal(t, int32(900), got.GetBranch().GetServiceTargetSeconds())
		require.Equal(t, "2024-11-08", got.GetBranch().GetBusinessDate(), "it is 01:00 there, before the cut-off")
		require.Equal(t, "2024-11-08", got.GetBranch().GetOpenedOn())

		list, err := b.client().ListBranches(t.Context(), &franchisev1.ListBranchesRequest{})
		require.NoError(t, err)
		require.Empty(t, cmp.Diff([]*franchisev1.Branch{got.GetBranch()}, list.GetBranches(), protocmp.Transform()))
	})

	t.Run("AnOldBranchKeepsItsOpeningDate", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		id := b.branch(t, factory.BranchOpts{ID: "KLA"})
		got, err := b.client().UpsertBranch(t.Context(), &franchisev1.UpsertBranchRequest{
			Branch: &franchisev1.Branch{Id: id, Name: "Kololo", TimeZone: "Africa/Nairobi", ServiceTargetSeconds: 600},
		})
		require.NoError(t, err)
		require.Equal(t, "2020-01-01", got.GetBranch().GetOpenedOn())
		got, err = b.client().UpsertBranch(t.Context(), &franchisev1.UpsertBranchRequest{
			Branch: &franchisev1.Branch{Id: id, Name: "Kololo", TimeZone: "Africa/Nairobi", OpenedOn: "2021-02-03"},
		})
		require.NoError(t, err)
		require.Equal(t, "2021-02-03", got.GetBranch().GetOpenedOn())

		list, err := b.client().ListBranches(t.Context(), &franchisev1.ListBranchesRequest{})
		require.NoError(t, err)
		require.Empty(t, cmp.Diff([]*franchisev1.Branch{got.GetBranch()}, list.GetBranches(), protocmp.Transform()))
	})

	t.Run("TheSameIdElsewhereIsAnotherBranch", func(t *testing.T) {
		t.Parallel()
		b, other := setup(t, db), setup(t, db)
		b.branch(t, factory.BranchOpts{ID: "KLA", Name: "Mine"})
		_, err := other.client().UpsertBranch(t.Context(), &franchisev1.UpsertBranchRequest{
			Branch: &franchisev1.Branch{Id: "KLA", Name: "Theirs", TimeZone: "UTC"},
		})
		require.NoError(t, err)
		list, err := b.client().ListBranches(t.Context(), &franchisev1.ListBranchesRequest{})
		require.NoError(t, err)
		require.Equal(t, "Mine", list.GetBranches()[0].GetName())
	})

	t.Run("TheSameKeyMakesOneBranch", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		request := func() (*franchisev1.UpsertBranchResponse, error) {
			ctx, info := connect.NewClientContext(t.Context())
			info.RequestHeader().Set(mutation.KeyHeader, "open-ponsonby")
			return b.client().UpsertBranch(ctx, &franchisev1.UpsertBranchRequest{Branch: &franchisev1.Branch{Name: "Ponsonby", TimeZone: "Pacific/Auckland"}})
		}
		first, err := request()
		require.NoError(t, err)
		second, err := request()
		require.NoError(t, err)
		require.Equal(t, first.GetBranch().GetId(), second.GetBranch().GetId())
	})

	t.Run("BadFieldsAreNamed", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		for field, branch := range map[string]*franchisev1.Branch{
			"branch.id":                     {Id: "no spaces", Name: "A", TimeZone: "UTC"},
			"branch.name":                   {TimeZone: "UTC"},
			"branch.opened_on":              {Name: "A", TimeZone: "UTC", OpenedOn: "2024-02-30"},
			"branch.service_target_seconds": {Name: "A", TimeZone: "UTC", ServiceTargetSeconds: -1},
		} {
			_, err := b.client().UpsertBranch(t.Context(), &franchisev1.UpsertBranchRequest{Branch: branch})
			requireFault(t, err, connect.CodeInvalidArgument, "INVALID_ARGUMENT", field)
		}
		for _, zone := range []string{"Kampala", "Local", "../etc/passwd", "+03:00"} {
			_, err := b.client().UpsertBranch(t.Context(), &franchisev1.UpsertBranchRequest{Branch: &franchisev1.Branch{Name: "A", TimeZone: zone}})
			requireFault(t, err, connect.CodeInvalidArgument, "INVALID_ARGUMENT", "branch.time_zone")
		}
	})
}

func TestListBranches(t *testing.T) {
	t.Parallel()
	b := setup(t, dbtest.New(t))
	own := b.branch(t, factory.BranchOpts{ID: "B"})
	b.branch(t, factory.BranchOpts{ID: "A"})

	list, err := b.client().ListBranches(t.Context(), &franchisev1.ListBranchesRequest{})
	require.NoError(t, err)
	require.Equal(t, "A", list.GetBranches()[0].GetId())
	require.Len(t, list.GetBranches(), 2)

	list, err = b.as(factory.As(b.owner, caller.RoleStaff, own)).ListBranches(t.Context(), &franchisev1.ListBranchesRequest{})
	require.NoError(t, err)
	require.Len(t, list.GetBranches(), 1)
	require.Equal(t, own, list.GetBranches()[0].GetId())
}

func TestSettings(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)

	t.Run("OnlyWhatIsSetChanges", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		want := &franchisev1.Settings{
			Name: b.owner.OrgID, Currency: "UGX", DayCutoffMinutes: 240,
			RankingWeights: &franchisev1.RankingWeights{Revenue: .4, Margin: .3, Waste: .2, Service: .1}, WasteCapBp: 1000, PromotionMode: "PRIORITY",
			RoyaltyBase: franchisev1.RoyaltyBase_ROYALTY_BASE_NET, RoyaltyRateBp: 500, AdFundRateBp: 200,
		}
		got, err := b.client().GetSettings(t.Context(), &franchisev1.GetSettingsRequest{})
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(want, got.GetSettings(), protocmp.Transform()))

		changed, err := b.client().UpdateSettings(t.Context(), &franchisev1.UpdateSettingsRequest{
			Name: ptr("Rolex & Co"), RankingWeights: &franchisev1.RankingWeights{Revenue: 1}, RoyaltyFloor: ptr[int64](7),
			RoyaltyBase: franchisev1.RoyaltyBase_ROYALTY_BASE_GROSS.Enum(), AdFundRateBp: ptr[int32](0),
		})
		require.NoError(t, err)
		want.Name, want.RankingWeights, want.RoyaltyFloor = "Rolex & Co", &franchisev1.RankingWeights{Revenue: 1}, 7
		want.RoyaltyBase, want.AdFundRateBp = franchisev1.RoyaltyBase_ROYALTY_BASE_GROSS, 0
		require.Empty(t, cmp.Diff(want, changed.GetSettings(), protocmp.Transform()))
		got, err = b.client().GetSettings(t.Context(), &franchisev1.GetSettingsRequest{})
		require.NoError(t, err)
		require.Empty(t, cmp.Diff(want, got.GetSettings(), protocmp.Transform()))
	})

	t.Run("ANewCutOffMovesToday", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		b.branch(t, factory.BranchOpts{})
		b.clock.Set(time.Date(2024, time.November, 9, 2, 0, 0, 0, time.UTC)) // 05:00 in Kampala
		today := func() string {
			got, err := b.client().GetOverview(t.Context(), &franchisev1.GetOverviewRequest{})
			require.NoError(t, err)
			return got.GetRange().GetEndDate()
		}
		require.Equal(t, "2024-11-09", today())
		_, err := b.client().UpdateSettings(t.Context(), &franchisev1.UpdateSettingsRequest{DayCutoffMinutes: ptr[int32](360)})
		require.NoError(t, err)
		require.Equal(t, "2024-11-08", today())
	})

	t.Run("BadValuesAndOthersRolesAreRefused", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		for field, req := range map[string]*franchisev1.UpdateSettingsRequest{
			"ranking_weights":       {RankingWeights: &franchisev1.RankingWeights{Revenue: .5, Margin: .4}},
			"ranking_weights.waste": {RankingWeights: &franchisev1.RankingWeights{Revenue: 1, Margin: .5, Waste: -.5}},
			"waste_cap_bp":          {WasteCapBp: ptr[int32](0)},
			"royalty_rate_bp":       {RoyaltyRateBp: ptr[int32](10_001)},
			"day_cutoff_minutes":    {DayCutoffMinutes: ptr[int32](721)},
		} {
			_, err := b.client().UpdateSettings(t.Context(), req)
			requireFault(t, err, connect.CodeInvalidArgument, "INVALID_ARGUMENT", field)
		}
		supervisor := b.as(factory.As(b.owner, caller.RoleSupervisor, b.branch(t, factory.BranchOpts{})))
		_, err := supervisor.UpdateSettings(t.Context(), &franchisev1.UpdateSettingsRequest{Name: ptr("Mine")})
		require.Equal(t, connect.CodePermissionDenied, connect.CodeOf(err))
	})

	t.Run("AnOrganisationThatIsGoneIsNotFound", func(t *testing.T) {
		t.Parallel()
		b := setup(t, db)
		ghost := caller.With(context.Background(), caller.Caller{Kind: caller.KindUser, OrgID: "GHOST", Role: caller.RoleOwner})
		_, err := b.handler.GetSettings(ghost, &franchisev1.GetSettingsRequest{})
		require.ErrorContains(t, err, `organisation "GHOST" not found`)
		_, err = b.handler.UpdateSettings(ghost, &franchisev1.UpdateSettingsRequest{})
		require.ErrorContains(t, err, `organisation "GHOST" not found`)
	})
}
