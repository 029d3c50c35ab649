package reconciliation

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/franchise/organisation"
	"github.com/chefcloud/chefcloud/app/inventory/stock"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/jobs"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

const (
	// Kind is the kind of job that reconciles.
	Kind = "reconciliation"
	// nightlyDays is how many completed dates the nightly job looks at: changes reach no further back than terminals are offline.
	nightlyDays = 35
)

// Args say what to reconcile.
type Args struct {
	From civil.Date `json:"from"`
	To   civil.Date `json:"to"`
}

// Report is what was found.
type Report struct {
	// Batches and shortfalls whose quantities aren't the sums of their movements; of all time.
	Batches []stock.Difference
	// Days of items that aren't the sums of their movements.
	StockDays []stock.DayDifference
	// Sales are branch days that aren't the sums of their orders, tickets, adjustments, wastage and receipts.
	Sales []daysales.Difference
}

// Count returns the number of differences.
func (r Report) Count() int { return len(r.Batches) + len(r.Sales) + len(r.StockDays) }

// Lines describes the differences, one a line.
func (r Report) Lines() []string {
	var lines []string
	for _, d := range r.Sales {
		lines = append(lines, fmt.Sprintf("sales branch=%s date=%s stored=%+v recomputed=%+v", d.BranchID, d.Date, d.Stored, d.Recomputed))
	}
	for _, d := range r.StockDays {
		lines = append(lines, fmt.Sprintf("stock branch=%s date=%s item=%s used=%s recomputed=%s moved=%s recomputed=%s",
			d.BranchID, d.Date, d.ItemID, d.KeptUsed, d.LedgerUsed, d.KeptMoved, d.LedgerMoved))
	}
	for _, d := range r.Batches {
		lines = append(lines, fmt.Sprintf("batch branch=%s item=%s id=%s held=%s recomputed=%s", d.BranchID, d.ItemID, d.ID, d.Held, d.Ledger))
	}
	return lines
}

// Run compares an organisation's rollups of a range of business dates, and all of its batches, with their raw rows, as they stood at one
// instant.
func Run(ctx context.Context, db *postgres.DB, orgID string, args Args) (Report, error) {
	var r Report
	if args.To.Before(args.From) {
		return r, fault.Invalid("to", "must not be before from")
	}
	err := db.Snapshot(ctx, func(ctx context.Context, tx postgres.Querier) (err error) {
		if _, err := organisation.Load(ctx, tx, orgID); err != nil {
			return err
		}
		if r.Sales, err = daysales.Reconcile(ctx, tx, orgID, args.From, args.To); err != nil {
			return err
		}
		if r.StockDays, err = stock.CheckDays(ctx, tx, orgID, "", args.From, args.To); err != nil {
			return err
		}
		r.Batches, err = stock.Check(ctx, tx, orgID)
		return err
	})
	return r, err
}

// Summary is what a job found.
type Summary struct {
	Batches   int    `json:"batches"`
	From      string `json:"from"`
	Sales     int    `json:"sales"`
	StockDays int    `json:"stock_days"`
	To        string `json:"to"`
}

// Job returns the nightly job. It shows the number of differences as the metric chefcloud_reconciliation_differences and logs each.
func Job(db *postgres.DB, registerer prometheus.Registerer) jobs.Definition {
	differences := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "chefcloud_reconciliation_differences", Help: "Rollups that differ from their raw rows in the last reconciliation, by organisation.",
	}, []string{"org_id", "kind"})
	registerer.MustRegister(differences)
	return jobs.Define(Kind, func(ctx context.Context, orgID string, args Args, _ jobs.Progress) (any, error) {
		r, err := Run(ctx, db, orgID, args)
		if err != nil {
			return nil, err
		}
		for _, line := range r.Lines() {
			zerolog.Ctx(ctx).Error().Msg("reconciliation difference: " + line)
		}
		s := Summary{Batches: len(r.Batches), From: args.From.String(), Sales: len(r.Sales), StockDays: len(r.StockDays), To: args.To.String()}
		differences.WithLabelValues(orgID, "batches").Set(float64(s.Batches))
		differences.WithLabelValues(orgID, "sales").Set(float64(s.Sales))
		differences.WithLabelValues(orgID, "stock_days").Set(float64(s.StockDays))
		return s, nil
	}, jobs.Options{Due: due, Timeout: 25 * time.Minute})
}

// due asks once a day, when the business date has changed in every branch.
func due(ctx context.Context, q postgres.Querier, orgID string, now time.Time) (any, string, error) {
	o, err := organisation.Load(ctx, q, orgID)
	if err != nil || len(o.Branches) == 0 {
		return nil, "", err
	}
	today := o.Calendar(now).Earliest()
	return Args{From: today.AddDays(-nightlyDays), To: today.AddDays(-1)}, today.String(), nil
}
