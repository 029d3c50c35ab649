// Package ratelimit admits at most so many calls of one subject in any 60 seconds, over all nodes together.
//
// # Algorithm
//
// A sliding-window log: the instants of the admitted calls of the last 60 seconds, for each subject, in Valkey and by
// Valkey's clock. A call is admitted while fewer than the limit are noted; a refused one isn't noted, so it doesn't put
// off the next place. Places free one by one, as the calls that took them turn 60 seconds old. A token bucket would be
// smaller, but it gives places back from the first call on: ten calls in nine seconds would leave room for more at the
// thirtieth, and a minute could hold nearly twice the limit.
//
// One script decides in one round trip. A refusal is remembered by the node until the next place frees, so further calls
// of a subject that is over its limit cost no round trip; that is exact, for nothing that happens meanwhile frees a place
// sooner, except another limit, which voids the memory.
//
// # Without Valkey
//
// Each node also notes what it admits itself. When Valkey can't be reached, calls are decided by these notes at the
// node's share of the limit: the limit divided by the nodes that were last seen alive, at least one. What other nodes had
// admitted before the outage isn't known, so the minute around its beginning, and that around its end, may hold up to
// twice the limit; within the outage the shares add up to the limit.
//
// # Keys
//
//	{prefix}.limit:{<org>}:<budget>:<subject>   list of the admitted calls' instants in microseconds, newest first
//	{prefix}.limit:{<address>}:address          the same for an address, an IPv6 one by its /64
//	{prefix}.nodes                              sorted set of live nodes by their last heartbeat in milliseconds
package ratelimit
