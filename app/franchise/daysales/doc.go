// Package daysales keeps the daily rollup of each branch equal to the sum of its raw rows.
//
// Whoever closes, voids or refunds an order, throws stock away or receives it adds a [Delta] in the same transaction.
// Reports sum the rollup and never scan orders. [Reconcile] recomputes it from the raw rows and reports any difference;
// there must never be one.
package daysales
