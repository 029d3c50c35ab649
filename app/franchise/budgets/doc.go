// Package budgets compares each branch's month with its targets and projects how the month will end.
//
// A running month is compared with the part of its targets that falls on completed business dates; today counts only when it
// is over. What the rest of the month will bring is taken from the last eight weeks, weekday by weekday, alike for net
// sales, cost of sales and waste.
package budgets
