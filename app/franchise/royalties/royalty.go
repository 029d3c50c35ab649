package royalties

import (
	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/franchise/organisation"
	"github.com/chefcloud/chefcloud/app/platform/money"
)

// Royalty is what a branch owes, in minor units.
type Royalty struct {
	AdFund       int64
	Base         int64
	FloorApplied bool
	Royalty      int64
}

// Owed returns what a branch owes for its figures: a share of the base, at least the floor, and a share for the advertising
// fund. Where refunds outweigh sales nothing is due but the floor.
func Owed(f daysales.Figures, s organisation.Settings) Royalty {
	r := Royalty{Base: f.Net()}
	if s.RoyaltyBase == organisation.RoyaltyBaseGross {
		r.Base = f.Gross
	}
	due := max(r.Base, 0)
	r.AdFund, r.Royalty = money.MulRate(due, s.AdFundRateBP), money.MulRate(due, s.RoyaltyRateBP)
	if r.Royalty < s.RoyaltyFloor {
		r.FloorApplied, r.Royalty = true, s.RoyaltyFloor
	}
	return r
}
