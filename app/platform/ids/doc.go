// Package ids mints and checks identifiers. Those that we mint are TypeIDs: a prefix that tells what the id names, and a
// time-ordered UUIDv7, so that new rows land at the end of an index. Callers may bring their own, which makes terminals that
// were offline idempotent.
package ids
