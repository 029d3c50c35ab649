package orders

import (
	"context"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/inventory/stock"
	"github.com/chefcloud/chefcloud/app/menu"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// Close closes an order, uses up stock and counts it in the branch day.
func (s *Service) Close(ctx context.Context, tx postgres.Querier, id string, covers *int32) (*Order, error) {
	o, err := s.change(ctx, tx, id, func(o *Order, b branch.Branch) error {
		if covers != nil {
			o.Covers = *covers
		}
		now := s.clock()
		if err := o.Close(now, b.BusinessDate(now)); err != nil {
			return err
		}
		return s.consume(ctx, tx, o)
	})
	if err != nil {
		return nil, err
	}
	return o, s.count(ctx, tx, o, o.BusinessDate, o.figures())
}

// consume takes what the order's dishes are made of from stock and books its cost.
func (s *Service) consume(ctx context.Context, tx postgres.Querier, o *Order) error {
	ordered := make([]NewLine, len(o.Lines))
	for i := range o.Lines {
		ordered[i].MenuItemID = o.Lines[i].MenuItemID
	}
	dishes, err := menu.Load(ctx, tx, o.OrgID, menuIDs(ordered))
	if err != nil {
		return err
	}
	sale := stock.Sale{OrgID: o.OrgID, BranchID: o.BranchID, OrderID: o.ID, BusinessDate: o.BusinessDate, At: o.ClosedAt}
	for i := range o.Lines {
		l := &o.Lines[i]
		if !l.VoidedAt.IsZero() {
			continue
		}
		for _, r := range dishes[l.MenuItemID].Recipe {
			sale.Needs = append(sale.Needs, stock.Need{LineNo: l.No, ItemID: r.ItemID, Quantity: menu.Requirement(r, l.Quantity)})
		}
	}
	if len(sale.Needs) == 0 {
		o.SetCost(nil, false)
		return nil
	}
	used, err := stock.Consume(ctx, tx, sale)
	if err != nil {
		return err
	}
	o.SetCost(used.CostByLine, used.Short)
	return nil
}
