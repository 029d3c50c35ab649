package stock

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

// Difference is a batch or a shortfall that the ledger doesn't explain. A shortfall counts as what is owed, negative.
type Difference struct {
	BranchID string
	Held     decimal.Decimal
	ID       string // of the batch or shortfall
	ItemID   string
	Ledger   decimal.Decimal
}

// Check compares every batch and shortfall of an organisation with the ledger and returns those that differ, by branch,
// item and id. There must never be one. It reads all of the history: it is for tests and for reconciliation, not for requests.
func Check(ctx context.Context, q postgres.Querier, orgID string) ([]Difference, error) {
	rows, err := sqlc.New().StockLedgerCheck(ctx, q, &sqlc.StockLedgerCheckParams{OrgID: orgID})
	if err != nil {
		return nil, fmt.Errorf("check stock ledger: %w", err)
	}
	differences := make([]Difference, len(rows))
	for i, r := range rows {
		differences[i] = Difference{BranchID: r.BranchID, Held: r.Held, ID: r.ID, ItemID: r.ItemID, Ledger: r.Ledger}
	}
	return differences, nil
}

// DayDifference is a day of an item in a branch that isn't the sum of its movements.
type DayDifference struct {
	BranchID               string
	Date                   civil.Date
	ItemID                 string
	KeptMoved, LedgerMoved decimal.Decimal
	KeptUsed, LedgerUsed   decimal.Decimal
}

// CheckDays compares the days of a range with the ledger, of one branch or, if branchID is empty, of all.
func CheckDays(ctx context.Context, q postgres.Querier, orgID, branchID string, from, to civil.Date) ([]DayDifference, error) {
	rows, err := sqlc.New().StockDayCheck(ctx, q, &sqlc.StockDayCheckParams{OrgID: orgID, BranchID: branchID, FromDate: from, ToDate: to})
	if err != nil {
		return nil, fmt.Errorf("check stock days: %w", err)
	}
	differences := make([]DayDifference, len(rows))
	for i, r := range rows {
		differences[i] = DayDifference{
			BranchID: r.BranchID, Date: r.BusinessDate, ItemID: r.ItemID, KeptMoved: r.KeptMoved, LedgerMoved: r.LedgerMoved,
			KeptUsed: r.KeptUsed, LedgerUsed: r.LedgerUsed,
		}
	}
	return differences, nil
}

// Rebuild makes what is left of a branch's batches, what is owed of its shortfalls, and its days anew from the ledger, which is
// never changed. Whoever moves stock of the branch meanwhile waits for the transaction.
func Rebuild(ctx context.Context, tx postgres.Querier, orgID, branchID string) error {
	queries := sqlc.New()
	if err := queries.StockPositionLockBranch(ctx, tx, &sqlc.StockPositionLockBranchParams{OrgID: orgID, BranchID: branchID}); err != nil {
		return fmt.Errorf("lock stock of branch: %w", err)
	}
	if _, err := queries.StockBatchRebuild(ctx, tx, &sqlc.StockBatchRebuildParams{OrgID: orgID, BranchID: branchID}); err != nil {
		return fmt.Errorf("rebuild batches: %w", err)
	}
	if _, err := queries.StockShortfallRebuild(ctx, tx, &sqlc.StockShortfallRebuildParams{OrgID: orgID, BranchID: branchID}); err != nil {
		return fmt.Errorf("rebuild shortfalls: %w", err)
	}
	if err := queries.StockDayDelete(ctx, tx, &sqlc.StockDayDeleteParams{OrgID: orgID, BranchID: branchID}); err != nil {
		return fmt.Errorf("delete stock days: %w", err)
	}
	if err := queries.StockDayRebuild(ctx, tx, &sqlc.StockDayRebuildParams{OrgID: orgID, BranchID: branchID}); err != nil {
		return fmt.Errorf("rebuild stock days: %w", err)
	}
	return nil
}
