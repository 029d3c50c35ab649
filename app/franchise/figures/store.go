package figures

import (
	"context"
	"fmt"

	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/franchise/organisation"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

// Load sums spans of branch days in one statement, however many there are, and answers one sum for each span, in their
// sequence. Days in another currency than the organisation's are [ErrMixedCurrency].
func Load(ctx context.Context, db postgres.Querier, o *organisation.Organisation, list []Span) ([]Sum, error) {
	params := &sqlc.BranchDaySumParams{
		OrgID:     o.ID,
		Currency:  o.Currency,
		SpanNos:   make([]int32, len(list)),
		BranchIds: make([]string, len(list)),
		FromDates: make([]civil.Date, len(list)),
		ToDates:   make([]civil.Date, len(list)),
		ByDate:    make([]bool, len(list)),
	}
	for i, span := range list {
		params.SpanNos[i] = int32(i)
		params.BranchIds[i] = span.BranchID
		params.FromDates[i] = span.From
		params.ToDates[i] = span.To
		params.ByDate[i] = span.ByDate
	}
	rows, err := sqlc.New().BranchDaySum(ctx, db, params)
	if err != nil {
		return nil, fmt.Errorf("sum branch days: %w", err)
	}
	sums := make([]Sum, len(list))
	for _, r := range rows {
		if r.ForeignCurrency {
			return nil, ErrMixedCurrency
		}
		sum := Sum{
			Booked: r.Days,
			Figures: daysales.Figures{
				COGS: r.Cogs, Comps: r.Comps, Covers: r.Covers, Discounts: r.Discounts, Gross: r.Gross, Orders: r.Orders,
				Purchases: r.Purchases, Refunds: r.Refunds, Tax: r.Tax, Tickets: r.Tickets, TicketsOnTime: r.TicketsOnTime,
				Voids: r.Voids, VoidsValue: r.VoidsValue, WasteCost: r.WasteCost,
			},
			Days: make([]Day, len(r.Dates)),
		}
		for i, date := range r.Dates {
			sum.Days[i] = Day{COGS: r.CogsByDate[i], Date: date, Net: r.NetByDate[i], Orders: r.OrdersByDate[i]}
		}
		sums[r.SpanNo] = sum
	}
	return sums, nil
}

// LoadPairs sums a range and the range before of each branch in scope, in one statement and in the branches' sequence. byDate
// adds the single days of the range.
func LoadPairs(ctx context.Context, db postgres.Querier, q Query, byDate bool) ([]Pair, error) {
	sums, err := Load(ctx, db, q.Organisation, spans(q, byDate))
	if err != nil {
		return nil, err
	}
	pairs := make([]Pair, len(q.Scope.Branches))
	for i := range pairs {
		pairs[i] = Pair{Before: sums[len(pairs)+i], Current: sums[i]}
	}
	return pairs, nil
}
