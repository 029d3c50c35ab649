package procurement

import (
	"bytes"
	"context"
	_ "embed" // the document's template
	"fmt"
	"html/template"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/inventory"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/money"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

//go:embed document.html
var documentSource string

// documentTemplate escapes whatever names contain.
var documentTemplate = template.Must(template.New("document").Parse(documentSource))

// documentLine is a line as a supplier reads it.
type documentLine struct {
	Amount, BaseUnit, ItemID, Name, Quantity, UnitCost string
	No                                                 int32
}

// Document returns an order as an HTML page to send to the supplier or to print.
func (s *Service) Document(ctx context.Context, q postgres.Querier, id string) ([]byte, error) {
	o, err := s.Get(ctx, q, id)
	if err != nil {
		return nil, err
	}
	b, err := branch.Get(ctx, q, caller.From(ctx), o.BranchID)
	if err != nil {
		return nil, err
	}
	supplier, err := s.store.getSupplier(ctx, q, o.OrgID, o.SupplierID)
	if err != nil {
		return nil, err
	}
	itemIDs := make([]string, len(o.Lines))
	for i := range o.Lines {
		itemIDs[i] = o.Lines[i].ItemID
	}
	items, err := inventory.Load(ctx, q, o.OrgID, itemIDs)
	if err != nil {
		return nil, err
	}
	lines := make([]documentLine, len(o.Lines))
	for i, l := range o.Lines {
		item := items[l.ItemID]
		lines[i] = documentLine{
			Amount: money.Format(l.Amount, o.Currency), BaseUnit: item.BaseUnit, ItemID: l.ItemID, Name: item.Name, No: l.No, Quantity: l.Quantity.String(),
			UnitCost: money.FormatDecimal(l.UnitCost, o.Currency),
		}
	}
	date := o.CreatedAt
	if !o.PlacedAt.IsZero() {
		date = o.PlacedAt
	}
	var page bytes.Buffer
	err = documentTemplate.Execute(&page, map[string]any{
		"Branch": b, "Date": date.In(b.Location).Format("2006-01-02"), "Lines": lines, "Order": o, "Supplier": supplier,
		"Total": money.Format(o.Total, o.Currency),
	})
	if err != nil {
		return nil, fmt.Errorf("write document: %w", err)
	}
	return page.Bytes(), nil
}
