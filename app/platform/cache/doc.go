// Package cache keeps report answers in Valkey and in process memory and never serves one that is older than the last
// acknowledged write.
//
// # Contract
//
// A read that begins after a mutation's answer was sent sees that mutation, on every node. It rests on one stamp for
// each organisation and report, kept in Valkey:
//
//   - A mutation commits, then replaces the stamps of the reports that it changes and unlinks their values in one atomic
//     script, and only then answers ([Cache.Invalidate]).
//   - A read first fetches the present stamps ([Cache.Begin]) and uses nothing that was made under another stamp. Reads of
//     one organisation that arrive together share one round trip, but never one that had begun before they did.
//   - A loader stores its answer in one atomic script, only if the stamp that it noted before it queried still stands.
//   - Stamps are random and never come back, so values that outlived an empty or restored Valkey are never used.
//
// A mutation notes its invalidation in PostgreSQL, in its own transaction, and forgets it after the replacement. A note that is still there
// two seconds later was left by a node that died in between: any other node carries it out, so that what was committed shows.
//
// When Valkey is away, reads load from PostgreSQL (BYPASS) and a mutation's note is due at once; a node uses Valkey again only after
// all notes that are due were carried out.
//
// # Keys
//
//	{prefix}:{report}:{<org>}:<hash of the resolved parameters>   an answer
//	{prefix}.index:{<org>}:{report}                               set of the answer keys of a report
//	{prefix}.stamps:{<org>}                                       hash of report to stamp
//	{prefix}.turn:{<org>}:{report}                                who loads for all nodes
//	{prefix}.changes:{<org>}                                      channel of announcements, see [Cache.Listen]
//
// The organisation stands in braces: it is the cluster hash tag, so each script touches one slot. Only answers begin with
// `{prefix}:`, so that counting keys by their second field counts answers by report.
package cache
