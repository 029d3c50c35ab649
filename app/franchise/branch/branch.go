package branch

import (
	"time"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/fault"
)

// Branch is one restaurant with what its organisation decides for it.
type Branch struct {
	CutoffMinutes int
	// Currency is the organisation's ISO 4217 code.
	Currency string
	ID       string
	Location *time.Location
	Name     string
	OpenedOn civil.Date
	OrgID    string
	// PromotionMode and PromotionsVersion are the organisation's; see package promotions.
	PromotionMode     string
	PromotionsVersion int64
	ServiceTarget     time.Duration
	TimeZone          string
	// WebhookEvents are the types of event that the organisation's endpoints want to be told of; see package outgoing.
	WebhookEvents []string
}

// BusinessDate returns the date on which an instant counts in this branch.
func (b Branch) BusinessDate(t time.Time) civil.Date {
	return civil.BusinessDate(t, b.Location, b.CutoffMinutes)
}

// CheckCurrency refuses money in another currency than the organisation's; the empty code means the organisation's.
func (b Branch) CheckCurrency(code string) error {
	if code == "" || code == b.Currency {
		return nil
	}
	return fault.Invalid("currency", "must be "+b.Currency+", the organisation's currency").WithReason("CURRENCY_MISMATCH")
}
