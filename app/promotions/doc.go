// Package promotions keeps what guests get off: its terms, who approved them, when it is at work, and who redeemed it. What a
// basket gets is decided by package pricing.
//
//	DRAFT ─approve→ APPROVED ─activate→ ACTIVE ⇄ PAUSED, each ─archive→ ARCHIVED
//
// New terms make a draft of anything but an active promotion. A draft whose terms need no approval can be activated at once.
package promotions
