package procurement

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
)

// branchesAtOnce is of how many branches the supply is read together: few enough that a page of an organisation with many branches
// doesn't read all of them.
const branchesAtOnce = 16

// branchItem is an item in a branch, and as a cursor the last row of a page of suggestions.
type branchItem struct {
	BranchID string `json:"branch"`
	ItemID   string `json:"item"`
}

func (k branchItem) compare(other branchItem) int {
	return cmp.Or(cmp.Compare(k.BranchID, other.BranchID), cmp.Compare(k.ItemID, other.ItemID))
}

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
	baseUnit, itemID, itemName string
}

// policy is what a branch set for an item.
type policy struct {
	reorderLevel decimal.Decimal
	safetyStock  *decimal.Decimal
}

// Suggestions are what to buy, by branch and item.
type Suggestions struct {
	AsOf     time.Time
	Currency string
	Rows     []Suggestion
}

// SuggestPage returns at least size suggestions after a cursor, or all that are left, for a branch or for all in the caller's scope.
// Items that need nothing are left out unless all is set; items that a branch neither has nor uses nor has a policy for are never
// listed.
func (s *Service) SuggestPage(
	ctx context.Context, q postgres.Querier, branchID string, strategy Strategy, all bool, after branchItem, size int32,
) (Suggestions, error) {
	branches, err := s.branches(ctx, q, branchID)
	if err != nil || len(branches) == 0 {
		return Suggestions{}, err
	}
	found := Suggestions{AsOf: s.clock(), Currency: branches[0].Currency}
	// The database may sort texts otherwise than pages are compared.
	slices.SortFunc(branches, func(a, b branch.Branch) int { return cmp.Compare(a.ID, b.ID) })
	branches = slices.DeleteFunc(branches, func(b branch.Branch) bool { return b.ID < after.BranchID })
	for chunk := range slices.Chunk(branches, branchesAtOnce) {
		rows, err := s.suggest(ctx, q, chunk, strategy, all, found.AsOf)
		if err != nil {
			return Suggestions{}, err
		}
		for i := range rows {
			if rows[i].key().compare(after) > 0 {
				found.Rows = append(found.Rows, rows[i])
			}
		}
		if len(found.Rows) >= int(size) {
			break
		}
	}
	return found, nil
}

// suggest returns what to buy for branches of one organisation, by branch and item.
func (s *Service) suggest(ctx context.Context, q postgres.Querier, branches []branch.Branch, strategy Strategy, all bool, now time.Time) ([]Suggestion, error) {
	days := make([]branchToday, len(branches))
	for i, b := range branches {
		days[i] = branchToday{branchID: b.ID, today: b.BusinessDate(now)}
	}
	known, err := s.store.supply(ctx, q, branches[0].OrgID, days, strategy)
	if err != nil {
		return nil, err
	}
	var suggestions []Suggestion
	for _, d := range days {
		for _, o := range known.offers {
			key := branchItem{BranchID: d.branchID, ItemID: o.itemID}
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
				return nil, err
			}
			if made.Need.IsPositive() || all {
				made.BaseUnit, made.BranchID, made.ItemID, made.ItemName = o.baseUnit, d.branchID, o.itemID, o.itemName
				suggestions = append(suggestions, made)
			}
		}
	}
	slices.SortFunc(suggestions, func(a, b Suggestion) int { return a.key().compare(b.key()) })
	return suggestions, nil
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
