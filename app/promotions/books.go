package promotions

import (
	"context"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/promotions/pricing"
)

// heldBooks is how many organisations' promotions a process keeps in memory. One with 10 000 promotions takes about 20 MB.
const heldBooks = 256

// books keeps organisations' active promotions in memory, as of a version that the caller has just read: a book is never
// older than what the caller's transaction sees.
type books struct {
	held  *lru.Cache[string, heldBook]
	store store
}

type heldBook struct {
	book    *pricing.Book
	version int64
}

func newBooks() *books {
	held, err := lru.New[string, heldBook](heldBooks)
	if err != nil {
		panic("promotions: " + err.Error()) // the size is positive
	}
	return &books{held: held, store: newStore()}
}

// get returns the promotions that are active at a version or later. Version 0 has none.
func (b *books) get(ctx context.Context, q postgres.Querier, orgID string, version int64) (*pricing.Book, error) {
	if version == 0 {
		return nil, nil
	}
	if held, ok := b.held.Get(orgID); ok && held.version >= version {
		return held.book, nil
	}
	active, err := b.store.listActive(ctx, q, orgID)
	if err != nil {
		return nil, err
	}
	book := pricing.NewBook(active)
	b.held.Add(orgID, heldBook{book: book, version: version})
	return book, nil
}
