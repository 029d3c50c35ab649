// Package stock is the engine that moves goods in and out of a branch's batches, first in, first out, and knows what they
// cost. Orders, wastage, counts, transfers and receipts call it in their own transaction:
//
//   - [Consume] takes what a sale needs. What is not on hand is booked as a shortfall, negative stock at the last known
//     cost, so that a till never stops because a delivery was not booked yet.
//   - [Waste], [Adjust], [CountOut] and [Send] take out what was thrown away, corrected, found missing or sent to another
//     branch. They refuse more than is on hand.
//   - [Receive] brings batches in and settles open shortfalls from them, the oldest first. What the goods cost more or
//     less than was booked is the settled cost of sales; the caller adds it to the business date of the receipt. [Arrive]
//     does the same for a transfer, with the age and expiry that the goods had, and books what got lost on the way.
//   - [Void] and [Restock] undo a Consume, for an order that was voided or refunded. Goods go back into the batches that
//     they came from. A part that was short, and settled since, comes back as a batch of its own at the cost that was
//     booked for the sale, so that the reversal of the sale's cost and the value on the shelf agree; what the settlement
//     cost on top stays where it was booked.
//
// Every change is a row of the ledger, stock_movements, written in the same statement as the batches and days that it
// changes, so that the ledger explains each batch, each shortfall and each day of an item. [Check] and [CheckDays] prove
// it, and [Rebuild] makes them anew from it.
//
// All lock the positions (branch and item) that they touch, at once and in the order of item ids, before they read
// anything: writers of the same items queue up, and never wait for each other in a ring. The locks last until the caller's
// transaction ends, so call the engine late, for one branch in a transaction, and only the daily rollup after it.
package stock
