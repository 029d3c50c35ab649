// Package places counts what somebody has open at a time, over all nodes and exactly, with leases: what a node held that died is free
// again when its lease ends.
//
// # Leases
//
// A node renews the leases of its places, and a lease that Valkey doesn't know is only taken again if there is still a place: that of a
// node that was paused for longer than a lease, or of a Valkey that came back empty. If there is none, the place is lost, and whoever
// holds it is told. So the count is never over the limit for longer than it takes to notice, about a second; and on the node that
// holds places it never is, for it takes them again before it takes another.
//
// # Without Valkey
//
// Each node grants its share of the limit by what it holds itself, at least one place. What others held before the outage isn't known, so
// there can be more than the limit: with n nodes up to n places, or twice the limit, whichever is more. When Valkey is back, the places that
// are too many are lost.
//
// # Keys
//
//	{prefix}.{kind}:{<org>}:<subject>   sorted set of leases by their end in milliseconds
package places
