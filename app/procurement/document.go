package procurement

import (
	"bytes"
	"cmp"
	"context"
	_ "embed" // the document's template
	"fmt"
	"html/template"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

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

// Document is an order as a supplier reads it: everything is text, with the decimals of the currency.
type Document struct {
	Currency string
	Date     time.Time // when the order was placed, else when it was written
	Facts    []DocumentFact
	Lines    []DocumentLine
	Notice   string // says so if this is no order to deliver; empty if it is
	OrderID  string
	Terms    string
	Title    string
	Total    string
}

// DocumentFact is a line of the document's head.
type DocumentFact struct{ Name, Value string }

// DocumentLine is an item of the order.
type DocumentLine struct {
	Amount   string
	BaseUnit string
	Name     string
	No       string
	Packs    string // such as 5 × 12; empty if the quantity isn't of whole packs
	Quantity string
	UnitCost string
}

// Document returns an order as the supplier reads it.
func (s *Service) Document(ctx context.Context, q postgres.Querier, id string) (Document, error) {
	o, err := s.Get(ctx, q, id)
	if err != nil {
		return Document{}, err
	}
	b, err := branch.Get(ctx, q, caller.From(ctx), o.BranchID)
	if err != nil {
		return Document{}, err
	}
	supplier, err := s.store.getSupplier(ctx, q, o.OrgID, o.SupplierID)
	if err != nil {
		return Document{}, err
	}
	itemIDs := make([]string, len(o.Lines))
	for i := range o.Lines {
		itemIDs[i] = o.Lines[i].ItemID
	}
	items, err := inventory.Load(ctx, q, o.OrgID, itemIDs)
	if err != nil {
		return Document{}, err
	}
	packs, err := s.store.packSizes(ctx, q, o.OrgID, o.SupplierID, itemIDs)
	if err != nil {
		return Document{}, err
	}
	return newDocument(o, b, supplier, items, packs), nil
}

func newDocument(o *Order, b branch.Branch, supplier Supplier, items map[string]inventory.Item, packs map[string]decimal.Decimal) Document {
	date := o.CreatedAt
	if !o.PlacedAt.IsZero() {
		date = o.PlacedAt
	}
	d := Document{
		Currency: o.Currency, Date: date, Notice: notice(o), OrderID: o.ID, Terms: supplier.Terms, Title: "Purchase order " + o.ID,
		Total: money.Format(o.Total, o.Currency),
		Facts: []DocumentFact{
			{"Supplier", supplier.Name + " (" + supplier.ID + ")"},
			{"Email", supplier.Email},
			{"Deliver to", b.Name + " (" + b.ID + ")"},
			{"Date", date.In(b.Location).Format(time.DateOnly)},
			{"Status", string(o.Status)},
			{"Currency", o.Currency},
		},
	}
	if supplier.Email == "" {
		d.Facts = append(d.Facts[:1], d.Facts[2:]...)
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		item := items[l.ItemID]
		d.Lines = append(d.Lines, DocumentLine{
			Amount: money.Format(l.Amount, o.Currency), BaseUnit: item.BaseUnit, Name: cmp.Or(item.Name, l.ItemID) + " (" + l.ItemID + ")",
			No: strconv.Itoa(int(l.No)), Packs: packText(l.Quantity, packs[l.ItemID]), Quantity: l.Quantity.String(),
			UnitCost: money.FormatDecimal(l.UnitCost, o.Currency),
		})
	}
	return d
}

// notice says what an order that nobody should deliver is.
func notice(o *Order) string {
	switch o.Status {
	case StatusDraft, StatusSubmitted, StatusApproved:
		return "Not placed yet: do not deliver."
	case StatusCancelled:
		return "Cancelled: do not deliver."
	case StatusClosedShort, StatusPartiallyReceived, StatusPlaced, StatusReceived:
	}
	return ""
}

// packText says how many packs a quantity is, if they are whole. A pack of one says nothing.
func packText(ordered, pack decimal.Decimal) string {
	if !pack.IsPositive() || pack.Equal(decimal.NewFromInt(1)) || !ordered.Mod(pack).IsZero() {
		return ""
	}
	return ordered.Div(pack).String() + " × " + pack.String()
}

// HTML returns the document as a page.
func (d Document) HTML() ([]byte, error) {
	var page bytes.Buffer
	if err := documentTemplate.Execute(&page, d); err != nil {
		return nil, fmt.Errorf("write document: %w", err)
	}
	return page.Bytes(), nil
}
