// Package civil holds calendar dates and months without a time or a zone, and decides to which business date an instant
// belongs: the branch's local date, or the day before while the local time is earlier than the organisation's cut-off.
package civil
