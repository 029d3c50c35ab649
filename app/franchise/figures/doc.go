// Package figures sums branch days and derives the ratios that every report shows.
//
// A ratio is computed from the sums that it is about, once, in integer basis points, and is absent where its denominator is
// 0. The ratio of several branches is the ratio of their sums.
package figures
