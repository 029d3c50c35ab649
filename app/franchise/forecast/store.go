package forecast

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

// point is the expected use of an item on a date, over branches.
type point struct {
	baseUnit, itemID, itemName string
	// bounded is how many of the branches have bounds; those sum up.
	bounded, branches    int32
	p025, p10, p90, p975 decimal.Decimal
	date                 civil.Date
	methods              []string
	quantity             decimal.Decimal
	// used is what the same branches really used; it tells something only of completed dates.
	used decimal.Decimal
}

// list returns the points by date, then item.
func list(ctx context.Context, db postgres.Querier, q Query) ([]point, error) {
	rows, err := sqlc.New().ForecastList(ctx, db, &sqlc.ForecastListParams{
		OrgID: q.Organisation.ID, CompletedBefore: q.CompletedBefore, FromDate: q.Dates.From, ToDate: q.Dates.To,
		AllBranches: q.Scope.All, BranchIds: q.Scope.IDs(), AllItems: len(q.ItemIDs) == 0, ItemIds: q.ItemIDs,
	})
	if err != nil {
		return nil, fmt.Errorf("list forecast: %w", err)
	}
	points := make([]point, len(rows))
	for i, r := range rows {
		points[i] = point{
			baseUnit: r.BaseUnit, branches: r.Branches, date: r.Date, itemID: r.ItemID, itemName: r.ItemName, methods: r.Methods,
			bounded: r.Bounded, p025: r.P025, p10: r.P10, p90: r.P90, p975: r.P975, quantity: r.Quantity, used: r.Used,
		}
	}
	return points, nil
}

// checkItems answers not_found for the first id that names no item of the organisation.
func checkItems(ctx context.Context, db postgres.Querier, orgID string, ids []string) error {
	missing, err := sqlc.New().ForecastItemMissing(ctx, db, &sqlc.ForecastItemMissingParams{OrgID: orgID, Ids: ids})
	if err != nil {
		return fmt.Errorf("look items up: %w", err)
	}
	if len(missing) > 0 {
		return fault.NotFound("item", missing[0])
	}
	return nil
}
