package rankings

import (
	"context"
	"fmt"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/franchise/organisation"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

// list returns the stored rankings of a month; none if it wasn't stored.
func list(ctx context.Context, q postgres.Querier, orgID string, month civil.Month) (standings, error) {
	rows, err := sqlc.New().RankList(ctx, q, &sqlc.RankListParams{OrgID: orgID, Period: month.String()})
	if err != nil {
		return standings{}, fmt.Errorf("list rankings: %w", err)
	}
	s := standings{rankings: make([]Ranking, len(rows)), stored: true}
	for i, r := range rows {
		s.asOf, s.currency = r.ComputedAt, r.Currency
		s.weights = organisation.Weights{Margin: r.WeightMargin, Revenue: r.WeightRevenue, Service: r.WeightService, Waste: r.WeightWaste}
		s.rankings[i] = Ranking{
			BranchID: r.BranchID, GrossMarginBP: r.GrossMarginBp, Movement: r.Movement, NetSales: r.NetSales, Partial: r.Partial,
			Rank: r.Rank, Score: r.Score, ServiceLevelBP: r.ServiceLevelBp, WasteOfSalesBP: r.WasteOfSalesBp,
		}
	}
	return s, nil
}

// replace stores the rankings of a month in place of those before.
func replace(ctx context.Context, tx postgres.Querier, orgID string, month civil.Month, s standings) error {
	params := &sqlc.RankReplaceParams{
		OrgID: orgID, Period: month.String(), Currency: s.currency, ComputedAt: s.asOf,
		WeightMargin: s.weights.Margin, WeightRevenue: s.weights.Revenue, WeightService: s.weights.Service, WeightWaste: s.weights.Waste,
		BranchIds: make([]string, len(s.rankings)), Ranks: make([]int32, len(s.rankings)), Scores: make([]decimal.Decimal, len(s.rankings)),
		Partial: make([]bool, len(s.rankings)), Movements: make([]string, len(s.rankings)), NetSales: make([]int64, len(s.rankings)),
		GrossMarginBp: make([]string, len(s.rankings)), WasteOfSalesBp: make([]string, len(s.rankings)),
		ServiceLevelBp: make([]string, len(s.rankings)),
	}
	for i, r := range s.rankings {
		params.BranchIds[i], params.Ranks[i], params.Scores[i], params.Partial[i] = r.BranchID, r.Rank, r.Score, r.Partial
		params.Movements[i], params.NetSales[i] = text(r.Movement), r.NetSales
		params.GrossMarginBp[i], params.WasteOfSalesBp[i] = text(r.GrossMarginBP), text(r.WasteOfSalesBP)
		params.ServiceLevelBp[i] = text(r.ServiceLevelBP)
	}
	if err := sqlc.New().RankReplace(ctx, tx, params); err != nil {
		return fmt.Errorf("replace rankings: %w", err)
	}
	return nil
}

// text writes a number, or nothing where there is none.
func text[T int32 | int64](n *T) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(int64(*n), 10)
}
