// Package inventory keeps the items that an organisation buys and uses up, what its branches hold of them and want to hold,
// what was counted, corrected, thrown away or sent to another branch, and how that compares with what sales should have
// used. Goods move through package stock, which knows their cost.
package inventory
