// Package orders takes guests' orders from opening to payment and corrects them afterwards, and keeps the day's sales in
// step in the same transaction.
//
// An [Order] is changed only by its own methods, which know no I/O; the [Service] locks it, lets one method change it,
// uses up or returns stock, saves what changed and adds the difference to the branch day.
//
//	OPEN ──send──▶ SENT ──ready──▶ READY
//	  │              │               │
//	  └──────────────┴───── close ───┴──▶ CLOSED ──void (same business date, nothing refunded)──▶ VOIDED
//	  └──────────────┴───── void ────┴──────────────────────────────────────────────────────────▶ VOIDED
//
// Guests may pay before the kitchen is done, so tickets of a closed order can still become ready.
package orders
