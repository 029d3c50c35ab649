package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/franchise/forecast"
	"github.com/chefcloud/chefcloud/app/franchise/organisation"
	"github.com/chefcloud/chefcloud/app/franchise/rankings"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/money"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/tools/demo/catalog"
	"github.com/chefcloud/chefcloud/app/tools/demo/copyto"
)

// derive adds what follows from the history: rankings, budgets and forecasts of the current month and the checklist's, and
// the purchase orders that are under way.
func (h *history) derive(ctx context.Context, db *postgres.DB, tx pgx.Tx, today civil.Date) error {
	conn := tx.Conn().PgConn()
	budgets := copyto.NewBuffer("branch_budgets", "org_id", "branch_id", "period", "revenue", "cogs", "waste", "weekday_weights",
		"updated_by", "updated_at")
	points := copyto.NewBuffer("forecast_points", "org_id", "branch_id", "item_id", "date", "quantity", "p025", "p10", "p90", "p975",
		"method", "generated_at")
	months := []civil.Month{today.MonthOf()}
	if months[0].Compare(checklistMonth) > 0 {
		months = append(months, checklistMonth)
	}
	for _, month := range months {
		h.budget(budgets, month)
		h.forecast(points, month)
		if err := h.rank(ctx, db, tx, month); err != nil {
			return err
		}
	}
	h.buying(today)
	if err := sendAll(ctx, conn, []*copyto.Buffer{budgets, points}); err != nil {
		return err
	}
	return h.ledger.send(ctx, conn)
}

// rank stores the rankings of a month as the product does.
func (h *history) rank(ctx context.Context, db *postgres.DB, tx pgx.Tx, month civil.Month) error {
	o, err := organisation.Load(ctx, tx, h.company.orgID)
	if err != nil {
		return err
	}
	now := func() time.Time { return h.options.Now }
	if _, err := rankings.NewService(db, now).Store(ctx, tx, o, month); err != nil {
		return fmt.Errorf("rank %s: %w", month, err)
	}
	return nil
}

// forecast adds what was to be expected of each item on each day of a month, as known when it began.
func (h *history) forecast(points *copyto.Buffer, month civil.Month) {
	run := month.First()
	generatedAt := earliest(time.Date(run.Year, run.Month, run.Day, 1, 30, 0, 0, time.UTC), h.options.Now)
	var forecaster forecast.Forecaster
	for _, b := range h.company.branches {
		for item, history := range h.used[b.ID] {
			foreseen := forecaster.Forecast(series(history, run), month.Days())
			for _, p := range foreseen.Points {
				points.Row()
				points.Text(h.company.orgID)
				points.Text(b.ID)
				points.Text(h.company.catalogue.Items[item].ID)
				points.Date(p.Date)
				for i, value := range []decimal.Decimal{p.Quantity, p.P025, p.P10, p.P90, p.P975} {
					if i > 0 && !foreseen.Tested {
						points.Null()
						continue
					}
					quantity(points, value.Shift(catalog.QuantityScale).IntPart())
				}
				points.Text(string(foreseen.Method))
				points.Time(generatedAt)
			}
		}
	}
}

// series is what was known when a run began: the days that have no use were closed.
func series(history []use, run civil.Date) forecast.Series {
	var s forecast.Series
	for _, u := range history {
		if !u.date.Before(run) {
			break
		}
		if len(s.Days) == 0 {
			s.First = u.date
		}
		for s.Run().Before(u.date) {
			s.Days = append(s.Days, forecast.Day{})
		}
		s.Days = append(s.Days, forecast.Day{State: forecast.Open, Use: float64(u.thousandths) / catalog.Unit})
	}
	for len(s.Days) > 0 && s.Run().Before(run) {
		s.Days = append(s.Days, forecast.Day{})
	}
	return s
}

// weekdayWeights are relative targets from Monday on, as head offices set them: rounded.
var weekdayWeights = []int32{8, 8, 9, 10, 12, 13, 10}

// budget sets a month's targets: a little more than is to be expected, or less, as ambitions go. A branch that opened a
// short while ago has none yet.
func (h *history) budget(budgets *copyto.Buffer, month civil.Month) {
	const (
		foodCostBP = 2_900
		wasteBP    = 140
		round      = 100_000
	)
	for i, b := range h.company.branches {
		sum := h.sums[b.ID]
		if b.OpenedOn.AddMonths(3).After(month.First()) || sum.Orders == 0 {
			continue
		}
		demand := int64(0)
		for date := month.First(); month.Contains(date); date = date.AddDays(1) {
			demand += b.Demand(date)
		}
		ambitionBP := int64(9_700 + 120*(i%6))
		expected := sum.Net() / sum.Orders * (demand * h.options.OrdersPermille / 1_000) / 1_000
		revenue := max(money.MulRate(expected, ambitionBP)/round*round, round)
		var weights []int32
		if i%2 == 0 {
			weights = weekdayWeights
		}
		setAt := earliest(time.Date(month.Year, month.Month, -3, 8, 0, 0, 0, time.UTC), h.options.Now)
		budgets.Row()
		budgets.Text(h.company.orgID)
		budgets.Text(b.ID)
		budgets.Text(month.String())
		budgets.Int8(revenue)
		budgets.Int8(money.MulRate(revenue, foodCostBP))
		budgets.Int8(money.MulRate(revenue, wasteBP))
		budgets.Int4s(weights)
		budgets.Text(h.company.managerID)
		budgets.Time(setAt)
	}
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
