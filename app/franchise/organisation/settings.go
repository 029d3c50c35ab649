package organisation

import (
	"math"

	"github.com/chefcloud/chefcloud/app/platform/fault"
)

// RoyaltyBase is what royalties are a share of.
type RoyaltyBase string

// The bases.
const (
	RoyaltyBaseGross RoyaltyBase = "GROSS"
	RoyaltyBaseNet   RoyaltyBase = "NET"
)

// Settings are what an organisation decides for all its branches. Rates are in basis points, money in minor units.
type Settings struct {
	AdFundRateBP int64
	// Currency is the ISO 4217 code of all its money, fixed when the organisation is made.
	Currency string
	// CutoffMinutes after midnight, branch time, a business date begins.
	CutoffMinutes int
	Name          string
	// PromotionMode says which of several promotions an order gets; see package promotions.
	PromotionMode string
	RoyaltyBase   RoyaltyBase
	// RoyaltyFloor is the least royalty of a branch for a range.
	RoyaltyFloor  int64
	RoyaltyRateBP int64
	// WasteCapBP is the waste rate from which on the waste score is 0.
	WasteCapBP int64
	Weights    Weights
}

// Weights say how much each metric counts in the rankings. They are not negative and sum to 1.
type Weights struct {
	Margin, Revenue, Service, Waste float64
}

// weightsTolerance is how far the sum may be from 1: decimal fractions have no exact double.
const weightsTolerance = 1e-9

// Check answers an Invalid error on field unless the weights are not negative and sum to 1.
func (w Weights) Check(field string) error {
	for _, weight := range []float64{w.Margin, w.Revenue, w.Service, w.Waste} {
		if weight < 0 || math.IsNaN(weight) {
			return fault.Invalid(field, "must not be negative")
		}
	}
	if sum := w.Revenue + w.Margin + w.Waste + w.Service; math.Abs(sum-1) > weightsTolerance {
		return fault.Invalid(field, "must sum to 1")
	}
	return nil
}

// Change is a new value for each setting that is not nil.
type Change struct {
	AdFundRateBP  *int32
	CutoffMinutes *int32
	Name          *string
	PromotionMode *string
	RoyaltyBase   *RoyaltyBase
	RoyaltyFloor  *int64
	RoyaltyRateBP *int32
	WasteCapBP    *int32
	Weights       *Weights
}
