// Package stream measures how live figures reach many watchers, beside a bare net/http loop and the Mercure hub. It is a module of its
// own, so that the product doesn't depend on what it is compared with.
//
// Each server is a process of its own and its watchers are in another, so that processor time and memory are the server's alone.
//
//   - BenchmarkFanOut: rounds in which each organisation's watchers get one event, and the next begins when all have theirs. It runs
//     against the three servers in turn: a busy machine slows all, so the metrics ending in _ratio hold where the others don't. They are
//     frames for each second of the server's processor time, the product's ÷ the other's. The product is the whole server
//     with its authentication, limits and HTTP chain, whose figures come from the benchmark instead of the database.
//   - BenchmarkOrders: the whole product while orders close at a fixed rate over the generated client. The times are from the answer to
//     the call that closed an order until a watcher has figures that contain it, over all watchers and orders. The commit lies between the
//     beginning of the call and its answer, so the times from the beginning are given as well.
//
// Both report resident memory for each watcher, and fail if goroutines are left when all watchers have gone.
package stream
