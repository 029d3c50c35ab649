package procurement

import (
	"context"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/jobs"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// DraftsKind is the kind of job that generates drafts.
const DraftsKind = "draft_orders"

// DraftsArgs say what to generate.
type DraftsArgs struct {
	BranchID    string   `json:"branch_id,omitempty"` // empty: all
	RequestedBy string   `json:"requested_by"`
	Strategy    Strategy `json:"strategy"`
}

// DraftsSummary is what a job generated.
type DraftsSummary struct {
	// NoSupplier are items that are needed and that nobody sells, each with its branch.
	NoSupplier []NeededItem `json:"no_supplier"`
	// Orders are the drafts of the date, those that were there already too.
	Orders []string `json:"orders"`
	// Superseded is how many drafts of dates before were cancelled.
	Superseded int64 `json:"superseded"`
	// Written is how many of the drafts are new.
	Written int `json:"written"`
}

// NeededItem is an item that a branch needs.
type NeededItem struct {
	BranchID string `json:"branch_id"`
	ItemID   string `json:"item_id"`
}

// DraftsJob returns the job that generates drafts, each branch in a transaction of its own.
func DraftsJob(db *postgres.DB, s *Service) jobs.Definition {
	return jobs.Define(DraftsKind, func(ctx context.Context, _ string, args DraftsArgs, progress jobs.Progress) (any, error) {
		branches, err := s.branches(ctx, db, args.BranchID)
		if err != nil {
			return nil, err
		}
		summary := DraftsSummary{NoSupplier: []NeededItem{}, Orders: []string{}}
		for i, b := range branches {
			err := db.InTx(ctx, func(ctx context.Context, tx postgres.Querier) error {
				made, err := s.generate(ctx, tx, b.ID, args)
				if err == nil {
					summary = summary.plus(made)
				}
				return err
			})
			if err != nil {
				return nil, err
			}
			progress(i+1, len(branches))
		}
		return summary, nil
	}, jobs.Options{})
}

func (s DraftsSummary) plus(o DraftsSummary) DraftsSummary {
	return DraftsSummary{
		NoSupplier: append(s.NoSupplier, o.NoSupplier...), Orders: append(s.Orders, o.Orders...), Superseded: s.Superseded + o.Superseded,
		Written: s.Written + o.Written,
	}
}

// generate writes the drafts of a branch for its current business date.
func (s *Service) generate(ctx context.Context, tx postgres.Querier, branchID string, args DraftsArgs) (DraftsSummary, error) {
	var summary DraftsSummary
	suggestions, currency, err := s.SuggestFor(ctx, tx, branchID, args.Strategy, false)
	if err != nil {
		return summary, err
	}
	branches, err := s.branches(ctx, tx, branchID)
	if err != nil {
		return summary, err
	}
	now := s.clock()
	date := branches[0].BusinessDate(now)
	if summary.Superseded, err = s.store.supersede(ctx, tx, caller.From(ctx).OrgID, branchID, date, now); err != nil {
		return summary, err
	}
	bySupplier := map[string]*Order{}
	var suppliers []string
	for i := range suggestions {
		g := &suggestions[i]
		if g.SupplierID == "" {
			summary.NoSupplier = append(summary.NoSupplier, NeededItem{BranchID: branchID, ItemID: g.ItemID})
			continue
		}
		o := bySupplier[g.SupplierID]
		if o == nil {
			o = &Order{
				BranchID: branchID, CreatedAt: now, CreatedBy: args.RequestedBy, Currency: currency, GeneratedFor: date, ID: ids.New("po"),
				OrgID: caller.From(ctx).OrgID, Status: StatusDraft, SupplierID: g.SupplierID,
			}
			bySupplier[g.SupplierID] = o
			suppliers = append(suppliers, g.SupplierID)
		}
		o.Total += g.Cost
		o.Lines = append(o.Lines, Line{Amount: g.Cost, ItemID: g.ItemID, No: int32(len(o.Lines)) + 1, Quantity: g.Quantity, UnitCost: g.UnitCost})
	}
	for _, supplierID := range suppliers {
		id, written, err := s.store.generate(ctx, tx, bySupplier[supplierID])
		if err != nil {
			return summary, err
		}
		summary.Orders = append(summary.Orders, id)
		if written {
			summary.Written++
		}
	}
	return summary, nil
}
