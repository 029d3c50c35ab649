package inventory

import (
	"context"
	"time"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// NewCount describes a count.
type NewCount struct {
	BranchID string
	ID       string   // minted if empty
	ItemIDs  []string // each once; empty for all
	Note     string
}

// OpenCount begins a count; stock doesn't change before it is committed.
func (s *Service) OpenCount(ctx context.Context, tx postgres.Querier, n NewCount) (Count, error) {
	if err := checkItems(ctx, tx, caller.From(ctx).OrgID, "item_ids[%d]", n.ItemIDs); err != nil {
		return Count{}, err
	}
	c, _, err := s.openCount(ctx, tx, n)
	return c, err
}

func (s *Service) openCount(ctx context.Context, tx postgres.Querier, n NewCount) (Count, branch.Branch, error) {
	b, err := branch.Get(ctx, tx, caller.From(ctx), n.BranchID)
	if err != nil {
		return Count{}, b, err
	}
	c := Count{BranchID: b.ID, ID: n.ID, Note: n.Note, OpenedAt: s.clock(), OpenedBy: caller.From(ctx).ActorID(), Status: CountOpen}
	if c.ID == "" {
		c.ID = ids.New("cnt")
	}
	inserted, err := s.store.insertCount(ctx, tx, b.OrgID, c, n.ItemIDs)
	if err == nil && !inserted {
		err = fault.AlreadyExists("COUNT_ID_TAKEN", "count "+c.ID+" exists already")
	}
	if err != nil {
		return Count{}, b, err
	}
	c.Lines, err = s.store.listCountLines(ctx, tx, b.OrgID, c.ID)
	return c, b, err
}

// SetCounted notes what was counted of some of the items of an open count.
func (s *Service) SetCounted(ctx context.Context, tx postgres.Querier, id string, counted []CountedItem) (Count, error) {
	return s.changeCount(ctx, tx, id, func(c *Count) error { return c.set(counted) })
}

// CommitCount books an open count, as of an instant; zero is now.
func (s *Service) CommitCount(ctx context.Context, tx postgres.Querier, id string, at time.Time, leaveUncounted bool) (Count, error) {
	return s.changeCount(ctx, tx, id, func(c *Count) error {
		b, err := branch.Get(ctx, tx, caller.From(ctx), c.BranchID)
		if err != nil {
			return err
		}
		return s.commitCount(ctx, tx, b, c, at, leaveUncounted)
	})
}

// CancelCount gives an open count up.
func (s *Service) CancelCount(ctx context.Context, tx postgres.Querier, id string) (Count, error) {
	return s.changeCount(ctx, tx, id, func(c *Count) error {
		c.Status = CountCancelled
		return nil
	})
}

// RecordCount opens and commits a count in one step.
func (s *Service) RecordCount(ctx context.Context, tx postgres.Querier, n NewCount, at time.Time, counted []CountedItem) (Count, error) {
	for _, item := range counted {
		n.ItemIDs = append(n.ItemIDs, item.ItemID)
	}
	if err := checkItems(ctx, tx, caller.From(ctx).OrgID, "items[%d].item_id", n.ItemIDs); err != nil {
		return Count{}, err
	}
	c, b, err := s.openCount(ctx, tx, n)
	if err != nil {
		return Count{}, err
	}
	if err := c.set(counted); err != nil {
		return Count{}, err
	}
	if err := s.commitCount(ctx, tx, b, &c, at, false); err != nil {
		return Count{}, err
	}
	return c, s.store.updateCount(ctx, tx, b.OrgID, &c)
}

// changeCount locks an open count that the caller may see, lets apply change it, and saves it.
func (s *Service) changeCount(ctx context.Context, tx postgres.Querier, id string, apply func(c *Count) error) (Count, error) {
	caller := caller.From(ctx)
	c, err := s.store.getCount(ctx, tx, caller.OrgID, id, true)
	if err != nil {
		return Count{}, err
	}
	if !caller.MayBranch(c.BranchID) {
		return Count{}, fault.NotFound("count", id)
	}
	if c.Status != CountOpen {
		return Count{}, fault.FailedPrecondition("COUNT_"+string(c.Status), "count "+id+" is "+string(c.Status)).With("status", string(c.Status))
	}
	if err := apply(&c); err != nil {
		return Count{}, err
	}
	return c, s.store.updateCount(ctx, tx, caller.OrgID, &c)
}

// GetCount returns a count that the caller may see.
func (s *Service) GetCount(ctx context.Context, q postgres.Querier, id string) (Count, error) {
	c := caller.From(ctx)
	count, err := s.store.getCount(ctx, q, c.OrgID, id, false)
	if err != nil {
		return Count{}, err
	}
	if !c.MayBranch(count.BranchID) {
		return Count{}, fault.NotFound("count", id)
	}
	return count, nil
}

// ListCounts returns up to size counts of a branch before a cursor, newest first, without their lines; of any status if it is empty.
func (s *Service) ListCounts(
	ctx context.Context, q postgres.Querier, branchID string, status CountStatus, before countCursor, size int32,
) ([]Count, error) {
	b, err := branch.Get(ctx, q, caller.From(ctx), branchID)
	if err != nil {
		return nil, err
	}
	return s.store.listCounts(ctx, q, b.OrgID, b.ID, status, before, size)
}
