// Package places counts what somebody has open at a time, over all nodes and exactly, with leases: what a node held that died is free
// again when its lease ends.
package places
