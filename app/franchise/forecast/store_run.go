package forecast

import (
	"context"
	"fmt"
	"time"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

// loadSeries returns the series of a branch's items by id, in two statements.
func loadSeries(ctx context.Context, q postgres.Querier, orgID, branchID string, from, to civil.Date) ([]itemSeries, error) {
	queries := sqlc.New()
	dates, err := queries.ForecastOpenDateList(ctx, q, &sqlc.ForecastOpenDateListParams{OrgID: orgID, BranchID: branchID, FromDate: from, ToDate: to})
	if err != nil {
		return nil, fmt.Errorf("list open dates: %w", err)
	}
	open := make(map[civil.Date]bool, len(dates))
	for _, date := range dates {
		open[date] = true
	}
	rows, err := queries.ForecastUseList(ctx, q, &sqlc.ForecastUseListParams{
		OrgID: orgID, BranchID: branchID, DayBefore: from.AddDays(-1), ToDate: to,
	})
	if err != nil {
		return nil, fmt.Errorf("list use: %w", err)
	}
	var series []itemSeries
	var days []ledgerDay
	for i, r := range rows {
		days = append(days, ledgerDay{date: r.BusinessDate, moved: r.Moved, used: r.Used})
		if i+1 == len(rows) || rows[i+1].ItemID != r.ItemID {
			series = append(series, itemSeries{Series: assemble(days, open, from, to), itemID: r.ItemID})
			days = days[:0]
		}
	}
	return series, nil
}

// keptDays is how long points are kept: as far back as accuracy is asked for.
const keptDays = 400

// replace writes what was foreseen in a branch from a date on, in the place of what earlier runs foresaw, and forgets what is too old.
func replace(ctx context.Context, tx postgres.Querier, b branch.Branch, first civil.Date, made []foreseen, now time.Time) error {
	queries := sqlc.New()
	if err := queries.ForecastBranchLock(ctx, tx, &sqlc.ForecastBranchLockParams{OrgID: b.OrgID, ID: b.ID}); err != nil {
		return fmt.Errorf("lock branch: %w", err)
	}
	err := queries.ForecastPointDelete(ctx, tx, &sqlc.ForecastPointDeleteParams{
		OrgID: b.OrgID, BranchID: b.ID, FromDate: first, KeptFrom: first.AddDays(-keptDays),
	})
	if err != nil {
		return fmt.Errorf("delete forecast points: %w", err)
	}
	points := &sqlc.ForecastPointInsertParams{OrgID: b.OrgID, BranchID: b.ID, GeneratedAt: now}
	series := &sqlc.ForecastSeriesReplaceParams{OrgID: b.OrgID, BranchID: b.ID, FirstDate: first, GeneratedAt: now, ItemIds: []string{}}
	for i := range made {
		m := &made[i]
		status := "OK"
		if m.Insufficient {
			status = "INSUFFICIENT_DATA"
		}
		a := m.Accuracy
		series.ItemIds = append(series.ItemIds, m.itemID)
		series.Statuses = append(series.Statuses, status)
		series.Methods = append(series.Methods, string(m.Method))
		series.Observations = append(series.Observations, int32(m.Observations))
		series.Origins = append(series.Origins, int32(a.Origins))
		series.TestedDays = append(series.TestedDays, int32(a.Days))
		series.AbsoluteErrors = append(series.AbsoluteErrors, a.AbsoluteError)
		series.Errors = append(series.Errors, a.Error)
		series.Actuals = append(series.Actuals, a.Actual)
		series.Covered80s = append(series.Covered80s, int32(a.Covered80))
		series.Covered95s = append(series.Covered95s, int32(a.Covered95))
		for _, p := range m.Points {
			points.ItemIds = append(points.ItemIds, m.itemID)
			points.Dates = append(points.Dates, p.Date)
			points.Quantities = append(points.Quantities, p.Quantity)
			points.Bounded = append(points.Bounded, m.Tested)
			points.P025s = append(points.P025s, p.P025)
			points.P10s = append(points.P10s, p.P10)
			points.P90s = append(points.P90s, p.P90)
			points.P975s = append(points.P975s, p.P975)
			points.Methods = append(points.Methods, string(m.Method))
		}
	}
	if err := queries.ForecastPointInsert(ctx, tx, points); err != nil {
		return fmt.Errorf("insert forecast points: %w", err)
	}
	if err := queries.ForecastSeriesReplace(ctx, tx, series); err != nil {
		return fmt.Errorf("replace forecast series: %w", err)
	}
	return nil
}

// tested is a series with how well it was foreseen.
type tested struct {
	Accuracy
	branchID, itemID, itemName, method, status string
	observations                               int32
}

// listAccuracy returns the series in scope by item and branch.
func listAccuracy(ctx context.Context, db postgres.Querier, q Query) ([]tested, error) {
	rows, err := sqlc.New().ForecastSeriesList(ctx, db, &sqlc.ForecastSeriesListParams{
		OrgID: q.Organisation.ID, AllBranches: q.Scope.All, BranchIds: q.Scope.IDs(), AllItems: len(q.ItemIDs) == 0, ItemIds: q.ItemIDs,
	})
	if err != nil {
		return nil, fmt.Errorf("list forecast series: %w", err)
	}
	series := make([]tested, len(rows))
	for i, r := range rows {
		series[i] = tested{
			Accuracy: Accuracy{
				AbsoluteError: r.AbsoluteError, Actual: r.Actual, Covered80: int(r.Covered80), Covered95: int(r.Covered95), Days: int(r.TestedDays),
				Error: r.Error, Origins: int(r.Origins),
			},
			branchID: r.BranchID, itemID: r.ItemID, itemName: r.ItemName, method: r.Method, observations: r.Observations, status: r.Status,
		}
	}
	return series, nil
}

func listUplifts(ctx context.Context, q postgres.Querier, orgID string) ([]NamedUplift, error) {
	rows, err := sqlc.New().ForecastUpliftList(ctx, q, &sqlc.ForecastUpliftListParams{OrgID: orgID})
	if err != nil {
		return nil, fmt.Errorf("list forecast uplifts: %w", err)
	}
	uplifts := make([]NamedUplift, len(rows))
	for i, r := range rows {
		uplifts[i] = NamedUplift{DaysOfMonth: r.DaysOfMonth, MonthEnd: r.MonthEnd, Name: r.Name, RateBP: r.RateBp, Weekdays: r.Weekdays}
	}
	return uplifts, nil
}

func replaceUplifts(ctx context.Context, tx postgres.Querier, orgID string, uplifts []NamedUplift) error {
	queries := sqlc.New()
	if err := queries.ForecastUpliftDelete(ctx, tx, &sqlc.ForecastUpliftDeleteParams{OrgID: orgID}); err != nil {
		return fmt.Errorf("delete forecast uplifts: %w", err)
	}
	for _, u := range uplifts {
		p := &sqlc.ForecastUpliftInsertParams{
			OrgID: orgID, Name: u.Name, RateBp: u.RateBP, Weekdays: u.Weekdays, DaysOfMonth: u.DaysOfMonth, MonthEnd: u.MonthEnd,
		}
		if p.Weekdays == nil {
			p.Weekdays = []int32{}
		}
		if p.DaysOfMonth == nil {
			p.DaysOfMonth = []int32{}
		}
		if err := queries.ForecastUpliftInsert(ctx, tx, p); err != nil {
			return fmt.Errorf("insert forecast uplift: %w", err)
		}
	}
	return nil
}
