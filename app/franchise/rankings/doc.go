// Package rankings orders the branches of an organisation by a weighted score of net sales, margin, waste and service.
//
// Open periods are computed from the branch days. A closed month is answered as it was stored, so that what was published
// stands until somebody recomputes it.
package rankings
