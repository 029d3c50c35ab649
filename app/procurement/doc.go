// Package procurement buys stock: what to buy and from whom, purchase orders, their receipts and what suppliers bill for them.
//
//	DRAFT ──▶ SUBMITTED ──▶ APPROVED ──▶ PLACED ──▶ PARTIALLY_RECEIVED ──▶ RECEIVED
//	  │           │             │          │ └───────────────────────────────▲
//	  │           │             │          │           └──────────────▶ CLOSED_SHORT
//	  └───────────┴─────────────┴──────────┴──▶ CANCELLED
//
// A [Order] is changed only by its own methods, which know no I/O; the [Service] locks it, lets one method change it, saves
// what changed and adds the step to the order's history. A receipt books the order, its batches in stock and the branch day
// in one transaction, all or nothing.
package procurement
