package budgets

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/chefcloud/chefcloud/app/franchise/figures"
	"github.com/chefcloud/chefcloud/app/franchise/ranges"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

// list returns the targets of a month by branch.
func list(ctx context.Context, q postgres.Querier, orgID string, month civil.Month) (map[string]*Target, error) {
	rows, err := sqlc.New().BudgetList(ctx, q, &sqlc.BudgetListParams{OrgID: orgID, Period: month.String()})
	if err != nil {
		return nil, fmt.Errorf("list budgets: %w", err)
	}
	targets := make(map[string]*Target, len(rows))
	for _, r := range rows {
		targets[r.BranchID] = &Target{Amounts: Amounts{COGS: r.Cogs, Revenue: r.Revenue, Waste: r.Waste}, Weights: r.WeekdayWeights}
	}
	return targets, nil
}

// known is what was booked in a branch.
type known struct {
	actual  Amounts
	history History
}

// actuals sums the completed dates of the month, and the weeks before today where dates remain, of each branch in scope, in
// one statement and in the branches' sequence.
func actuals(ctx context.Context, q postgres.Querier, query Query) ([]known, error) {
	params := &sqlc.BudgetActualsParams{OrgID: query.Organisation.ID, Currency: query.Organisation.Currency}
	add := func(spanNo int, branchID string, dates ranges.Dates) {
		params.SpanNos = append(params.SpanNos, int32(spanNo))
		params.BranchIds = append(params.BranchIds, branchID)
		params.FromDates = append(params.FromDates, dates.From)
		params.ToDates = append(params.ToDates, dates.To)
	}
	branches := query.Scope.Branches
	for i, b := range branches {
		today := query.Calendar.Today(b.TimeZone)
		if dates, ok := completed(query.Month, today); ok {
			add(i, b.ID, dates)
		}
		if !today.After(query.Month.Last()) {
			add(len(branches)+i, b.ID, lookback(today))
		}
	}
	rows, err := sqlc.New().BudgetActuals(ctx, q, params)
	if err != nil {
		return nil, fmt.Errorf("sum branch days by weekday: %w", err)
	}
	sums := make([]known, len(branches))
	for _, r := range rows {
		if r.ForeignCurrency {
			return nil, figures.ErrMixedCurrency
		}
		amounts := Amounts{COGS: r.Cogs, Revenue: r.Net, Waste: r.Waste}
		if i := int(r.SpanNo); i < len(branches) {
			sums[i].actual = sums[i].actual.plus(amounts)
		} else {
			sums[i-len(branches)].history[r.Weekday-1] = Weekday{Amounts: amounts, Days: r.Days}
		}
	}
	return sums, nil
}

// upsert writes targets in place of those before.
func upsert(ctx context.Context, tx postgres.Querier, orgID string, entries []entry, actor string, now time.Time) error {
	params := &sqlc.BudgetUpsertParams{OrgID: orgID, UpdatedBy: actor, UpdatedAt: now}
	for _, e := range entries {
		params.BranchIds = append(params.BranchIds, e.branchID)
		params.Periods = append(params.Periods, e.month.String())
		params.Revenue = append(params.Revenue, e.Revenue)
		params.Cogs = append(params.Cogs, e.COGS)
		params.Waste = append(params.Waste, e.Waste)
		params.WeekdayWeights = append(params.WeekdayWeights, arrayLiteral(e.Weights))
	}
	if err := sqlc.New().BudgetUpsert(ctx, tx, params); err != nil {
		return fmt.Errorf("upsert budgets: %w", err)
	}
	return nil
}

// arrayLiteral writes numbers as PostgreSQL reads an array, `{1,2,3}`.
func arrayLiteral(numbers []int32) string {
	parts := make([]string, len(numbers))
	for i, n := range numbers {
		parts[i] = strconv.Itoa(int(n))
	}
	return "{" + strings.Join(parts, ",") + "}"
}
