package inventory

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

// insertCount writes an open count with a line for each item, or for all that can be counted. It returns false if the id is taken.
func (s store) insertCount(ctx context.Context, tx postgres.Querier, orgID string, c Count, itemIDs []string) (bool, error) {
	inserted, err := s.queries.StockCountInsert(ctx, tx, &sqlc.StockCountInsertParams{
		OrgID: orgID, ID: c.ID, BranchID: c.BranchID, Note: c.Note, OpenedBy: c.OpenedBy, OpenedAt: c.OpenedAt,
	})
	if err != nil {
		return false, fmt.Errorf("insert stock count: %w", err)
	}
	if inserted == 0 {
		return false, nil
	}
	if len(itemIDs) == 0 {
		err = s.queries.StockCountLineInsertAll(ctx, tx, &sqlc.StockCountLineInsertAllParams{OrgID: orgID, CountID: c.ID, BranchID: c.BranchID})
	} else {
		err = s.queries.StockCountLineInsert(ctx, tx, &sqlc.StockCountLineInsertParams{OrgID: orgID, CountID: c.ID, ItemIds: itemIDs})
	}
	if err != nil {
		return false, fmt.Errorf("insert stock count lines: %w", err)
	}
	return true, nil
}

// getCount reads a count whole; lock keeps others from changing it until the transaction ends.
func (s store) getCount(ctx context.Context, q postgres.Querier, orgID, id string, lock bool) (Count, error) {
	var row *sqlc.StockCount
	var err error
	if lock {
		row, err = s.queries.StockCountLock(ctx, q, &sqlc.StockCountLockParams{OrgID: orgID, ID: id})
	} else {
		row, err = s.queries.StockCountGet(ctx, q, &sqlc.StockCountGetParams{OrgID: orgID, ID: id})
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return Count{}, fault.NotFound("count", id)
	}
	if err != nil {
		return Count{}, fmt.Errorf("get stock count: %w", err)
	}
	c := countFromRow(row)
	c.Lines, err = s.listCountLines(ctx, q, orgID, id)
	return c, err
}

func (s store) listCountLines(ctx context.Context, q postgres.Querier, orgID, countID string) ([]CountLine, error) {
	rows, err := s.queries.StockCountLineList(ctx, q, &sqlc.StockCountLineListParams{OrgID: orgID, CountID: countID})
	if err != nil {
		return nil, fmt.Errorf("list stock count lines: %w", err)
	}
	lines := make([]CountLine, len(rows))
	for i, r := range rows {
		lines[i] = CountLine{Cost: r.Cost, Counted: r.Counted, Expected: r.Expected, ItemID: r.ItemID}
	}
	return lines, nil
}

func (s store) updateCount(ctx context.Context, tx postgres.Querier, orgID string, c *Count) error {
	p := &sqlc.StockCountUpdateParams{
		OrgID: orgID, ID: c.ID, Status: string(c.Status), CountedBy: nullText(c.CountedBy), CountedAt: nullTime(c.CountedAt),
	}
	if !c.BusinessDate.IsZero() {
		p.BusinessDate = &c.BusinessDate
	}
	if err := s.queries.StockCountUpdate(ctx, tx, p); err != nil {
		return fmt.Errorf("update stock count: %w", err)
	}
	lines := &sqlc.StockCountLineUpdateParams{OrgID: orgID, CountID: c.ID}
	for _, l := range c.Lines {
		lines.ItemIds = append(lines.ItemIds, l.ItemID)
		lines.Counted = append(lines.Counted, textOf(l.Counted))
		lines.Expected = append(lines.Expected, textOf(l.Expected))
		lines.Costs = append(lines.Costs, l.Cost)
	}
	if err := s.queries.StockCountLineUpdate(ctx, tx, lines); err != nil {
		return fmt.Errorf("update stock count lines: %w", err)
	}
	return nil
}

// textOf writes an absent number as the empty text: arrays of numbers hold no NULL.
func textOf(d decimal.NullDecimal) string {
	if !d.Valid {
		return ""
	}
	return d.Decimal.String()
}

// countedSince returns when items were counted after an instant; those that were not are missing.
func (s store) countedSince(
	ctx context.Context, q postgres.Querier, orgID, branchID string, since time.Time, items []string,
) (map[string]time.Time, error) {
	rows, err := s.queries.StockCountLatestList(ctx, q, &sqlc.StockCountLatestListParams{OrgID: orgID, BranchID: branchID, Since: &since, ItemIds: items})
	if err != nil {
		return nil, fmt.Errorf("list later stock counts: %w", err)
	}
	counted := make(map[string]time.Time, len(rows))
	for _, r := range rows {
		counted[r.ItemID] = r.CountedAt
	}
	return counted, nil
}

// countCursor is the last row of a page of counts.
type countCursor struct {
	ID       string    `json:"id"`
	OpenedAt time.Time `json:"at"`
}

func (s store) listCounts(
	ctx context.Context, q postgres.Querier, orgID, branchID string, status CountStatus, before countCursor, size int32,
) ([]Count, error) {
	rows, err := s.queries.StockCountList(ctx, q, &sqlc.StockCountListParams{
		OrgID: orgID, BranchID: branchID, Status: string(status), BeforeOpenedAt: before.OpenedAt, BeforeID: before.ID, PageSize: size,
	})
	if err != nil {
		return nil, fmt.Errorf("list stock counts: %w", err)
	}
	counts := make([]Count, len(rows))
	for i, r := range rows {
		counts[i] = countFromRow(r)
	}
	return counts, nil
}

func countFromRow(r *sqlc.StockCount) Count {
	c := Count{
		BranchID: r.BranchID, CountedAt: value(r.CountedAt), CountedBy: value(r.CountedBy), ID: r.ID, Note: r.Note, OpenedAt: r.OpenedAt,
		OpenedBy: r.OpenedBy, Status: CountStatus(r.Status),
	}
	if r.BusinessDate != nil {
		c.BusinessDate = *r.BusinessDate
	}
	return c
}
