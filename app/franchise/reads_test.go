package franchise_test

import (
	"context"

	"github.com/chefcloud/chefcloud/app/franchise"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
)

// read is a call without effects and the statements that it takes, one of them for the organisation.
type read struct {
	call       func(ctx context.Context, h *franchise.Handler) error
	statements int64
}

var reads = map[string]read{
	"Branches": {statements: 1, call: func(ctx context.Context, h *franchise.Handler) error {
		_, err := h.ListBranches(ctx, &franchisev1.ListBranchesRequest{})
		return err
	}},
	"Budgets": {statements: 3, call: func(ctx context.Context, h *franchise.Handler) error {
		_, err := h.ListBudgets(ctx, &franchisev1.ListBudgetsRequest{Period: "2024-11"})
		return err
	}},
	"Forecast": {statements: 2, call: func(ctx context.Context, h *franchise.Handler) error {
		_, err := h.ListForecastItems(ctx, &franchisev1.ListForecastItemsRequest{StartDate: "2024-11-01", EndDate: "2024-11-30"})
		return err
	}},
	"Overview": {statements: 2, call: func(ctx context.Context, h *franchise.Handler) error {
		_, err := h.GetOverview(ctx, &franchisev1.GetOverviewRequest{Range: "30d"})
		return err
	}},
	"RankingsOfAClosedMonth": {statements: 3, call: func(ctx context.Context, h *franchise.Handler) error {
		_, err := h.GetRankings(ctx, &franchisev1.GetRankingsRequest{Period: "2024-10"})
		return err
	}},
	"RankingsOfToday": {statements: 2, call: func(ctx context.Context, h *franchise.Handler) error {
		_, err := h.GetRankings(ctx, &franchisev1.GetRankingsRequest{Range: "today"})
		return err
	}},
	"Royalties": {statements: 2, call: func(ctx context.Context, h *franchise.Handler) error {
		_, err := h.GetRoyalties(ctx, &franchisev1.GetRoyaltiesRequest{Range: "mtd"})
		return err
	}},
	"SameStoreGrowth": {statements: 2, call: func(ctx context.Context, h *franchise.Handler) error {
		_, err := h.GetSameStoreGrowth(ctx, &franchisev1.GetSameStoreGrowthRequest{Range: "7d"})
		return err
	}},
	"Settings": {statements: 1, call: func(ctx context.Context, h *franchise.Handler) error {
		_, err := h.GetSettings(ctx, &franchisev1.GetSettingsRequest{})
		return err
	}},
}
