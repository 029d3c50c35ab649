// Package sim runs made-up restaurants, one branch and business date at a time, and hands out the rows that such a day leaves
// in the database: orders, stock, purchases and the day's rollup.
//
// The rows agree with each other as those of the product do. Money follows the rules of app/orders, costs are first in, first
// out as in app/inventory/stock, the rollup is counted along with what it sums, and goods are only ever used after
// they came in. All arithmetic is in integers, and a day is drawn from a source of random numbers of its own, so that the
// same seed gives the same rows on every machine, whatever else is simulated beside it.
package sim
