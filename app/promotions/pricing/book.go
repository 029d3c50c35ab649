package pricing

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
)

// Book is an organisation's active promotions, arranged to be searched by basket. It never changes and is safe to share.
type Book struct {
	entries []entry // in the order in which they are taken
	// What baskets are looked up by: places in entries.
	byCategory, byItem map[string][]int32
	codes              map[string]bool
	anything           []int32 // without dishes and categories in their scope
}

// entry is a promotion with what its eligibility is looked up in.
type entry struct {
	*Promotion
	branches, categories, codes, items map[string]bool
}

// NewBook arranges promotions.
func NewBook(promotions []*Promotion) *Book {
	sorted := slices.SortedFunc(slices.Values(promotions), compare)
	b := &Book{entries: make([]entry, len(sorted)), byCategory: map[string][]int32{}, byItem: map[string][]int32{}, codes: map[string]bool{}}
	for i, p := range sorted {
		place := int32(i)
		b.entries[i] = entry{
			Promotion: p, branches: set(p.Scope.BranchIDs), categories: set(p.Scope.Categories), codes: set(p.CouponCodes), items: set(p.Scope.MenuItemIDs),
		}
		for _, code := range p.CouponCodes {
			b.codes[code] = true
		}
		for _, item := range p.Scope.MenuItemIDs {
			b.byItem[item] = append(b.byItem[item], place)
		}
		for _, category := range p.Scope.Categories {
			b.byCategory[category] = append(b.byCategory[category], place)
		}
		if len(p.Scope.MenuItemIDs)+len(p.Scope.Categories) == 0 {
			b.anything = append(b.anything, place)
		}
	}
	return b
}

func compare(a, b *Promotion) int {
	return cmp.Or(cmp.Compare(b.Priority, a.Priority), a.CreatedAt.Compare(b.CreatedAt), strings.Compare(a.ID, b.ID))
}

func set(values []string) map[string]bool {
	if len(values) == 0 {
		return nil
	}
	s := make(map[string]bool, len(values))
	for _, v := range values {
		s[v] = true
	}
	return s
}

// Empty reports whether there is nothing to be had.
func (b *Book) Empty() bool { return b == nil || len(b.entries) == 0 }

// HasCode reports whether some promotion of the book has the code.
func (b *Book) HasCode(code string) bool { return b != nil && b.codes[NormalCode(code)] }

// inScope calls do with the place of each promotion that has something of the basket in its scope, in order.
func (b *Book) inScope(basket *Basket, do func(place int)) {
	marked := make([]uint64, (len(b.entries)+63)/64)
	mark := func(places []int32) {
		for _, place := range places {
			marked[place>>6] |= 1 << (place & 63)
		}
	}
	mark(b.anything)
	for i := range basket.Lines {
		mark(b.byItem[basket.Lines[i].MenuItemID])
		mark(b.byCategory[basket.Lines[i].Category])
	}
	for word, set := range marked {
		for ; set != 0; set &= set - 1 {
			do(word<<6 + bits.TrailingZeros64(set))
		}
	}
}

// covers reports whether a line is in the scope.
func (e *entry) covers(l *Line) bool {
	return e.items == nil && e.categories == nil || e.items[l.MenuItemID] || e.categories[l.Category]
}
