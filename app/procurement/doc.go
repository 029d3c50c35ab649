// Package procurement buys stock: suppliers, purchase orders and their receipts.
//
//	DRAFT ──▶ SUBMITTED ──▶ APPROVED ──▶ PLACED ──▶ PARTIALLY_RECEIVED ──▶ RECEIVED
//	  │           │             │          │ └───────────────────────────────▲
//	  │           │             │          │           └──────────────▶ CLOSED_SHORT
//	  └───────────┴─────────────┴──────────┴──▶ CANCELLED
//
// A [Order] is changed only by its own methods, which know no I/O; the [Service] locks it, lets one method change it and
// saves what changed. A receipt books the order, its batches in stock and the branch day in one transaction, all or
// nothing.
package procurement
