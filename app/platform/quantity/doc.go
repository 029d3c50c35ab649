// Package quantity carries amounts of goods, numeric(14,3), over the wire.
package quantity
