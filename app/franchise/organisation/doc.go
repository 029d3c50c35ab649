// Package organisation holds what reports and rules need to know of an organisation before they look at any figure: its
// settings, its branches, which of them a caller may see, and which business date each of them has.
//
// An [Organisation] is a snapshot. Reports take it from a [Directory], which may keep it between requests; whoever changes
// something reads it anew in the transaction of the change.
package organisation
