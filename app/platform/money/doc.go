// Package money computes with amounts in minor units of a currency, held as int64, and with ratios in integer basis points
// (1 bp = 1/10 000). Every rounding is half away from zero and exact: nothing here goes through a float.
package money
