package pricing

import (
	"time"

	"github.com/shopspring/decimal"
)

// Basket is what a guest is about to pay.
type Basket struct {
	// At is the instant to price for, in the branch's zone.
	At          time.Time
	BranchID    string
	Channel     string
	CouponCodes []string // as presented
	Lines       []Line
	OrderType   string
}

// Line is one dish of a basket.
type Line struct {
	Category   string
	MenuItemID string
	// Net is what there is to take off from, in minor units: the gross, or 0 if the line is given away.
	Net      int64
	No       int32
	Quantity decimal.Decimal
}

// Reason says why a promotion applied or not.
type Reason string

// The reasons.
const (
	ReasonApplied            Reason = "APPLIED"
	ReasonBetterForGuest     Reason = "BETTER_FOR_GUEST"
	ReasonBundleIncomplete   Reason = "BUNDLE_INCOMPLETE"
	ReasonCouponLimitReached Reason = "COUPON_LIMIT_REACHED"
	ReasonCouponMissing      Reason = "COUPON_MISSING"
	ReasonEnded              Reason = "ENDED"
	ReasonExclusiveApplied   Reason = "EXCLUSIVE_APPLIED"
	ReasonExclusiveOutranked Reason = "EXCLUSIVE_OUTRANKED"
	ReasonLimitReached       Reason = "LIMIT_REACHED"
	ReasonMinimumSpend       Reason = "MINIMUM_SPEND"
	ReasonNotStarted         Reason = "NOT_STARTED"
	ReasonNothingLeft        Reason = "NOTHING_LEFT"
	ReasonOtherBranch        Reason = "OTHER_BRANCH"
	ReasonOtherChannel       Reason = "OTHER_CHANNEL"
	ReasonOtherOrderType     Reason = "OTHER_ORDER_TYPE"
	ReasonOutOfScope         Reason = "OUT_OF_SCOPE"
	ReasonOutsideDaypart     Reason = "OUTSIDE_DAYPART"
)

// Decision is what became of one promotion, or of one code of it.
type Decision struct {
	CouponCode string // in normal form; empty if it needs none
	Discount   int64  // sum of Lines
	Lines      []LineDiscount
	Promotion  *Promotion
	Reason     Reason
}

// LineDiscount is what a promotion took off a line.
type LineDiscount struct {
	Amount int64 // above 0
	LineNo int32
}

// Result is a priced basket.
type Result struct {
	// Applied are in the order in which they were taken off.
	Applied  []Decision
	Discount int64 // sum over Applied
	// Skipped are by priority: only those that were eligible until something kept them out, or, where explained, all others.
	Skipped []Decision
}

// Left says what the limits of bounded promotions leave. A promotion or code that isn't in it has nothing left.
type Left struct {
	Coupons map[Coupon]bool
	Total   map[string]int64 // by promotion
}

// Coupon is one code of one promotion.
type Coupon struct{ Code, PromotionID string }
