package procurement

import (
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/fault"
)

// Order is an order to a supplier for one branch. Money is in minor units of Currency.
type Order struct {
	ApprovedAt   time.Time
	ApprovedBy   string
	BranchID     string
	CancelReason string
	ClosedAt     time.Time // when it was received in full, closed short or cancelled
	CreatedAt    time.Time
	CreatedBy    string
	Currency     string
	GeneratedFor civil.Date // zero if it was written by hand
	ID           string
	OrgID        string
	PlacedAt     time.Time
	Status       Status
	SubmittedAt  time.Time
	SupplierID   string
	ToleranceBP  int32 // over-receipt allowed, of the ordered quantity
	Total        int64 // sum of the lines' amounts
	UpdatedAt    time.Time
	UpdatedBy    string // who last changed the lines; empty if nobody did

	Events   []Event // oldest first; only where one order is read
	Lines    []Line
	Receipts []Receipt // oldest first; only where one order is read
}

// Line is one item of an order.
type Line struct {
	Amount   int64 // quantity × unit cost, rounded
	ItemID   string
	No       int32           // from 1
	Quantity decimal.Decimal // ordered, in base units
	Received decimal.Decimal // so far
	UnitCost decimal.Decimal // of one base unit in minor units
}

// Receipt is one delivery.
type Receipt struct {
	BranchID     string
	BusinessDate civil.Date
	Cost         int64 // sum of the lines' amounts
	ID           string
	Lines        []ReceiptLine
	ReceivedAt   time.Time
	ReceivedBy   string // in the words of the caller
	RecordedBy   string // the caller
}

// ReceiptLine is one item of a delivery.
type ReceiptLine struct {
	Amount   int64
	BatchID  string
	ItemID   string
	No       int32
	Quantity decimal.Decimal
	UnitCost decimal.Decimal
}

var errSelfApproval = fault.PermissionDenied("SELF_APPROVAL", "a manager can't approve a purchase order that they wrote or changed")

// Submit asks for approval.
func (o *Order) Submit(at time.Time) error {
	if err := checkTransition(o.Status, StatusSubmitted); err != nil {
		return err
	}
	o.Status, o.SubmittedAt = StatusSubmitted, at
	return nil
}

// Rewrite puts new lines in the place of a draft's; any other order is failed_precondition PO_NOT_DRAFT.
func (o *Order) Rewrite(lines []Line, by string, at time.Time) error {
	if o.Status != StatusDraft {
		return fault.FailedPrecondition("PO_NOT_DRAFT", "purchase order "+o.ID+" is "+string(o.Status)+": only drafts can be changed").
			With("status", string(o.Status))
	}
	o.Lines, o.Total, o.UpdatedAt, o.UpdatedBy = lines, totalOf(lines), at, by
	return nil
}

func totalOf(lines []Line) int64 {
	var total int64
	for i := range lines {
		total += lines[i].Amount
	}
	return total
}

// Approve lets the order be placed. Only an owner may approve what they wrote or changed themselves; authors are the people who did.
func (o *Order) Approve(c caller.Caller, authors []string, at time.Time) error {
	if err := checkTransition(o.Status, StatusApproved); err != nil {
		return err
	}
	if slices.Contains(authors, c.ActorID()) && !c.Role.AtLeast(caller.RoleOwner) {
		return errSelfApproval
	}
	o.Status, o.ApprovedAt, o.ApprovedBy = StatusApproved, at, c.ActorID()
	return nil
}

// Place sends the order to the supplier.
func (o *Order) Place(at time.Time) error {
	if err := checkTransition(o.Status, StatusPlaced); err != nil {
		return err
	}
	o.Status, o.PlacedAt = StatusPlaced, at
	return nil
}

// Cancel ends an order of which nothing has come.
func (o *Order) Cancel(reason string, at time.Time) error {
	if err := checkTransition(o.Status, StatusCancelled); err != nil {
		return err
	}
	o.Status, o.CancelReason, o.ClosedAt = StatusCancelled, reason, at
	return nil
}

// CloseShort ends a partly received order whose rest won't come.
func (o *Order) CloseShort(at time.Time) error {
	if err := checkTransition(o.Status, StatusClosedShort); err != nil {
		return err
	}
	o.Status, o.ClosedAt = StatusClosedShort, at
	return nil
}
