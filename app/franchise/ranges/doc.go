// Package ranges turns what a request says about dates (`today`, `mtd`, `2024-11`, two dates) into business dates and the
// dates to compare them with.
//
// A range that is relative to today means each branch's own current business date, so it resolves to one [Span] for each
// time zone of the organisation.
package ranges
