// Package forecast foresees how much of each inventory item a branch will use on a day, and lists what was foreseen beside
// what was really used.
//
// A series is the daily use of an item in a branch. Days on which the branch was open count, those without a sale too; days on
// which it was closed, or had none of the item to use, don't. Each series gets the method that a rolling-origin back-test found
// best, by WAPE = Σ|a − f| ÷ Σa, ties going to the simpler one. Its residuals give the prediction intervals. Fewer than two
// days say insufficient data rather than invent a number.
//
// Statistics are in float64: a forecast is an estimate, and no stock or money is booked by it. What leaves is rounded once, to
// three decimals, half away from zero.
package forecast
