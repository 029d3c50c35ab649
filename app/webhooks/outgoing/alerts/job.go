package alerts

import (
	"context"
	"time"

	"github.com/chefcloud/chefcloud/app/franchise/budgets"
	"github.com/chefcloud/chefcloud/app/franchise/organisation"
	"github.com/chefcloud/chefcloud/app/franchise/overview"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/jobs"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/webhooks/outgoing"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
)

// Kind is the kind of job that looks at the figures.
const Kind = "webhook_alerts"

// interval is how often the figures are looked at.
const interval = 5 * time.Minute

// Told is how much a job told.
type Told struct {
	Budgets    int `json:"budgets"`
	Thresholds int `json:"thresholds"`
}

// watch looks at the figures.
type watch struct {
	clock   clock.Clock
	db      *postgres.DB
	emitter *outgoing.Emitter
	store   store
}

// Job returns the job that looks at the figures of organisations with an endpoint that wants to be told.
func Job(db *postgres.DB, emitter *outgoing.Emitter, now clock.Clock) jobs.Definition {
	w := &watch{clock: now, db: db, emitter: emitter, store: newStore()}
	return jobs.Define(Kind, func(ctx context.Context, orgID string, _ struct{}, _ jobs.Progress) (any, error) {
		var told Told
		err := db.InTx(ctx, func(ctx context.Context, tx postgres.Querier) (err error) {
			told, err = w.look(ctx, tx, orgID)
			return err
		})
		return told, err
	}, jobs.Options{Due: func(ctx context.Context, q postgres.Querier, orgID string, now time.Time) (any, string, error) {
		wanted, err := w.store.wanted(ctx, q, orgID)
		if err != nil || !wantsAny(wanted) {
			return nil, "", err
		}
		return struct{}{}, now.Truncate(interval).Format(time.RFC3339), nil
	}})
}

func wantsAny(wanted []string) bool {
	return outgoing.Wanted(wanted, outgoing.TypeBudgetExceeded) || outgoing.Wanted(wanted, outgoing.TypeKpiThreshold)
}

// look announces what is to be told, in the transaction in which that is written down.
func (w *watch) look(ctx context.Context, tx postgres.Querier, orgID string) (Told, error) {
	var told Told
	wanted, err := w.store.wanted(ctx, tx, orgID)
	if err != nil || !wantsAny(wanted) {
		return told, err
	}
	o, err := organisation.Load(ctx, tx, orgID)
	if err != nil || len(o.Branches) == 0 {
		return told, err
	}
	var events []outgoing.Event
	if outgoing.Wanted(wanted, outgoing.TypeBudgetExceeded) {
		if events, err = w.budgets(ctx, tx, o); err != nil {
			return told, err
		}
		told.Budgets = len(events)
	}
	if outgoing.Wanted(wanted, outgoing.TypeKpiThreshold) {
		crossed, err := w.thresholds(ctx, tx, o)
		if err != nil {
			return told, err
		}
		told.Thresholds = len(crossed)
		events = append(events, crossed...)
	}
	return told, w.emitter.Emit(ctx, tx, orgID, events...)
}

// asJob is who looks: a job of the organisation, which sees all of it.
func asJob(o *organisation.Organisation) caller.Caller {
	return caller.Caller{Kind: caller.KindJob, OrgID: o.ID}
}

// excess is a target of a month that is exceeded.
type excess struct {
	actual, target   int64
	branchID, metric string
}

// budgets returns an event for each cost that is over its target of the whole month for the first time.
func (w *watch) budgets(ctx context.Context, tx postgres.Querier, o *organisation.Organisation) ([]outgoing.Event, error) {
	now := w.clock()
	query, err := budgets.Resolve(o, asJob(o), now, &franchisev1.ListBudgetsRequest{})
	if err != nil {
		return nil, err
	}
	report, err := budgets.NewService(tx, w.clock).Load(ctx, query)
	if err != nil {
		return nil, err
	}
	var exceeded []excess
	check := func(branchID, metric string, line *franchisev1.BudgetLine) {
		if line.Target != nil && line.GetActual() > line.GetTarget() {
			exceeded = append(exceeded, excess{actual: line.GetActual(), branchID: branchID, metric: metric, target: line.GetTarget()})
		}
	}
	for _, b := range report.GetBudgets() {
		check(b.GetBranchId(), "COGS", b.GetCogs())
		check(b.GetBranchId(), "WASTE", b.GetWaste())
	}
	if len(exceeded) == 0 {
		return nil, nil
	}
	if exceeded, err = w.store.insertAlerts(ctx, tx, o.ID, report.GetPeriod(), exceeded, now); err != nil {
		return nil, err
	}
	var events []outgoing.Event
	for _, e := range exceeded {
		events = append(events, outgoing.Event{At: now, BranchID: e.branchID, Type: outgoing.TypeBudgetExceeded, Data: outgoing.BudgetExceeded{
			BranchID: e.branchID, Period: report.GetPeriod(), Metric: e.metric, Currency: report.GetCurrency(), Target: e.target, Actual: e.actual,
			AsOf: report.GetAsOf().AsTime(),
		}})
	}
	return events, nil
}

// figure is what a threshold looks at.
type figure struct {
	date    civil.Date
	figures *franchisev1.Figures
}

// thresholds returns an event for each threshold that is crossed.
func (w *watch) thresholds(ctx context.Context, tx postgres.Querier, o *organisation.Organisation) ([]outgoing.Event, error) {
	thresholds, err := w.store.list(ctx, tx, o.ID, true)
	if err != nil || len(thresholds) == 0 {
		return nil, err
	}
	query, err := overview.Resolve(o, asJob(o), w.clock(), &franchisev1.GetOverviewRequest{Range: "today"})
	if err != nil {
		return nil, err
	}
	report, err := overview.NewService(tx, w.clock).Load(ctx, query)
	if err != nil {
		return nil, err
	}
	found, err := figuresOf(report)
	if err != nil {
		return nil, err
	}
	var events []outgoing.Event
	for i := range thresholds {
		t := &thresholds[i]
		f, ok := found[t.BranchID]
		if !ok {
			continue
		}
		value := t.Metric.of(f.figures)
		if t.look(value, f.date) {
			events = append(events, outgoing.Event{At: w.clock(), BranchID: t.BranchID, Type: outgoing.TypeKpiThreshold, Data: outgoing.KpiThreshold{
				ThresholdID: t.ID, BranchID: t.BranchID, BusinessDate: f.date, Metric: string(t.Metric), Direction: string(t.Direction),
				Threshold: t.Value, Value: *value, Currency: report.GetCurrency(), AsOf: report.GetAsOf().AsTime(),
			}})
		}
	}
	return events, w.store.tell(ctx, tx, o.ID, thresholds)
}

// figuresOf returns the figures of each branch, and under the empty id those of the whole organisation, with their business dates.
func figuresOf(report *franchisev1.GetOverviewResponse) (map[string]figure, error) {
	found := make(map[string]figure, len(report.GetBranches())+1)
	date, err := civil.ParseDate(report.GetRange().GetEndDate())
	if err != nil {
		return nil, err
	}
	found[""] = figure{date: date, figures: report.GetSummary()}
	for _, b := range report.GetBranches() {
		if date, err = civil.ParseDate(b.GetRange().GetEndDate()); err != nil {
			return nil, err
		}
		found[b.GetBranchId()] = figure{date: date, figures: b.GetFigures()}
	}
	return found, nil
}
