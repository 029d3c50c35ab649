// Package franchise serves the head office's figures: chefcloud.franchise.v1.
//
// Each report is a package of its own with two steps. Resolve says what a request means for its caller now: which branches,
// and which business dates in each of their time zones. It touches no database, only the organisation's settings and
// branches, which come from an [organisation.Directory]. Load then answers the resolved query in a constant number of
// statements, however many branches there are. Between the two is where an answer may be kept: queries with equal Params
// have equal answers until something is booked or changed.
//
//	ranges        what `today`, `mtd` or `2024-11` means, and what to compare it with
//	organisation  settings and branches, and which of them a caller may see
//	branch        one restaurant, for the domains that book something in it
//	daysales      the daily rollup that everything is summed from
//	figures       sums and ratios
//	overview, rankings, budgets, forecast, growth, royalties   the reports
package franchise
