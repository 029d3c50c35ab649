package procurement

import (
	"context"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
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
	// Orders are the ids of what was drafted for the date, by this run and by earlier ones, whatever became of it.
	Orders []string `json:"orders"`
	// Superseded is how many drafts of dates before were cancelled. Those that a person changed stay, and count as on order.
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
				made, err := s.generate(ctx, tx, b, args)
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
func (s *Service) generate(ctx context.Context, tx postgres.Querier, b branch.Branch, args DraftsArgs) (DraftsSummary, error) {
	var summary DraftsSummary
	now := s.clock()
	suggestions, err := s.suggest(ctx, tx, []branch.Branch{b}, args.Strategy, false, now)
	if err != nil {
		return summary, err
	}
	date, orgID, branchID := b.BusinessDate(now), b.OrgID, b.ID
	reason := "superseded by the drafts of " + date.String()
	superseded, err := s.store.supersede(ctx, tx, orgID, branchID, date, reason, now)
	if err != nil {
		return summary, err
	}
	summary.Superseded = int64(len(superseded))
	cancelled := Event{Action: ActionCancelled, Actor: args.RequestedBy, At: now, Note: reason, Status: StatusCancelled}
	if err := s.store.insertEvents(ctx, tx, orgID, superseded, cancelled); err != nil {
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
				BranchID: branchID, CreatedAt: now, CreatedBy: args.RequestedBy, Currency: b.Currency, GeneratedFor: date, ID: ids.New("po"),
				OrgID: orgID, Status: StatusDraft, SupplierID: g.SupplierID,
			}
			bySupplier[g.SupplierID] = o
			suppliers = append(suppliers, g.SupplierID)
		}
		o.Total += g.Cost
		o.Lines = append(o.Lines, Line{Amount: g.Cost, ItemID: g.ItemID, No: int32(len(o.Lines)) + 1, Quantity: g.Quantity, UnitCost: g.UnitCost})
	}
	var written []string
	for _, supplierID := range suppliers {
		inserted, err := s.store.generate(ctx, tx, bySupplier[supplierID])
		if err != nil {
			return summary, err
		}
		if inserted {
			written = append(written, bySupplier[supplierID].ID)
		}
	}
	summary.Written = len(written)
	created := Event{Action: ActionCreated, Actor: args.RequestedBy, At: now, Note: "from the suggestions for " + date.String(), Status: StatusDraft}
	if err := s.store.insertEvents(ctx, tx, orgID, written, created); err != nil {
		return summary, err
	}
	// All of the date, those too that were submitted since and so are no longer suggested.
	summary.Orders, err = s.store.listGenerated(ctx, tx, orgID, branchID, date)
	return summary, err
}
