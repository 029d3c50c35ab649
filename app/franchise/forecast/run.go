package forecast

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/franchise/organisation"
	"github.com/chefcloud/chefcloud/app/platform/cache"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/jobs"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

const (
	// RunKind is the kind of job that foresees an organisation's series.
	RunKind = "forecast_run"
	// DefaultHorizonDays is how many dates a run foresees where nothing else is said.
	DefaultHorizonDays = 28
	// learnDays is how many dates before the run are learned from.
	learnDays = 730
)

// RunArgs say what to foresee.
type RunArgs struct {
	HorizonDays int `json:"horizon_days"`
}

// RunSummary is what a run came to.
type RunSummary struct {
	Branches     int `json:"branches"`
	Insufficient int `json:"insufficient"` // series with fewer than two days to learn from
	Points       int `json:"points"`
	Series       int `json:"series"`
}

// Runner foresees the series of organisations.
type Runner struct {
	clock clock.Clock
	db    *postgres.DB
}

// NewRunner returns a runner.
func NewRunner(db *postgres.DB, now clock.Clock) *Runner { return &Runner{clock: now, db: db} }

// Job returns the job that runs on demand and once a day, when the business date has changed in every branch.
func (r *Runner) Job() jobs.Definition {
	return jobs.Define(RunKind, func(ctx context.Context, orgID string, args RunArgs, progress jobs.Progress) (any, error) {
		return r.Run(ctx, orgID, args, progress)
	}, jobs.Options{Busts: []cache.Report{cache.Forecast}, Due: r.due, Timeout: 20 * time.Minute})
}

func (r *Runner) due(ctx context.Context, q postgres.Querier, orgID string, now time.Time) (any, string, error) {
	o, err := organisation.Load(ctx, q, orgID)
	if err != nil || len(o.Branches) == 0 {
		return nil, "", err
	}
	return RunArgs{HorizonDays: DefaultHorizonDays}, o.Calendar(now).Earliest().String(), nil
}

// Run foresees the series of all branches, several at a time, each branch in a transaction of its own. Running it again on the
// same date replaces what it made.
func (r *Runner) Run(ctx context.Context, orgID string, args RunArgs, progress jobs.Progress) (RunSummary, error) {
	if args.HorizonDays == 0 {
		args.HorizonDays = DefaultHorizonDays
	}
	o, err := organisation.Load(ctx, r.db, orgID)
	if err != nil {
		return RunSummary{}, err
	}
	uplifts, err := listUplifts(ctx, r.db, orgID)
	if err != nil {
		return RunSummary{}, err
	}
	var series, points, insufficient, done atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, b := range o.Branches {
		group.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			var f Forecaster
			made, err := r.branch(ctx, &f, b, args.HorizonDays, onDates(uplifts))
			if err != nil {
				return fmt.Errorf("foresee branch %s: %w", b.ID, err)
			}
			series.Add(int64(len(made)))
			for i := range made {
				points.Add(int64(len(made[i].Points)))
				if made[i].Insufficient {
					insufficient.Add(1)
				}
			}
			progress(int(done.Add(1)), len(o.Branches))
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return RunSummary{}, err
	}
	return RunSummary{
		Branches: len(o.Branches), Insufficient: int(insufficient.Load()), Points: int(points.Load()), Series: int(series.Load()),
	}, nil
}

// foreseen is the forecast of an item.
type foreseen struct {
	Forecast
	itemID string
}

// branch foresees a branch from its own current business date on.
func (r *Runner) branch(ctx context.Context, f *Forecaster, b branch.Branch, days int, uplifts []Uplift) ([]foreseen, error) {
	now := r.clock()
	first := b.BusinessDate(now)
	series, err := loadSeries(ctx, r.db, b.OrgID, b.ID, first.AddDays(-learnDays), first.AddDays(-1))
	if err != nil {
		return nil, err
	}
	made := make([]foreseen, len(series))
	for i, s := range series {
		made[i] = foreseen{Forecast: f.Forecast(s.Series, days, uplifts...), itemID: s.itemID}
	}
	return made, r.db.InTx(ctx, func(ctx context.Context, tx postgres.Querier) error {
		return replace(ctx, tx, b, first, made, now)
	})
}

// itemSeries is the series of an item.
type itemSeries struct {
	Series
	itemID string
}

// ledgerDay is what moved of an item on a date; on the day before the first that is learned from, up to that.
type ledgerDay struct {
	date        civil.Date
	used, moved float64
}

// assemble makes the series of an item from a first to a last date, or from when the item first moved. open tells the
// dates on which the branch sold something. An open day on which nothing was used is out of stock if there was nothing on hand
// from its beginning to its end.
func assemble(days []ledgerDay, open map[civil.Date]bool, first, last civil.Date) Series {
	var onHand float64
	s := Series{First: days[0].date}
	if days[0].date.Before(first) {
		s.First, onHand = first, days[0].moved
		days = days[1:]
	}
	s.Days = make([]Day, 0, last.DaysSince(s.First)+1)
	for date := s.First; !date.After(last); date = date.AddDays(1) {
		var d Day
		before := onHand
		if len(days) > 0 && days[0].date == date {
			d.Use = days[0].used
			onHand += days[0].moved
			days = days[1:]
		}
		switch {
		case !open[date]:
		case d.Use == 0 && before <= 0 && onHand <= 0:
			d.State = OutOfStock
		default:
			d.State = Open
		}
		s.Days = append(s.Days, d)
	}
	return s
}
