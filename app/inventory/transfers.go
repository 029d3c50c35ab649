package inventory

import (
	"context"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/inventory/stock"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// CreateTransfer asks for goods to be sent. The caller belongs to one of the branches; the other need only exist.
func (s *Service) CreateTransfer(ctx context.Context, tx postgres.Querier, t Transfer) (Transfer, error) {
	c := caller.From(ctx)
	if t.FromBranchID == t.ToBranchID {
		return Transfer{}, fault.Invalid("to_branch_id", "must be another branch than from_branch_id")
	}
	if !c.MayBranch(t.FromBranchID) && !c.MayBranch(t.ToBranchID) {
		return Transfer{}, fault.NotFound("branch", t.FromBranchID)
	}
	for _, id := range []string{t.FromBranchID, t.ToBranchID} {
		if _, err := branch.Get(ctx, tx, wholeOrganisation(c), id); err != nil {
			return Transfer{}, err
		}
	}
	items := make([]string, len(t.Lines))
	for i := range t.Lines {
		t.Lines[i].No = int32(i) + 1
		items[i] = t.Lines[i].ItemID
	}
	if err := checkItems(ctx, tx, c.OrgID, "items[%d].item_id", items); err != nil {
		return Transfer{}, err
	}
	if t.ID == "" {
		t.ID = ids.New("trf")
	}
	t.CreatedAt, t.CreatedBy, t.Status = s.clock(), c.ActorID(), TransferDraft
	inserted, err := s.store.insertTransfer(ctx, tx, c.OrgID, &t)
	if err != nil {
		return Transfer{}, err
	}
	if !inserted {
		return Transfer{}, fault.AlreadyExists("TRANSFER_ID_TAKEN", "transfer "+t.ID+" exists already")
	}
	return t, nil
}

// wholeOrganisation is the caller without the bound to one branch, for looking at the other end of a transfer.
func wholeOrganisation(c caller.Caller) caller.Caller {
	return caller.Caller{Kind: caller.KindJob, OrgID: c.OrgID}
}

// changeTransfer locks a transfer that the caller may see, lets apply change it, and saves it.
func (s *Service) changeTransfer(ctx context.Context, tx postgres.Querier, id string, apply func(t *Transfer) error) (Transfer, error) {
	c := caller.From(ctx)
	t, err := s.store.getTransfer(ctx, tx, c.OrgID, id, true)
	if err != nil {
		return Transfer{}, err
	}
	if !c.MayBranch(t.FromBranchID) && !c.MayBranch(t.ToBranchID) {
		return Transfer{}, fault.NotFound("transfer", id)
	}
	if err := apply(&t); err != nil {
		return Transfer{}, err
	}
	return t, s.store.updateTransfer(ctx, tx, c.OrgID, &t)
}

// atBranch refuses a step that is another branch's to do.
func atBranch(c caller.Caller, branchID, role string) error {
	if c.MayBranch(branchID) {
		return nil
	}
	return fault.PermissionDenied("OTHER_BRANCH", "only the "+role+" may do this")
}

// ApproveTransfer lets a transfer be sent.
func (s *Service) ApproveTransfer(ctx context.Context, tx postgres.Querier, id string) (Transfer, error) {
	return s.changeTransfer(ctx, tx, id, func(t *Transfer) error {
		t.ApprovedAt, t.ApprovedBy = s.clock(), caller.From(ctx).ActorID()
		return t.move(TransferApproved, TransferDraft)
	})
}

// CancelTransfer calls a transfer off before it is sent.
func (s *Service) CancelTransfer(ctx context.Context, tx postgres.Querier, id string) (Transfer, error) {
	return s.changeTransfer(ctx, tx, id, func(t *Transfer) error {
		t.ClosedAt, t.ClosedBy = s.clock(), caller.From(ctx).ActorID()
		return t.move(TransferCancelled, TransferDraft, TransferApproved)
	})
}

// SendTransfer takes the goods from the sender's oldest batches.
func (s *Service) SendTransfer(ctx context.Context, tx postgres.Querier, id string) (Transfer, error) {
	c := caller.From(ctx)
	return s.changeTransfer(ctx, tx, id, func(t *Transfer) error {
		if err := atBranch(c, t.FromBranchID, "sender"); err != nil {
			return err
		}
		if err := t.move(TransferInTransit, TransferApproved); err != nil {
			return err
		}
		b, err := branch.Get(ctx, tx, c, t.FromBranchID)
		if err != nil {
			return err
		}
		t.SentAt, t.SentBy = s.clock(), c.ActorID()
		w := stock.Withdrawal{At: t.SentAt, BranchID: b.ID, BusinessDate: b.BusinessDate(t.SentAt), OrgID: b.OrgID, SourceID: t.ID}
		for _, l := range t.Lines {
			w.Needs = append(w.Needs, stock.Need{ItemID: l.ItemID, LineNo: l.No, Quantity: l.Quantity})
		}
		sent, err := stock.Send(ctx, tx, w)
		if err != nil {
			return err
		}
		for i := range t.Lines {
			t.Lines[i].Cost = sent.CostByLine[t.Lines[i].No]
		}
		return s.store.insertParcels(ctx, tx, b.OrgID, t.ID, sent.Parcels)
	})
}

// ReceiveTransfer books what arrived and, with complete, what did not.
func (s *Service) ReceiveTransfer(ctx context.Context, tx postgres.Querier, id string, arrivals []Arrival, complete bool) (Transfer, error) {
	c := caller.From(ctx)
	items := make([]string, len(arrivals))
	for i, a := range arrivals {
		items[i] = a.ItemID
	}
	if err := checkItems(ctx, tx, c.OrgID, "items[%d].item_id", items); err != nil {
		return Transfer{}, err
	}
	return s.changeTransfer(ctx, tx, id, func(t *Transfer) error {
		if err := atBranch(c, t.ToBranchID, "receiver"); err != nil {
			return err
		}
		parcels, err := s.store.listParcels(ctx, tx, c.OrgID, t.ID)
		if err != nil {
			return err
		}
		r, err := t.Receive(arrivals, complete, parcels)
		if err != nil {
			return err
		}
		b, err := branch.Get(ctx, tx, c, t.ToBranchID)
		if err != nil {
			return err
		}
		now := s.clock()
		if t.Status == TransferReceived {
			t.ClosedAt, t.ClosedBy = now, c.ActorID()
		}
		date := b.BusinessDate(now)
		settled, err := stock.Arrive(ctx, tx, stock.Incoming{
			At: now, BranchID: b.ID, BusinessDate: date, Lines: r.in, OrgID: b.OrgID, Source: stock.SourceTransfer, SourceID: t.ID,
		}, r.lost)
		if err != nil {
			return err
		}
		if err := s.store.receiveParcels(ctx, tx, c.OrgID, t.ID, r); err != nil {
			return err
		}
		return settle(ctx, tx, b, date, settled)
	})
}

// GetTransfer returns a transfer from or to a branch of the caller.
func (s *Service) GetTransfer(ctx context.Context, q postgres.Querier, id string) (Transfer, error) {
	c := caller.From(ctx)
	t, err := s.store.getTransfer(ctx, q, c.OrgID, id, false)
	if err == nil && !c.MayBranch(t.FromBranchID) && !c.MayBranch(t.ToBranchID) {
		err = fault.NotFound("transfer", id)
	}
	return t, err
}

// ListTransfers returns a page of transfers without their lines, newest first. Callers of one branch see those of that branch.
func (s *Service) ListTransfers(ctx context.Context, q postgres.Querier, branchID string, status TransferStatus, before transferCursor, size int32) ([]Transfer, error) {
	c := caller.From(ctx)
	if branchID == "" {
		branchID = c.BranchID
	}
	if branchID != "" {
		if _, err := branch.Get(ctx, q, c, branchID); err != nil {
			return nil, err
		}
	}
	return s.store.listTransfers(ctx, q, c.OrgID, branchID, status, before, size)
}
