// Package inventory keeps the items that an organisation buys and uses up, what its branches hold of them, and what was
// thrown away. Goods move through package stock, which knows their cost.
package inventory
