// Package forecast foresees how much of each inventory item a branch will use on a day, and lists what was foreseen beside
// what was really used.
//
// The methods are pure: they take the days on which a branch was open and had stock, zero sales included, and say
// [ErrInsufficientData] rather than invent a number from fewer than two of them.
package forecast
