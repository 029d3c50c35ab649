// Package growth compares the same branches 52 weeks apart, so that new branches don't pass for growth and each weekday meets
// its own kind.
package growth
