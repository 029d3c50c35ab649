package rankings

import (
	"cmp"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/franchise/figures"
	"github.com/chefcloud/chefcloud/app/franchise/organisation"
)

// Branch is what a branch is ranked by.
type Branch struct {
	daysales.Figures
	ID string
}

// Ranking is the place of a branch.
type Ranking struct {
	BranchID       string
	GrossMarginBP  *int64
	Movement       *int32
	NetSales       int64
	Partial        bool
	Rank           int32
	Score          decimal.Decimal
	ServiceLevelBP *int64
	WasteOfSalesBP *int64
}

// Rank scores the branches and orders them by score, then net sales, then id. Equal scores share a place and the next
// places are skipped: 1, 1, 3.
func Rank(branches []Branch, settings organisation.Settings) []Ranking {
	highest := bestOf(branches)
	rankings := make([]Ranking, len(branches))
	for i, b := range branches {
		points, partial := score(b.Figures, highest, settings)
		rankings[i] = Ranking{
			BranchID:       b.ID,
			GrossMarginBP:  figures.Bp(figures.GrossMargin(b.Figures), b.Net()),
			NetSales:       b.Net(),
			Partial:        partial,
			Score:          points,
			ServiceLevelBP: figures.Bp(b.TicketsOnTime, b.Tickets),
			WasteOfSalesBP: figures.Bp(b.WasteCost, b.Net()),
		}
	}
	slices.SortFunc(rankings, func(a, b Ranking) int {
		return cmp.Or(b.Score.Cmp(a.Score), cmp.Compare(b.NetSales, a.NetSales), cmp.Compare(a.BranchID, b.BranchID))
	})
	for i := range rankings {
		rankings[i].Rank = int32(i) + 1
		if i > 0 && rankings[i].Score.Equal(rankings[i-1].Score) {
			rankings[i].Rank = rankings[i-1].Rank
		}
	}
	return rankings
}

// Move tells each branch how many places it gained since before; those that weren't ranked then get nothing.
func Move(rankings, before []Ranking) {
	places := make(map[string]int32, len(before))
	for _, r := range before {
		places[r.BranchID] = r.Rank
	}
	for i, r := range rankings {
		if place, ok := places[r.BranchID]; ok {
			gained := place - r.Rank
			rankings[i].Movement = &gained
		}
	}
}
