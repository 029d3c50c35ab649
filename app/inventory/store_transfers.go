package inventory

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/chefcloud/chefcloud/app/inventory/stock"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/gen/sqlc"
)

// insertTransfer returns false if the id is taken.
func (s store) insertTransfer(ctx context.Context, tx postgres.Querier, orgID string, t *Transfer) (bool, error) {
	inserted, err := s.queries.StockTransferInsert(ctx, tx, &sqlc.StockTransferInsertParams{
		OrgID: orgID, ID: t.ID, FromBranchID: t.FromBranchID, ToBranchID: t.ToBranchID, Note: t.Note, CreatedBy: t.CreatedBy, CreatedAt: t.CreatedAt,
	})
	if err != nil {
		return false, fmt.Errorf("insert transfer: %w", err)
	}
	if inserted == 0 {
		return false, nil
	}
	p := &sqlc.StockTransferLineInsertParams{OrgID: orgID, TransferID: t.ID}
	for _, l := range t.Lines {
		p.LineNos = append(p.LineNos, l.No)
		p.ItemIds = append(p.ItemIds, l.ItemID)
		p.Quantities = append(p.Quantities, l.Quantity)
	}
	if err := s.queries.StockTransferLineInsert(ctx, tx, p); err != nil {
		return false, fmt.Errorf("insert transfer lines: %w", err)
	}
	return true, nil
}

// getTransfer reads a transfer whole; lock keeps others from changing it until the transaction ends.
func (s store) getTransfer(ctx context.Context, q postgres.Querier, orgID, id string, lock bool) (Transfer, error) {
	var row *sqlc.StockTransfer
	var err error
	if lock {
		row, err = s.queries.StockTransferLock(ctx, q, &sqlc.StockTransferLockParams{OrgID: orgID, ID: id})
	} else {
		row, err = s.queries.StockTransferGet(ctx, q, &sqlc.StockTransferGetParams{OrgID: orgID, ID: id})
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return Transfer{}, fault.NotFound("transfer", id)
	}
	if err != nil {
		return Transfer{}, fmt.Errorf("get transfer: %w", err)
	}
	t := transferFromRow(row)
	lines, err := s.queries.StockTransferLineList(ctx, q, &sqlc.StockTransferLineListParams{OrgID: orgID, TransferID: id})
	if err != nil {
		return Transfer{}, fmt.Errorf("list transfer lines: %w", err)
	}
	for _, l := range lines {
		t.Lines = append(t.Lines, TransferLine{
			Cost: l.Cost, ItemID: l.ItemID, Lost: l.LostQty, LostCost: l.LostCost, No: l.LineNo, Quantity: l.Quantity, Received: l.ReceivedQty,
		})
	}
	return t, nil
}

func (s store) updateTransfer(ctx context.Context, tx postgres.Querier, orgID string, t *Transfer) error {
	err := s.queries.StockTransferUpdate(ctx, tx, &sqlc.StockTransferUpdateParams{
		OrgID: orgID, ID: t.ID, Status: string(t.Status), ApprovedBy: nullText(t.ApprovedBy), SentBy: nullText(t.SentBy), ClosedBy: nullText(t.ClosedBy),
		ApprovedAt: nullTime(t.ApprovedAt), SentAt: nullTime(t.SentAt), ClosedAt: nullTime(t.ClosedAt),
	})
	if err != nil {
		return fmt.Errorf("update transfer: %w", err)
	}
	p := &sqlc.StockTransferLineUpdateParams{OrgID: orgID, TransferID: t.ID}
	for _, l := range t.Lines {
		p.LineNos = append(p.LineNos, l.No)
		p.ReceivedQtys = append(p.ReceivedQtys, l.Received)
		p.LostQtys = append(p.LostQtys, l.Lost)
		p.Costs = append(p.Costs, l.Cost)
		p.LostCosts = append(p.LostCosts, l.LostCost)
	}
	if err := s.queries.StockTransferLineUpdate(ctx, tx, p); err != nil {
		return fmt.Errorf("update transfer lines: %w", err)
	}
	return nil
}

// insertParcels writes what was sent, numbered in the order in which it was taken.
func (s store) insertParcels(ctx context.Context, tx postgres.Querier, orgID, transferID string, parcels []stock.Parcel) error {
	p := &sqlc.StockTransferParcelInsertParams{OrgID: orgID, TransferID: transferID}
	for i, sent := range parcels {
		p.LineNos = append(p.LineNos, sent.LineNo)
		p.ParcelNos = append(p.ParcelNos, int32(i)+1)
		p.Quantities = append(p.Quantities, sent.Quantity)
		p.UnitCosts = append(p.UnitCosts, sent.UnitCost)
		p.ReceivedAt = append(p.ReceivedAt, sent.ReceivedAt)
		p.ExpiresOn = append(p.ExpiresOn, sent.ExpiresOn)
	}
	if err := s.queries.StockTransferParcelInsert(ctx, tx, p); err != nil {
		return fmt.Errorf("insert transfer parcels: %w", err)
	}
	return nil
}

// listParcels returns what is still on its way by line.
func (s store) listParcels(ctx context.Context, q postgres.Querier, orgID, transferID string) (map[int32][]parcel, error) {
	rows, err := s.queries.StockTransferParcelList(ctx, q, &sqlc.StockTransferParcelListParams{OrgID: orgID, TransferID: transferID})
	if err != nil {
		return nil, fmt.Errorf("list transfer parcels: %w", err)
	}
	parcels := make(map[int32][]parcel)
	for _, r := range rows {
		p := parcel{no: r.ParcelNo}
		p.LineNo, p.Quantity, p.ReceivedAt, p.UnitCost = r.LineNo, r.Quantity.Sub(r.ReceivedQty), r.ReceivedAt, r.UnitCost
		if r.ExpiresOn != nil {
			p.ExpiresOn = *r.ExpiresOn
		}
		parcels[r.LineNo] = append(parcels[r.LineNo], p)
	}
	return parcels, nil
}

func (s store) receiveParcels(ctx context.Context, tx postgres.Querier, orgID, transferID string, r receipt) error {
	p := &sqlc.StockTransferParcelReceiveParams{OrgID: orgID, TransferID: transferID, LineNos: r.lineNos, ParcelNos: r.parcelNos, Quantities: r.taken}
	if err := s.queries.StockTransferParcelReceive(ctx, tx, p); err != nil {
		return fmt.Errorf("receive transfer parcels: %w", err)
	}
	return nil
}

// transferCursor is the last row of a page of transfers.
type transferCursor struct {
	CreatedAt time.Time `json:"at"`
	ID        string    `json:"id"`
}

func (s store) listTransfers(ctx context.Context, q postgres.Querier, orgID, branchID string, status TransferStatus, before transferCursor, size int32) ([]Transfer, error) {
	rows, err := s.queries.StockTransferList(ctx, q, &sqlc.StockTransferListParams{
		OrgID: orgID, BranchID: branchID, Status: string(status), BeforeCreatedAt: before.CreatedAt, BeforeID: before.ID, PageSize: size,
	})
	if err != nil {
		return nil, fmt.Errorf("list transfers: %w", err)
	}
	transfers := make([]Transfer, len(rows))
	for i, r := range rows {
		transfers[i] = transferFromRow(r)
	}
	return transfers, nil
}

func transferFromRow(r *sqlc.StockTransfer) Transfer {
	return Transfer{
		ApprovedAt: value(r.ApprovedAt), ApprovedBy: value(r.ApprovedBy), ClosedAt: value(r.ClosedAt), ClosedBy: value(r.ClosedBy),
		CreatedAt: r.CreatedAt, CreatedBy: r.CreatedBy, FromBranchID: r.FromBranchID, ID: r.ID, Note: r.Note, SentAt: value(r.SentAt),
		SentBy: value(r.SentBy), Status: TransferStatus(r.Status), ToBranchID: r.ToBranchID,
	}
}

func nullTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func nullText(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// value returns what p points at, the zero value for nil.
func value[T string | time.Time](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
