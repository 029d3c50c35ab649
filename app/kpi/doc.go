// Package kpi streams what the branches are doing now to everybody who watches.
//
// # The way of the data
//
// A mutation that changes a live figure replaces the organisation's stamp of [cache.KPIs] after its commit, which announces itself
// through Valkey's sharded pub/sub. Each node with watchers of the organisation has one [hub] for it, which hears that. One of the
// nodes, by turns, loads the figures and stores them, which announces itself too, and all hubs read them from there.
// A hub hands the same figures to all its watchers, encoded once for each form in which they are wanted.
//
// Nothing depends on an announcement: a hub also compares the stamp now and then, and without Valkey it asks the database.
//
// # What a watcher gets
//
// Each set of figures is whole and replaces those before, so a watcher who can't keep up misses steps on the way but never the end.
// The figures come through the cache, whose contract is that a read sees every mutation that was acknowledged before it began: so a
// watcher who comes back, to whichever node, never sees figures older than those that they had.
package kpi
