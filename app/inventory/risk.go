package inventory

import (
	"cmp"
	"context"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// RiskReason says what is wrong.
type RiskReason int

// The reasons, in the order in which they are listed.
const (
	RiskBelowReorderLevel RiskReason = iota + 1
	RiskNegative
	RiskExpired
	RiskExpiring
)

// Risk is an item, or a batch of it, that needs attention.
type Risk struct {
	BatchID      string // of what expires
	BranchID     string
	Cost         int64 // of what expires, in minor units
	ExpiresOn    civil.Date
	Item         Item
	Quantity     decimal.Decimal // on hand, or left of the batch
	Reason       RiskReason
	ReorderLevel decimal.Decimal
}

// AtRisk returns up to size rows, after a cursor, of what needs attention in a branch, or in all in the caller's scope: owed or at or
// below the reorder level on the branch's current business date, expired, or to expire within so many days; and the currency.
func (s *Service) AtRisk(
	ctx context.Context, q postgres.Querier, branchID string, within int32, after riskCursor, size int32,
) ([]Risk, string, error) {
	c := caller.From(ctx)
	var branches []branch.Branch
	var err error
	if branchID != "" {
		branches = make([]branch.Branch, 1)
		branches[0], err = branch.Get(ctx, q, c, branchID)
	} else {
		branches, err = branch.List(ctx, q, c)
	}
	if err != nil || len(branches) == 0 {
		return nil, "", err
	}
	days := make([]branchDay, len(branches))
	for i, b := range branches {
		today := b.BusinessDate(s.clock())
		days[i] = branchDay{branchID: b.ID, today: today, until: today.AddDays(int(within))}
	}
	levels, err := s.store.levelsAtRisk(ctx, q, c.OrgID, days)
	if err != nil {
		return nil, "", err
	}
	batches, err := s.store.batchesAtRisk(ctx, q, c.OrgID, days)
	if err != nil {
		return nil, "", err
	}
	var risks []Risk
	for _, d := range days {
		risks = append(risks, levels[d.branchID]...)
		for _, r := range batches[d.branchID] {
			r.Reason = RiskExpiring
			if r.ExpiresOn.Before(d.today) {
				r.Reason = RiskExpired
			}
			risks = append(risks, r)
		}
	}
	slices.SortFunc(risks, func(x, y Risk) int { return x.place().compare(y.place()) })
	first, met := slices.BinarySearchFunc(risks, after, func(r Risk, c riskCursor) int { return r.place().compare(c) })
	if met {
		first++
	}
	return risks[first:min(len(risks), first+int(size))], branches[0].Currency, nil
}

// riskCursor is the last row of a page of risks.
type riskCursor struct {
	BranchID string     `json:"branch"`
	Reason   RiskReason `json:"reason"`
	ItemID   string     `json:"item"`
	BatchID  string     `json:"batch"`
}

func (r Risk) place() riskCursor {
	return riskCursor{BatchID: r.BatchID, BranchID: r.BranchID, ItemID: r.Item.ID, Reason: r.Reason}
}

func (c riskCursor) compare(other riskCursor) int {
	return cmp.Or(
		cmp.Compare(c.BranchID, other.BranchID), cmp.Compare(c.Reason, other.Reason), cmp.Compare(c.ItemID, other.ItemID),
		cmp.Compare(c.BatchID, other.BatchID),
	)
}

// branchDay is a branch with its current business date and the last one to look ahead to.
type branchDay struct {
	branchID     string
	today, until civil.Date
}
