package procurement

import (
	"slices"

	"github.com/chefcloud/chefcloud/app/platform/fault"
)

// Status is where a purchase order stands.
type Status string

// The states of a purchase order; see the package comment for the ways between them.
const (
	StatusApproved          Status = "APPROVED"
	StatusCancelled         Status = "CANCELLED"
	StatusClosedShort       Status = "CLOSED_SHORT"
	StatusDraft             Status = "DRAFT"
	StatusPartiallyReceived Status = "PARTIALLY_RECEIVED"
	StatusPlaced            Status = "PLACED"
	StatusReceived          Status = "RECEIVED"
	StatusSubmitted         Status = "SUBMITTED"
)

// next lists the states that may follow each; one without an entry is final. A delivery that leaves an order partly
// received is no transition.
var next = map[Status][]Status{
	StatusDraft:             {StatusSubmitted, StatusCancelled},
	StatusSubmitted:         {StatusApproved, StatusCancelled},
	StatusApproved:          {StatusPlaced, StatusCancelled},
	StatusPlaced:            {StatusPartiallyReceived, StatusReceived, StatusCancelled},
	StatusPartiallyReceived: {StatusReceived, StatusClosedShort},
}

// checkTransition refuses what the table doesn't list: failed_precondition PO_TRANSITION, naming both states.
func checkTransition(from, to Status) error {
	if slices.Contains(next[from], to) {
		return nil
	}
	return fault.FailedPrecondition("PO_TRANSITION", "a purchase order that is "+string(from)+" can't become "+string(to)).
		With("from", string(from)).With("to", string(to))
}

// receivable reports whether goods may still come.
func (s Status) receivable() bool {
	return s == StatusPlaced || s == StatusPartiallyReceived
}
