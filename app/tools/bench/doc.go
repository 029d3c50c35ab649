// Package bench measures the assembled product beside baselines that run in the same process, in turn with it: a busy machine
// slows both, so the metric ratio holds where the times don't.
//
//   - BenchmarkCachedOverview: a cached overview of twelve branches with authentication and all interceptors, beside an empty
//     Connect handler that returns the same message with connect's own codecs. ratio is calls a second, product ÷ baseline.
//   - BenchmarkUncachedOverview: the overview of a month of 200 branches without a cache, with many orders behind it and with a
//     hundred thousand. ratio is the median time, many ÷ few: what is read is the rollup, whose size doesn't depend on orders.
//   - BenchmarkCloseOrder: closing an order over the generated client, beside the same statements run bare through pgx. ratio
//     is calls a second, product ÷ baseline.
//
// How many orders a second can be loaded is measured by BenchmarkSeed of package demo.
package bench
