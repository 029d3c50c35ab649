package billing

import (
	"cmp"
	"time"
)

// InvoiceStatus is where an invoice stands.
type InvoiceStatus string

// The states. An invoice that was paid stays so.
const (
	InvoiceFailed InvoiceStatus = "FAILED"
	InvoiceOpen   InvoiceStatus = "OPEN"
	InvoicePaid   InvoiceStatus = "PAID"
)

// InvoiceDetails are what the latest event says of an invoice.
type InvoiceDetails struct {
	Amount                 int64 // minor units of Currency
	Currency               string
	DueAt                  time.Time // zero if unknown, as the others
	HostedURL              string
	Number                 string
	PeriodStart, PeriodEnd time.Time
}

// Invoice is one bill.
type Invoice struct {
	InvoiceDetails
	EventAt  time.Time // of the event that the details are from
	EventID  string
	FailedAt time.Time // latest failure, zero if none
	Failures int32
	ID       string
	OrgID    string
	PaidAt   time.Time // zero if not
}

// Status returns where the invoice stands.
func (i *Invoice) Status() InvoiceStatus {
	switch {
	case !i.PaidAt.IsZero():
		return InvoicePaid
	case !i.FailedAt.IsZero():
		return InvoiceFailed
	}
	return InvoiceOpen
}

// Hear takes what one event of a payment says. Each event must be heard once; the sequence doesn't matter.
func (i *Invoice) Hear(d InvoiceDetails, p Payment) {
	if cmp.Or(p.At.Compare(i.EventAt), cmp.Compare(p.EventID, i.EventID)) > 0 {
		i.InvoiceDetails, i.EventAt, i.EventID = d, p.At, p.EventID
	}
	if p.Paid {
		if i.PaidAt.IsZero() || p.At.Before(i.PaidAt) {
			i.PaidAt = p.At
		}
		return
	}
	i.Failures++
	if p.At.After(i.FailedAt) {
		i.FailedAt = p.At
	}
}
