// Package pricing decides what promotions take off a basket and says why each did or did not: pure functions of the terms, the
// basket and the instant.
//
// A promotion is eligible if its dates, branch, channel, order type, daypart, scope and coupon fit and its limits leave
// something. Promotions are taken in order: priority descending, age, id. Those with dishes or categories in their
// scope, and bundles, are taken off items; the others are taken off the order, after all of those. Each is taken off what
// remains of the lines when its turn comes, and looks for its minimum spend at that point.
package pricing
