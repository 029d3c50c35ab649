package stock

import (
	"context"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// dateLag is by how many days a business date can be before the UTC date of its instant: a day for the zone, and one for the
// cut-off.
const dateLag = 2

// OnHand returns what the ledger had of items in a branch at an instant, what was owed being negative, and keeps others from
// moving them until the transaction ends.
func OnHand(ctx context.Context, tx postgres.Querier, orgID, branchID string, itemIDs []string, at time.Time) (map[string]decimal.Decimal, error) {
	itemIDs = slices.Compact(slices.Sorted(slices.Values(itemIDs)))
	st := newStore(tx, orgID, branchID)
	if err := st.lock(ctx, itemIDs); err != nil {
		return nil, err
	}
	return st.onHand(ctx, itemIDs, at, civil.DateOf(at.UTC()).AddDays(-dateLag))
}

// LastCosts returns the cost of a base unit of each item in minor units: of the branch's newest batch, else of any branch's, else 0.
func LastCosts(ctx context.Context, q postgres.Querier, orgID, branchID string, itemIDs []string) (map[string]decimal.Decimal, error) {
	return newStore(q, orgID, branchID).lastCosts(ctx, itemIDs)
}
