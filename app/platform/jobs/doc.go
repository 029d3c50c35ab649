// Package jobs does work outside of calls, on River: in the background, on schedule, tried again after failures, on one node
// at a time, with its progress and its outcome kept in the table jobs of the organisation that it is for.
package jobs
