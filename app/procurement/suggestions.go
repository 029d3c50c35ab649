package procurement

import (
	"context"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// branchItem is an item in a branch.
type branchItem struct{ branchID, itemID string }

// branchToday is a branch with its current business date.
type branchToday struct {
	branchID string
	today    civil.Date
}

// supply is everything that suggestions are made from, as it stands.
type supply struct {
	foreseen  map[branchItem]map[civil.Date]decimal.Decimal
	offers    []itemOffer // by item
	policies  map[branchItem]policy
	positions map[branchItem]Position
	use       map[branchItem]Use
}

// itemOffer is how an item is bought.
type itemOffer struct {
	Offer
	itemID, itemName string
}

// policy is what a branch set for an item.
type policy struct {
	reorderLevel decimal.Decimal
	safetyStock  *decimal.Decimal
}

// SuggestFor returns what to buy for a branch, or for all in the caller's scope, by branch and item. Items that need nothing are left
// out unless all is set; items that a branch neither has nor uses nor has a policy for are never listed.
func (s *Service) SuggestFor(ctx context.Context, q postgres.Querier, branchID string, strategy Strategy, all bool) ([]Suggestion, string, error) {
	branches, err := s.branches(ctx, q, branchID)
	if err != nil || len(branches) == 0 {
		return nil, "", err
	}
	days := make([]branchToday, len(branches))
	for i, b := range branches {
		days[i] = branchToday{branchID: b.ID, today: b.BusinessDate(s.clock())}
	}
	known, err := s.store.supply(ctx, q, caller.From(ctx).OrgID, days, strategy)
	if err != nil {
		return nil, "", err
	}
	var suggestions []Suggestion
	for _, d := range days {
		for _, o := range known.offers {
			key := branchItem{branchID: d.branchID, itemID: o.itemID}
			position, held := known.positions[key]
			use, used := known.use[key]
			set, wanted := known.policies[key]
			if !held && !used && !wanted {
				continue
			}
			made, err := Suggest(strategy, position, o.Offer, Wants{
				Foreseen: known.run(key, d.today, o.LeadTimeDays+o.ReviewPeriodDays), ReorderLevel: set.reorderLevel, SafetyStock: set.safetyStock, Use: use,
			})
			if err != nil {
				return nil, "", err
			}
			if made.Need.IsPositive() || all {
				made.BranchID, made.ItemID, made.ItemName = d.branchID, o.itemID, o.itemName
				suggestions = append(suggestions, made)
			}
		}
	}
	return suggestions, branches[0].Currency, nil
}

// run returns what is foreseen for so many dates in a row, nil if one is missing.
func (s *supply) run(key branchItem, from civil.Date, days int32) []decimal.Decimal {
	foreseen := make([]decimal.Decimal, days)
	for i := range foreseen {
		expected, ok := s.foreseen[key][from.AddDays(i)]
		if !ok {
			return nil
		}
		foreseen[i] = expected
	}
	return foreseen
}

// branches returns one branch, or all in the caller's scope.
func (s *Service) branches(ctx context.Context, q postgres.Querier, branchID string) ([]branch.Branch, error) {
	c := caller.From(ctx)
	if branchID == "" {
		return branch.List(ctx, q, c)
	}
	b, err := branch.Get(ctx, q, c, branchID)
	return []branch.Branch{b}, err
}
